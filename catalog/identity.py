"""Which listings describe the same checkpoint: those that share an identity key.

A key is a string like `weights:https://.../resnet50-11ad3fa6.pth` that a source states only where it
identifies one set of weights; equality is the whole rule, so nothing is joined because it looks alike.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from catalog.bulk import as_array, copy_rows, defaults, insert_rows, new_ids, update_rows
from catalog.changes import note_merges
from catalog.models import IdentityKey, KeyCorrection, Listing, PretrainedModel, Source

# By external id, the keys that count for a source's listing of it.
Keys = Mapping[str, Sequence[str]]
_BATCH = 10_000


@dataclass(frozen=True)
class Places:
    """The checkpoint of each record by external id.

    `alone` are the records that made a checkpoint which nothing else describes: its primary key is taken,
    its row is still to be written.
    """

    pks: dict[str, int]
    alone: set[str]


def keys_that_count(source: Source, stated: Keys) -> Keys:
    """What a source states about these listings, less what staff refused, plus what staff added."""
    corrections = KeyCorrection.objects.filter(source=source)
    keys = dict(stated)
    # Few corrections are ever made; a page has a thousand names.
    for name, key, verb in corrections.values_list("external_id", "key", "verb"):
        if name in keys:
            others = [known for known in keys[name] if known != key]
            keys[name] = [*others, key] if verb == KeyCorrection.Verb.ADD else others
    return keys


def place(source: Source, keys: Keys, known: Mapping[str, int]) -> Places:
    """The checkpoint of each record whose keys are given; `known` are those of listings that exist.

    Where a record proves that two checkpoints are one, the later is merged into the earlier, which
    keeps its address. Checkpoints that nobody has listed yet are created, but for those in `alone`.
    A known listing whose keys are not given was placed by the same keys before, and goes with its checkpoint.
    """
    uses = Counter(key for some in keys.values() for key in some)
    owners = owners_of(uses)
    lonely = [
        name
        for name, some in keys.items()
        if name not in known and all(uses[key] == 1 and key not in owners for key in some)
    ]
    pks = dict(zip(lonely, new_ids(PretrainedModel, len(lonely)), strict=True))
    others = {name: some for name, some in keys.items() if name not in pks}
    grouped, merged = _grouped(source, others, known, owners)
    pks |= grouped
    pks |= {name: merged.get(home, home) for name, home in known.items() if name not in keys}
    if source.kind != Source.Kind.MEASUREMENT:
        _rename_measured(source, {name: pks[name] for name in others})
    return Places(pks, set(lonely))


def write_keys(keys: Keys, listings: Mapping[str, int], known: Iterable[str]) -> None:
    """Write the keys that count for these listings; those `known` had keys before."""
    old = [listings[name] for name in known]
    if old:
        IdentityKey.objects.filter(listing__in=old).delete()
    copy_rows(
        IdentityKey,
        [{"key": key, "listing_id": listings[name]} for name, some in keys.items() for key in some],
    )


def restore_keys(listings: QuerySet[Listing] | None = None) -> None:
    """Write again which keys count, of these listings or all: after a correction, or when in doubt."""
    wanted = Listing.objects.all() if listings is None else listings
    for source in Source.objects.filter(listings__in=wanted).distinct():
        own = wanted.filter(source=source).order_by("pk")
        rows = own.values_list("external_id", "pk", "identity_keys").iterator(_BATCH)
        while batch := list(islice(rows, _BATCH)):
            keys = keys_that_count(source, {name: stated for name, _, stated in batch})
            pks = {name: pk for name, pk, _ in batch}
            write_keys(keys, pks, pks)


def _grouped(
    source: Source, keys: Keys, known: Mapping[str, int], owners: Mapping[str, int]
) -> tuple[dict[str, int], dict[int, int]]:
    """The checkpoint of each record by external id, and which ones were merged into which."""
    groups = _Groups()
    for name, some in keys.items():
        home = _node(name)
        groups.add(home)
        if name in known:
            groups.union(home, known[name])
        for key in some:
            groups.union(home, owners.get(key, f"key {key}"))
    checkpoints = {root: _existing(nodes) for root, nodes in groups.members().items()}
    roots = {name: groups.find(_node(name)) for name in keys}
    first_names = {root: name for name, root in reversed(roots.items()) if not checkpoints[root]}
    created = _create(source, list(reversed(first_names.values())))
    checkpoints |= {root: [created[name]] for root, name in first_names.items()}
    into = {late: pks[0] for pks in checkpoints.values() for late in pks[1:]}
    merge(into)
    return {name: checkpoints[root][0] for name, root in roots.items()}, into


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
    if not placed:
        return
    unpublished = PretrainedModel.objects.filter(pk__in=placed.values(), sources=[])
    slugs = {pk: f"{source.pk}/{name}" for name, pk in reversed(list(placed.items()))}
    for pretrained in unpublished.exclude(slug__in=slugs.values()):
        PretrainedModel.objects.filter(pk=pretrained.pk).update(slug=slugs[pretrained.pk])


def follow_renamed(source: Source, pks: Iterable[int]) -> None:
    """Give checkpoints that were renamed at a hub the address of their new name.

    That is where the listing whose name is the address is gone and another of the same hub is there; the
    old address goes on leading to the page, for the listing stays.
    """
    wanted = sorted(pks)
    for start in range(0, len(wanted), _BATCH):
        batch = as_array(wanted[start : start + _BATCH])
        with connection.cursor() as cursor:
            cursor.execute(_NEW_ADDRESSES, {"source": source.pk, "pks": batch})
            rows = [{"id": pk, "slug": address} for pk, address in cursor.fetchall()]
        update_rows(PretrainedModel, rows)


# One look into an index per checkpoint (OFFSET 0 keeps it so): by its statistics, older than the rows just
# marked gone, the planner takes none for gone and compares all with all, over 10 minutes for 60,000.
_NEW_ADDRESSES = """
    SELECT wanted.pk, there.address
    FROM unnest(%(pks)s::bigint[]) AS wanted (pk)
    JOIN LATERAL (
        SELECT slug FROM catalog_pretrainedmodel WHERE id = wanted.pk OFFSET 0
    ) AS renamed ON true
    JOIN LATERAL (
        SELECT (array_agg(own.address ORDER BY own.id) FILTER (WHERE own.gone_since IS NULL))[1] AS address,
            bool_or(own.gone_since IS NOT NULL AND own.address = renamed.slug) AS has_left
        FROM (
            SELECT id, source_id, gone_since, source_id || '/' || external_id AS address
            FROM catalog_listing WHERE pretrained_id = wanted.pk OFFSET 0
        ) AS own
        WHERE own.source_id = %(source)s
    ) AS there ON there.has_left AND there.address IS NOT NULL
    WHERE NOT EXISTS (SELECT FROM catalog_pretrainedmodel WHERE slug = there.address OFFSET 0)
