"""Writing papers, repositories, data sets, leaderboards and speeds, as sources state them.

The same rules as for checkpoints: one listing per source and thing, written only if its content changed,
marked gone and never deleted; the thing's own columns are worked out again from all its listings.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from catalog.absences import note_gone
from catalog.bulk import insert_rows, known_or_new, one_writer_at_a_time
from catalog.cleaning import InvalidRecord
from catalog.models import (
    Architecture,
    Dataset,
    DatasetListing,
    Leaderboard,
    Paper,
    PaperListing,
    PaperRepository,
    PublishedResult,
    Repository,
    RepositoryListing,
    Sighted,
    Source,
    Speed,
)
from catalog.outcome import Outcome, reject
from catalog.reference_columns import resolve_datasets, resolve_papers, resolve_repositories
from catalog.reference_records import (
    DatasetRecord,
    GoneRecord,
    LeaderboardRecord,
    PaperRecord,
    ReferenceRecord,
    RepositoryRecord,
    SpeedRecord,
    normalise_reference,
)
from catalog.renames import follow_renames
from catalog.repository_traits import Traits, add_traits


@dataclass(frozen=True)
class _Page:
    """The records of one kind that one page brought, by external id, with what is needed to write them."""

    source: Source
    records: Mapping[str, Any]
    hashes: Mapping[str, str]
    version: str
    now: datetime


@transaction.atomic
def upsert_references(
    source: Source,
    records: Iterable[ReferenceRecord],
    *,
    version: str = "",
    seen_at: datetime | None = None,
) -> Outcome:
    """Create, update or just sight one row per record; what cannot be stored comes back rejected."""
    now = seen_at or timezone.now()
    one_writer_at_a_time()
    outcome = Outcome()
    by_kind: dict[type, dict[str, Any]] = defaultdict(dict)
    for record in records:
        try:
            clean = normalise_reference(record)
        except InvalidRecord as problem:
            outcome.rejected.append(reject(record, str(problem)))
            continue
        outcome.unchanged += clean.external_id in by_kind[type(clean)]
        by_kind[type(clean)][clean.external_id] = clean
    for kind, found in by_kind.items():
        hashes = {name: _hash(record) for name, record in found.items()}
        outcome.add(_WRITERS[kind](_Page(source, found, hashes, version, now)))
    return outcome


def mark_references_gone(source: Source, unseen_since: datetime, now: datetime) -> int:
    """Mark what the source listed last before `unseen_since`; returns how many."""
    tables: tuple[type[models.Model], ...] = (
        PaperListing, RepositoryListing, DatasetListing, Leaderboard, Speed,
    )  # fmt: skip
    return sum(
        table._default_manager.filter(
            source=source, last_seen__lt=unseen_since, gone_since=None
        ).update(gone_since=now)
        for table in tables
    )


def _write_papers(page: _Page) -> Outcome:
    papers = known_or_new(Paper, "key", {record.key: {} for record in page.records.values()})
    owners = {name: {"paper_id": papers[record.key]} for name, record in page.records.items()}
    outcome, written = _write_listings(PaperListing, page, owners)
    edges = [
        (name, record.key, mention)
        for name, record in page.records.items()
        if name in written
        for mention in record.repositories
    ]
    repositories = _repositories({mention.full_name for _, _, mention in edges})
    PaperRepository.objects.filter(source=page.source, stated_by__in=written).delete()
    insert_rows(
        PaperRepository,
        [
            {
                "source_id": page.source.pk,
                "stated_by": name,
                "paper_id": papers[key],
                "repository_id": repositories[mention.full_name],
                "is_official": mention.is_official,
                "framework": mention.framework,
                "note": mention.note,
            }
            for name, key, mention in edges
        ],
        conflict=("source_id", "stated_by", "paper_id", "repository_id"),
    )
    resolve_papers({papers[page.records[name].key] for name in written})
    traits: dict[int, Traits] = defaultdict(Traits)
    for _, _, mention in edges:
        traits[repositories[mention.full_name]].add("", [mention.framework])
    add_traits(traits)
    return outcome


def _write_repositories(page: _Page) -> Outcome:
    follow_renames(page.records.values())
    names: dict[str, dict[str, Any]] = {record.full_name: {} for record in page.records.values()}
    repositories = known_or_new(Repository, "full_name", names)
    owners = {
        name: {"repository_id": repositories[record.full_name]}
        for name, record in page.records.items()
    }
    outcome, written = _write_listings(RepositoryListing, page, owners)
    edges = [(name, key) for name in written for key in page.records[name].papers]
    papers = known_or_new(Paper, "key", {key: {} for _, key in edges})
    PaperRepository.objects.filter(source=page.source, stated_by__in=written).delete()
    insert_rows(
        PaperRepository,
        [
            {
                "source_id": page.source.pk,
                "stated_by": name,
                "paper_id": papers[key],
                "repository_id": owners[name]["repository_id"],
                "is_official": None,
                "framework": "",
                "note": "named by the repository",
            }
            for name, key in edges
        ],
        conflict=("source_id", "stated_by", "paper_id", "repository_id"),
    )
    resolve_repositories({owners[name]["repository_id"] for name in written})
    return outcome


def _write_datasets(page: _Page) -> Outcome:
    datasets = known_or_new(Dataset, "slug", {record.slug: {} for record in page.records.values()})
    papers = known_or_new(
        Paper, "key", {record.paper: {} for record in page.records.values() if record.paper}
    )
    owners = {name: {"dataset_id": datasets[r.slug]} for name, r in page.records.items()}
    outcome, written = _write_listings(DatasetListing, page, owners)
    resolve_datasets({datasets[page.records[name].slug] for name in written})
    for name in written:
        record = page.records[name]
        if record.paper:
            Dataset.objects.filter(pk=datasets[record.slug]).update(paper=papers[record.paper])
    return outcome


def _write_leaderboards(page: _Page) -> Outcome:
    titles = {r.dataset: {"title": r.dataset_title} for r in page.records.values()}
    datasets = known_or_new(Dataset, "slug", titles)
    owners = {
        name: {
            "dataset_id": datasets[record.dataset],
            "task": record.task,
            "metrics": record.metrics,
        }
        for name, record in page.records.items()
    }
    outcome, written = _write_listings(Leaderboard, page, owners)
    rows = [(pk, item) for name, pk in written.items() for item in page.records[name].results]
    papers = known_or_new(Paper, "key", {item.paper: {} for _, item in rows if item.paper})
    PublishedResult.objects.filter(leaderboard__in=written.values()).delete()
    insert_rows(
        PublishedResult,
        [
            {
                **{key: value for key, value in vars(item).items() if key not in ("paper", "date")},
                "leaderboard_id": pk,
                "paper_id": papers.get(item.paper),
                "date": item.date or None,
            }
            for pk, item in rows
        ],
    )
    return outcome


def _write_speeds(page: _Page) -> Outcome:
    names: dict[str, dict[str, Any]] = {record.architecture: {} for record in page.records.values()}
    architectures = known_or_new(Architecture, "name", names)
    known = _known(Speed, page)
    changed, same = _differing(page, known)
    Speed.objects.filter(pk__in=[known[name][0] for name in same]).update(
        last_seen=page.now, gone_since=None
    )
    insert_rows(
        Speed,
        [
            {
                **{
                    key: v for key, v in vars(record).items() if key not in ("architecture", "date")
                },
                "source_id": page.source.pk,
                "architecture_id": architectures[record.architecture],
                "date": record.date or None,
                "content_hash": page.hashes[name],
                "last_seen": page.now,
                "gone_since": None,
            }
            for name, record in page.records.items()
            if name in changed
        ],
        conflict=("source_id", "external_id"),
    )
    return _counted(changed, known, same)


_WRITERS = {
    PaperRecord: _write_papers,
    RepositoryRecord: _write_repositories,
    DatasetRecord: _write_datasets,
    LeaderboardRecord: _write_leaderboards,
    SpeedRecord: _write_speeds,
    GoneRecord: lambda page: note_gone(page.source, page.records, page.now),
}
_Known = Mapping[str, tuple[int, str, datetime | None, Any]]


def _write_listings(
    table: type[Sighted], page: _Page, owners: Mapping[str, Mapping[str, Any]]
) -> tuple[Outcome, dict[str, int]]:
    """Write the listings that are new or changed; returns their primary keys by external id."""
    known = _known(table, page)
    changed, same = _differing(page, known)
    seen: dict[str, Any] = {"last_seen": page.now, "gone_since": None}
    if page.version:
        seen["version"] = page.version
    table._default_manager.filter(pk__in=[known[name][0] for name in same]).update(**seen)
    rows = [
        {
            **owners[name],
            "source_id": page.source.pk,
            "external_id": name,
            "url": page.records[name].url,
            "version": page.version,
            "facts": {key: vars(fact) for key, fact in page.records[name].facts.items()},
            "content_hash": page.hashes[name],
            "first_seen": known[name][3] if name in known else page.now,
            "last_seen": page.now,
            "changed_at": page.now,
            "gone_since": None,
        }
        for name in changed
    ]
    written = insert_rows(table, rows, conflict=("source_id", "external_id"), key="external_id")
    return _counted(changed, known, same), written


def _known(table: type[models.Model], page: _Page) -> _Known:
    first = "first_seen" if issubclass(table, Sighted) else "last_seen"
    found = table._default_manager.filter(source=page.source, external_id__in=list(page.records))
    rows = found.values_list("external_id", "pk", "content_hash", "gone_since", first)
    return {name: tuple(rest) for name, *rest in rows}


def _differing(page: _Page, known: _Known) -> tuple[list[str], list[str]]:
    same = [name for name in page.records if name in known and known[name][1] == page.hashes[name]]
    differing = set(page.records) - set(same)
    return [name for name in page.records if name in differing], same


def _counted(changed: Sequence[str], known: _Known, same: Sequence[str]) -> Outcome:
    returned = sum(1 for name in same if known[name][2] is not None)
    updated = sum(1 for name in changed if name in known)
    return Outcome(len(changed) - updated, updated + returned, len(same) - returned)


def _repositories(names: set[str]) -> dict[str, int]:
    """The repositories of these names; of one that was renamed the row it goes by now."""
    known_or_new(Repository, "full_name", {name: {} for name in names})
    rows = Repository.objects.filter(full_name__in=names)
    return {
        name: renamed or pk
        for name, pk, renamed in rows.values_list("full_name", "pk", "renamed_to")
    }


def _hash(record: ReferenceRecord) -> str:
    written = json.dumps(vars(record), sort_keys=True, default=vars).encode()
    return hashlib.sha256(written).hexdigest()
