"""Writing what sources say into the catalogue: records in, listings and checkpoints out."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from catalog.bulk import one_writer_at_a_time
from catalog.cleaning import InvalidRecord
from catalog.identity import follow_renamed, keys_that_count, place, write_keys
from catalog.listings import (
    Known,
    known_listings,
    only_listings,
    sight,
    write_details,
    write_listings,
)
from catalog.models import Listing, Source
from catalog.named_datasets import add_named_datasets
from catalog.organizations import note_names
from catalog.outcome import Outcome, reject
from catalog.prepared import Prepared, prepare
from catalog.records import ModelRecord, Rejected
from catalog.reference_records import LabelSetRecord, ReferenceRecord
from catalog.references import mark_references_gone, upsert_references
from catalog.resolve import resolve_pretrained, write_known, write_new
from catalog.waiting import give_parents


@dataclass
class _Incoming:
    """Normalised records by external id, those that were refused, and how many came twice."""

    records: dict[str, Prepared]
    rejected: list[Rejected]
    repeated: int


def upsert(
    source: Source,
    records: Iterable[ModelRecord | Prepared | ReferenceRecord],
    *,
    version: str = "",
    seen_at: datetime | None = None,
) -> Outcome:
    """Create, update or just sight whatever the records are of, in one transaction."""
    models: list[ModelRecord | Prepared] = []
    others: list[ReferenceRecord] = []
    lists: list[ReferenceRecord] = []
    for record in records:
        if isinstance(record, ModelRecord | Prepared):
            models.append(record)
        else:
            (lists if isinstance(record, LabelSetRecord) else others).append(record)
    with transaction.atomic():
        outcome = Outcome()
        if models:
            outcome.add(upsert_records(source, models, version=version, seen_at=seen_at))
        if others:
            outcome.add(upsert_references(source, others, version=version, seen_at=seen_at))
        if lists:
            written = upsert_references(source, lists, version=version, seen_at=seen_at)
            # Lists of classes that come along with what has them are no records of their own.
            came_along = bool(models or others)
            outcome.add(Outcome(rejected=written.rejected) if came_along else written)
    return outcome


@transaction.atomic
def upsert_records(
    source: Source,
    records: Iterable[ModelRecord | Prepared],
    *,
    version: str = "",
    seen_at: datetime | None = None,
) -> Outcome:
    """Create, update or just sight one listing per record, then resolve the checkpoints they touch.

    Runs in one transaction with a number of statements that does not grow with the records. Records
    that cannot be stored come back in `Outcome.rejected`; whatever Postgres refuses is raised. An entry
    that comes twice is written once (the last one wins) and counted as unchanged the other times.
    """
    now = seen_at or timezone.now()
    one_writer_at_a_time()
    incoming = _prepared(records, source)
    refused = [item.external_id for item in incoming.rejected]
    known = known_listings(source, [*incoming.records, *refused])
    page = {
        name: record
        for name, record in incoming.records.items()
        if name not in known or known[name].content_hash != record.content_hash
    }
    # A refused entry is still there upstream: its listing is sighted, so that it is not taken for gone.
    same = [name for name in known if name not in page]
    sight([known[name] for name in same], version, now)
    returned = [n for n in same if known[n].gone_since and n in incoming.records]
    touched = {known[name].pretrained_id for name in returned}
    if page:
        note_names(source, page)
        touched |= _write(source, page, known, version, now)
    resolve_pretrained(touched, now)
    new = sum(1 for name in page if name not in known)
    updated = len(page) - new + len(returned)
    unchanged = len(incoming.records) - new - updated + incoming.repeated
    return Outcome(new, updated, unchanged, incoming.rejected)


def mark_gone(source: Source, unseen_since: datetime, now: datetime | None = None) -> int:
    """Mark the source's listings gone that were last seen before `unseen_since`; returns how many."""
    now = now or timezone.now()
    with transaction.atomic():
        one_writer_at_a_time()
        unseen = Listing.objects.filter(
            source=source, last_seen__lt=unseen_since, gone_since__isnull=True
        )
        touched = set(unseen.values_list("pretrained_id", flat=True))
        count = unseen.update(gone_since=now) if touched else 0
        if source.kind == Source.Kind.HUB:
            follow_renamed(source, touched)
        resolve_pretrained(touched, now)
        count += mark_references_gone(source, unseen_since, now)
    return count


def _prepared(records: Iterable[ModelRecord | Prepared], source: Source) -> _Incoming:
    incoming = _Incoming({}, [], 0)
    for record in records:
        try:
            clean = record if isinstance(record, Prepared) else prepare(record, source)
        except InvalidRecord as problem:
            incoming.rejected.append(reject(record, str(problem)))
            continue
        incoming.repeated += clean.external_id in incoming.records
        incoming.records[clean.external_id] = clean
    return incoming


def _write(
    source: Source,
    page: Mapping[str, Prepared],
    known: Mapping[str, Known],
    version: str,
    now: datetime,
) -> set[int]:
    """Write the new and changed records of a page; returns the checkpoints that are still to be resolved."""
    stated = {name: p.identity_keys for name, p in page.items() if _is_rekeyed(p, known)}
    keys = keys_that_count(source, stated)
    homes = {name: known[name].pretrained_id for name in page if name in known}
    places = place(source, keys, homes)
    listings = write_listings(source, page, places.pks, known, version, now)
    write_keys(keys, listings, keys.keys() & known.keys())
    write_details(listings, places.pks, page, homes)
    alone = {places.pks[name]: page[name] for name in places.alone}
    waiting = give_parents({key: places.pks[name] for name in keys for key in keys[name]}, now)
    write_new(source, alone, now)
    stayed = {places.pks[name]: name for name, home in homes.items() if places.pks[name] == home}
    single = {pk: page[stayed[pk]] for pk in only_listings(stayed)}
    write_known(source, single, now)
    add_named_datasets(name for prepared in page.values() for name in _datasets(prepared))
    return (set(places.pks.values()) | waiting) - alone.keys() - single.keys()


def _is_rekeyed(prepared: Prepared, known: Mapping[str, Known]) -> bool:
    """Whether a record's listing is new, or was stated with other keys before."""
    before = known.get(prepared.external_id)
    return before is None or before.identity_keys != list(prepared.identity_keys)


def _datasets(prepared: Prepared) -> list[str]:
    return [*prepared.alone.datasets, *(result.dataset for result in prepared.evaluations)]
