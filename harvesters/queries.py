"""What the pages about sources show, in a number of queries that does not grow with sources or records."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Left

from catalog.models import Source
from harvesters.about import About, about, missing_setting
from harvesters.clock import database_now
from harvesters.models import Checkpoint, HarvestRun, RejectedRecord, Schedule
from harvesters.runs import running_now
from harvesters.sources import SOURCES

_SILENT_AFTER = timedelta(minutes=10)
SHOWN_RAW = 4_000  # characters of a rejected record
# One and several of each kind of record. Several listings may be of one checkpoint, so they are no models.
_SPOKEN = {
    "models": ("model listing", "model listings"),
    "papers": ("paper", "papers"),
    "repositories": ("repository", "repositories"),
    "data sets": ("data set", "data sets"),
    "leaderboards": ("leaderboard", "leaderboards"),
    "speeds": ("speed", "speeds"),
}
# How the sources are grouped on their page, and by which kinds.
_GROUPS = (
    ("Libraries and this machine", (Source.Kind.LIBRARY, Source.Kind.FOLDER)),
    ("Hubs", (Source.Kind.HUB,)),
    ("Papers", (Source.Kind.PAPERS,)),
    ("Code", (Source.Kind.REPOSITORIES,)),
    ("Data sets", (Source.Kind.DATASETS,)),
    ("Benchmarks and measurements", (Source.Kind.MEASUREMENT,)),
)


@dataclass(frozen=True)
class SourceState:
    """One source as its page shows it; `run` is its latest run, None before the first."""

    name: str
    title: str
    homepage: str
    kind: str
    rejected: int
    run: HarvestRun | None
    checkpoint: Checkpoint | None
    schedule: Schedule | None
    about: About
    missing_setting: str
    now: datetime
    is_alive: bool  # a process holds the source's lock

    @property
    def is_running(self) -> bool:
        return self.run is not None and self.run.state == HarvestRun.State.RUNNING

    @property
    def is_finishing(self) -> bool:
        """Its last page is written; what it did not meet is looked for, minutes in a large catalogue."""
        run, row = self.run if self.is_running else None, self.checkpoint
        return bool(run and run.pages and row and row.run_id == run.pk and not row.cursor)

    @property
    def is_silent(self) -> bool:
        """Says running, but no process is at it, or no page has come for long although there are more."""
        running = self.run if self.is_running and not self.is_finishing else None
        late = running is not None and running.heartbeat_at < self.now - _SILENT_AFTER
        return self.is_running and (not self.is_alive or late)

    @property
    def lists(self) -> list[str]:
        """How many records of each kind it lists, counted at the end of its last run: `1,826 model listings`."""
        counts = self.checkpoint.counts if self.checkpoint else {}
        return [f"{count:,} {_SPOKEN[kind][count != 1]}" for kind, count in counts.items()]

    @property
    def not_there(self) -> str:
        """How much it was asked for, because others name it, and does not have; empty where it has all."""
        absent = self.checkpoint.absent if self.checkpoint else 0
        if not absent:
            return ""
        if self.lists:
            return f"{absent:,} more asked for, not found there"
        return f"{absent:,} asked for, none found there"

    @property
    def needs(self) -> str:
        """The setting that it lacks, unless its latest run says so itself."""
        is_said = self.run is not None and self.about.wants in self.run.message
        return "" if is_said else self.missing_setting

    @property
    def gone(self) -> int:
        return self.checkpoint.gone if self.checkpoint else 0

    @property
    def taken(self) -> int:
        """How many records the walk took until now, with those of the earlier runs that this one continues."""
        run, row = self.run, self.checkpoint
        if run is None or row is None or row.run_id != run.pk:
            return run.seen if run else 0
        return max(run.seen, row.taken)

    @property
    def minutes_left(self) -> int | None:
        """How long the run will take by its rate so far.

        None where the source does not say how much it has, and of a run that nobody is at.
        """
        run = self.run if self.is_running and not self.is_finishing else None
        if run is None or self.is_silent or not run.expected or not run.rate:
            return None
        return max(0, round((run.expected - self.taken) / run.rate / 60))

    @property
    def is_due(self) -> bool:
        row = self.schedule
        return bool(row and not row.paused and row.next_due and row.next_due <= self.now)

    @property
    def asked_to_wait_until(self) -> datetime | None:
        until = self.checkpoint.not_before if self.checkpoint else None
        return until if until and until > self.now else None


@dataclass(frozen=True)
class SourceGroup:
    title: str
    states: list[SourceState] = field(default_factory=list)


def source_states(only: str = "") -> list[SourceState]:
    """All sources of the registry and of the past, the registry's order first; or the one named. Five queries."""
    sources = Source.objects.filter(**{"pk": only} if only else {})
    # One look into the index per source; DISTINCT ON would read every run there ever was.
    its_runs = HarvestRun.objects.filter(source=OuterRef("pk")).order_by("-started_at")
    sources = sources.annotate(latest=Subquery(its_runs.values("pk")[:1]))
    rows = {source.pk: source for source in sources.select_related("checkpoint", "schedule")}
    runs = HarvestRun.objects.filter(pk__in=[row.latest for row in rows.values() if row.latest])
    latest = {run.source_id: run for run in runs}
    counted = (
        RejectedRecord.objects.filter(source__in=rows).values("source").annotate(n=Count("pk"))
    )
    rejected = {row["source"]: row["n"] for row in counted}
    alive, now = running_now(), database_now()
    names = [only] if only else [*SOURCES, *sorted(set(rows) - set(SOURCES))]
    return [
        _state(name, rows.get(name), latest.get(name), rejected.get(name, 0), now, name in alive)
        for name in names
    ]


def grouped(states: Sequence[SourceState]) -> list[SourceGroup]:
    """The states by what kind of source they are, groups without any left out."""
    groups = [
        SourceGroup(title, [state for state in states if state.kind in kinds])
        for title, kinds in _GROUPS
    ]
    return [group for group in groups if group.states]


def _state(
    name: str,
    row: Source | None,
    run: HarvestRun | None,
    rejected: int,
    now: datetime,
    is_alive: bool,
) -> SourceState:
    harvested = SOURCES[name]() if name in SOURCES else None
    described = harvested or row
    if described is None:
        raise KeyError(name)
    return SourceState(
        name=name,
        title=described.title,
        homepage=described.homepage,
        kind=described.kind,
        rejected=rejected,
        run=run,
        checkpoint=getattr(row, "checkpoint", None),
        schedule=getattr(row, "schedule", None),
        about=about(harvested) if harvested else About("It is not read any more."),
        missing_setting=missing_setting(harvested) if harvested else "",
        now=now,
        is_alive=is_alive,
    )


@dataclass(frozen=True)
class Reason:
    """A group of rejected records that were rejected for the same reason."""

    group: str
    count: int
    last_seen: datetime


def reasons(source: Source) -> list[Reason]:
    """Why the source's records are rejected, the most frequent reason first."""
    rows = source.rejected.values("group").annotate(n=Count("pk"), last=Max("last_seen"))
    return [Reason(row["group"], row["n"], row["last"]) for row in rows.order_by("-n", "group")]


def rejected_records(source: Source, group: str | None) -> QuerySet[RejectedRecord]:
    """The source's rejected records, those of one reason or all, each with the beginning of its raw text."""
    rows = source.rejected.all() if group is None else source.rejected.filter(group=group)
    # A raw page may have megabytes; only what is shown is read.
    shown = rows.defer("raw").annotate(beginning=Left("raw", SHOWN_RAW))
    return shown.order_by("-last_seen", "external_id")
