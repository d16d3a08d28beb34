"""What a checkpoint's columns are, worked out again from its listings; nothing else writes them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.db.models.functions import Coalesce
from django.utils import timezone

from catalog.bulk import update_rows
from catalog.claims import Claim, claims_of, is_measurement
from catalog.identity import owners_of
from catalog.licenses import find_license
from catalog.models import Architecture, Listing, PretrainedModel, Repository, Verdict
from catalog.repository_traits import Traits, add_traits
from catalog.search import refresh_search

_PLAIN = (
    "name", "task", "family", "organization", "training", "num_classes", "parameters", "size_bytes",
    "gmacs", "activations", "input_size", "preprocessing", "year", "top1", "top5", "downloads", "likes",
    "revision", "gated",
)  # fmt: skip
_UNITED = ("libraries", "tags", "languages", "formats")  # of all sources together
_EMPTY: dict[str, Any] = {
    "name": "", "task": "", "family": "", "organization": "", "training": [], "preprocessing": {},
    "revision": "", "gated": "",
}  # fmt: skip
COLUMNS = (
    *_PLAIN, *_UNITED, "architecture", "parent", "parent_relation", "sources", "datasets", "updated_at",
    "license", "license_open", "commercial_use", "redistribution", "fine_tuning", "loading",
    "gone_since",
)  # fmt: skip
_BATCH = 500


def resolve(listings: Iterable[Listing], slug: str) -> dict[str, Any]:
    """The columns as the listings imply them; `architecture` by name, `parent` by identity key.

    Pure: reads only the listings with their sources, evaluations and papers, which must be loaded.
    """
    listings = list(listings)
    claims = claims_of(listings, slug)
    values = {name: _winner(claims, name, _EMPTY.get(name)) for name in _PLAIN}
    parent = _winner(claims, "parent", {})
    publishing = [listing for listing in listings if not is_measurement(listing)]
    return {
        **values,
        **_license(_winner(claims, "license", "")),
        "architecture": _winner(claims, "architecture", ""),
        "parent": parent.get("key", ""),
        "parent_relation": parent.get("relation", ""),
        "sources": list(dict.fromkeys(listing.source_id for listing in publishing)),
        **{name: _union(claims.get(name, [])) for name in _UNITED},
        "updated_at": _moment(_winner(claims, "updated_at", "")),
        "datasets": list(
            dict.fromkeys(s["dataset"] for s in values["training"] if s.get("dataset"))
        ),
        "loading": _loading(claims.get("loading", [])),
        "repositories": _union(claims.get("repositories", [])),
        "gone_since": _gone(publishing),
    }


def resolve_pretrained(pks: Iterable[int], now: datetime | None = None) -> int:
    """Resolve these checkpoints, write those whose columns changed; returns how many did."""
    wanted = sorted(set(pks))
    changed: list[int] = []
    for start in range(0, len(wanted), _BATCH):
        changed += _resolve_batch(wanted[start : start + _BATCH], now or timezone.now())
    # All of them: a listing more changes by which names a checkpoint is found, and maybe no column.
    refresh_search(wanted)
    return len(changed)


def _resolve_batch(pks: Sequence[int], now: datetime) -> list[int]:
    found = _with_listings(pks)
    resolved = {
        pretrained.pk: resolve(pretrained.listings.all(), pretrained.slug) for pretrained in found
    }
    architectures = _architectures(resolved.values())
    parents = owners_of({columns["parent"] for columns in resolved.values()})
    changed = []
    for pretrained in found:
        columns = dict(resolved[pretrained.pk])
        columns.pop("repositories")
        columns["architecture_id"] = architectures.get(columns.pop("architecture"))
        parent = parents.get(columns.pop("parent"))
        columns["parent_id"] = parent if parent != pretrained.pk else None
        if any(getattr(pretrained, name) != value for name, value in columns.items()):
            for name, value in columns.items():
                setattr(pretrained, name, value)
            pretrained.changed_at = now
            changed.append(pretrained)
    _write(changed)
    named = {pk: columns["repositories"] for pk, columns in resolved.items()}
    repositories = _link_repositories(named)
    _note_traits(resolved, repositories)
    return [pretrained.pk for pretrained in changed]


def _write(changed: Sequence[PretrainedModel]) -> None:
    fields = {field.name: field.attname for field in PretrainedModel._meta.concrete_fields}
    columns = [fields[name] for name in ("id", *COLUMNS, "changed_at")]
    update_rows(
        PretrainedModel, [{name: getattr(row, name) for name in columns} for row in changed]
    )


def _with_listings(pks: Sequence[int]) -> list[PretrainedModel]:
    listings = (
        Listing.objects.select_related("source")
        .prefetch_related("evaluations", "paper_links__paper")
        .order_by("pk")
    )
    return list(
        PretrainedModel.objects.filter(pk__in=pks, merged_into=None)
        .defer("search_vector", "search_text")
        .prefetch_related(Prefetch("listings", queryset=listings))
    )


def _architectures(resolved: Iterable[dict[str, Any]]) -> dict[str, int]:
    families = {c["architecture"]: c["family"] for c in resolved if c["architecture"]}
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


def _note_traits(resolved: Mapping[int, dict[str, Any]], repositories: Mapping[str, int]) -> None:
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
    Repository.objects.bulk_create((Repository(full_name=n) for n in names), ignore_conflicts=True)
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


def _winner(claims: dict[str, list[Claim]], name: str, default: Any) -> Any:
    return claims[name][0].value if name in claims else default


def _union(claims: Iterable[Claim]) -> list[str]:
    return list(dict.fromkeys(value for claim in claims for value in claim.value))


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None


def _loading(claims: Iterable[Claim]) -> dict[str, Any]:
    """Per way of loading the most trusted line; one that is gone only where nothing else states the way."""
    live_first = sorted(claims, key=lambda claim: claim.is_gone)
    return {way: line for claim in reversed(live_first) for way, line in claim.value.items()}


def _license(text: str) -> dict[str, Any]:
    found = find_license(text) if text else None
    if found is None:
        unclear = dict.fromkeys(
            ("commercial_use", "redistribution", "fine_tuning"), Verdict.UNCLEAR
        )
        return {"license": "", "license_open": None, **unclear}
    return {
        "license": found.id,
        "license_open": found.open,
        "commercial_use": found.commercial,
        "redistribution": found.redistribution,
        "fine_tuning": found.fine_tuning,
    }


def _gone(listings: Iterable[Listing]) -> datetime | None:
    dates = [listing.gone_since for listing in listings]
    gone = [date for date in dates if date is not None]
    return max(gone) if gone and len(gone) == len(dates) else None
