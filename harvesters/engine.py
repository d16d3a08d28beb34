"""Walking through a source: fetch -> normalise -> upsert -> resolve, one page and one transaction at a time.

Whatever happens, the run ends in a state that says what happened, and the next run goes on where the last
committed page ended. See docs/decisions/0010-one-transaction-per-page.md.
"""

import hashlib
import logging
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F
from django.utils import timezone

from catalog.cleaning import clean_text
from catalog.models import Source
from catalog.outcome import Outcome, reject
from catalog.records import ModelRecord, Rejected
from catalog.reference_records import ReferenceRecord
from catalog.services import mark_gone, upsert
from harvesters.http import Http, HttpError
from harvesters.models import Checkpoint, HarvestRun
from harvesters.rejects import forget_accepted, keep_rejected
from harvesters.sources.base import Harvested, Page, Record, Start, Unreachable

logger = logging.getLogger(__name__)
_SAME_PAGE_LIMIT = 3


class AlreadyRunning(Exception):
    """The source is being harvested by another process; nothing was done."""


class _GoesInCircles(Exception):
    """The source names a page that was read already, or sends the same page again and again."""


@dataclass
class _Walk:
    """One run's way through the pages: what it has seen, to notice a source that goes in circles."""

    run: HarvestRun
    started_at: datetime  # of the whole walk, which may have begun in an earlier run
    is_resumed: bool
    cursors: set[str] = field(default_factory=set)
    last_page: str = ""
    repeats: int = 0
    missing: str = ""

    def check(self, page: Page) -> None:
        if page.next_cursor and page.next_cursor in self.cursors:
            raise _GoesInCircles(f"its cursor {page.next_cursor!r:.80} came a second time")
        self.cursors.add(page.next_cursor)
        fingerprint = hashlib.sha256(page.body).hexdigest()
        self.repeats = self.repeats + 1 if fingerprint == self.last_page else 0
        self.last_page = fingerprint
        if self.repeats >= _SAME_PAGE_LIMIT:
            raise _GoesInCircles("it sends the same page again and again")
        self.missing = self.missing or page.missing


def harvest(harvested: Harvested) -> HarvestRun:
    """Walk through a source from its checkpoint to the end; returns the ended run.

    Raises AlreadyRunning if another process is at it. Every other failure ends the run as partial,
    unreachable or failed with a sentence in `message`; what was committed stays.
    """
    source = registered(harvested)
    with only_one_run(source), Http(*harvested.bases) as http:
        end_abandoned_runs(source)
        run, checkpoint = _begin(source, harvested)
        walk = _Walk(run, checkpoint.walk_started_at, bool(checkpoint.cursor))
        try:
            _walk_through(walk, harvested.pages(http, _start(checkpoint)), harvested.records)
        except (Unreachable, HttpError) as problem:
            state = HarvestRun.State.PARTIAL if run.pages else HarvestRun.State.UNREACHABLE
            _end(run, state, str(problem))
        except _GoesInCircles as problem:
            Checkpoint.objects.filter(source=source).update(cursor="")
            _end(run, HarvestRun.State.FAILED, f"The source goes in circles: {problem}.")
        except (OperationalError, InterfaceError) as problem:
            _end_after_lost_database(run, problem)
        except Exception as problem:
            logger.exception("%s: harvest failed", source.pk)
            _end(run, HarvestRun.State.FAILED, f"{type(problem).__name__}: {problem}")
        except BaseException:
            _end(run, HarvestRun.State.PARTIAL, "Stopped; the next run goes on from the last page.")
            raise
        else:
            _complete(walk, harvested)
    return run


def _walk_through(
    walk: _Walk,
    pages: Iterable[Page],
    records: Callable[[Page], Iterable[Record]],
) -> None:
    for page in pages:
        walk.check(page)
        _take_page(walk.run, page, records(page))


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
            cursor.execute(
                "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [f"harvest:{source.pk}"]
            )
            row = cursor.fetchone()
        if not row or not row[0]:
            raise AlreadyRunning(f"{source.title} is being harvested already; nothing was started.")
        yield
    finally:
        holder.close()


def end_abandoned_runs(source: Source) -> int:
    """End runs that still say running although nobody holds the lock (call with the lock held)."""
    now = timezone.now()
    return HarvestRun.objects.filter(source=source, state=HarvestRun.State.RUNNING).update(
        state=HarvestRun.State.PARTIAL,
        ended_at=now,
        message="The process was stopped on the way; the next run goes on from the last page.",
    )


def end_dead_runs() -> int:
    """End the runs of processes that died; for beat, so that the sources page tells the truth."""
    ended = 0
    for source in Source.objects.filter(runs__state=HarvestRun.State.RUNNING).distinct():
        try:
            with only_one_run(source):
                ended += end_abandoned_runs(source)
        except AlreadyRunning:
            continue
    return ended