"""


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
    note_merges(into, timezone.now())


def join_listings() -> set[int]:
    """Merge all checkpoints whose listings share a key; returns those that grew. For `manage.py resolve`."""
    groups = _Groups()
    restore_keys()
    with connection.cursor() as cursor:
        cursor.execute(_SHARED)
        for pks in cursor.fetchall():
            for pk in pks[0][1:]:
                groups.union(pks[0][0], pk)
    together = [_existing(nodes) for nodes in groups.members().values()]
    into = {late: pks[0] for pks in together for late in pks[1:]}
    merge(into)
    return set(into.values())


_SHARED = """
    SELECT array_agg(DISTINCT pretrained_id) FROM catalog_identitykey AS identity
    JOIN catalog_listing AS listing ON listing.id = identity.listing_id
    GROUP BY key HAVING count(DISTINCT pretrained_id) > 1
"""
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
    with connection.cursor() as cursor:
        cursor.execute(_OWNERS, [as_array(wanted)])
        return dict(cursor.fetchall())


# One look into each index per key, as for _NEW_ADDRESSES: a page brings thousands, of which few are known.
_OWNERS = """
    SELECT wanted.key, listing.pretrained_id FROM unnest(%s::text[]) AS wanted (key)
    JOIN LATERAL (
        SELECT listing_id FROM catalog_identitykey WHERE key = wanted.key OFFSET 0
    ) AS identity ON true
    JOIN LATERAL (
        SELECT pretrained_id FROM catalog_listing WHERE id = identity.listing_id OFFSET 0
    ) AS listing ON true
"""


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
