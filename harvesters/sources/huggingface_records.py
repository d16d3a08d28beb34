"""One model of the Hugging Face Hub's list, as its API writes it, as a record.

Fields: https://huggingface.co/docs/hub/api and the client's `ModelInfo`. Every field may be missing or of
another type than documented; what is not understood is left out, and the rest of the model is kept.
Written for speed: a full walk brings three million of these.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, TypeGuard

from catalog.aliases import dataset_slug, task_slug
from catalog.languages import language_code
from catalog.licenses import License, find_license
from catalog.records import Fact, ModelRecord, PaperMention
from harvesters.sources.huggingface_results import results_of
from harvesters.sources.huggingface_tags import Tags

_ID = re.compile(r"(?!\.{1,2}(?:/|$))[\w.-]{1,255}(?:/(?!\.{1,2}$)[\w.-]{1,255})?", re.ASCII)
_NUMBER = re.compile(r"[0-9a-f]{24}")
_MOMENT = re.compile(r"(?:19|20)\d\d-[01]\d-[0-3]\dT[0-2]\d:[0-5]\d:[0-5]\d(?:\.\d+)?Z")
_ARXIV = re.compile(r"(\d{4}\.\d{4,5})(?:v\d+)?")
_CLASS = re.compile(r"[A-Za-z]\w{0,79}", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}")
# The Hub had no dates before this day: its `createdAt` then means "earlier".
_FLOOR = "2022-03-02T23:29:04.000Z"
_RELATIONS = {
    "finetune": "fine-tuned", "quantized": "quantized", "adapter": "adapter", "merge": "merged",
}  # fmt: skip
_FRAMEWORKS = {"pytorch": "pytorch", "tf": "tensorflow", "jax": "jax"}
_PACKED = {"4-bit", "2-bit", "3-bit", "gptq", "awq", "bitsandbytes", "exl2", "hqq", "aqlm"}
_BYTES = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1, "F8_E8M0": 1,
}  # fmt: skip
# Libraries whose load line is known, and the way that stands for it in `catalog.loading_hub`.
_WAYS = {
    "transformers": "transformers", "diffusers": "diffusers", "peft": "peft", "timm": "hub_timm",
    "sentence-transformers": "sentence-transformers", "keras": "hub_keras", "keras-hub": "hub_keras_hub",
}  # fmt: skip
_SEVERITY = {"non-commercial": 0, "custom": 1, "copyleft": 2, "permissive": 3}
_DOWNLOADS = "in the last 30 days, as the Hub counts"
_Json = Mapping[str, Any]


def record_of(item: _Json, site: str) -> ModelRecord:
    """One model of a list or detail answer; `site` is the Hub's address. Raises ValueError without an id."""
    name = item.get("id") or item.get("modelId")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ValueError(f"{name!r:.80} is no name of a repository")
    card = item["cardData"] if isinstance(item.get("cardData"), dict) else {}
    tags = Tags(item.get("tags"), item)
    parents = _parents(item, tags, card, name)
    facts = {
        "name": Fact(name),
        **_what(item, tags, card, name),
        **_weights(item, tags, parents),
        **_counts(item),
        **_loading(item, tags, name),
    }
    if parents:
        facts["base_models"] = Fact([{"id": pk, "relation": how} for pk, how in parents.items()])
    keys, number = [f"hub:{name}"], item.get("_id")
    if isinstance(number, str) and _NUMBER.fullmatch(number):
        keys.append(f"hub-number:{number}")
    first = next(iter(parents.items()), None)
    return ModelRecord(
        external_id=name,
        url=f"{site}/{name}",
        facts=facts,
        evaluations=results_of(item) if _may_have_results(item, card) else (),
        papers=_papers(tags.papers),
        identity_keys=tuple(keys),
        parent=(f"hub:{first[0]}", first[1]) if first else None,
    )


