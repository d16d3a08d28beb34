"""A real worker, the real broker, the real database: what happens to a trial when each of them fails."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from config.embedded.valkey import binary
from inference import services
from inference.models import InferenceWorker, Trial
from tests.factories import make_pretrained
from tests.inference.conftest import (
    DIGITS,
    Worker,
    ended,
    in_state,
    make_remote_digits,
    start,
    wait_for,
)
from tests.inference.small_hub import SmallHub

pytestmark = [pytest.mark.torch, pytest.mark.django_db(transaction=True)]
WorkerOf = Callable[..., Worker]
# Long enough for every kill below to come first; the Hub is asked with a time-out of five seconds.
SLOW = 4.5


def test_a_worker_takes_a_trial_from_the_queue_to_its_result_and_signs_off(
    worker_of: WorkerOf,
) -> None:
    worker = worker_of().start()
    assert worker.process
    pretrained = make_pretrained(name="digits", num_classes=10, loading=DIGITS)

    trial = ended(start(pretrained))

    assert (trial.state, trial.error) == ("done", "")
    assert trial.result["predictions"][0]["label"] == "3 (three)"
    order = sorted(trial.times, key=trial.times.__getitem__)
    assert order == ["queued", "fetching", "loading", "running", "done"]
    row = wait_for(lambda: InferenceWorker.objects.exclude(loaded=[]).first())
    assert row.loaded == ["folder:shipped/digits-test_efficientnet"]

    worker.process.send_signal(signal.SIGTERM)

    assert worker.process.wait(20) == 0
    assert not InferenceWorker.objects.exists()


def test_after_kill_9_of_the_whole_worker_the_next_worker_finishes_the_trial(
    worker_of: WorkerOf, small_hub: SmallHub
) -> None:
    small_hub.head_delay = SLOW
    worker = worker_of(HF_ENDPOINT=small_hub.url).start()
    trial = start(make_remote_digits())
    in_state(trial, "fetching")

    worker.kill()
    small_hub.heal()
    worker.start(wait=False)

    trial = ended(trial)
    assert (trial.state, trial.attempts) == ("done", 2)


def test_kills_of_the_pool_process_are_counted_and_given_up_on(
    worker_of: WorkerOf, small_hub: SmallHub
) -> None:
    small_hub.head_delay = SLOW
    worker = worker_of(HF_ENDPOINT=small_hub.url).start()
    assert worker.process
    trial = start(make_remote_digits())
    victims = []

    for attempt in (1, 2, 3):
        wait_for(
            lambda attempt=attempt: Trial.objects.filter(
                pk=trial.pk, state="fetching", attempts=attempt
            ).exists()
        )
        victims.append(worker.pool_process())
        os.kill(victims[-1], signal.SIGKILL)

    trial = ended(trial)
    assert (trial.state, trial.error_code) == ("failed", "gave_up")
    assert "died 3 times" in trial.error
    assert len(set(victims)) == 3
    assert worker.process.poll() is None
    small_hub.heal()
    assert ended(start(trial.pretrained)).state == "done"


def test_a_pool_process_that_hangs_is_killed_and_the_trial_tried_again(
    worker_of: WorkerOf, small_hub: SmallHub
) -> None:
    small_hub.head_delay = SLOW
    worker = worker_of(HF_ENDPOINT=small_hub.url).start()
    trial = start(make_remote_digits())
    in_state(trial, "fetching")
    frozen = worker.pool_process()

    # As a C call that never returns and never lets another thread run.
    os.kill(frozen, signal.SIGSTOP)
    small_hub.heal()

    trial = ended(trial)
    assert (trial.state, trial.attempts) == ("done", 2)
    assert worker.pool_process() != frozen


def test_a_cancel_ends_a_trial_that_hangs_and_the_worker_goes_on(
    worker_of: WorkerOf, small_hub: SmallHub
) -> None:
    small_hub.body_delay = 60
    worker_of(HF_ENDPOINT=small_hub.url).start()
    trial = start(make_remote_digits())
    wait_for(lambda: Trial.objects.filter(pk=trial.pk, fetched_bytes__isnull=False).exists())
    asked = time.monotonic()

    services.cancel_trial(trial.pk)

    assert ended(trial).state == "cancelled"
    assert time.monotonic() - asked < 15
    small_hub.heal()
    assert ended(start(trial.pretrained)).state == "done"


def test_a_trial_over_the_time_limit_fails_with_a_sentence_and_is_not_tried_again(
    worker_of: WorkerOf, small_hub: SmallHub
) -> None:
    small_hub.body_delay = 60
    worker_of(HF_ENDPOINT=small_hub.url, TRIAL_TIME_LIMIT_SECONDS="2").start()

    trial = ended(start(make_remote_digits()))

    assert (trial.state, trial.error_code, trial.attempts) == ("failed", "time_out", 1)
    assert "longer than 2 s" in trial.error


def test_a_lost_message_is_sent_again(worker_of: WorkerOf, empty_queue) -> None:
    trial = start(make_pretrained(name="digits", num_classes=10, loading=DIGITS))
    empty_queue.delete("inference")

    worker_of().start(wait=False)

    assert ended(trial).state == "done"


@pytest.fixture
def frozen_port() -> int:
    """A server that accepts connections and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


START = """
import django, time
django.setup()
from django.test import Client
from catalog.models import PretrainedModel
begin = time.monotonic()
answer = Client().post(
    f"/models/{PretrainedModel.objects.get().slug}/try/", {"example": "three"}, headers={"host": "localhost"}
)
print(answer.status_code, time.monotonic() - begin)
"""


@pytest.mark.parametrize("broker", ["closed", "frozen"])
def test_a_trial_started_while_the_broker_is_down_is_answered_and_done_later(
    worker_of: WorkerOf, frozen_port: int, broker: str, settings: Settings
) -> None:
    make_pretrained(name="digits", num_classes=10, loading=DIGITS)
    worker = worker_of()
    port = 9 if broker == "closed" else frozen_port
    broken = worker.environment | {"REDIS_URL": f"redis://127.0.0.1:{port}"}

    page = subprocess.run(
        [sys.executable, "-c", START], env=broken, capture_output=True, text=True, check=True
    )

    status, seconds = page.stdout.split()
    assert status == "302"
    assert float(seconds) < 15
    worker.start(wait=False)
    assert ended(Trial.objects.get()).state == "done"


def test_a_worker_survives_a_broker_that_is_killed_and_comes_back_empty(
    worker_of: WorkerOf, tmp_path: Path
) -> None:
    address = tmp_path / "broker.sock"
    broker = start_broker(address)
    worker_of(REDIS_URL=f"unix://{address}").start()
    digits = make_pretrained(name="digits", num_classes=10, loading=DIGITS)
    broker.kill()
    broker.wait()

    trial = start(digits)
    broker = start_broker(address)

    assert ended(trial).state == "done"
    broker.kill()
    broker.wait()


def start_broker(address: Path) -> subprocess.Popen[bytes]:
    """A server of its own without persistence, as the embedded one is run."""
    address.unlink(missing_ok=True)
    command = [binary(), "--port", "0", "--unixsocket", str(address), "--save", ""]
    process = subprocess.Popen([*command, "--appendonly", "no"], stdout=subprocess.DEVNULL)
    wait_for(address.exists)
    return process
