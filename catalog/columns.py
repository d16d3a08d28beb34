"""What the columns of a checkpoint are, as its listings imply them. Nothing here reads or writes the database."""

from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from typing import Any

from catalog.claims import (
    BYTES_FP32,
    Claim,
    claims_of,
    headline,
    is_measurement,
    may_be_size,
    year_of,
)
from catalog.licenses import find_license
from catalog.models import Listing, Source, Verdict
from catalog.records import ModelRecord

_PLAIN = (
    "name", "task", "family", "organization", "training", "num_classes", "label_set", "parameters",
    "size_bytes", "gmacs", "activations", "input_size", "preprocessing", "year", "top1", "top5",
    "downloads", "likes", "revision", "gated",
)  # fmt: skip
_UNITED = ("libraries", "tags", "languages", "formats")  # of all sources together
_EMPTY: dict[str, Any] = {
    "name": "", "task": "", "family": "", "organization": "", "training": [], "label_set": "",
    "preprocessing": {}, "revision": "", "gated": "",
}  # fmt: skip
COLUMNS = (
    *_PLAIN, *_UNITED, "architecture", "parent", "parent_relation", "sources", "datasets", "updated_at",
    "license", "license_open", "commercial_use", "redistribution", "fine_tuning", "loading",
    "gone_since",
)  # fmt: skip


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
        "datasets": _datasets(values["training"]),
        "loading": _loading(claims.get("loading", [])),
        "repositories": _union(claims.get("repositories", [])),
        "gone_since": _gone(publishing),
    }


def resolve_alone(record: ModelRecord, source: Source) -> dict[str, Any]:
    """What `resolve` makes of a present listing of this normalised record if there is no other.

    Most of a hub is listed nowhere else: there are no claims to compare and nothing to read back.
    """
    stated = {name: fact.value for name, fact in record.facts.items()}
    if source.kind == Source.Kind.MEASUREMENT:
        stated.pop("input_size", None)  # the one it measured at
    values: dict[str, Any] = {name: stated.get(name, _EMPTY.get(name)) for name in _PLAIN}
    values["top1"] = values["top5"] = None
    if record.evaluations:
        size, crop = values["input_size"], values["preprocessing"].get("crop_pct")
        for metric in ("top1", "top5"):
            result = headline(record.evaluations, metric, size, crop)
            values[metric] = result.value if result else None
    if values["year"] is None and record.papers:
        years = (year_of(paper.arxiv_id, paper.role) for paper in record.papers)
        values["year"] = min(filter(None, years), default=None)
    parent = stated.get("parent", {})
    if "parameters" in stated and "gguf" not in stated.get("formats", ()):
        size, parameters = stated.get("size_bytes"), stated["parameters"]
        if size is None or not may_be_size(size, parameters, parent.get("relation", "")):
            values["size_bytes"] = parameters * BYTES_FP32
    return {
        **values,
        **_license(stated.get("license", "")),
        "architecture": stated.get("architecture", ""),
        "parent": parent.get("key", ""),
        "parent_relation": parent.get("relation", ""),
        "sources": [] if source.kind == Source.Kind.MEASUREMENT else [source.pk],
        **{name: list(dict.fromkeys(stated[name])) if name in stated else [] for name in _UNITED},
        "updated_at": _moment(stated.get("updated_at", "")),
        "datasets": _datasets(values["training"]),
        "loading": stated.get("loading", {}),
        "repositories": list(dict.fromkeys(stated.get("repositories", ()))),
        "gone_since": None,
    }


def _datasets(training: Iterable[Any]) -> list[str]:
    named = (stage.get("dataset") for stage in training if isinstance(stage, dict))
    return list(dict.fromkeys(name[:100] for name in named if name and isinstance(name, str)))


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


@lru_cache(maxsize=10_000)
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
