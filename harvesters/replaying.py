"""Rejected records tried again from what was kept of them, without the network: after a mistake of ours is mended."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import F, QuerySet

from catalog.models import Source
from catalog.outcome import restore
from catalog.records import Rejected
from harvesters.clock import database_now
from harvesters.engine import only_one_run, registered
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.pages import upsert_singly_if_need_be
from harvesters.rejects import group_of, keep_rejected
from harvesters.sources import SOURCES
from harvesters.sources.base import Harvested, Page, Record

logger = logging.getLogger(__name__)


@dataclass
class Replayed:
    """How many rejected records are understood now, and how many are rejected still."""

    understood: int = 0
    rejected: int = 0

    def __str__(self) -> str:
        tried = self.understood + self.rejected
        return f"{tried:,} tried again: {self.understood:,} understood, {self.rejected:,} still rejected"


def replay(name: str, *, group: str | None = None, pk: int | None = None) -> Replayed:
    """Try the source's rejected records again: all, those of one group of reasons, or one.

    Raises KeyError for a source that is not registered and AlreadyRunning while it is being harvested.
    """
    harvested = SOURCES[name]()
    source = registered(harvested)
    done = Replayed()
    with only_one_run(source):
        for number in _chosen(source, group, pk).order_by("pk").values_list("pk", flat=True):
            row = RejectedRecord.objects.select_related("run").filter(pk=number).first()
            if row is None:  # another row of the same replay brought its record
                continue
            if _try_again(harvested, source, row):
                done.understood += 1
            else:
                done.rejected += 1
    logger.info("%s: %s", name, done)
    return done


def _chosen(source: Source, group: str | None, pk: int | None) -> QuerySet[RejectedRecord]:
    rows = RejectedRecord.objects.filter(source=source)
    if group is not None:
        rows = rows.filter(group=group)
    return rows if pk is None else rows.filter(pk=pk)


@transaction.atomic
def _try_again(harvested: Harvested, source: Source, row: RejectedRecord) -> bool:
    """Whether everything in it is understood now."""
    now = _moment(source)
    try:
        entries = _entries(harvested, row)
    except (OperationalError, InterfaceError):
        raise
    except Exception as problem:
        _keep(row, f"{type(problem).__name__}: {problem}", now)
        return False
    if not entries:
        _keep(row, "the source makes no record of it", now)
        return False
    refused = [entry for entry in entries if isinstance(entry, Rejected)]
    records = [entry for entry in entries if not isinstance(entry, Rejected)]
    outcome = upsert_singly_if_need_be(source, records, row.version, now)
    row.delete()
    keep_rejected(source, row.run, refused, now, row.version)
    keep_rejected(source, row.run, outcome.rejected, now, row.version, are_records=True)
    again = RejectedRecord.objects.filter(source=source, external_id=row.external_id)
    again.update(attempts=row.attempts + 1, first_seen=row.first_seen)
    return not refused and not outcome.rejected


def _entries(harvested: Harvested, row: RejectedRecord) -> list[Record]:
    if row.is_record:
        return [restore(row.raw)]
    return list(harvested.records(Page(row.raw.encode(), version=row.version)))


def _keep(row: RejectedRecord, reason: str, now: datetime) -> None:
    RejectedRecord.objects.filter(pk=row.pk).update(
        attempts=F("attempts") + 1, reason=reason[:500], group=group_of(reason), last_seen=now
    )


def _moment(source: Source) -> datetime:
    """Now, noted in the checkpoint, so that the next walk begins later than what this one writes."""
    checkpoint = Checkpoint.objects.filter(source=source).first()
    now = database_now()
    if checkpoint:
        now = max(now, checkpoint.updated_at)
    Checkpoint.objects.filter(source=source).update(updated_at=now)
    return now