@transaction.atomic
def _begin(source: Source, harvested: Harvested) -> tuple[HarvestRun, Checkpoint]:
    now = timezone.now()
    run = HarvestRun.objects.create(source=source, started_at=now, heartbeat_at=now)
    fresh = {"walk_started_at": now, "updated_at": now, "run": run}
    checkpoint, created = Checkpoint.objects.get_or_create(source=source, defaults=fresh)
    if not created:
        if not checkpoint.cursor:
            checkpoint.walk_started_at, checkpoint.next_watermark = now, ""
            goes_on = harvested.has_increments and checkpoint.watermark
            checkpoint.kind = HarvestRun.Kind.INCREMENTAL if goes_on else HarvestRun.Kind.FULL
        checkpoint.run, checkpoint.updated_at = run, now
        checkpoint.save()
    run.kind = checkpoint.kind
    run.save()
    going_on = f" from {checkpoint.cursor}" if checkpoint.cursor else ""
    logger.info("%s: harvest started%s", source.pk, going_on)
    return run, checkpoint


def _start(checkpoint: Checkpoint) -> Start:
    is_full = checkpoint.kind == HarvestRun.Kind.FULL
    return Start(
        checkpoint.cursor, "" if is_full else checkpoint.watermark, checkpoint.next_watermark
    )


def _take_page(run: HarvestRun, page: Page, entries: Iterable[Record]) -> None:
    records: list[ModelRecord | ReferenceRecord] = []
    rejected: list[Rejected] = []
    for entry in entries:
        if isinstance(entry, Rejected):
            rejected.append(entry)
        else:
            records.append(entry)
    with transaction.atomic():
        outcome = _upsert(run.source, records, page.version)
        outcome.rejected += rejected
        keep_rejected(run, outcome.rejected)
        forget_accepted(run.source, records, outcome.rejected)
        _count(run, page, outcome)
        Checkpoint.objects.filter(source=run.source).update(
            cursor=page.next_cursor,
            next_watermark=page.watermark[:100],
            updated_at=run.heartbeat_at,
        )
    of = f" of {run.expected}" if run.expected else ""
    logger.info("%s: page %d, %d%s records", run.source_id, run.pages, run.seen, of)


def _upsert(source: Source, records: list[ModelRecord | ReferenceRecord], version: str) -> Outcome:
    """All records at once; if Postgres refuses one, one by one, so that only that one is lost."""
    try:
        with transaction.atomic():
            return upsert(source, records, version=version)
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError as problem:
        logger.warning("%s: a page is written record by record: %s", source.pk, problem)
    total = Outcome()
    for record in records:
        try:
            with transaction.atomic():
                one = upsert(source, [record], version=version)
        except (OperationalError, InterfaceError):
            raise
        except DatabaseError as problem:
            one = Outcome(rejected=[reject(record, f"Postgres refused it: {problem}")])
        total.add(one)
    return total


def _count(run: HarvestRun, page: Page, outcome: Outcome) -> None:
    run.pages += 1
    run.created += outcome.created
    run.updated += outcome.updated
    run.unchanged += outcome.unchanged
    run.rejected += len(outcome.rejected)
    run.seen = run.created + run.updated + run.unchanged + run.rejected
    run.expected = page.expected if page.expected is not None else run.expected
    run.heartbeat_at = timezone.now()
    run.save()


def _complete(walk: _Walk, harvested: Harvested) -> None:
    """A walk came to its end: what a complete one did not meet is gone from the source."""
    run, source = walk.run, walk.run.source
    message = ""
    if walk.missing:
        message = f"{walk.missing}. Nothing was marked gone."
        logger.warning("%s: %s", source.pk, message)
    elif run.kind == HarvestRun.Kind.INCREMENTAL or not harvested.is_complete:
        pass
    elif not run.seen and source.kind != Source.Kind.FOLDER:
        message = "The source listed nothing at all, so nothing was marked gone."
    elif not walk.is_resumed and run.expected and run.seen < 0.99 * run.expected:
        message = f"Only {run.seen} of {run.expected} came, so nothing was marked gone."
    else:
        run.gone = mark_gone(source, walk.started_at)
    Checkpoint.objects.filter(source=source).update(watermark=F("next_watermark"))
    _end(run, HarvestRun.State.DONE, message)


def _end(run: HarvestRun, state: HarvestRun.State, message: str = "") -> None:
    # Not save(): the counters in memory may be those of a page that was rolled back.
    HarvestRun.objects.filter(pk=run.pk).update(
        state=state, message=clean_text(message)[:500], ended_at=timezone.now(), gone=run.gone
    )
    run.refresh_from_db()
    logger.info("%s: %s", run.source_id, summary(run))


def summary(run: HarvestRun) -> str:
    """One line on how a run went, for logs and the command."""
    counted = ("seen", "created", "updated", "unchanged", "rejected", "gone")
    numbers = ", ".join(f"{getattr(run, name)} {name}" for name in counted)
    return f"{run.state}: {numbers}" + (f". {run.message}" if run.message else "")


def _end_after_lost_database(run: HarvestRun, problem: Exception) -> None:
    logger.warning("%s: the database was lost: %s", run.source_id, problem)
    connection.close()
    try:
        _end(run, HarvestRun.State.PARTIAL, "The database went away; the next run goes on.")
    except (OperationalError, InterfaceError):
        # Still away: the row keeps saying running, and whoever comes next finds the lock free.
        logger.warning("%s: the run could not be ended, the next one will do it", run.source_id)
