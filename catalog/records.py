"""What a source hands to the catalogue: frozen records, free of Django and of the network.

`harvesters` turns bytes into `ModelRecord`s; `catalog.services.upsert_records` turns those into rows.
"""

import hashlib
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import orjson

from catalog.classes.naming import LONGEST_KEY
from catalog.cleaning import (
    InvalidRecord,
    clean_json,
    clean_text,
    clean_url,
    each,
    flag,
    json_value,
    mapping,
    moment,
    number,
    text,
    texts,
    ways,
    whole,
)
from catalog.keys import LONGEST_ID, REPOSITORY, repository_name
from catalog.metrics import is_possible


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
class PaperMention:
    """A paper that a checkpoint's source names; `role` is one of `PaperLink.Role`."""

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
    papers: tuple[PaperMention, ...] = ()
    repositories: tuple[str, ...] = ()
    identity_keys: tuple[str, ...] = ()
    parent: tuple[str, str] | None = None


@dataclass(frozen=True)
class Rejected:
    """What a source could not turn into a record; `raw` is the entry as it came."""

    external_id: str
    reason: str
    raw: str


def _full_names(value: Any) -> list[str]:
    names = [name.lower() for name in texts(1000, 100)(value)]
    for name in names:
        if not REPOSITORY.fullmatch(name):
            raise InvalidRecord(f"expected a name at GitHub as owner/name, got {name!r:.60}")
    return sorted(set(names))


# What goes in and comes out of a file; the sides of a shape are numbers, or names of what may vary.
_PORTS = each(mapping(name=text(300), shape=each(clean_json, 100), type=text(100)), 1000)
# Of a file; each source states the one that it has.
_HASHES = {"sha256": text(64), "sha384": text(96), "md5": text(32)}
# Every field a source may state, with what makes its value storable. The order is the model page's.
FIELDS: dict[str, Callable[[Any], Any]] = {
    "name": text(LONGEST_ID),
    "description": text(20_000),
    "task": text(60),
    "libraries": texts(60, 20),
    "architecture": text(200),
    "family": text(100),
    "organization": text(100),
    "license": text(500),  # as the source writes it: an id, a name or a URL
    # In order; `stage` is "pretrain", "train", "fine-tune" ..., `dataset` a slug, `hub_id` its name at a hub.
    "training": each(
        mapping(stage=text(60), dataset=text(200), method=text(300), hub_id=text(300)), 500
    ),
    "num_classes": whole(0, 10_000_000),
    "label_set": text(LONGEST_KEY),  # key of a LabelSetRecord: what the outputs stand for
    "parameters": whole(0, 10**14),
    "size_bytes": whole(0, 10**16),
    "gmacs": number(0, 1e9),
    "activations": whole(0, 10**15),
    "input_size": whole(1, 100_000),
    "min_size": whole(1, 100_000),
    "preprocessing": json_value(dict),
    "year": whole(1950, 2100),
    # Per library what its load line needs:
    #   {"timm": {"name", "hub_id"?, "url"?}, "torchvision": {"builder", "weights", "url", "sha256_prefix"},
    #    "folder": {"root": "shipped" | "models", "name", "library"},
    #    "torch_hub": {"repository": "owner/name[:ref]", "entry", "weights"?, "arguments": {name: plain value}},
    #    "keras": {"function", "module", "url"}, "keras_hub": {"preset", "handle"}, "onnx": {"file", "sha256"},
    #    "torchaudio": {"bundle", "class", "url"}, "torchtext": {"bundle", "url"}}
    "loading": ways,
    "downloads": whole(0, 10**15),  # as the source counts them; its note says over which time
    "likes": whole(0, 10**12),
    "created": moment,  # when it was published there
    "updated_at": moment,  # when it last changed there
    "revision": text(64),
    "gated": text(10),
    "disabled": flag,
    "tags": texts(100, 1000),
    "languages": texts(20, 1000),
    "formats": texts(30, 50),
    "metrics": json_value(dict),  # further numbers of the source, by name: {"depth": 107}
    "security": mapping(scanned=flag, issues=each(mapping(path=text(300), level=text(60)), 1000)),
    "opset": whole(1, 1000),
    "io_ports": mapping(inputs=_PORTS, outputs=_PORTS),
    "accelerator": text(60),
    # Every parent of a merge, by its id at the hub.
    "base_models": each(mapping(id=text(400), relation=text(60)), 1000),
    "files": each(
        mapping(name=text(500), bytes=whole(0, 10**16), format=text(60), url=clean_url, **_HASHES),
        1000,
    ),
    "recipe_url": clean_url,
    "origin_url": clean_url,
    "demo_url": clean_url,
    "image_url": clean_url,  # a picture that shows what it does; linked to, never loaded
    "card": text(1_000_000),  # the publisher's card, Markdown
    # Filled from ModelRecord.parent and .repositories, so that everything can be resolved from listings.
    "parent": json_value(dict),  # {"key": identity key, "relation": "quantized" | "fine-tuned" ...}
    "repositories": _full_names,  # lower-case GitHub full names, in order
}

_MOST_BYTES = 4_000_000
_ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}")
ROLES = ("introduces", "recipe", "mentioned")


