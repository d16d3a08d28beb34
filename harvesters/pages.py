"""Taking one page: its records, its rejected entries, the run's counts and the checkpoint in one transaction."""

import logging
from collections.abc import Sequence
from datetime import datetime

from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.db.models import F

from catalog.models import Source
from catalog.outcome import Outcome, reject
from catalog.prepared import Prepared
from catalog.records import ModelRecord, Rejected
from catalog.reference_records import ReferenceRecord
from catalog.services import upsert
from harvesters.ahead import Read
from harvesters.models import Checkpoint, HarvestRun
from harvesters.rejects import forget_accepted, keep_rejected, sight_rejected
from harvesters.sources.base import Page, Record
from harvesters.walk import NotUnderstood, Overtaken, Walk

logger = logging.getLogger(__name__)


def take_page(walk: Walk, page: Page, read: Read) -> None:
    """Write what a page holds, as `read` gives it, and where the walk goes on.

    Raises NotUnderstood if the source's `records` fails, Overtaken if another run has begun, and whatever
    Walk raises to stop. A run with a limit takes the first entries of its last page and stays before it.
    """
    walk.check(page)
    try:
        entries = read()
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        raise NotUnderstood(page, problem) from problem
    left = len(entries) if walk.run.limit is None else walk.run.limit - walk.run.seen
    is_cut = left < len(entries)
    commit_page(walk, page, entries[:left], is_cut=is_cut)
    if is_cut:
        walk.stop_at_limit()
    walk.go_on(page)


def set_aside(walk: Walk, problem: NotUnderstood) -> None:
    """Keep a page of which nothing can be made with the rejected records, and go on behind it."""
    page, name = problem.page, f"(page at {walk.cursor or 'the beginning'})"
    body = page.body.decode(errors="surrogateescape")
    rejected = Rejected(name, f"the whole page: {problem}", body)
    walk.pages_set_aside += 1
    kept = "A page could not be understood; it is kept with the rejected records"
    walk.missing = walk.missing or kept
    commit_page(walk, page, [rejected])
    walk.go_on(page)


def commit_page(
    walk: Walk, page: Page, entries: Sequence[Record | Prepared], *, is_cut: bool = False
) -> None:
    """One transaction with the rows of these entries, the run's counters and the checkpoint.

    Of a cut page there are more entries: the walk stays before it.
    """
    records = [entry for entry in entries if not isinstance(entry, Rejected)]
    refused = [entry for entry in entries if isinstance(entry, Rejected)]
    run, seen_at = walk.run, walk.now()
    with transaction.atomic():
        _let_the_disk_catch_up()
        outcome = upsert_singly_if_need_be(run.source, records, page.version, seen_at)
        keep_rejected(run.source, run, refused, seen_at, page.version)
        keep_rejected(run.source, run, outcome.rejected, seen_at, page.version, are_records=True)
        outcome.rejected += refused
        sight_rejected(run.source, outcome.rejected, seen_at)
        forget_accepted(run.source, records, outcome.rejected)
        before = run.seen
        _count(run, page, outcome, seen_at)
        moved = Checkpoint.objects.filter(source=run.source, run=run).update(
            cursor=walk.cursor if is_cut else page.next_cursor,
            taken=F("taken") + (0 if is_cut else run.seen - before),
            next_watermark=page.watermark[:100],
            updated_at=seen_at,
            stuck=0,
        )
        if not moved:
            raise Overtaken("Another run of this source has begun; this one was left.")
    of = f" of {run.expected}" if run.expected else ""
    logger.info("%s: page %d, %d%s records", run.source_id, run.pages, run.seen, of)


def _let_the_disk_catch_up() -> None:
    """A power cut may cost the last second of pages: with them goes the checkpoint, so they come again."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit TO off")


def upsert_singly_if_need_be(
    source: Source,
    records: Sequence[ModelRecord | Prepared | ReferenceRecord],
    version: str,
    seen_at: datetime,
) -> Outcome:
    """All records at once; if Postgres refuses one, one by one, so that only that one is lost."""
    try:
        with transaction.atomic():
            return upsert(source, records, version=version, seen_at=seen_at)
    except (OperationalError, InterfaceError):
        raise
    except (DatabaseError, ValueError, TypeError, OverflowError) as problem:
        logger.warning("%s: a page is written record by record: %s", source.pk, problem)
    total = Outcome()
    for record in records:
        total.add(_upsert_one(source, record, version, seen_at))
    return total


def _upsert_one(
    source: Source,
    record: ModelRecord | Prepared | ReferenceRecord,
    version: str,
    seen_at: datetime,
) -> Outcome:
    try:
        with transaction.atomic():
            return upsert(source, [record], version=version, seen_at=seen_at)
    except (OperationalError, InterfaceError):
        raise
    except DatabaseError as problem:
        return Outcome(rejected=[reject(record, f"Postgres refused it: {problem}")])
    except (ValueError, TypeError, OverflowError) as problem:
        return Outcome(rejected=[reject(record, f"it cannot be stored: {problem!r}")])


def _count(run: HarvestRun, page: Page, outcome: Outcome, seen_at: datetime) -> None:
    run.pages += 1
    run.created += outcome.created
    run.updated += outcome.updated
    run.unchanged += outcome.unchanged
    run.rejected += len(outcome.rejected)
    run.seen = run.created + run.updated + run.unchanged + run.rejected
    run.expected = page.expected if page.expected is not None else run.expected
    run.heartbeat_at = seen_at
    run.save()
