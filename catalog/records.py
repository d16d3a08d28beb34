"""What a source hands to the catalogue: frozen records, free of Django and of the network.

`harvesters` turns bytes into `ModelRecord`s; `catalog.services.upsert_records` turns those into rows.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


class InvalidRecord(ValueError):
    """A record that cannot be stored; the message says which field and why."""


@dataclass(frozen=True)
class Fact:
    """One value as a source states it; `note` says how the source knows it, in a few words."""

    value: Any
    note: str = ""


@dataclass(frozen=True)
class EvaluationRecord:
    """One result: `value` in the metric's own unit (accuracies in percent), `input_size` in pixels."""

    dataset: str
    metric: str
    value: float
    input_size: int | None = None
    crop_pct: float | None = None
    note: str = ""


@dataclass(frozen=True)
class PaperRecord:
    """A paper a source names; `role` is one of `PaperLink.Role`."""

    arxiv_id: str
    role: str = "mentioned"
    note: str = ""


@dataclass(frozen=True)
class ModelRecord:
    """One source's record of one checkpoint.

    `facts` is keyed by the names in `FIELDS`. `identity_keys` are strings that two records share exactly
    if they describe the same checkpoint, e.g. `weights:https://download.pytorch.org/models/...pth` or
    `timm:resnet50.a1_in1k`. `parent` is (identity key of the parent, relation).
    """

    external_id: str
    url: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    evaluations: tuple[EvaluationRecord, ...] = ()
    papers: tuple[PaperRecord, ...] = ()
    repositories: tuple[str, ...] = ()
    identity_keys: tuple[str, ...] = ()
    parent: tuple[str, str] | None = None


def _text(limit: int) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidRecord(f"expected text, got {type(value).__name__}")
        return clean_text(value)[:limit]

    return clean


def _whole(low: int, high: int) -> Callable[[Any], int]:
    def clean(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InvalidRecord(f"expected a whole number from {low} to {high}, got {value!r:.60}")
        return value

    return clean


def _number(low: float, high: float) -> Callable[[Any], float]:
    def clean(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidRecord(f"expected a number, got {value!r:.60}")
        if not math.isfinite(value) or not low <= value <= high:
            raise InvalidRecord(f"expected a number from {low} to {high}, got {value!r:.60}")
        return float(value)

    return clean


def _texts(limit: int, most: int) -> Callable[[Any], list[str]]:
    one = _text(limit)

    def clean(value: Any) -> list[str]:
        if not isinstance(value, list | tuple) or len(value) > most:
            raise InvalidRecord(f"expected a list of at most {most} texts")
        return [one(item) for item in value]

    return clean


def _json(kind: type) -> Callable[[Any], Any]:
    def clean(value: Any) -> Any:
        if not isinstance(value, kind):
            raise InvalidRecord(f"expected {kind.__name__}, got {type(value).__name__}")
        return clean_json(value)

    return clean


_UNWANTED = re.compile(
    # Control characters but tab and newline, lone surrogates, and the bidirectional controls that
    # let a name show as another one.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def clean_text(value: str) -> str:
    """`value` without what Postgres refuses (NUL, lone surrogates) and what spoofs a reader."""
    return _UNWANTED.sub("", value).strip()


def clean_json(value: Any, depth: int = 0) -> Any:
    """`value` with every text cleaned and every number finite; raises InvalidRecord if it cannot be JSON."""
    if depth > 20:
        raise InvalidRecord("nested more than 20 deep")
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, Mapping):
        return {clean_text(str(key)): clean_json(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item, depth + 1) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRecord("a number that is not finite")
    if value is None or isinstance(value, bool | int | float):
        return value
    raise InvalidRecord(f"{type(value).__name__} cannot be stored")


# Every field a source may state, with what makes its value storable. The order is the model page's.
FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": _text(300),
    "description": _text(20_000),
    "task": _text(60),
    "libraries": _texts(60, 20),
    "architecture": _text(200),
    "family": _text(100),
    "organization": _text(100),
    "license": _text(500),  # as the source writes it: an id, a name or a URL
    "training": _json(list),  # [{"stage": "pretrain" | "fine-tune", "dataset": slug, "method": ""}]
    "num_classes": _whole(0, 10_000_000),
    "categories": _texts(200, 100_000),  # class names in index order
    "parameters": _whole(0, 10**14),
    "size_bytes": _whole(0, 10**16),
    "gmacs": _number(0, 1e9),
    "activations": _whole(0, 10**15),
    "input_size": _whole(1, 100_000),
    "min_size": _whole(1, 100_000),
    "preprocessing": _json(dict),
    "year": _whole(1950, 2100),
    # Per library what its load line needs:
    #   {"timm": {"name", "hub_id"?, "url"?}, "torchvision": {"builder", "weights", "url", "sha256_prefix"},
    #    "folder": {"path"}, "quantized": true ...}
    "loading": _json(dict),
    "files": _json(list),  # [{"name", "bytes"?, "format", "sha256"?, "url"?}]
    "recipe_url": _text(500),
    "origin_url": _text(500),
    "card": _text(1_000_000),  # the publisher's card, Markdown
}
