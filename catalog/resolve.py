"""Writing what a checkpoint's columns are, worked out again from its listings; nothing else writes them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Prefetch
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.bulk import as_array, copy_lines, line_of, staged, update_rows
from catalog.changes import WATCHED, note_changes
from catalog.columns import COLUMNS, resolve, resolve_alone
from catalog.identity import owners_of
from catalog.models import Architecture, Listing, PretrainedModel, Repository, Source
from catalog.prepared import LATER, Prepared, alone_columns
from catalog.repository_traits import Traits, add_traits
from catalog.search import refresh_search

__all__ = ["COLUMNS", "resolve", "resolve_pretrained", "write_known", "write_new"]
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


def write_new(source: Source, alone: Mapping[int, Prepared], now: datetime) -> None:
    """Write the checkpoints that these records, each the only one of its, describe for the first time."""
    if alone:
        copy_lines(PretrainedModel, (*LATER, *alone_columns()), _lines(alone, now))
        _link(_that_name_repositories(source, alone))


def write_known(source: Source, alone: Mapping[int, Prepared], now: datetime) -> None:
    """Write those again that have no other listing than that of the record given with each."""
    if not alone:
        return
    columns = (*LATER, *alone_columns())
    with (
        staged(PretrainedModel, columns, _lines(alone, now)) as staging,
        connection.cursor() as cursor,
    ):
        cursor.execute(_CHANGES.format(staging=staging))
        changes = cursor.fetchall()
        cursor.execute(_WRITE.format(staging=staging))
    width = len(WATCHED)
    old = {pk: dict(zip(WATCHED, values[:width], strict=True)) for pk, *values in changes}
    new = {pk: dict(zip(WATCHED, values[width:], strict=True)) for pk, *values in changes}
    note_changes(old, new, now)
    _link(_that_name_repositories(source, alone), alone)


def _of(row: str, columns: Iterable[str]) -> str:
    return ", ".join(f"{row}.{name}" for name in columns)


_CHANGES = f"""
    SELECT old.id, {_of("old", WATCHED)}, {_of("new", WATCHED)}
    FROM {{staging}} AS new JOIN catalog_pretrainedmodel AS old ON old.id = new.id
    WHERE ({_of("old", WATCHED)}) IS DISTINCT FROM ({_of("new", WATCHED)})
"""  # noqa: S608 - our own names
# Words may become others by a new way of cutting names: then no value has changed.
_WRITE = f"""
    UPDATE catalog_pretrainedmodel AS old
    SET {", ".join(f"{name} = new.{name}" for name in (*_STORED, "search_vector"))},
        changed_at = CASE
            WHEN ({_of("old", _STORED)}) IS DISTINCT FROM ({_of("new", _STORED)}) THEN new.changed_at
            ELSE old.changed_at
        END
    FROM {{staging}} AS new
    WHERE old.id = new.id AND
        ({_of("old", _STORED)}, old.search_vector) IS DISTINCT FROM
        ({_of("new", _STORED)}, new.search_vector)
"""  # noqa: S608 - our own names


def _lines(alone: Mapping[int, Prepared], now: datetime) -> list[str]:
    """The rows of these checkpoints as COPY takes them, with the columns LATER and `alone_columns`."""
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
    return lines


def _that_name_repositories(source: Source, alone: Mapping[int, Prepared]) -> Resolved:
    return {
        pk: resolve_alone(prepared.record, source)
        for pk, prepared in alone.items()
        if prepared.alone.repositories
    }


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


def _link(resolved: Resolved, known: Iterable[int] = ()) -> None:
    """Link the repositories that the checkpoints name, and let those know what they are for.

    Those of `known` that are not among `resolved` name none any more.
    """
    wanted: dict[int, list[str]] = {pk: [] for pk in known}
    wanted |= {pk: columns["repositories"] for pk, columns in resolved.items()}
    repositories = _link_repositories(wanted) if wanted else {}
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


def _link_repositories(wanted: Mapping[int, Sequence[str]]) -> dict[str, int]:
    """Write the links that are missing; returns the primary key of each repository by the name it was given."""
    names = {name for names in wanted.values() for name in names}
    pks: dict[str, int] = {}
    if names:
        missing = (Repository(full_name=name) for name in sorted(names))
        Repository.objects.bulk_create(missing, ignore_conflicts=True)
        found = Repository.objects.filter(full_name__in=names)
        pks = dict(found.values_list("full_name", Coalesce("renamed_to_id", "pk")))
    with connection.cursor() as cursor:
        cursor.execute(_LINKS, [as_array(wanted)])
        have = {(pretrained, repository): pk for pk, pretrained, repository in cursor.fetchall()}
    want = {(pk, pks[name]) for pk, names in wanted.items() for name in names}
    link = PretrainedModel.repositories.through
    if old := [pk for pair, pk in have.items() if pair not in want]:
        link.objects.filter(pk__in=old).delete()
    link.objects.bulk_create(
        link(pretrainedmodel_id=pretrained, repository_id=repository)
        for pretrained, repository in sorted(want - have.keys())
    )
    return pks


# One look into the index for each, see catalog/waiting.py.
_LINKS = """
    SELECT link.id, wanted.pk, link.repository_id FROM unnest(%s::bigint[]) AS wanted (pk)
    JOIN LATERAL (
        SELECT id, repository_id FROM catalog_pretrainedmodel_repositories
        WHERE pretrainedmodel_id = wanted.pk OFFSET 0
    ) AS link ON true
"""
