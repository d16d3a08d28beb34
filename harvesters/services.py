"""Starting harvests: which, in which order, and when there is anything to do."""

from collections.abc import Iterable

from catalog.models import Listing, Source
from harvesters import schedule
from harvesters.clock import database_now
from harvesters.engine import AlreadyRunning, AskedToWait, Wishes, harvest, registered
from harvesters.models import Checkpoint, HarvestRun, Schedule
from harvesters.runs import refuse_too_early
from harvesters.sources import SOURCES
from harvesters.sources.local import Local
from harvesters.sources.measured import Measured


class NotStarted(Exception):
    """A source was not made due; the message says why, and what to do."""


def harvest_source(name: str, wishes: Wishes | None = None) -> HarvestRun:
    """Harvest one registered source.

    Raises KeyError for another name, AlreadyRunning if it is at work, AskedToWait if it wants to be left alone.
    """
    return harvest(SOURCES[name](), wishes)


def harvest_when_due(name: str) -> HarvestRun | None:
    """What a claimed source gets: a run that makes room for others, or nothing if there is nothing to do."""
    if schedule.is_paused(name):  # since it was claimed
        schedule.give_back(name)
        return None
    if name == Measured.name and not is_counting_due():
        schedule.put_off(name)
        return None
    try:
        return harvest_source(name, Wishes(makes_room=True))
    except AskedToWait:
        schedule.plan_next(name)
        raise


def in_order(names: Iterable[str]) -> list[str]:
    """The registry's order, the quick ones first: publishers come before those who only add to them."""
    wanted = set(names)
    ordered = [name for name in SOURCES if name in wanted]
    return sorted(ordered, key=lambda name: not schedule.is_quick(SOURCES[name]()))


def add_schedules() -> None:
    """A schedule for every source that has none yet; it is due at once."""
    known = set(Schedule.objects.values_list("pk", flat=True))
    for name, make in SOURCES.items():
        if name not in known:
            registered(make())
            schedule.ensure_row(make())


def ask_for_run(source: Source) -> str:
    """Make the source due now; returns a sentence on what will happen. Raises NotStarted, also for a paused one."""
    row = Schedule.objects.filter(pk=source.pk).first()
    if row is None or source.pk not in SOURCES:
        raise NotStarted(f"{source.title} is not read any more; nothing was started.")
    if row.paused:
        raise NotStarted(
            f"{source.title} is paused, so nothing was started: resume it on /sources/{source.pk}/ first."
        )
    try:
        refuse_too_early(source)
    except AskedToWait as problem:
        raise NotStarted(str(problem)) from problem
    Schedule.objects.filter(pk=source.pk).update(next_due=database_now())
    return f"{source.title} is due now; it begins as soon as a worker is free."


def set_paused(source: Source, *, paused: bool) -> str:
    """Pause or resume a source; a run that is on ends after its page. Returns a sentence."""
    Schedule.objects.filter(pk=source.pk).update(paused=paused)
    if paused:
        return f"{source.title} is paused. A run that is on ends with the page it is at."
    return f"{source.title} is read again when it is due."


def harvest_changed_folders() -> HarvestRun | None:
    """Read the folders of weights again if one of their files changed since the last complete reading."""
    local = SOURCES[Local.name]()
    known = Checkpoint.objects.filter(source=Local.name).values_list("watermark", flat=True).first()
    if not isinstance(local, Local) or known == local.signature() or schedule.is_paused(Local.name):
        return None
    try:
        return harvest(local)
    except AlreadyRunning:
        return None


def not_paused(names: Iterable[str]) -> list[str]:
    """Those sources that staff have not paused."""
    paused = set(Schedule.objects.filter(paused=True).values_list("pk", flat=True))
    return [name for name in names if name not in paused]


def never_read(names: Iterable[str]) -> list[str]:
    """Those sources of which no walk was ever completed: a first harvest that was stopped goes on."""
    completed = Checkpoint.objects.filter(completed_at__isnull=False)
    read = set(completed.values_list("source_id", flat=True))
    return [name for name in names if name not in read]


def is_counting_due() -> bool:
    """Whether this release of timm was not counted yet, or torch, which does it, is not here to ask."""
    checkpoint = Checkpoint.objects.filter(source=Measured.name).first()
    if checkpoint is None or checkpoint.cursor:
        return True
    counted = Listing.objects.filter(source=Measured.name, version=Measured().version)
    return not counted.exists()