def _what(item: _Json, tags: Tags, card: _Json, name: str) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    task, library = item.get("pipeline_tag"), item.get("library_name")
    if isinstance(task, str) and task:
        facts["task"] = Fact(_task(task))
    libraries = [library] if isinstance(library, str) and library else []
    libraries += [word for tag, word in _FRAMEWORKS.items() if tag in tags.all and word != library]
    if libraries:
        facts["libraries"] = Fact(libraries)
    author = item.get("author")
    owner = author if isinstance(author, str) else name.rpartition("/")[0]
    if owner:
        facts["organization"] = Fact(owner.lower(), "the repository's owner")
    license_ = _license(card, tags.licenses)
    if license_:
        facts["license"] = license_
    datasets = dict.fromkeys([*tags.datasets, *_texts(card.get("datasets"))][:200])
    if datasets:
        stages = [{"stage": "trained", "dataset": _dataset(d), "hub_id": d} for d in datasets]
        said = [stage for stage in stages if stage["dataset"]]
        facts["training"] = Fact(said, "declared in the card")
    facts |= _architecture(item)
    languages = _languages(card, tags)
    if languages:
        facts["languages"] = Fact(languages)
    if tags.plain:
        facts["tags"] = Fact(list(dict.fromkeys(tags.plain[:500])))
    return facts


def _architecture(item: _Json) -> dict[str, Fact]:
    """The class and type of `config.json`; an own list answer without `config` says neither."""
    config = item.get("config")
    if not isinstance(config, dict):
        return {}
    facts, classes, kind = {}, config.get("architectures"), config.get("model_type")
    if isinstance(classes, list) and classes and _is_class(classes[0]):
        facts["architecture"] = Fact(classes[0], "the class in config.json")
    if isinstance(kind, str) and 0 < len(kind) <= 60:
        facts["family"] = Fact(kind.lower().replace("_", "-"), "model_type in config.json")
    size = config.get("image_size")
    side = max(size) if isinstance(size, list) and size and all(map(_is_count, size)) else size
    if _is_count(side) and 1 <= side <= 100_000:
        facts["input_size"] = Fact(side, "image_size in config.json")
    return facts


def _weights(item: _Json, tags: Tags, parents: Mapping[str, str]) -> dict[str, Fact]:
    """Parameters and size by what the Hub read in the headers of safetensors and GGUF files."""
    facts = {"formats": Fact(list(tags.formats))} if tags.formats else {}
    stored, gguf = item.get("safetensors"), item.get("gguf")
    is_packed = "quantized" in parents.values() or not _PACKED.isdisjoint(tags.all)
    if isinstance(stored, dict):
        total, by_type = stored.get("total"), stored.get("parameters")
        if _is_count(total) and total <= 10**14 and not is_packed:
            facts["parameters"] = Fact(total, "elements stored in safetensors")
        if isinstance(by_type, dict) and by_type:
            size = [_BYTES.get(kind, 0) * n for kind, n in by_type.items() if _is_count(n)]
            if len(size) == len(by_type) and 0 < sum(size) <= 10**16 and all(size):
                packed = "; packed numbers, so they do not count parameters" if is_packed else ""
                note = f"estimated: stored elements x bytes of their type{packed}"
                facts["size_bytes"] = Fact(sum(size), note)
    elif isinstance(gguf, dict) and _is_count(gguf.get("total")) and gguf["total"] <= 10**14:
        facts["parameters"] = Fact(gguf["total"], "counted in a GGUF file")
    return facts


def _counts(item: _Json) -> dict[str, Fact]:
    facts = {}
    for field, note in (("downloads", _DOWNLOADS), ("likes", "")):
        value = item.get(field)
        if _is_count(value) and value <= 10**12:
            facts[field] = Fact(value, note)
    for field, key in (("created", "createdAt"), ("updated_at", "lastModified")):
        value = item.get(key)
        if isinstance(value, str) and value != _FLOOR and _is_moment(value):
            facts[field] = Fact(value)
    sha, gated = item.get("sha"), item.get("gated")
    if isinstance(sha, str) and _SHA.fullmatch(sha):
        facts["revision"] = Fact(sha)
    if gated in ("auto", "manual"):
        facts["gated"] = Fact(gated)
    if item.get("disabled") is True:
        facts["disabled"] = Fact(True)
    metrics = {
        word: item[key]
        for key, word in (("downloadsAllTime", "downloads, all time"), ("usedStorage", "bytes stored, all revisions"))
        if _is_count(item.get(key)) and item[key] <= 10**17
    }  # fmt: skip
    if metrics:
        facts["metrics"] = Fact(metrics)
    return facts


