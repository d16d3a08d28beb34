"""The history of checkpoints: which resolved value became which other one, and when."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import connection

from catalog.bulk import copy_rows
from catalog.history import LABELS
from catalog.models import Architecture, Change

_Rows = Mapping[int, Mapping[str, Any]]


def note_changes(old: _Rows, new: _Rows, now: datetime) -> None:
    """Keep what became another value in these rows, by primary key and column.

    Only of columns that a person cares about (`catalog.history.LABELS`), and of checkpoints that were
    published before: what is told of one for the first time is no change.
    """
    rows: list[dict[str, Any]] = [
        {"pretrained_id": pk, "field": field, "old": then, "new": now_, "at": now}
        for pk, columns in new.items()
        if old[pk]["sources"]
        for field, column in _COLUMNS.items()
        if (then := old[pk].get(column)) != (now_ := columns.get(column))
    ]
    names = _architectures(rows)
    for row in rows:
        if row["field"] == "architecture":
            row["old"], row["new"] = names.get(row["old"]), names.get(row["new"])
    copy_rows(Change, rows)


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
_MERGES = """
    INSERT INTO catalog_change (pretrained_id, field, "old", "new", "at")
    SELECT late.id, 'merged_into', NULL, to_jsonb(kept.slug), %s
    FROM unnest(%s::bigint[], %s::bigint[]) AS pair (pk, into_pk)
    JOIN catalog_pretrainedmodel AS late ON late.id = pair.pk
    JOIN catalog_pretrainedmodel AS kept ON kept.id = pair.into_pk
    WHERE late.sources <> '{}'
"""
