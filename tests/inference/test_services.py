"""The life of a trial's row: claimed by one, ended once, never lost. On real Postgres, by its own clock."""

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from pytest_django.fixtures import DjangoCaptureOnCommitCallbacks, Settings

from catalog.models import PretrainedModel
from inference import images, services, sweeper, workers
from inference.errors import LeaseLost, TrialError
from inference.models import InferenceWorker, Trial
from tests.inference.conftest import start
from tests.inference.lives import claimed, fresh, let_lease_run_out

State = Trial.State
PICTURE = images.Picture(png=b"png", preview=b"webp")


# --- Starting


def test_a_message_with_only_the_id_is_sent_after_commit(
    digits: PretrainedModel,
    empty_queue,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    with django_capture_on_commit_callbacks() as sent:
        trial = start(digits)
    assert empty_queue.llen(sweeper.QUEUE) == 0

    sent[0]()

    message = json.loads(empty_queue.lindex(sweeper.QUEUE, 0))
    assert json.loads(base64.b64decode(message["body"]))[:2] == [[str(trial.pk)], {}]


def test_a_trial_that_cannot_be_written_leaves_no_file(digits: PretrainedModel) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        services.start_trial(digits, visitor="me", picture=PICTURE, example="three")

    assert sweeper._stored_keys("trials") == []


def test_a_visitor_has_a_limit_per_hour(digits: PretrainedModel, settings: Settings) -> None:
    settings.TRIALS_PER_HOUR = 2
    start(digits)
    start(digits)

    with pytest.raises(services.TooManyTrials, match="2 trials within an hour"):
        start(digits)

    assert Trial.objects.count() == 2


def test_an_address_has_a_limit_whatever_the_visitor_calls_himself(
    digits: PretrainedModel, settings: Settings
) -> None:
    settings.TRIALS_PER_HOUR = 1
    services.start_trial(digits, visitor="a", address="192.0.2.1", example="three")

    services.start_trial(digits, visitor="b", address="192.0.2.2", example="three")
    with pytest.raises(services.TooManyTrials):
        services.start_trial(digits, visitor="c", address="192.0.2.1", example="three")


def test_trials_of_an_hour_ago_do_not_count(digits: PretrainedModel, settings: Settings) -> None:
    settings.TRIALS_PER_HOUR = 1
    start(digits)
    Trial.objects.update(created_at=Now() - timedelta(minutes=61))

    start(digits)

    assert Trial.objects.count() == 2


def test_an_account_has_no_limit(digits: PretrainedModel, settings: Settings, admin_user) -> None:
    settings.TRIALS_PER_HOUR = 1
    for _ in range(3):
        services.start_trial(digits, visitor="me", user=admin_user, example="three")

    assert Trial.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_requests_at_the_same_moment_cannot_pass_the_limit_together(
    digits: PretrainedModel, settings: Settings
) -> None:
    settings.TRIALS_PER_HOUR = 3

    def attempt(_: int) -> bool:
        try:
            services.start_trial(digits, visitor="me", address="192.0.2.1", example="three")
        except services.TooManyTrials:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(8) as pool:
        started = list(pool.map(attempt, range(8)))

    assert sum(started) == Trial.objects.count() == 3


# --- Working


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_only_one_gets_a_trial(digits: PretrainedModel) -> None:
    trial = start(digits)

    def attempt(number: int) -> Trial | None:
        try:
            return services.claim_trial(trial.pk, f"w|1|{number}|a")
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        got = [one for one in pool.map(attempt, range(8)) if one]

    assert len(got) == 1
    assert fresh(trial).worker == got[0].worker
    assert fresh(trial).attempts == 1


def test_a_trial_with_a_living_lease_is_not_taken_over(digits: PretrainedModel) -> None:
    trial = claimed(digits)

    assert services.claim_trial(trial.pk, "other|1|1|b") is None


def test_a_trial_whose_lease_ran_out_is_taken_over_and_its_old_owner_writes_nothing(
    digits: PretrainedModel,
) -> None:
    trial = claimed(digits)
    let_lease_run_out(trial)

    taken = services.claim_trial(trial.pk, "other|1|1|b")

    assert taken
    assert taken.attempts == 2
    with pytest.raises(LeaseLost):
        services.extend_lease(trial.pk, trial.worker)
    with pytest.raises(LeaseLost):
        services.record_fetch(trial.pk, trial.worker, 1, 2)
    with pytest.raises(LeaseLost):
        services.finish_trial(trial.pk, trial.worker, {})
    assert fresh(trial).state == "fetching"


def test_a_trial_ends_once(digits: PretrainedModel) -> None:
    trial = claimed(digits)
    services.finish_trial(trial.pk, trial.worker, {"predictions": []})

    with pytest.raises(LeaseLost):
        services.fail_trial(trial.pk, trial.worker, TrialError("out_of_memory"))
    with pytest.raises(LeaseLost):
        services.finish_trial(trial.pk, trial.worker, {"predictions": ["other"]})
    services.cancel_trial(trial.pk)
    services.end_expired_leases()

    assert fresh(trial).state == "done"
    assert fresh(trial).result == {"predictions": []}


def test_working_extends_the_lease(digits: PretrainedModel, settings: Settings) -> None:
    settings.TRIAL_LEASE_SECONDS = 5
    trial = claimed(digits)
    settings.TRIAL_LEASE_SECONDS = 500

    services.extend_lease(trial.pk, trial.worker)

    assert fresh(trial).lease_until > trial.lease_until + timedelta(seconds=400)


def test_every_state_has_the_moment_it_was_entered(digits: PretrainedModel) -> None:
    trial = claimed(digits)
    services.enter_state(trial.pk, trial.worker, State.LOADING)
    services.fail_trial(trial.pk, trial.worker, TrialError("out_of_memory"))

    times = fresh(trial).times
    assert sorted(times, key=times.__getitem__) == ["queued", "fetching", "loading", "failed"]
    assert times["failed"].endswith("+00:00")


# --- Cancelling


def test_a_queued_trial_is_cancelled_at_once_and_never_claimed(digits: PretrainedModel) -> None:
    trial = start(digits)

    services.cancel_trial(trial.pk)

    assert fresh(trial).state == "cancelled"
    assert services.claim_trial(trial.pk, "w|1|1|a") is None


def test_the_worker_hears_of_a_cancel_with_its_next_sign_of_life(digits: PretrainedModel) -> None:
    trial = claimed(digits)
    assert services.extend_lease(trial.pk, trial.worker) is False

    services.cancel_trial(trial.pk)

    assert services.extend_lease(trial.pk, trial.worker) is True
    services.obey_cancel(trial.pk, trial.worker)
    assert fresh(trial).state == "cancelled"


# --- Watching


def test_the_attempt_of_a_process_that_is_gone_is_ended(digits: PretrainedModel) -> None:
    trial = claimed(digits, f"{workers.Node.name}|{workers.Node.life}|4242|a")

    workers.watch_pool({1})
    sweeper.sweep()

    assert fresh(trial).state == "queued"


def test_attempts_of_other_workers_and_of_earlier_lives_are_left_to_their_lease(
    digits: PretrainedModel,
) -> None:
    mine = claimed(digits, f"{workers.Node.name}|{workers.Node.life}|4242|a")
    other = claimed(digits, "other@host|life|4242|a")
    earlier = claimed(digits, f"{workers.Node.name}|earlier|4242|a")

    workers.watch_pool({4242})
    sweeper.sweep()

    assert [fresh(one).state for one in (mine, other, earlier)] == ["fetching"] * 3


def test_a_worker_that_fell_silent_does_not_count(db: None) -> None:
    workers.beat()
    assert InferenceWorker.objects.live().exists()

    InferenceWorker.objects.update(last_seen=Now() - timedelta(seconds=20))

    assert not InferenceWorker.objects.live().exists()
