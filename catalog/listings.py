"""The rows of listings: which are known, which were seen, and what those that changed say."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from catalog.bulk import (
    Written,
    as_array,
    copy_rows,
    delete_of,
    known_or_new,
    new_ids,
    update_rows,
)
from catalog.models import Evaluation, Listing, Paper, PaperLink, Source
from catalog.prepared import Prepared


class Known(NamedTuple):
    """What the catalogue has of a listing."""

    pk: int
    pretrained_id: int
    content_hash: str
    gone_since: datetime | None
    first_seen: datetime
    identity_keys: list[str]


def known_listings(source: Source, names: Sequence[str]) -> dict[str, Known]:
    """Those of the source's listings with these external ids that exist."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT external_id, id, pretrained_id, content_hash, gone_since, first_seen, identity_keys"
            " FROM catalog_listing WHERE source_id = %s AND external_id = ANY(%s::text[])",
            [source.pk, as_array(n for n in names if n.isprintable())],
        )
        return {name: Known(*rest) for name, *rest in cursor.fetchall()}


def only_listings(pks: Iterable[int]) -> set[int]:
    """Those of these checkpoints that have one listing."""
    if not (wanted := list(pks)):
        return set()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pretrained_id FROM catalog_listing WHERE pretrained_id = ANY(%s::bigint[])"
            " GROUP BY pretrained_id HAVING count(*) = 1",
            [as_array(wanted)],
        )
        return {row[0] for row in cursor.fetchall()}


def sight(listings: Sequence[Known], version: str, now: datetime) -> None:
    """Note that unchanged listings were seen."""
    if listings:
        seen: dict[str, Any] = {"last_seen": now, "gone_since": None}
        if version:
            seen["version"] = version
        Listing.objects.filter(pk__in=[listing.pk for listing in listings]).update(**seen)


def write_listings(
    source: Source,
    page: Mapping[str, Prepared],
    placed: Mapping[str, int],
    known: Mapping[str, Known],
    version: str,
    now: datetime,
) -> dict[str, int]:
    """Create or overwrite one listing per record; returns their primary keys by external id."""
    new = [name for name in page if name not in known]
    pks = dict(zip(new, new_ids(Listing, len(new)), strict=True))
    pks |= {name: known[name].pk for name in page if name in known}
    rows = {
        name: {
            "id": pks[name],
            "source_id": source.pk,
            "external_id": name,
            "pretrained_id": placed[name],
            "url": prepared.url,
            "version": version,
            "facts": Written(prepared.facts),
            "identity_keys": prepared.identity_keys,
            "parent_key": prepared.alone.parent,
            "content_hash": prepared.content_hash,
            "first_seen": known[name].first_seen if name in known else now,
            "last_seen": now,
            "changed_at": now,
            "gone_since": None,
        }
        for name, prepared in page.items()
    }
    copy_rows(Listing, [rows[name] for name in new])
    update_rows(Listing, [row for name, row in rows.items() if name in known])
    return pks


def write_details(
    listings: Mapping[str, int],
    placed: Mapping[str, int],
    records: Mapping[str, Prepared],
    known: Iterable[str],
) -> None:
    """Write the results and papers of these records instead of what those `known` had before."""
    old = [listings[name] for name in known]
    for table in (Evaluation, PaperLink) if old else ():
        delete_of(table, "listing_id", old)
    named = {item.arxiv_id for record in records.values() for item in record.papers}
    papers = known_or_new(Paper, "key", {key: {} for key in named})
    evaluations: list[dict[str, object]] = []
    links: list[dict[str, object]] = []
    for name, record in records.items():
        if not record.evaluations and not record.papers:
            continue
        owner = {"listing_id": listings[name], "pretrained_id": placed[name]}
        evaluations += ({**owner, **vars(item)} for item in record.evaluations)
        links += (
            {**owner, "paper_id": papers[item.arxiv_id], "role": item.role, "note": item.note}
            for item in record.papers
        )
    copy_rows(Evaluation, evaluations)
    copy_rows(PaperLink, links)
