"""Everything that changes a trial. Each change is one conditional UPDATE, so a trial ends exactly once.

Times and leases use Postgres's clock only: workers on several machines need not agree on the time.
"""

import logging
from datetime import timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.db import connection, transaction
from django.db.models import F, JSONField, Q, QuerySet
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import JSONObject, Now

from catalog.models import PretrainedModel
from inference import images
from inference.errors import LeaseLost, TrialError
from inference.models import Trial

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3
State = Trial.State


class TooManyTrials(Exception):
    """The visitor, or the address, has had its share for now; the message says so."""


# --- Starting -----------------------------------------------------------------------------------


def start_trial(
    pretrained: PretrainedModel,
    *,
    visitor: str,
    address: str | None = None,
    user: User | None = None,
    picture: images.Picture | None = None,
    image_name: str = "",
    example: str = "",
) -> Trial:
    """Stores the picture, writes the row and tells the workers after commit.

    Raises TooManyTrials for an anonymous visitor over TRIALS_PER_HOUR, OSError if the storage is full.
    """
    image, preview = images.store(picture) if picture else ("", "")
    try:
        with transaction.atomic():
            # The site's own trials have no visitor, and no share to use up.
            if user is None and visitor:
                _lock_visitor(visitor, address)
                check_rate(visitor, address)
            trial: Trial = Trial.objects.create(
                pretrained=pretrained,
                visitor=visitor,
                user=user,
                address=address,
                image=image,
                preview=preview,
                image_name=image_name[:200],
                example=example,
                times={},
                created_at=Now(),
                expires_at=Now() + timedelta(hours=settings.UPLOAD_LIFETIME_HOURS),
            )
            Trial.objects.filter(pk=trial.pk).update(times=_entered(State.QUEUED))
            transaction.on_commit(lambda: publish(trial.pk))
    except BaseException:
        images.discard(image, preview)
        raise
    trial.refresh_from_db()
    return trial


def check_rate(visitor: str, address: str | None) -> None:
    """Raises TooManyTrials if this visitor or this address has started TRIALS_PER_HOUR within the hour."""
    recent = Trial.objects.filter(created_at__gt=Now() - timedelta(hours=1))
    counts = [recent.filter(visitor=visitor).count()]
    if address:
        counts.append(recent.filter(address=address).count())
    if max(counts) >= settings.TRIALS_PER_HOUR:
        raise TooManyTrials(
            f"That makes {settings.TRIALS_PER_HOUR} trials within an hour, the most from one visitor or network address. "
            "Wait a few minutes, or raise TRIALS_PER_HOUR if this is your own site."
        )


def _lock_visitor(visitor: str, address: str | None) -> None:
    # Two requests at once must not both see one trial left.
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended(%s, 4))", [address or visitor]
        )


def publish(trial_id: Any) -> None:
    """Tells the workers that there may be something to do. The sweeper says it again if this is lost."""
    try:
        current_app.send_task("inference.tasks.run_trial", args=[str(trial_id)], retry=False)
    except Exception as error:  # whatever the broker does, the row is written and the page answers
        logger.warning(
            "trial %s waits for the sweeper, the broker does not answer: %s", trial_id, error
        )


# --- Working ------------------------------------------------------------------------------------


def claim_trial(trial_id: Any, worker: str) -> Trial | None:
    """Takes the trial for one attempt of `worker`; None if there is nothing to do or somebody else has it."""
    free = Q(state=State.QUEUED) | Q(state__in=Trial.WORKING, lease_until__lt=Now())
    claimed = Trial.objects.filter(
        free, pk=trial_id, attempts__lt=MAX_ATTEMPTS, cancel_requested=False
    ).update(
        state=State.FETCHING,
        times=_entered(State.FETCHING),
        worker=worker,
        lease_until=_lease(),
        attempts=F("attempts") + 1,
        fetched_bytes=None,
        fetch_total_bytes=None,
    )
    return Trial.objects.select_related("pretrained").get(pk=trial_id) if claimed else None


