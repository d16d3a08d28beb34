"""Writing what sources say into the catalogue: records in, listings and checkpoints out."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from catalog.bulk import insert_rows, one_writer_at_a_time
from catalog.cleaning import InvalidRecord
from catalog.identity import place
from catalog.models import Evaluation, Listing, Paper, PaperLink, Source
from catalog.outcome import Outcome, reject
from catalog.records import ModelRecord, Rejected, content_hash, normalise
from catalog.reference_records import ReferenceRecord
from catalog.references import mark_references_gone, upsert_references
from catalog.resolve import resolve_pretrained


@dataclass
class _Incoming:
    """Normalised records by external id, those that were refused, and how many came twice."""

    records: dict[str, ModelRecord]
    rejected: list[Rejected]
    repeated: int


def upsert(
    source: Source,
    records: Iterable[ModelRecord | ReferenceRecord],
    *,
    version: str = "",
    seen_at: datetime | None = None,
) -> Outcome:
    """Create, update or just sight whatever the records are of, in one transaction."""
    models: list[ModelRecord] = []
    others: list[ReferenceRecord] = []
    for record in records:
        if isinstance(record, ModelRecord):
            models.append(record)
        else:
            others.append(record)
    with transaction.atomic():
        outcome = Outcome()
        if models:
            outcome.add(upsert_records(source, models, version=version, seen_at=seen_at))
        if others:
            outcome.add(upsert_references(source, others, version=version, seen_at=seen_at))
    return outcome


@transaction.atomic
def upsert_records(
    source: Source,
    records: Iterable[ModelRecord],
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
    incoming = _normalise(records)
    names = [*incoming.records, *(refused.external_id for refused in incoming.rejected)]
    known = _known_listings(source, names)
    hashes = {name: content_hash(record) for name, record in incoming.records.items()}
    new = [name for name in hashes if name not in known]
    changed = [n for n in hashes if n in known and known[n].content_hash != hashes[n]]
    # A refused entry is still there upstream: its listing is sighted, so that it is not taken for gone.
    written = {*new, *changed}
    returned = _sight([known[n] for n in known if n not in written], version, now, hashes)
    touched = {known[name].pretrained_id for name in returned}
    if written:
        page = {name: incoming.records[name] for name in hashes if name in written}
        placed = place(source, page, known)
        listings = _write_listings(source, page, placed, known, hashes, version, now)
        _write_details(listings, placed, page, changed)
        touched |= set(placed.values())
    if touched:
        resolve_pretrained(touched | _waiting_children(incoming.records, new), now)
    updated = len(changed) + len(returned)
    unchanged = len(hashes) - len(new) - updated + incoming.repeated
    return Outcome(len(new), updated, unchanged, incoming.rejected)


def mark_gone(source: Source, unseen_since: datetime, now: datetime | None = None) -> int:
    """Mark the source's listings gone that were last seen before `unseen_since`; returns how many."""
    now = now or timezone.now()
    with transaction.atomic():
        one_writer_at_a_time()
        unseen = Listing.objects.filter(
            source=source, last_seen__lt=unseen_since, gone_since__isnull=True
        )
        touched = set(unseen.values_list("pretrained_id", flat=True))
        count = unseen.update(gone_since=now)
        resolve_pretrained(touched, now)
        count += mark_references_gone(source, unseen_since, now)
    return count


def _normalise(records: Iterable[ModelRecord]) -> _Incoming:
    incoming = _Incoming({}, [], 0)
    for record in records:
        try:
            clean = normalise(record)
        except InvalidRecord as problem:
            incoming.rejected.append(reject(record, str(problem)))
            continue
        incoming.repeated += clean.external_id in incoming.records
        incoming.records[clean.external_id] = clean
    return incoming


def _known_listings(source: Source, names: Sequence[str]) -> dict[str, Listing]:
    found = Listing.objects.filter(source=source, external_id__in=_storable(names)).only(
        "id",
        "external_id",
        "pretrained_id",
        "content_hash",
        "gone_since",
        "first_seen",
        "changed_at",
    )
    return {listing.external_id: listing for listing in found}


def _storable(names: Sequence[str]) -> list[str]:
    return [n for n in names if "\x00" not in n and n.isprintable()]


def _sight(
    listings: Sequence[Listing], version: str, now: datetime, hashes: dict[str, str]
) -> list[str]:
    """Note that unchanged listings were seen; returns the names of those that had been gone."""
    if listings:
        Listing.objects.filter(pk__in=[listing.pk for listing in listings]).update(
            last_seen=now, gone_since=None, **({"version": version} if version else {})
        )
    return [x.external_id for x in listings if x.gone_since and x.external_id in hashes]


def _write_listings(
    source: Source,
    records: dict[str, ModelRecord],
    placed: dict[str, int],
    known: dict[str, Listing],
    hashes: dict[str, str],
    version: str,
    now: datetime,
) -> dict[str, int]:
    """Create or overwrite one listing per record; returns their primary keys by external id."""
    rows = [
        {
            "source_id": source.pk,
            "external_id": name,
            "pretrained_id": placed[name],
            "url": record.url,
            "version": version,
            "facts": {key: {"value": f.value, "note": f.note} for key, f in record.facts.items()},
            "identity_keys": record.identity_keys,
            "parent_key": record.facts["parent"].value["key"] if "parent" in record.facts else "",
            "content_hash": hashes[name],
            "first_seen": known[name].first_seen if name in known else now,
            "last_seen": now,
            "changed_at": now,
            "gone_since": None,
        }
        for name, record in records.items()
    ]
    return insert_rows(Listing, rows, conflict=("source_id", "external_id"), key="external_id")


def _write_details(
    listings: dict[str, int],
    placed: dict[str, int],
    records: dict[str, ModelRecord],
    changed: Sequence[str],
) -> None:
    if changed:
        old = [listings[name] for name in changed]
        Evaluation.objects.filter(listing__in=old).delete()
        PaperLink.objects.filter(listing__in=old).delete()
    papers = _papers({item.arxiv_id for record in records.values() for item in record.papers})
    evaluations: list[dict[str, object]] = []
    links: list[dict[str, object]] = []
    for name, record in records.items():
        owner = {"listing_id": listings[name], "pretrained_id": placed[name]}
        evaluations += ({**owner, **vars(item)} for item in record.evaluations)
        links += (
            {**owner, "paper_id": papers[item.arxiv_id], "role": item.role, "note": item.note}
            for item in record.papers
        )
    insert_rows(Evaluation, evaluations)
    insert_rows(PaperLink, links)


def _papers(arxiv_ids: set[str]) -> dict[str, int]:
    if not arxiv_ids:
        return {}
    Paper.objects.bulk_create((Paper(key=i) for i in arxiv_ids), ignore_conflicts=True)
    return dict(Paper.objects.filter(key__in=arxiv_ids).values_list("key", "pk"))


def _waiting_children(records: dict[str, ModelRecord], new: Sequence[str]) -> set[int]:
    """Checkpoints that named one of the new records as their parent before it was listed."""
    keys = [key for name in new for key in records[name].identity_keys]
    waiting = Listing.objects.filter(parent_key__in=keys).exclude(parent_key="")
    return set(waiting.values_list("pretrained_id", flat=True)) if keys else set()
