"""What the sources page shows: every registered source with its latest run, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Q
from django.utils import timezone

from catalog.models import Source
from harvesters.models import HarvestRun
from harvesters.sources import SOURCES

# A page of the slowest source takes well under a minute.
_SILENT_AFTER = timedelta(minutes=10)


@dataclass(frozen=True)
class SourceState:
    """One source as its page shows it; `run` is its latest run, None before the first."""

    name: str
    title: str
    homepage: str
    kind: str
    listed: int
    gone: int
    rejected: int
    run: HarvestRun | None

    @property
    def is_running(self) -> bool:
        return self.run is not None and self.run.state == HarvestRun.State.RUNNING

    @property
    def is_silent(self) -> bool:
        """Says running, but no page has come for long: its process has probably died."""
        running = self.run if self.is_running else None
        return bool(running and running.heartbeat_at < timezone.now() - _SILENT_AFTER)


def source_states() -> list[SourceState]:
    """All sources of the registry and of the past, the registry's order first. Two queries."""
    rows = {source.pk: source for source in _counted()}
    latest = {run.source_id: run for run in _latest_runs()}
    names = [*SOURCES, *sorted(set(rows) - set(SOURCES))]
    return [_state(name, rows.get(name), latest.get(name)) for name in names]


def _state(name: str, row: Source | None, run: HarvestRun | None) -> SourceState:
    described = SOURCES[name]() if name in SOURCES else row
    if described is None:
        raise KeyError(name)
    counts = {key: getattr(row, key, 0) for key in ("listed", "gone", "rejected_count")}
    return SourceState(
        name=name,
        title=described.title,
        homepage=described.homepage,
        kind=described.kind,
        listed=counts["listed"],
        gone=counts["gone"],
        rejected=counts["rejected_count"],
        run=run,
    )


def _counted() -> Sequence[Source]:
    return list(
        Source.objects.annotate(
            listed=Count("listings", filter=Q(listings__gone_since=None), distinct=True),
            gone=Count("listings", filter=Q(listings__gone_since__isnull=False), distinct=True),
            rejected_count=Count("rejected", distinct=True),
        )
    )


def _latest_runs() -> Sequence[HarvestRun]:
    return list(HarvestRun.objects.order_by("source", "-started_at").distinct("source"))
