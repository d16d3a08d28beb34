"""Runs: one per source at a time, with a beginning that knows where to go on and an end that says what happened."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from catalog.cleaning import clean_text
from catalog.models import Source
from harvesters import schedule
from harvesters.clock import database_now
from harvesters.counting import count_listed
from harvesters.models import Checkpoint, HarvestRun
from harvesters.sources.base import Harvested

logger = logging.getLogger(__name__)
_TICK = timedelta(microseconds=1)


class AlreadyRunning(Exception):
    """The source is being harvested by another process; nothing was done."""


class AskedToWait(Exception):
    """The source asked to be left alone for longer; nothing was done."""


@dataclass(frozen=True)
class Wishes:
    """What whoever starts a run asks for.

    `since` stands in for the watermark of this walk alone, `limit` ends the run after so many records,
    `full` begins a new walk through everything. `makes_room` ends a long run while others wait.
    `accepts_gone` believes a complete walk also where most of what was listed did not come.
    """

    since: str = ""
    limit: int | None = None
    full: bool = False
    makes_room: bool = False
    accepts_gone: bool = False


def registered(harvested: Harvested) -> Source:
    """The row of a source, made or brought up to date from its class."""
    described = {name: getattr(harvested, name) for name in ("title", "homepage", "kind")}
    source, _ = Source.objects.update_or_create(name=harvested.name, defaults=described)
    return source


@contextmanager
def only_one_run(source: Source) -> Iterator[None]:
    """Hold the source's lock; raises AlreadyRunning at once if another process has it.

    The lock is the session's: on a connection of its own, so that it outlives the transactions, and it
    is free the moment the process dies.
    """
    holder = connection.copy()
    try:
        with holder.cursor() as cursor:
            # Of a machine that lost its power Postgres hears nothing; by default it would wait two hours.
            cursor.execute(
                "SELECT set_config('tcp_keepalives_idle', '30', false), "
                "set_config('tcp_keepalives_interval', '10', false), "
                "set_config('tcp_keepalives_count', '3', false), set_config('idle_session_timeout', '0', false)"
            )
            cursor.execute(
                "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"harvest:{source.pk}"]
            )
            row = cursor.fetchone()
        if not row or not row[0]:
            raise AlreadyRunning(f"{source.title} is being harvested already; nothing was started.")
        yield
    finally:
        _let_go(holder)


def _let_go(holder: BaseDatabaseWrapper) -> None:
    """Free the lock before the connection is closed: its session ends a moment later only."""
    with suppress(DatabaseError, InterfaceError), holder.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_unlock_all()")
    holder.close()


def running_now() -> set[str]:
    """The names of the sources whose lock is held: their runs are alive, whatever their rows say."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT source.name FROM catalog_source source JOIN pg_locks held
            ON held.locktype = 'advisory' AND held.objsubid = 1 AND held.granted
            AND held.database = (SELECT oid FROM pg_database WHERE datname = current_database())
            AND (held.classid::bigint << 32 | held.objid::bigint)
                = hashtextextended('harvest:' || source.name, 0)
            """
        )
        return {row[0] for row in cursor.fetchall()}


def end_abandoned_runs(source: Source) -> int:
    """End runs that still say running although nobody holds the lock (call with the lock held)."""
    return HarvestRun.objects.filter(source=source, state=HarvestRun.State.RUNNING).update(
        state=HarvestRun.State.PARTIAL,
        ended_at=database_now(),
        message="The process was stopped on the way; the next run goes on from the last page.",
    )


def end_dead_runs() -> int:
    """End the runs of processes that died; for beat, so that the sources page tells the truth."""
    ended = 0
    for source in Source.objects.filter(runs__state=HarvestRun.State.RUNNING).distinct():
        try:
            with only_one_run(source):
                ended += end_abandoned_runs(source)
                schedule.plan_next(source.pk)
        except AlreadyRunning:
            continue
    return ended


def refuse_too_early(source: Source) -> None:
    """Raise AskedToWait while the time has not passed for which the source asked to be left alone."""
    now = database_now()
    waiting = Checkpoint.objects.filter(source=source, not_before__gt=now).first()
    if waiting and waiting.not_before:
        raise AskedToWait(
            f"{source.title} asked to be left alone until {waiting.not_before:%Y-%m-%d %H:%M} UTC; "
            "nothing was started."
        )


@transaction.atomic
def begin(source: Source, harvested: Harvested, wishes: Wishes) -> tuple[HarvestRun, Checkpoint]:
    """A new run, and where it goes on."""
    now = database_now()
    schedule.ensure_row(harvested)
    checkpoint, _ = Checkpoint.objects.get_or_create(
        source=source, defaults={"walk_started_at": now, "updated_at": now - _TICK}
    )
    if wishes.full or wishes.since or not checkpoint.cursor:
        # Later than everything that an earlier walk saw, even if the clock was set back since.
        checkpoint.walk_started_at = max(now, checkpoint.updated_at + _TICK)
        checkpoint.cursor, checkpoint.next_watermark, checkpoint.stuck = "", "", 0
        checkpoint.since, checkpoint.taken = wishes.since, 0
        checkpoint.kind = _kind(checkpoint, harvested, wishes, now)
    run = HarvestRun.objects.create(
        source=source, started_at=now, heartbeat_at=now, kind=checkpoint.kind, limit=wishes.limit
    )
    checkpoint.run, checkpoint.updated_at, checkpoint.not_before = (
        run,
        max(now, checkpoint.walk_started_at),
        None,
    )
    checkpoint.save()
    going_on = f" from {checkpoint.cursor}" if checkpoint.cursor else ""
    logger.info("%s: harvest started%s", source.pk, going_on)
    return run, checkpoint


def _kind(checkpoint: Checkpoint, harvested: Harvested, wishes: Wishes, now: datetime) -> str:
    """Increments bring what changed; what vanished is only noticed by a full walk, once in a while."""
    if wishes.full or not harvested.has_increments:
        return HarvestRun.Kind.FULL
    if wishes.since:
        return HarvestRun.Kind.INCREMENTAL
    is_full_due = schedule.is_full_walk_due(harvested.name, checkpoint.full_at, now)
    if not checkpoint.watermark or is_full_due:
        return HarvestRun.Kind.FULL
    return HarvestRun.Kind.INCREMENTAL


def end(
    run: HarvestRun, state: HarvestRun.State, message: str = "", wait: float | None = None
) -> None:
    """Write down how it ended; `wait` is for how many seconds the source wants to be left alone."""
    now = database_now()
    if wait is not None:
        until = now + timedelta(seconds=min(wait, 86_400))
        Checkpoint.objects.filter(source=run.source_id).update(not_before=until)
        message = f"{message.rstrip('.')}. It asked to wait until {until:%Y-%m-%d %H:%M} UTC."
    # Not save(): the counters in memory may be those of a page that was rolled back.
    HarvestRun.objects.filter(pk=run.pk, state=HarvestRun.State.RUNNING).update(
        state=state, message=clean_text(message)[:500], ended_at=now, gone=run.gone
    )
    run.refresh_from_db()
    found = Checkpoint.objects.filter(source=run.source_id)
    # A full walk takes long anyway: it counts from the beginning.
    is_full = run.kind == HarvestRun.Kind.FULL
    known = () if is_full else found.values_list("listings", "listings_to").first() or ()
    found.update(**count_listed(run.source_id, *known)._asdict())
    schedule.plan_next(run.source_id)
    logger.info("%s: %s", run.source_id, summary(run))


def summary(run: HarvestRun) -> str:
    """One line on how a run went, for logs and the command."""
    counted = ("seen", "created", "updated", "unchanged", "rejected", "gone")
    numbers = ", ".join(f"{getattr(run, name)} {name}" for name in counted)
    return f"{run.state}: {numbers}" + (f". {run.message}" if run.message else "")
