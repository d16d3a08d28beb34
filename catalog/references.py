"""Writing papers, repositories, data sets, leaderboards and speeds, as sources state them.

The same rules as for checkpoints: one listing per source and thing, written only if its content changed,
marked gone and never deleted; the thing's own columns are worked out again from all its listings.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import models, transaction
from django.utils import timezone

from catalog.absences import note_gone
from catalog.bulk import insert_rows, known_or_new, one_writer_at_a_time
from catalog.classes.writing import write_label_sets
from catalog.cleaning import InvalidRecord
from catalog.models import (
    Architecture,
    Dataset,
    DatasetListing,
    LabelSetListing,
    Leaderboard,
    Paper,
    PaperListing,
    PaperRepository,
    PublishedResult,
    Repository,
    RepositoryListing,
    Source,
    Speed,
)
from catalog.outcome import Outcome, reject
from catalog.reference_cleaning import normalise_reference
from catalog.reference_columns import resolve_datasets, resolve_papers, resolve_repositories
from catalog.reference_listings import Batch, counted, differing, known_rows, write_listings
from catalog.reference_records import (
    DatasetRecord,
    GoneRecord,
    LabelSetRecord,
    LeaderboardRecord,
    PaperRecord,
    ReferenceRecord,
    RepositoryRecord,
    SpeedRecord,
)
from catalog.renames import follow_renames
from catalog.repository_traits import Traits, add_traits
from catalog.speeds import settle_gone, settle_speeds


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
        outcome.add(_WRITERS[kind](Batch(source, found, hashes, version, now)))
    return outcome


def mark_references_gone(source: Source, unseen_since: datetime, now: datetime) -> int:
    """Mark what the source listed last before `unseen_since`; returns how many."""
    tables: tuple[type[models.Model], ...] = (
        PaperListing, RepositoryListing, DatasetListing, LabelSetListing, Leaderboard, Speed,
    )  # fmt: skip
    marked = {
        table: table._default_manager.filter(
            source=source, last_seen__lt=unseen_since, gone_since=None
        ).update(gone_since=now)
        for table in tables
    }
    settle_gone()
    # A list of classes that came along with a checkpoint is no record of its own.
    own = source.kind == Source.Kind.DATASETS
    return sum(number for table, number in marked.items() if own or table is not LabelSetListing)


def _write_papers(batch: Batch) -> Outcome:
    papers = known_or_new(Paper, "key", {record.key: {} for record in batch.records.values()})
    owners = {name: {"paper_id": papers[record.key]} for name, record in batch.records.items()}
    outcome, written = write_listings(PaperListing, batch, owners)
    changed = ((name, record) for name, record in batch.records.items() if name in written)
    named = [(name, mention) for name, record in changed for mention in record.repositories]
    repositories = _repositories({mention.full_name for _, mention in named})
    _write_edges(
        batch,
        written,
        [
            {
                **owners[name],
                "stated_by": name,
                "repository_id": repositories[mention.full_name],
                "is_official": mention.is_official,
                "framework": mention.framework,
                "note": mention.note,
            }
            for name, mention in named
        ],
    )
    resolve_papers({papers[batch.records[name].key] for name in written})
    traits: dict[int, Traits] = defaultdict(Traits)
    for _, mention in named:
        traits[repositories[mention.full_name]].add("", [mention.framework])
    add_traits(traits)
    return outcome


def _write_repositories(batch: Batch) -> Outcome:
    follow_renames(batch.records.values())
    names: dict[str, dict[str, Any]] = {record.full_name: {} for record in batch.records.values()}
    repositories = known_or_new(Repository, "full_name", names)
    owners = {
        name: {"repository_id": repositories[record.full_name]}
        for name, record in batch.records.items()
    }
    outcome, written = write_listings(RepositoryListing, batch, owners)
    named = [(name, key) for name in written for key in batch.records[name].papers]
    papers = known_or_new(Paper, "key", {key: {} for _, key in named})
    stated = {"is_official": None, "framework": "", "note": "named by the repository"}
    edges = [
        {**owners[name], "stated_by": name, "paper_id": papers[key], **stated}
        for name, key in named
    ]
    _write_edges(batch, written, edges)
    resolve_repositories({owners[name]["repository_id"] for name in written})
    return outcome


def _write_edges(
    batch: Batch, written: Collection[str], edges: Iterable[Mapping[str, Any]]
) -> None:
    """Which repositories belong to which papers, as the listings that were written state it now."""
    PaperRepository.objects.filter(source=batch.source, stated_by__in=written).delete()
    insert_rows(
        PaperRepository,
        [{"source_id": batch.source.pk, **edge} for edge in edges],
        conflict=("source_id", "stated_by", "paper_id", "repository_id"),
    )


def _write_datasets(batch: Batch) -> Outcome:
    datasets = known_or_new(Dataset, "slug", {record.slug: {} for record in batch.records.values()})
    papers = known_or_new(
        Paper, "key", {record.paper: {} for record in batch.records.values() if record.paper}
    )
    owners = {name: {"dataset_id": datasets[r.slug]} for name, r in batch.records.items()}
    outcome, written = write_listings(DatasetListing, batch, owners)
    resolve_datasets({datasets[batch.records[name].slug] for name in written})
    for name in written:
        record = batch.records[name]
        if record.paper:
            Dataset.objects.filter(pk=datasets[record.slug]).update(paper=papers[record.paper])
    return outcome


def _write_leaderboards(batch: Batch) -> Outcome:
    titles = {r.dataset: {"title": r.dataset_title} for r in batch.records.values()}
    datasets = known_or_new(Dataset, "slug", titles)
    owners = {
        name: {
            "dataset_id": datasets[record.dataset],
            "task": record.task,
            "metrics": record.metrics,
        }
        for name, record in batch.records.items()
    }
    outcome, written = write_listings(Leaderboard, batch, owners)
    rows = [(pk, item) for name, pk in written.items() for item in batch.records[name].results]
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


def _write_speeds(batch: Batch) -> Outcome:
    names: dict[str, dict[str, Any]] = {
        record.architecture: {} for record in batch.records.values()
    }
    architectures = known_or_new(Architecture, "name", names)
    known = known_rows(Speed, batch)
    changed, same = differing(batch, known)
    Speed.objects.filter(pk__in=[known[name][0] for name in same]).update(
        last_seen=batch.now, gone_since=None
    )
    insert_rows(
        Speed,
        [
            {
                **{
                    key: v for key, v in vars(record).items() if key not in ("architecture", "date")
                },
                "source_id": batch.source.pk,
                "architecture_id": architectures[record.architecture],
                "date": record.date or None,
                "content_hash": batch.hashes[name],
                "last_seen": batch.now,
                "gone_since": None,
            }
            for name, record in batch.records.items()
            if name in changed
        ],
        conflict=("source_id", "external_id"),
    )
    settle_speeds({record.device for record in batch.records.values()}, set(architectures.values()))
    return counted(changed, known, same)


_WRITERS = {
    PaperRecord: _write_papers,
    RepositoryRecord: _write_repositories,
    DatasetRecord: _write_datasets,
    LeaderboardRecord: _write_leaderboards,
    SpeedRecord: _write_speeds,
    LabelSetRecord: write_label_sets,
    GoneRecord: lambda batch: note_gone(batch.source, batch.records, batch.now),
}


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