def enter_state(trial_id: Any, worker: str, state: str) -> None:
    """Moves a trial that `worker` owns on to `state`; raises LeaseLost if it owns it no more."""
    _change(trial_id, worker, state=state, times=_entered(state), lease_until=_lease())


def record_fetch(trial_id: Any, worker: str, done: int, total: int) -> None:
    """Writes how many of how many bytes have arrived; raises LeaseLost."""
    _change(trial_id, worker, fetched_bytes=done, fetch_total_bytes=total)


def extend_lease(trial_id: Any, worker: str) -> bool:
    """Extends the lease; returns whether the visitor wants the trial cancelled; raises LeaseLost."""
    _change(trial_id, worker, lease_until=_lease())
    return Trial.objects.filter(pk=trial_id, cancel_requested=True).exists()


def finish_trial(trial_id: Any, worker: str, result: dict[str, Any]) -> None:
    """Ends the trial as done; raises LeaseLost if it has ended or belongs to another attempt."""
    _change(trial_id, worker, **_end(State.DONE), result=result)


def fail_trial(trial_id: Any, worker: str, error: TrialError) -> None:
    """Ends the trial as failed with the error's sentence; raises LeaseLost."""
    _change(trial_id, worker, **_end(State.FAILED), error_code=error.code, error=str(error))


def obey_cancel(trial_id: Any, worker: str) -> None:
    """Ends the trial as cancelled, by the worker that owns it; raises LeaseLost."""
    _change(trial_id, worker, **_end(State.CANCELLED))


def cancel_trial(trial_id: Any) -> None:
    """Ends a queued trial at once; asks the worker of one that is being worked on. Others stay as they are."""
    queued = Trial.objects.filter(pk=trial_id, state=State.QUEUED)
    if not queued.update(**_end(State.CANCELLED), cancel_requested=True):
        Trial.objects.filter(pk=trial_id, state__in=Trial.WORKING).update(cancel_requested=True)


# --- Giving back --------------------------------------------------------------------------------


def end_expired_leases() -> int:
    """Settles trials whose worker fell silent: cancelled, given up, or queued again. Returns how many."""
    stuck: QuerySet[Trial] = Trial.objects.filter(state__in=Trial.WORKING, lease_until__lt=Now())
    gave_up = TrialError("gave_up", attempts=MAX_ATTEMPTS)
    return (
        stuck.filter(cancel_requested=True).update(**_end(State.CANCELLED))
        + stuck.filter(attempts__gte=MAX_ATTEMPTS).update(
            **_end(State.FAILED), error_code=gave_up.code, error=str(gave_up)
        )
        + stuck.update(
            state=State.QUEUED, times=_entered(State.QUEUED), worker="", lease_until=None
        )
    )


def release_lease(trial_id: Any, worker: str) -> None:
    """Lets the lease of an attempt whose process is known to be dead run out now."""
    Trial.objects.filter(pk=trial_id, worker=worker, state__in=Trial.WORKING).update(
        lease_until=Now() - timedelta(seconds=1)
    )


def _change(trial_id: Any, worker: str, **changes: Any) -> None:
    owned = Trial.objects.filter(pk=trial_id, worker=worker, state__in=Trial.WORKING)
    if not owned.update(**changes):
        raise LeaseLost


def _end(state: str) -> dict[str, Any]:
    return {"state": state, "times": _entered(state), "ended_at": Now(), "lease_until": None}


def _lease() -> Any:
    return Now() + timedelta(seconds=settings.TRIAL_LEASE_SECONDS)


def _entered(state: str) -> CombinedExpression:
    """`times` with the moment that `state` is entered, by Postgres's clock."""
    return CombinedExpression(
        F("times"), "||", JSONObject(**{str(state): Now()}), output_field=JSONField()
    )
