"""Starting harvests: which, in which order, and when there is anything to do."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from itertools import takewhile

from django.utils import timezone

from catalog.models import Listing, Source
from harvesters.engine import AlreadyRunning, harvest
from harvesters.models import Checkpoint, HarvestRun
from harvesters.sources import SOURCES
from harvesters.sources.local import Local
from harvesters.sources.measured import Measured

# What reads this machine's own files takes seconds; everything else gets a task of its own.
_QUICK = (Source.Kind.FOLDER, Source.Kind.LIBRARY)
# How long after its end a run that did not come to its end is followed by another one; twice as long each
# time in a row that not one page came, for a source that is down must not be asked every minute.
_WAITS: dict[str, timedelta] = {
    HarvestRun.State.PARTIAL: timedelta(minutes=1),
    HarvestRun.State.UNREACHABLE: timedelta(minutes=10),
}
_LONGEST_WAIT = timedelta(hours=6)
_MOST_DOUBLINGS = 12  # of either wait, these are more than the longest


def harvest_source(name: str) -> HarvestRun:
    """Harvest one registered source; raises KeyError for another name, AlreadyRunning if it is at work."""
    return harvest(SOURCES[name]())


def in_order(names: Iterable[str]) -> tuple[list[str], list[str]]:
    """(quick sources, the others), each in the registry's order: publishers come before measurements."""
    wanted = set(names)
    ordered = [name for name in SOURCES if name in wanted]
    quick = [name for name in ordered if SOURCES[name]().kind in _QUICK]
    return quick, [name for name in ordered if name not in quick]


def due_sources() -> list[str]:
    """What a daily harvest visits: everything, but nothing is counted twice for one timm release."""
    return [name for name in SOURCES if name != Measured.name or _is_counting_due()]


def harvest_changed_folders() -> HarvestRun | None:
    """Read the folders of weights again if one of their files changed since the last complete reading."""
    local = SOURCES[Local.name]()
    known = Checkpoint.objects.filter(source=Local.name).values_list("watermark", flat=True).first()
    if not isinstance(local, Local) or known == local.signature():
        return None
    try:
        return harvest(local)
    except AlreadyRunning:
        return None


def interrupted(now: datetime | None = None) -> list[str]:
    """The sources whose last run broke off and that are due for another try."""
    now = now or timezone.now()
    return [name for name in SOURCES if _is_due_again(name, now)]


def _is_due_again(name: str, now: datetime) -> bool:
    runs = list(HarvestRun.objects.filter(source=name).order_by("-started_at")[:_MOST_DOUBLINGS])
    last = runs[0] if runs else None
    if last is None or last.ended_at is None or last.state not in _WAITS:
        return False
    in_vain = list(takewhile(lambda run: run.state == last.state and not run.pages, runs))
    wait = min(_WAITS[last.state] * 2 ** max(len(in_vain) - 1, 0), _LONGEST_WAIT)
    if name == Measured.name and not Measured.is_installed():
        wait = _LONGEST_WAIT  # it waits for a person who installs torch
    return last.ended_at + wait <= now


def never_read(names: Iterable[str]) -> list[str]:
    """Those sources of which no walk was ever completed: a first harvest that was stopped goes on."""
    done = HarvestRun.objects.filter(state=HarvestRun.State.DONE)
    read = set(done.values_list("source_id", flat=True))
    return [name for name in names if name not in read]


def _is_counting_due() -> bool:
    checkpoint = Checkpoint.objects.filter(source=Measured.name).first()
    if checkpoint is None or checkpoint.cursor:
        return True
    counted = Listing.objects.filter(source=Measured.name, version=Measured().version)
    return not counted.exists()
