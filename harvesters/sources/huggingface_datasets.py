"""The data sets of the Hugging Face Hub that models name: what they are, under which licence, how large, with which
classes.

API: https://huggingface.co/docs/hub/api, `GET /api/datasets/{id}`. Only what somebody names is looked up.
"""

import json
from collections.abc import Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from catalog.aliases import dataset_slug, task_slug
from catalog.languages import language_code
from catalog.records import Fact, Rejected
from catalog.reference_records import DatasetRecord, LabelSetRecord, named_list
from harvesters.sources.base import Page
from harvesters.sources.huggingface_lookups import HubLookups, hub_json
from harvesters.sources.named_classes import names_in

if TYPE_CHECKING:
    from harvesters.http import Http

# `siblings` is left out: some data sets have 100,000 files.
_EXPAND = (
    "author", "cardData", "description", "disabled", "downloads", "gated", "lastModified", "likes", "private",
    "tags", "usedStorage",
)  # fmt: skip
_MOST_BYTES = 10**18
_MOST_LISTS, _DEEPEST = 20, 12
_Json = Mapping[str, Any]


class HuggingFaceDatasets(HubLookups):
    """The data sets that most models name first."""

    name = "huggingface-datasets"
    title = "Hugging Face data sets"
    homepage = "https://huggingface.co/datasets"
    kind = "datasets"

    def records(self, page: Page) -> Iterator[DatasetRecord | LabelSetRecord | Rejected]:
        found = json.loads(page.body)
        asked = found["asked"]
        try:
            if found.get("refused"):
                raise ValueError(f"The Hub answers {found['refused']}: gone, private or disabled.")
            record = _record(found["info"], asked, self._base)
            yield record
            yield from _lists(found["info"], record.slug)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            yield Rejected(asked, str(problem), json.dumps(found))

    def _found(self, http: "Http", name: str) -> dict[str, Any]:
        query = urlencode([("expand", field) for field in _EXPAND])
        return {"info": hub_json(http, f"{self._base}/api/datasets/{quote(name)}?{query}")}


def _record(info: _Json, asked: str, site: str) -> DatasetRecord:
    if info.get("private") is True:
        raise ValueError("The data set is private.")
    name = info.get("id")
    if not isinstance(name, str) or not name:
        raise ValueError("The Hub's answer names no data set.")
    card = info["cardData"] if isinstance(info.get("cardData"), dict) else {}
    tags = _tags(info.get("tags"))
    title = card.get("pretty_name")
    facts = {
        "title": Fact(title if isinstance(title, str) and title else name),
        # Under whatever name it was looked up, it is the same one: the Hub leads old names to new ones.
        "aliases": Fact(list(dict.fromkeys([name, asked]))),
        "description": Fact(_text(info.get("description"))),
        "license": _license(card, tags.get("license", [])),
        "tasks": _list([task_slug(t) for t in tags.get("task_categories", [])[:100]]),
        "modalities": _list(tags.get("modality", [])[:50]),
        "languages": _list(list(filter(None, map(language_code, tags.get("language", [])[:900])))),
        "size_category": Fact(next(iter(tags.get("size_categories", [])), None)),
        **_sizes(info, card),
    }
    for field in ("downloads", "likes"):
        if _is_count(info.get(field)):
            facts[field] = Fact(info[field], "in the last 30 days" if field == "downloads" else "")
    return DatasetRecord(
        external_id=asked,
        slug=dataset_slug(asked),
        url=f"{site}/datasets/{quote(name)}",
        facts=facts,
    )


def _lists(info: _Json, slug: str) -> Iterator[LabelSetRecord]:
    """The classes of its columns, as the card's `dataset_info` names them: https://huggingface.co/docs/hub/datasets-cards."""
    card = info["cardData"] if isinstance(info.get("cardData"), dict) else {}
    lists = (named_list(names, slug) for names in _class_labels(card.get("dataset_info"), 0))
    yield from {found.key: found for found in islice(lists, _MOST_LISTS) if found}.values()


def _class_labels(value: Any, depth: int) -> Iterator[list[str]]:
    if isinstance(value, dict):
        label = value.get("class_label")
        names = names_in({"id2label": label.get("names")}) if isinstance(label, dict) else []
        if names:
            yield names
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for one in inner if depth < _DEEPEST else ():
        yield from _class_labels(one, depth + 1)


def _sizes(info: _Json, card: _Json) -> dict[str, Fact]:
    """Bytes and examples as the card counts them over all its configurations, else what the Hub stores."""
    stated = card.get("dataset_info")
    parts = [p for p in (stated if isinstance(stated, list) else [stated]) if isinstance(p, dict)]
    facts = {}
    bytes_ = [part["dataset_size"] for part in parts if _is_count(part.get("dataset_size"))]
    if bytes_ and sum(bytes_) <= _MOST_BYTES:
        facts["size_bytes"] = Fact(sum(bytes_), "dataset_info of the card")
    elif _is_count(info.get("usedStorage")) and info["usedStorage"] <= _MOST_BYTES:
        facts["size_bytes"] = Fact(info["usedStorage"], "stored on the Hub, all revisions")
    splits = [s for part in parts for s in part.get("splits") or () if isinstance(s, dict)]
    examples = [split["num_examples"] for split in splits if _is_count(split.get("num_examples"))]
    if examples and sum(examples) <= 10**15:
        facts["examples"] = Fact(sum(examples), "all splits of the card")
    return facts


def _license(card: _Json, tagged: list[str]) -> Fact:
    stated = card.get("license")
    found = [stated] if isinstance(stated, str) else stated if isinstance(stated, list) else tagged
    texts = [text for text in found if isinstance(text, str) and text]
    name = card.get("license_name")
    if texts == ["other"] and isinstance(name, str) and name:
        return Fact(name, "the card says other")
    return Fact(texts[0] if texts else None, f"of {', '.join(texts[:5])}" if len(texts) > 1 else "")


def _tags(value: Any) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for tag in value if isinstance(value, list) else []:
        kind, colon, rest = tag.partition(":") if isinstance(tag, str) else ("", "", "")
        if colon and rest:
            found.setdefault(kind, []).append(rest)
    return found


def _list(values: list[str]) -> Fact:
    return Fact(list(dict.fromkeys(values)) or None)


def _text(value: Any) -> str | None:
    return " ".join(value.split()) if isinstance(value, str) and value.strip() else None


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**62
