"""When each source is read by itself: what is due, who takes it, and when it is due again.

The truth is a row per source in Postgres. Beat only ticks; whoever finds a source due claims it by an
update that only one can win. See docs/decisions/0080-a-schedule-in-the-database.md.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import takewhile

from django.conf import settings
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog.models import Source
from harvesters.about import cadence
from harvesters.clock import database_now
from harvesters.models import Checkpoint, HarvestRun, Schedule
from harvesters.sources import SOURCES
from harvesters.sources.base import Harvested

CLAIM = timedelta(minutes=10)  # within which a worker must begin; then the source is due once more
# How long after its end a run that did not come to its end is followed by another one; twice as long each
# time in a row that not one page came, for a source that is down must not be asked every minute.
_WAITS: Mapping[str, timedelta] = {
    HarvestRun.State.PARTIAL: timedelta(minutes=1),
    HarvestRun.State.UNREACHABLE: timedelta(minutes=10),
    HarvestRun.State.FAILED: timedelta(hours=1),
}
# After these there is nothing to do until the interval has passed.
_AT_AN_END = (HarvestRun.State.DONE, HarvestRun.State.NOT_SET_UP)
_LONGEST_WAIT = timedelta(hours=6)
_MOST_DOUBLINGS = 12  # of any wait, these are more than the longest


def ensure_row(harvested: Harvested) -> None:
    """The source's schedule, made with its default where there is none; it is due at once."""
    every, full_every = cadence(harvested)
    defaults = {"every": every, "full_every": full_every, "next_due": database_now()}
    Schedule.objects.get_or_create(source_id=harvested.name, defaults=defaults)


def is_full_walk_due(name: str, full_at: datetime | None, now: datetime) -> bool:
    """Whether an increment is not enough this time, because the last walk through everything is too old."""
    row = Schedule.objects.filter(pk=name).first()
    if full_at is None or row is None or row.full_every is None:
        return full_at is None
    return full_at + timedelta(hours=row.full_every) <= now


@transaction.atomic
def claim_due() -> list[str]:
    """The sources that are due now, claimed for the caller; nobody else gets them for ten minutes.

    What reads this machine's files takes seconds and is always taken; of walks through the network only as
    many as HARVEST_WALKS_AT_ONCE run at once, so that they never take the quick ones' place; counting and
    reading an archive take as long and count as one.
    """
    now = database_now()
    # A second caller waits here, then finds what the first one left.
    due = list(_due(now).select_for_update(of=("self",)).order_by("pk"))
    places = {name: place for place, name in enumerate(SOURCES)}
    known = [row for row in due if row.pk in places]
    # Who waits longest comes first, and of those that became due together publishers before those who add to them.
    known.sort(key=lambda row: (row.next_due, places[row.pk]))
    is_walk = {name: not is_quick(make()) for name, make in SOURCES.items()}
    busy = sum(is_walk.get(name, True) for name in _busy(now))
    room = max(0, settings.HARVEST_WALKS_AT_ONCE - busy)
    walks = [row.pk for row in known if is_walk[row.pk]][:room]
    claimed = [row.pk for row in known if not is_walk[row.pk]] + walks
    Schedule.objects.filter(pk__in=claimed).update(claimed_until=now + CLAIM)
    return claimed


def plan_next(name: str) -> None:
    """Set when the source is due again by how its last run ended, and give the claim back."""
    runs = list(HarvestRun.objects.filter(source=name).order_by("-started_at")[:_MOST_DOUBLINGS])
    row = Schedule.objects.filter(pk=name).first()
    ended_at = runs[0].ended_at if runs else None
    if row is None or ended_at is None:
        return
    row.next_due, row.claimed_until = _next_due(row, runs, ended_at), None
    row.save(update_fields=["next_due", "claimed_until"])


def plan_anew(name: str) -> None:
    """Its interval was changed: count the new one from the end of the last run that came to its end.

    What is due stays due, and so does what waits for another reason: the next try of a walk that broke off.
    """
    row = Schedule.objects.get(pk=name)
    runs = HarvestRun.objects.filter(source=name, limit=None).order_by("-started_at")
    last = runs.first()
    if last is None or last.ended_at is None or last.state not in _AT_AN_END:
        return
    now = database_now()
    planned = _next_due(row, [last], last.ended_at)
    # Only what is not due: who changes a row must not take back what somebody asked for.
    waiting = Schedule.objects.filter(Q(next_due=None) | Q(next_due__gt=now), pk=name)
    waiting.update(next_due=planned)


def put_off(name: str) -> None:
    """Nothing is to be done for this source now: it is due again after its interval."""
    row = Schedule.objects.get(pk=name)
    row.next_due = database_now() + timedelta(hours=row.every) if row.every else None
    row.claimed_until = None
    row.save(update_fields=["next_due", "claimed_until"])


def give_back(name: str) -> None:
    """Nothing came of the claim: the source is as due as it was."""
    Schedule.objects.filter(pk=name).update(claimed_until=None)


def is_paused(name: str) -> bool:
    return Schedule.objects.filter(pk=name, paused=True).exists()


def is_another_waiting(name: str) -> bool:
    """Whether another walk through the network is due that finds no room while this one runs."""
    due = set(_due(database_now()).values_list("pk", flat=True)) - {name}
    return any(other in SOURCES and not is_quick(SOURCES[other]()) for other in due)


def is_quick(harvested: Harvested) -> bool:
    """Whether it reads files of this machine in seconds."""
    return harvested.kind in (Source.Kind.FOLDER, Source.Kind.LIBRARY) and not harvested.bases


def _due(now: datetime) -> QuerySet[Schedule]:
    running = HarvestRun.objects.filter(source=OuterRef("source"), state=HarvestRun.State.RUNNING)
    return Schedule.objects.filter(
        ~Exists(running),
        Q(claimed_until=None) | Q(claimed_until__lte=now),
        paused=False,
        next_due__lte=now,
    )


def _busy(now: datetime) -> set[str]:
    running = HarvestRun.objects.filter(state=HarvestRun.State.RUNNING)
    claimed = Schedule.objects.filter(claimed_until__gt=now)
    return {*running.values_list("source_id", flat=True), *claimed.values_list("pk", flat=True)}


def _next_due(row: Schedule, runs: list[HarvestRun], ended_at: datetime) -> datetime | None:
    last = runs[0]
    regular = ended_at + timedelta(hours=row.every) if row.every else None
    checkpoint = Checkpoint.objects.filter(source=row.pk).first()
    if checkpoint and checkpoint.not_before and checkpoint.not_before > ended_at:
        return checkpoint.not_before
    if last.state in _AT_AN_END:
        # A run with a limit was somebody's wish: it changes nothing about when the source is due.
        return row.next_due if last.limit is not None else regular
    in_vain = list(takewhile(lambda run: run.state == last.state and not run.pages, runs))
    wait = min(_WAITS[last.state] * 2 ** max(len(in_vain) - 1, 0), _LONGEST_WAIT)
    return ended_at + wait
