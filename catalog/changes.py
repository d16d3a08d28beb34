"""The history of checkpoints: which resolved value became which other one, and when."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from catalog.bulk import copy_rows
from catalog.claims import Claim, claims_of, is_measurement
from catalog.history import LABELS
from catalog.licenses import find_license
from catalog.models import Architecture, Change, Listing, PretrainedModel

_Rows = Mapping[int, Mapping[str, Any]]


def note_changes(
    old: _Rows, new: _Rows, now: datetime, loaded: Mapping[int, PretrainedModel] | None = None
) -> None:
    """Keep what became another value in these rows, by primary key and column.

    Only of columns that a person cares about (`catalog.history.LABELS`), and of checkpoints that were
    published before: what is told of one for the first time is no change. `loaded` are the checkpoints
    with their listings; those that are missing there have one listing.
    """
    rows: list[dict[str, Any]] = [
        {
            "pretrained_id": pk,
            "field": field,
            "old": then,
            "new": now_,
            "at": now,
            "now_by_id": None,
        }
        for pk, columns in new.items()
        if old[pk]["sources"]
        for field, column in _COLUMNS.items()
        if (then := old[pk].get(column)) != (now_ := columns.get(column))
    ]
    names = _architectures(rows)
    for row in rows:
        if row["field"] == "architecture":
            row["old"], row["new"] = names.get(row["old"]), names.get(row["new"])
    _name_who_is_believed(rows, old, loaded or {})
    copy_rows(Change, rows)


def _name_who_is_believed(
    rows: Iterable[dict[str, Any]], old: _Rows, loaded: Mapping[int, PretrainedModel]
) -> None:
    """Put down which source is believed now where a value became another one for that alone."""
    claims: dict[int, Mapping[str, list[Claim]]] = {}
    for row in rows:
        pk = row["pretrained_id"]
        listings = list(loaded[pk].listings.all()) if pk in loaded else []
        if len(listings) < 2:
            continue
        if pk not in claims:
            claims[pk] = claims_of(listings, loaded[pk].slug)
        stated = claims[pk].get(_STATED_AS.get(row["field"], row["field"]), [])
        if stated and stated[0].is_derived:
            stated = claims[pk]["parameters"]
        if stated and _is_only_believed_now(stated, row, old[pk]["sources"]):
            row["now_by_id"] = stated[0].source


def _is_only_believed_now(
    claims: Sequence[Claim], row: Mapping[str, Any], sources: Sequence[str]
) -> bool:
    """Whether the winner says what it said before, or is new to the checkpoint, which had these `sources`."""
    winner = claims[0].listing
    if winner is None or (_is_rewritten(winner, row["at"]) and _was_here(winner, sources)):
        return False
    # A hub that lists it by a new name goes on stating what it states.
    former = (claim for claim in claims[1:] if claim.source == winner.source_id)
    return all(_value(claim, row["field"]) != row["old"] for claim in former)


def _is_rewritten(listing: Listing, now: datetime) -> bool:
    return listing.first_seen < now <= listing.changed_at


def _was_here(listing: Listing, sources: Sequence[str]) -> bool:
    return listing.source_id in sources or is_measurement(listing)


def _value(claim: Claim, field: str) -> Any:
    """What the column would hold if this claim had won."""
    if field not in _OF_LICENSES:
        return claim.value
    found = find_license(claim.value)
    return getattr(found, _OF_LICENSES[field]) if found else ""


def note_merges(into: Mapping[int, int], now: datetime) -> None:
    """Keep that the checkpoints that are the keys of `into` became part of those that are its values."""
    with connection.cursor() as cursor:
        cursor.execute(_MERGES, [now, list(into.keys()), list(into.values())])


def _architectures(rows: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    pks = {row[key] for row in rows if row["field"] == "architecture" for key in ("old", "new")}
    if not pks - {None}:
        return {}
    return dict(Architecture.objects.filter(pk__in=pks - {None}).values_list("pk", "name"))


_COLUMNS = {
    field: f"{field}_id" if field == "architecture" else field
    for field in LABELS
    if field != "merged_into"
}
# What must be known of a row before and after for its changes to be kept.
WATCHED = (*_COLUMNS.values(), "sources")
# Columns that follow from a licence, by the attribute of `License` that they hold.
_OF_LICENSES = {
    "license": "id",
    "commercial_use": "commercial",
    "redistribution": "redistribution",
    "fine_tuning": "fine_tuning",
}
_STATED_AS = dict.fromkeys(_OF_LICENSES, "license")
_MERGES = """
    INSERT INTO catalog_change (pretrained_id, field, "old", "new", "at")
    SELECT late.id, 'merged_into', NULL, to_jsonb(kept.slug), %s
    FROM unnest(%s::bigint[], %s::bigint[]) AS pair (pk, into_pk)
    JOIN catalog_pretrainedmodel AS late ON late.id = pair.pk
    JOIN catalog_pretrainedmodel AS kept ON kept.id = pair.into_pk
    WHERE late.sources <> '{}'
"""
