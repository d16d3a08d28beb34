"""What the sweeper puts right: trials whose worker died, lost messages, uploads after their time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from catalog.models import PretrainedModel
from inference import images, services, sweeper
from inference.models import Trial
from tests.inference.conftest import start
from tests.inference.lives import claimed, fresh, let_lease_run_out

PICTURE = images.Picture(png=b"png", preview=b"webp")


# --- Sweeping


def test_an_expired_lease_puts_the_trial_back_into_the_queue(digits: PretrainedModel) -> None:
    trial = claimed(digits)
    let_lease_run_out(trial)

    sweeper.sweep()

    assert fresh(trial).state == "queued"
    assert fresh(trial).worker == ""


def test_a_living_lease_is_left_alone(digits: PretrainedModel) -> None:
    trial = claimed(digits)

    sweeper.sweep()

    assert fresh(trial).state == "fetching"


def test_after_three_attempts_the_trial_fails_with_a_sentence(digits: PretrainedModel) -> None:
    trial = start(digits)
    for _ in range(services.MAX_ATTEMPTS):
        assert services.claim_trial(trial.pk, "w|1|1|a")
        let_lease_run_out(trial)
    assert services.claim_trial(trial.pk, "w|1|1|a") is None

    sweeper.sweep()

    assert (fresh(trial).state, fresh(trial).error_code) == ("failed", "gave_up")
    assert "died 3 times" in fresh(trial).error


def test_a_cancelled_trial_whose_worker_died_ends_as_cancelled(digits: PretrainedModel) -> None:
    trial = claimed(digits)
    services.cancel_trial(trial.pk)
    let_lease_run_out(trial)

    sweeper.sweep()

    assert fresh(trial).state == "cancelled"


def test_lost_messages_are_sent_again_only_into_an_empty_queue(
    digits: PretrainedModel, empty_queue
) -> None:
    for _ in range(3):
        start(digits)
    Trial.objects.update(created_at=Now() - timedelta(minutes=1))

    sweeper.sweep()
    sweeper.sweep()

    assert empty_queue.llen(sweeper.QUEUE) == 3


def test_a_row_of_this_moment_is_not_sent_again(digits: PretrainedModel, empty_queue) -> None:
    start(digits)

    sweeper.sweep()

    assert empty_queue.llen(sweeper.QUEUE) == 0


@pytest.mark.django_db(transaction=True)
def test_two_sweepers_do_not_work_at_once(digits: PretrainedModel) -> None:
    trial = claimed(digits)
    let_lease_run_out(trial)

    def other() -> None:
        sweeper.sweep()
        connection.close()

    with transaction.atomic():
        assert sweeper._lock()
        with ThreadPoolExecutor(1) as pool:
            pool.submit(other).result()

    assert fresh(trial).state == "fetching"


def test_the_sweeper_lives_without_a_broker(digits: PretrainedModel, settings: Settings) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:9"
    trial = claimed(digits)
    let_lease_run_out(trial)
    Trial.objects.update(created_at=Now() - timedelta(minutes=1))

    sweeper.sweep()

    assert fresh(trial).state == "queued"


# --- Expiry


def test_uploads_and_results_are_deleted_after_their_time(digits: PretrainedModel) -> None:
    old = services.start_trial(digits, visitor="me", picture=PICTURE)
    new = services.start_trial(digits, visitor="me", picture=PICTURE)
    Trial.objects.filter(pk=old.pk).update(expires_at=Now() - timedelta(seconds=1))

    with TestCommits():
        sweeper.expire()

    assert list(Trial.objects.all()) == [new]
    assert sorted(sweeper._stored_keys("trials")) == sorted([new.image, new.preview])


def test_files_without_a_row_are_removed_once_they_are_old(
    digits: PretrainedModel, tmp_path: Path
) -> None:
    import os

    kept = services.start_trial(digits, visitor="me", picture=PICTURE)
    orphan, young = images.store(PICTURE)
    for key in (orphan, kept.image):
        os.utime(default_storage.path(key), (1, 1))

    sweeper.expire()

    assert sorted(sweeper._stored_keys("trials")) == sorted([kept.image, kept.preview, young])


def test_the_newest_example_of_a_checkpoint_outlives_its_visitor(digits: PretrainedModel) -> None:
    trials = [claimed(digits) for _ in range(2)]
    for trial in trials:
        services.finish_trial(trial.pk, trial.worker, {"predictions": []})
    older, newer = sorted((fresh(trial) for trial in trials), key=lambda one: one.times["done"])
    Trial.objects.filter(pk=older.pk).update(ended_at=Now() - timedelta(hours=2))
    Trial.objects.update(expires_at=Now() - timedelta(seconds=1))

    sweeper.expire()

    kept = Trial.objects.get()
    assert kept.pk == newer.pk
    assert (kept.visitor, kept.address) == ("", None)


class TestCommits:
    """Runs what waits for the commit of the test's own transaction."""

    __test__ = False

    def __enter__(self) -> None:
        from django.test import TestCase

        self._context = TestCase.captureOnCommitCallbacks(execute=True)
        self._context.__enter__()

    def __exit__(self, *error: object) -> None:
        self._context.__exit__(*error)  # type: ignore[arg-type]
