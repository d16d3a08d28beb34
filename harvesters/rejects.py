"""Records that could not be understood: kept raw with their reason, forgotten once they can."""

import hashlib
import re
from collections.abc import Iterable
from datetime import datetime

from django.db.models import F

from catalog.cleaning import clean_text
from catalog.keys import LONGEST_ID
from catalog.models import Source
from catalog.prepared import Prepared
from catalog.records import ModelRecord, Rejected
from catalog.reference_records import ReferenceRecord
from harvesters.counting import LISTED
from harvesters.models import HarvestRun, RejectedRecord

_MOST_RAW = 8_000_000  # characters; a page that cannot be understood may be long
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# What differs from record to record in a reason: quoted values, numbers, what came instead.
_PARTICULAR = re.compile(r"'[^']*'|\"[^\"]*\"|\d[\d,.]*|(?<=got ).*|(?<=: )\S{60,}")


def keep_rejected(
    source: Source,
    run: HarvestRun | None,
    rejected: Iterable[Rejected],
    seen_at: datetime,
    version: str = "",
    *,
    are_records: bool = False,
) -> None:
    """Keep each with its reason; one that was rejected before counts another attempt.

    `are_records`: the source understood them, so `raw` is a record as JSON and no entry of the source's.
    """
    rows = _named(rejected)
    if not rows:
        return
    again = RejectedRecord.objects.filter(source=source, external_id__in=rows)
    again.update(attempts=F("attempts") + 1)
    RejectedRecord.objects.bulk_create(
        (
            RejectedRecord(
                source=source,
                run=run,
                external_id=name,
                reason=clean_text(item.reason)[:500],
                group=group_of(item.reason),
                raw=storable(item.raw)[:_MOST_RAW],
                is_record=are_records,
                version=clean_text(version)[:60],
                first_seen=seen_at,
                last_seen=seen_at,
            )
            for name, item in rows.items()
        ),
        update_conflicts=True,
        unique_fields=["source", "external_id"],
        update_fields=[
            "run", "reason", "group", "raw", "is_record", "version", "last_seen",
        ],
    )  # fmt: skip


def forget_accepted(
    source: Source,
    records: Iterable[ModelRecord | Prepared | ReferenceRecord],
    rejected: Iterable[Rejected],
) -> None:
    """Drop the rejected rows of records that are accepted now."""
    still = {item.external_id for item in rejected}
    accepted = [
        record.external_id
        for record in records
        if isinstance(record.external_id, str)
        and record.external_id not in still
        and storable(record.external_id) == record.external_id
    ]
    here = RejectedRecord.objects.filter(source=source)
    if accepted and here.exists():
        here.filter(external_id__in=accepted).delete()


def sight_rejected(source: Source, rejected: Iterable[Rejected], seen_at: datetime) -> None:
    """Note that the listings of refused entries were seen: they are still there, so they are not gone."""
    names = [
        item.external_id for item in rejected if storable(item.external_id) == item.external_id
    ]
    for table in LISTED.values() if names else ():
        seen = table._default_manager.filter(source=source, external_id__in=names)
        seen.update(last_seen=seen_at, gone_since=None)


def forget_vanished(source: Source, unseen_since: datetime) -> int:
    """Drop rejected rows that a complete walk did not meet again; returns how many."""
    unseen = RejectedRecord.objects.filter(source=source, last_seen__lt=unseen_since)
    return unseen.delete()[0]


def group_of(reason: str) -> str:
    """The reason without what differs from record to record, so that equal ones can be counted."""
    return _PARTICULAR.sub("…", clean_text(reason))[:200]


def storable(raw: str) -> str:
    """`raw` with the characters that Postgres refuses written as JSON escapes: in JSON they mean the same."""
    return _UNSTORABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", raw)


def _named(rejected: Iterable[Rejected]) -> dict[str, Rejected]:
    """Each under a name of its own that can be stored: none may take another one's place."""
    named: dict[str, Rejected] = {}
    for item in rejected:
        name = clean_text(str(item.external_id))
        if not name or len(name) > LONGEST_ID or named.get(name, item).raw != item.raw:
            digest = hashlib.sha256(item.raw.encode("utf-8", "surrogatepass")).hexdigest()
            name = f"{name[:200] or '(without id)'} #{digest[:16]}"
        named[name] = item
    return named