def _loading(item: _Json, tags: Tags, name: str) -> dict[str, Fact]:
    """What the load line of the repository's library needs; see `catalog.loading`."""
    library, sha = item.get("library_name"), item.get("sha")
    way = _WAYS.get(library, "") if isinstance(library, str) else ""
    if not way:
        return {}
    line: dict[str, Any] = {"hub_id": name}
    if isinstance(sha, str) and _SHA.fullmatch(sha):
        line["revision"] = sha
    classes = item.get("transformersInfo")
    if way == "transformers" and isinstance(classes, dict):
        for key in ("auto_model", "processor"):
            if _is_class(classes.get(key)):
                line[key] = classes[key]
    if "custom_code" in tags.all:
        line["custom_code"] = True
    return {"loading": Fact({way: line})}


def _parents(item: _Json, tags: Tags, card: _Json, name: str) -> dict[str, str]:
    """What it was made from, in order: id -> relation, as the Hub resolved it, else as tags and card say."""
    found: dict[str, str] = {}
    resolved = item.get("baseModels")
    if isinstance(resolved, dict) and isinstance(resolved.get("models"), list):
        how = _RELATIONS.get(str(resolved.get("relation")), "")
        for model in resolved["models"][:100]:
            if isinstance(model, dict) and isinstance(model.get("id"), str):
                found[model["id"]] = how
    for tag in tags.parents[:200]:
        relation, _, parent = tag.rpartition(":")
        if relation or parent not in found:
            found[parent] = _RELATIONS.get(relation, "") or found.get(parent, "")
    if not found:
        how = _RELATIONS.get(str(card.get("base_model_relation")), "")
        found = dict.fromkeys(_texts(card.get("base_model"))[:100], how)
    if len(found) > 1 and not any(found.values()):
        found = dict.fromkeys(found, "merged")  # what has several parents is a merge, says the Hub
    return {pk: how for pk, how in found.items() if pk != name and _ID.fullmatch(pk)}


def _license(card: _Json, tagged: list[str]) -> Fact | None:
    """The licence; of several the most restrictive. `other` by its name or the address of its text."""
    stated = _texts(card.get("license")) or tagged
    if "other" in stated:
        name, link = card.get("license_name"), card.get("license_link")
        named = [text for text in (name, link) if isinstance(text, str) and 0 < len(text) <= 500]
        known = [text for text in named if _find_license(text)]
        value = (known or named or ["other"])[0]
        note = "the card says other" + "".join(f", {text}" for text in named if text != value)
        return Fact(value, note[:300])
    if not stated:
        return None
    chosen = min(stated[:50], key=_severity)
    return Fact(chosen, f"of {', '.join(stated[:5])}" if len(stated) > 1 else "")


def _languages(card: _Json, tags: Tags) -> list[str]:
    written = card.get("language", card.get("languages"))
    if written is None:
        return [] if card else tags.languages
    found = [language_code(item) for item in (written if isinstance(written, list) else [written])]
    return [code for code in dict.fromkeys(found) if code][:500]


def _papers(tagged: list[str]) -> tuple[PaperMention, ...]:
    found = (_ARXIV.fullmatch(text) for text in dict.fromkeys(tagged[:500]))
    return tuple(
        PaperMention(match[1], "mentioned", "named in the card") for match in found if match
    )


def _may_have_results(item: _Json, card: _Json) -> bool:
    return bool(item.get("model-index") or item.get("evalResults") or card.get("model-index"))


def _texts(value: Any) -> list[str]:
    """A text or a list of texts as a list; whatever else it is counts for nothing."""
    if isinstance(value, str):
        return [value] if value else []
    return (
        [item for item in value if isinstance(item, str) and item]
        if isinstance(value, list)
        else []
    )


def _is_moment(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return bool(_MOMENT.fullmatch(text))


def _is_count(value: Any) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_class(value: Any) -> bool:
    return isinstance(value, str) and bool(_CLASS.fullmatch(value))


def _severity(text: str) -> int:
    found = _find_license(text)
    return _SEVERITY.get(found.group, 4) if found else 4


@lru_cache(maxsize=5_000)
def _find_license(text: str) -> License | None:
    return find_license(text)


@lru_cache(maxsize=1_000)
def _task(name: str) -> str:
    return task_slug(name)


@lru_cache(maxsize=20_000)
def _dataset(name: str) -> str:
    return dataset_slug(name)[:100]
