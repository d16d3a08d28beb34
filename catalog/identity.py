"""Which listings describe the same checkpoint: those that share an identity key.

A key is a string like `weights:https://.../resnet50-11ad3fa6.pth` that a source states only where it
identifies one set of weights; equality is the whole rule, so nothing is joined because it looks alike.
"""

from collections.abc import Iterable, Mapping

from django.db import connection
from django.utils import timezone

from catalog.bulk import defaults, insert_rows
from catalog.models import Listing, PretrainedModel, Source
from catalog.records import ModelRecord


def place(
    source: Source, records: Mapping[str, ModelRecord], known: Mapping[str, Listing]
) -> dict[str, int]:
    """The checkpoint of each record, by external id; creates those that nobody has listed yet.

    Where a record proves that two checkpoints are one, the later is merged into the earlier, which
    keeps its address.
    """
    owners = owners_of({key for record in records.values() for key in record.identity_keys})
    groups = _Groups()
    for name, record in records.items():
        home = _node(name)
        groups.add(home)
        if name in known:
            groups.union(home, known[name].pretrained_id)
        for key in record.identity_keys:
            groups.union(home, owners.get(key, f"key {key}"))
    checkpoints = {root: _existing(nodes) for root, nodes in groups.members().items()}
    roots = {name: groups.find(_node(name)) for name in records}
    first_names = {root: name for name, root in reversed(roots.items()) if not checkpoints[root]}
    created = _create(source, list(reversed(first_names.values())))
    checkpoints |= {root: [created[name]] for root, name in first_names.items()}
    merge({late: pks[0] for pks in checkpoints.values() for late in pks[1:]})
    placed = {name: checkpoints[root][0] for name, root in roots.items()}
    if source.kind != Source.Kind.MEASUREMENT:
        _rename_measured(source, placed)
    return placed


def _node(name: str) -> str:
    return f"record {name}"


def _create(source: Source, names: list[str]) -> dict[str, int]:
    blank = {**defaults(PretrainedModel), "created_at": timezone.now()}
    slugs = {name: f"{source.pk}/{name}" for name in names}
    rows = [{**blank, "slug": slug, "name": name} for name, slug in slugs.items()]
    pks = insert_rows(PretrainedModel, rows, key="slug")
    return {name: pks[slug] for name, slug in slugs.items()}


def _rename_measured(source: Source, placed: Mapping[str, int]) -> None:
    """Checkpoints that only a measurement knew so far get their address from who publishes them."""
    unpublished = PretrainedModel.objects.filter(pk__in=placed.values(), sources=[])
    slugs = {pk: f"{source.pk}/{name}" for name, pk in reversed(list(placed.items()))}
    for pretrained in unpublished.exclude(slug__in=slugs.values()):
        PretrainedModel.objects.filter(pk=pretrained.pk).update(slug=slugs[pretrained.pk])


def merge(into: Mapping[int, int]) -> None:
    """Let the checkpoints that are the keys of `into` become part of those that are its values."""
    if not into:
        return
    pairs = [list(into.keys()), list(into.values())]
    with connection.cursor() as cursor:
        for table in ("catalog_listing", "catalog_evaluation", "catalog_paperlink"):
            cursor.execute(_MOVE.format(table=table, column="pretrained_id"), pairs)
        cursor.execute(
            _MOVE.format(table="catalog_pretrainedmodel", column="merged_into_id"), pairs
        )
        cursor.execute(_MOVE.format(table="catalog_pretrainedmodel", column="parent_id"), pairs)
        cursor.execute(_MERGED, pairs)


def join_listings() -> set[int]:
    """Merge all checkpoints whose listings share a key; returns those that grew. For `manage.py resolve`."""
    groups = _Groups()
    for pretrained, keys in Listing.objects.values_list(
        "pretrained_id", "identity_keys"
    ).iterator():
        for key in keys:
            groups.union(pretrained, f"key {key}")
    together = [_existing(nodes) for nodes in groups.members().values()]
    into = {late: pks[0] for pks in together for late in pks[1:]}
    merge(into)
    return set(into.values())


_MOVE = """
    UPDATE {table} AS row SET {column} = pair.into_pk
    FROM unnest(%s::bigint[], %s::bigint[]) AS pair (pk, into_pk) WHERE row.{column} = pair.pk
"""
_MERGED = """
    UPDATE catalog_pretrainedmodel AS row SET merged_into_id = pair.into_pk
    FROM unnest(%s::bigint[], %s::bigint[]) AS pair (pk, into_pk) WHERE row.id = pair.pk
"""


def owners_of(keys: Iterable[str]) -> dict[str, int]:
    """The checkpoint that each of these identity keys belongs to; a key that nobody has is left out."""
    wanted = [key for key in keys if key]
    if not wanted:
        return {}
    found = Listing.objects.filter(identity_keys__overlap=wanted)
    return {
        key: pretrained
        for pretrained, its_keys in found.values_list("pretrained_id", "identity_keys")
        for key in its_keys
    }


def _existing(nodes: Iterable[object]) -> list[int]:
    return sorted(node for node in nodes if isinstance(node, int))


class _Groups:
    """Union-find over checkpoints (their primary keys), identity keys and new records (texts)."""

    def __init__(self) -> None:
        self._above: dict[object, object] = {}

    def add(self, node: object) -> None:
        self._above.setdefault(node, node)

    def find(self, node: object) -> object:
        self.add(node)
        while self._above[node] != node:
            self._above[node] = self._above[self._above[node]]
            node = self._above[node]
        return node

    def union(self, one: object, other: object) -> None:
        self._above[self.find(one)] = self.find(other)

    def members(self) -> dict[object, list[object]]:
        groups: dict[object, list[object]] = {}
        for node in list(self._above):
            groups.setdefault(self.find(node), []).append(node)
        return groups
