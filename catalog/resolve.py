"""Writing what a checkpoint's columns are, worked out again from its listings; nothing else writes them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.bulk import copy_lines, line_of, update_rows
from catalog.changes import note_changes
from catalog.columns import COLUMNS, resolve, resolve_alone
from catalog.identity import owners_of
from catalog.models import Architecture, Listing, PretrainedModel, Repository, Source
from catalog.prepared import LATER, Prepared, alone_columns, words
from catalog.records import ModelRecord
from catalog.repository_traits import Traits, add_traits
from catalog.search import refresh_search, write_search

__all__ = ["COLUMNS", "resolve", "resolve_known", "resolve_pretrained", "write_new"]
_STORED = [
    field.attname for field in PretrainedModel._meta.concrete_fields if field.name in COLUMNS
]
_BATCH = 500
Resolved = Mapping[int, Mapping[str, Any]]


def resolve_pretrained(pks: Iterable[int], now: datetime | None = None) -> int:
    """Resolve these checkpoints, write those whose columns changed; returns how many did."""
    wanted = sorted(set(pks))
    changed = 0
    for start in range(0, len(wanted), _BATCH):
        found = _with_listings(wanted[start : start + _BATCH])
        old = {row.pk: {name: getattr(row, name) for name in _STORED} for row in found}
        resolved = {row.pk: resolve(row.listings.all(), row.slug) for row in found}
        rows = {row.pk: row for row in found}
        changed += _write_changed(old, resolved, now or timezone.now(), rows)
    # All of them: a listing more changes by which names a checkpoint is found, and maybe no column.
    refresh_search(wanted)
    return changed


def resolve_known(source: Source, records: Mapping[int, ModelRecord], now: datetime) -> int:
    """The same of checkpoints that have no other listing than that of the record given with each."""
    if not records:
        return 0
    rows = PretrainedModel.objects.filter(pk__in=records).values("pk", *_STORED)
    old = {row.pop("pk"): row for row in rows}
    resolved = {pk: resolve_alone(record, source) for pk, record in records.items()}
    write_search({pk: words(source, records[pk], resolved[pk]) for pk in old})
    return _write_changed(old, resolved, now)


def write_new(source: Source, alone: Mapping[int, Prepared], now: datetime) -> None:
    """Write the checkpoints that these records, each the only one of its, describe for the first time."""
    if not alone:
        return
    made = [prepared.alone for prepared in alone.values()]
    architectures = _architectures({one.architecture: one.family for one in made})
    parents = owners_of({one.parent for one in made})
    lines = []
    for pk, one in zip(alone, made, strict=True):
        parent = parents.get(one.parent)
        later = {
            "id": pk,
            "architecture_id": architectures.get(one.architecture),
            "parent_id": parent if parent != pk else None,
            "created_at": now,
            "changed_at": now,
        }
        lines.append(f"{line_of(PretrainedModel, LATER, later)}\t{one.line}")
    copy_lines(PretrainedModel, (*LATER, *alone_columns()), lines)
    _link(
        {
            pk: resolve_alone(prepared.record, source)
            for pk, prepared in alone.items()
            if prepared.alone.repositories
        }
    )


def _write_changed(
    old: Resolved,
    resolved: Resolved,
    now: datetime,
    loaded: Mapping[int, PretrainedModel] | None = None,
) -> int:
    """Write the columns that became other ones, and that they did; returns of how many checkpoints."""
    stored = _stored({pk: resolved[pk] for pk in old})
    new = {
        pk: columns
        for pk, columns in stored.items()
        if any(old[pk][name] != value for name, value in columns.items())
    }
    update_rows(
        PretrainedModel,
        [{"id": pk, **columns, "changed_at": now} for pk, columns in new.items()],
    )
    note_changes(old, new, now, loaded)
    _link(resolved)
    return len(new)


def _stored(resolved: Resolved) -> dict[int, dict[str, Any]]:
    """The columns as the table has them: architecture and parent by primary key."""
    architectures = _architectures({c["architecture"]: c["family"] for c in resolved.values()})
    parents = owners_of({columns["parent"] for columns in resolved.values()})
    stored = {}
    for pk, columns in resolved.items():
        row = dict(columns)
        del row["repositories"]
        row["architecture_id"] = architectures.get(row.pop("architecture"))
        parent = parents.get(row.pop("parent"))
        row["parent_id"] = parent if parent != pk else None
        stored[pk] = row
    return stored


def _with_listings(pks: Sequence[int]) -> list[PretrainedModel]:
    listings = (
        Listing.objects.select_related("source")
        .prefetch_related("evaluations", "paper_links__paper")
        .order_by("pk")
    )
    return list(
        PretrainedModel.objects.filter(pk__in=pks, merged_into=None)
        .defer("search_vector")
        .prefetch_related(Prefetch("listings", queryset=listings))
    )


def _link(resolved: Resolved) -> None:
    """Link the repositories that the checkpoints name, and let those know what they are for."""
    if not resolved:
        return
    repositories = _link_repositories({pk: c["repositories"] for pk, c in resolved.items()})
    if repositories:
        _note_traits(resolved, repositories)


def _architectures(families: Mapping[str, str]) -> dict[str, int]:
    """The primary keys of architectures by name, given with their families; missing ones are made."""
    families = {name: family for name, family in families.items() if name}
    if not families:
        return {}
    known = {a.name: a for a in Architecture.objects.filter(name__in=families)}
    stale = [
        Architecture(name=name, family=family)
        for name, family in families.items()
        if name not in known or known[name].family != family
    ]
    written = Architecture.objects.bulk_create(
        stale, update_conflicts=True, unique_fields=["name"], update_fields=["family"]
    )
    return {a.name: a.pk for a in [*known.values(), *written]}


def _note_traits(resolved: Resolved, repositories: Mapping[str, int]) -> None:
    """Let the repositories know what the checkpoints do that name them."""
    traits: dict[int, Traits] = {}
    for columns in resolved.values():
        for name in columns["repositories"]:
            found = traits.setdefault(repositories[name], Traits())
            found.add(columns["task"], columns["libraries"])
    add_traits(traits)


def _link_repositories(wanted: dict[int, list[str]]) -> dict[str, int]:
    """Write the links that are missing; returns the primary key of each repository by the name it was given."""
    names = {name for names in wanted.values() for name in names}
    if names:
        missing = (Repository(full_name=name) for name in sorted(names))
        Repository.objects.bulk_create(missing, ignore_conflicts=True)
    pks = dict(
        Repository.objects.filter(full_name__in=names).values_list(
            "full_name", Coalesce("renamed_to_id", "pk")
        )
    )
    link = PretrainedModel.repositories.through
    have = {
        (pretrained, repository): pk
        for pk, pretrained, repository in link.objects.filter(
            pretrainedmodel__in=wanted
        ).values_list("pk", "pretrainedmodel_id", "repository_id")
    }
    want = {(pk, pks[name]) for pk, names in wanted.items() for name in names}
    link.objects.filter(pk__in=[pk for pair, pk in have.items() if pair not in want]).delete()
    link.objects.bulk_create(
        link(pretrainedmodel_id=pretrained, repository_id=repository)
        for pretrained, repository in sorted(want - have.keys())
    )
    return pks
