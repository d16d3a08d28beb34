"""Writing the listings of papers, repositories and data sets: only those whose content changed, each in one row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models

from catalog.bulk import insert_rows
from catalog.models import Sighted, Source
from catalog.outcome import Outcome


@dataclass(frozen=True)
class Batch:
    """The records of one kind that one page brought, by external id, with what is needed to write them."""

    source: Source
    records: Mapping[str, Any]
    hashes: Mapping[str, str]
    version: str
    now: datetime


# By external id: primary key, hash of the content, since when it is gone, when it was seen first.
Known = Mapping[str, tuple[int, str, datetime | None, Any]]


def write_listings(
    table: type[Sighted], batch: Batch, owners: Mapping[str, Mapping[str, Any]]
) -> tuple[Outcome, dict[str, int]]:
    """Write the listings that are new or changed; returns their primary keys by external id."""
    known = known_rows(table, batch)
    changed, same = differing(batch, known)
    seen: dict[str, Any] = {"last_seen": batch.now, "gone_since": None}
    if batch.version:
        seen["version"] = batch.version
    table._default_manager.filter(pk__in=[known[name][0] for name in same]).update(**seen)
    rows = [
        {
            **owners[name],
            "source_id": batch.source.pk,
            "external_id": name,
            "url": batch.records[name].url,
            "version": batch.version,
            "facts": {key: vars(fact) for key, fact in batch.records[name].facts.items()},
            "content_hash": batch.hashes[name],
            "first_seen": known[name][3] if name in known else batch.now,
            "last_seen": batch.now,
            "changed_at": batch.now,
            "gone_since": None,
        }
        for name in changed
    ]
    written = insert_rows(table, rows, conflict=("source_id", "external_id"), key="external_id")
    return counted(changed, known, same), written


def known_rows(table: type[models.Model], batch: Batch) -> Known:
    """What is known of the batch's records; `first_seen` is `last_seen` of what has no such date."""
    first = "first_seen" if issubclass(table, Sighted) else "last_seen"
    found = table._default_manager.filter(source=batch.source, external_id__in=list(batch.records))
    rows = found.values_list("external_id", "pk", "content_hash", "gone_since", first)
    return {name: tuple(rest) for name, *rest in rows}


def differing(batch: Batch, known: Known) -> tuple[list[str], list[str]]:
    """The external ids of what is new or changed, and of what is as it was."""
    changed: list[str] = []
    same: list[str] = []
    for name in batch.records:
        is_same = name in known and known[name][1] == batch.hashes[name]
        (same if is_same else changed).append(name)
    return changed, same


def counted(changed: Sequence[str], known: Known, same: Sequence[str]) -> Outcome:
    """What came of a batch; what was gone and is listed again counts as updated."""
    returned = sum(1 for name in same if known[name][2] is not None)
    updated = sum(1 for name in changed if name in known)
    return Outcome(len(changed) - updated, updated + returned, len(same) - returned)
