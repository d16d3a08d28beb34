"""Records that could not be understood: kept raw with their reason, forgotten once they can."""

from collections.abc import Iterable

from django.db.models import F
from django.utils import timezone

from catalog.cleaning import clean_text
from catalog.models import Source
from catalog.records import ModelRecord, Rejected
from catalog.reference_records import ReferenceRecord
from harvesters.models import HarvestRun, RejectedRecord

_MOST_RAW = 100_000


def keep_rejected(run: HarvestRun, rejected: Iterable[Rejected]) -> None:
    """Keep each with its reason; one that was rejected before counts another attempt."""
    rows = {clean_text(item.external_id)[:250] or "(without id)": item for item in rejected}
    if not rows:
        return
    now = timezone.now()
    again = RejectedRecord.objects.filter(source=run.source, external_id__in=rows)
    again.update(attempts=F("attempts") + 1)
    RejectedRecord.objects.bulk_create(
        (
            RejectedRecord(
                source=run.source,
                run=run,
                external_id=name,
                reason=clean_text(item.reason)[:500],
                raw=clean_text(item.raw)[:_MOST_RAW],
                first_seen=now,
                last_seen=now,
            )
            for name, item in rows.items()
        ),
        update_conflicts=True,
        unique_fields=["source", "external_id"],
        update_fields=["run", "reason", "raw", "last_seen"],
    )


def forget_accepted(
    source: Source, records: Iterable[ModelRecord | ReferenceRecord], rejected: Iterable[Rejected]
) -> None:
    """Drop the rejected rows of records that are accepted now."""
    still = {item.external_id for item in rejected}
    accepted = [
        record.external_id
        for record in records
        if record.external_id not in still and isinstance(record.external_id, str)
    ]
    if accepted:
        RejectedRecord.objects.filter(source=source, external_id__in=accepted).delete()