def normalise(record: ModelRecord) -> ModelRecord:
    """`record` made storable, `parent` and `repositories` moved into its facts.

    Raises InvalidRecord, naming the field, if any part cannot be stored: half a record would look like
    a complete one.
    """
    external_id = _clean("external_id", clean_identifier, record.external_id)
    facts = _facts(_with_links(record))
    return ModelRecord(
        external_id=external_id,
        url=_clean("url", clean_url, record.url),
        facts=facts,
        evaluations=_evaluations(record.evaluations) if record.evaluations else (),
        papers=_papers(record.papers) if record.papers else (),
        identity_keys=tuple(
            dict.fromkeys(_clean("identity_keys", _identity, key) for key in record.identity_keys)
        ),
    )


def written(clean: ModelRecord) -> tuple[str, str]:
    """The facts of a normalised record as JSON, and the SHA-256 of everything it says: equal exactly if
    nothing changed. Raises InvalidRecord for one that is too large.
    """
    facts = orjson.dumps(clean.facts, option=orjson.OPT_SORT_KEYS)
    rest = [clean.url, clean.evaluations, clean.papers, sorted(clean.identity_keys)]
    said = facts + orjson.dumps(rest)
    if len(said) > _MOST_BYTES:
        raise InvalidRecord(f"larger than {_MOST_BYTES:,} bytes")
    return facts.decode(), hashlib.sha256(said).hexdigest()


def _facts(stated: Mapping[str, Fact]) -> dict[str, Fact]:
    facts, name = {}, ""
    try:
        for name, fact in stated.items():
            if (value := fact.value) is None:
                continue
            clean = FIELDS.get(name, _no_field)(value)
            note = _note(fact.note) if fact.note else ""
            if clean is not value or note is not fact.note:
                fact = Fact(clean, note)
            facts[name] = fact
    except InvalidRecord as problem:
        raise InvalidRecord(f"{name:.60}: {problem}") from problem
    if "name" not in facts or not facts["name"].value:
        raise InvalidRecord("name: missing")
    return facts


@lru_cache(maxsize=10_000)
def _note(text: str) -> str:
    """Most notes are the same in thousands of records."""
    return clean_text(text)[:300]


def _no_field(value: Any) -> Any:
    raise InvalidRecord("no field of a record")


def _with_links(record: ModelRecord) -> Mapping[str, Fact]:
    # A repository that holds the weights publishes them, whether or not the source names it, too.
    holders = [repository_name(key[8:]) for key in record.identity_keys if _is_at_github(key)]
    if not record.repositories and not record.parent and not holders:
        return record.facts
    facts = dict(record.facts)
    names = [*record.repositories, *filter(None, holders)]
    if names:
        facts["repositories"] = Fact(names)
    if record.parent:
        key, relation = record.parent
        facts["parent"] = Fact({"key": _identity(key), "relation": text(20)(relation)})
    return facts


def _is_at_github(key: Any) -> bool:
    return isinstance(key, str) and key.startswith("weights:https://github.com/")


def _clean(name: str, cleaner: Callable[[Any], Any], value: Any) -> Any:
    try:
        return cleaner(value)
    except InvalidRecord as problem:
        raise InvalidRecord(f"{name}: {problem}") from problem


def clean_identifier(value: Any) -> str:
    """An id at a source as it came; raises InvalidRecord if it cannot be stored unchanged."""
    if not isinstance(value, str) or not 0 < len(value) <= LONGEST_ID or clean_text(value) != value:
        raise InvalidRecord(f"expected a text of 1 to {LONGEST_ID} printable characters")
    return value


def _identity(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= 600 or clean_text(value) != value:
        raise InvalidRecord("expected a text of 1 to 600 printable characters")
    return value


def _evaluations(values: Iterable[EvaluationRecord]) -> tuple[EvaluationRecord, ...]:
    clean = [_clean("evaluations", _evaluation, item) for item in values]
    # An accuracy of 99999 % is a slip in one number, no reason to do without the rest.
    possible = (item for item in clean if is_possible(item.metric, item.value))
    return tuple({(e.dataset, e.metric, e.input_size, e.crop_pct): e for e in possible}.values())


def _papers(values: Iterable[PaperMention]) -> tuple[PaperMention, ...]:
    clean = [_clean("papers", _paper, item) for item in values]
    # Of two mentions of one paper the one that says more is kept.
    clean.sort(key=lambda paper: ROLES.index(paper.role), reverse=True)
    return tuple({paper.arxiv_id: paper for paper in clean}.values())


def _evaluation(value: EvaluationRecord) -> EvaluationRecord:
    for name, most in ((value.dataset, 100), (value.metric, 60)):
        if not name or text(most)(name) != name:
            raise InvalidRecord("expected a dataset and a metric, both short texts")
    if value.input_size is not None:
        whole(1, 100_000)(value.input_size)
    crop_pct = None if value.crop_pct is None else number(0, 10)(value.crop_pct)
    note = clean_text(value.note)[:300]
    return replace(value, value=number(-1e9, 1e9)(value.value), crop_pct=crop_pct, note=note)


def _paper(value: PaperMention) -> PaperMention:
    if not _ARXIV_ID.fullmatch(value.arxiv_id):
        raise InvalidRecord(f"expected an arXiv id without version, got {value.arxiv_id!r:.60}")
    if value.role not in ROLES:
        raise InvalidRecord(f"expected one of {', '.join(ROLES)}, got {value.role!r:.60}")
    return replace(value, note=clean_text(value.note)[:300])
