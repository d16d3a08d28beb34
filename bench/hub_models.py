"""The models of the generated hub, as bytes of JSON: what differs from model to model is written for each,
the rest (tags, card, weights) comes from a few ten thousand bodies made once.
"""

import json
import random
from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from itertools import accumulate
from typing import Any

from bench.hub_words import LANGUAGES, LIBRARIES, LICENSES, TASKS, Weighted

ORGANIZATIONS, TAGS, DATASETS, BODIES = 300_000, 50_000, 20_000, 40_000
# What the Hub gives without `expand`, and what it gives of every model whatever is asked for.
ORDINARY = (
    "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag", "library_name",
    "createdAt", "modelId",
)  # fmt: skip
_MIX = 0x9E3779B97F4A7C15
_OLDEST = datetime(2022, 3, 3, tzinfo=UTC)
_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)

_FLAGS = ("endpoints_compatible", "conversational", "autotrain_compatible", "custom_code")
_STEMS = (
    "llama-3", "llama-2", "mistral", "qwen2.5", "qwen3", "gemma-2", "phi-3", "bert-base", "roberta",
    "distilbert", "t5-small", "whisper-small", "wav2vec2", "vit-base", "resnet50", "convnext",
    "stable-diffusion", "sdxl", "flux", "ppo-lunarlander", "q-taxi", "deberta-v3", "electra",
    "mixtral", "falcon", "opt", "gpt2", "pythia", "yolov8", "swin",
)  # fmt: skip
_ENDINGS = (
    "", "-finetuned", "-lora", "-gguf", "-instruct", "-chat", "-merged", "-sft", "-dpo", "-4bit",
    "-awq", "-emotion", "-imdb", "-squad", "-ner", "-v2", "-test", "-adapter", "-q4-k-m", "-uncased",
)  # fmt: skip


def mixed(number: int) -> int:
    """64 bits that look random and depend on nothing but the number."""
    number = (number + 1) * _MIX & 0xFFFFFFFFFFFFFFFF
    number ^= number >> 29
    number = number * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    return number ^ number >> 32


def name_of(number: int) -> str:
    """`owner/name`; the share of an owner falls with the cube root of its rank."""
    bits = mixed(number)
    owner = int(ORGANIZATIONS * ((bits & 0xFFFFF) / 0x100000) ** 3)
    stem = _STEMS[(bits >> 20) % len(_STEMS)]
    size = (1, 3, 7, 8, 13, 70)[(bits >> 30) % 6]
    ending = _ENDINGS[(bits >> 40) % len(_ENDINGS)]
    return f"maker{owner}/{stem}-{size}b{ending}-{number:x}"


def _pick(choice: random.Random, weighted: Weighted) -> str:
    sums = _sums(weighted)
    return weighted[bisect_left(sums, choice.uniform(0, sums[-1]))][0]


@cache
def _sums(weighted: Weighted) -> list[float]:
    return list(accumulate(weight for _, weight in weighted))


def _body(index: int, total: int) -> dict[str, Any]:
    """What many models share: task, library, licence, tags, card, weights, lineage."""
    # Whoever draws from it in another order makes another hub.
    choice = random.Random(index)  # noqa: S311 - the same hub every time
    task, library, license_ = (_pick(choice, kind) for kind in (TASKS, LIBRARIES, LICENSES))
    tags = [library] if library else []
    body: dict[str, Any] = {"private": False, "disabled": False, "gated": False}
    card: dict[str, Any] = {}
    if choice.random() < 0.03:
        body["gated"] = choice.choice(("auto", "manual"))
    tags += _add_weights(choice, body)
    tags += (_zipf(choice, TAGS, "tag-") for _ in range(choice.choice((0, 1, 2, 4, 6, 8, 18))))
    tags += _add_kind(choice, task, library, body, card)
    tags += _add_origins(choice, card)
    tags += _add_parent(choice, total, body, card)
    if license_:
        card["license"] = license_
        tags.append(f"license:{license_}")
    if choice.random() < 0.02:
        body["model-index"] = [_results(choice, task)]
    tags += choice.sample(_FLAGS, choice.choice((0, 1, 1, 2)))
    tags.append("region:us")
    return {**body, "tags": tags, "cardData": card, "trendingScore": 0}


def _add_weights(choice: random.Random, body: dict[str, Any]) -> list[str]:
    """The tags that come with the weights; as all `_add` it writes what it says into `body` or `card`."""
    if choice.random() < 0.55:
        count = int(10 ** choice.uniform(6, 10.8))
        kind = choice.choice(("F32", "BF16", "F16"))
        body["safetensors"] = {"parameters": {kind: count}, "total": count}
        return ["safetensors"]
    return ["pytorch"] if choice.random() < 0.3 else []


def _add_kind(
    choice: random.Random, task: str, library: str, body: dict[str, Any], card: dict[str, Any]
) -> list[str]:
    if task:
        body["pipeline_tag"] = task
    if library:
        body["library_name"] = card["library_name"] = library
    if library == "transformers":
        family = _zipf(choice, 500, "arch")
        body["config"] = {"architectures": [f"{family.title()}ForTask"], "model_type": family}
        body["transformersInfo"] = {"auto_model": "AutoModel", "processor": "AutoTokenizer"}
    return [task] if task else []


def _add_origins(choice: random.Random, card: dict[str, Any]) -> list[str]:
    """Languages, data sets and papers."""
    tags: list[str] = []
    if choice.random() < 0.3:
        spoken = (_pick(choice, LANGUAGES) for _ in range(choice.choice((1, 1, 1, 2, 5))))
        card["language"] = list(dict.fromkeys(spoken))
        tags += card["language"]
    if choice.random() < 0.15:
        count = choice.choice((1, 1, 2))
        card["datasets"] = [_zipf(choice, DATASETS, "maker1/data-") for _ in range(count)]
        tags += (f"dataset:{name}" for name in card["datasets"])
    if choice.random() < 0.1:
        tags += (
            f"arxiv:{choice.randint(18, 26)}{choice.randint(1, 12):02}.{choice.randint(1, 19999):05}"
            for _ in range(choice.choice((1, 1, 3)))
        )
    return tags


def _add_parent(
    choice: random.Random, total: int, body: dict[str, Any], card: dict[str, Any]
) -> list[str]:
    if choice.random() >= 0.35:
        return []
    parent = name_of(int(min(total, 100_000) * choice.random() ** 4))
    relation = choice.choice(("finetune", "finetune", "quantized", "adapter", "merge"))
    body["baseModels"] = {"relation": relation, "models": [{"_id": "0" * 24, "id": parent}]}
    card["base_model"] = [parent]
    return [f"base_model:{parent}", f"base_model:{relation}:{parent}"]


def _zipf(choice: random.Random, most: int, prefix: str) -> str:
    return f"{prefix}{int(most ** choice.random()) - 1}"


def _results(choice: random.Random, task: str) -> dict[str, Any]:
    return {
        "name": "model",
        "results": [
            {
                "task": {"type": task or "text-generation", "name": task},
                "dataset": {"name": _zipf(choice, DATASETS, "data-"), "type": _zipf(choice, DATASETS, "maker1/data-")},
                "metrics": [{"type": "accuracy", "name": "Accuracy", "value": round(choice.random(), 4)}],
            }
        ],
    }  # fmt: skip


class Hub:
    """`total` models by the time they were made; `changed` is the share that has changed since."""

    def __init__(self, total: int, changed: float = 0) -> None:
        self.total = total
        self._every = round(1 / changed) if changed else 0
        self._changed = -(-total // self._every) if changed else 0
        self._step = (_NEWEST - _OLDEST) / max(1, total)

    def warm_up(self, fields: tuple[str, ...]) -> None:
        """Make all bodies with these fields now, so that no page of a walk waits for it."""
        for index in range(BODIES):
            _rendered(index, self.total, fields)

    def page(
        self, first: int, end: int, sort: str, is_ascending: bool, fields: tuple[str, ...]
    ) -> bytes:
        """The models at places `first` to `end` of the order, as a JSON list."""
        place = self._by_change if sort == "lastModified" else lambda position: position
        last = self.total - 1
        places = range(first, end) if is_ascending else range(last - first, last - end, -1)
        return b"[" + b",".join(self._model(place(p), fields) for p in places) + b"]"

    def _by_change(self, place: int) -> int:
        """The number of the model at this place of the order of last changes, the oldest first."""
        if not self._every:
            return place
        unchanged = self.total - self._changed
        if place >= unchanged:
            return (place - unchanged) * self._every
        return place + place // (self._every - 1) + 1

    def _model(self, number: int, fields: tuple[str, ...]) -> bytes:
        bits = mixed(number)
        has_changed = self._every and number % self._every == 0
        name, made = name_of(number), _OLDEST + number * self._step
        modified = (
            _NEWEST + timedelta(hours=1, seconds=number / self._every) if has_changed else made
        )
        downloads = int(10 ** (7 * ((bits >> 24 & 0xFFFF) / 0x10000) ** 4)) + bool(has_changed)
        own = {
            "author": f'"{name.partition("/")[0]}"',
            "sha": f'"{bits:016x}{bits ^ _MIX:016x}{int(has_changed):08x}"',
            "createdAt": f'"{made:%Y-%m-%dT%H:%M:%S.000Z}"',
            "lastModified": f'"{modified:%Y-%m-%dT%H:%M:%S.000Z}"',
            "downloads": downloads,
            "downloadsAllTime": downloads * 7,
            "likes": downloads // 900,
            "usedStorage": 4 * downloads + 10**6,
            "modelId": f'"{name}"',
        }
        stated = "".join(f',"{key}":{own[key]}' for key in fields if key in own)
        rest = _rendered(bits % BODIES, self.total, fields)
        return f'{{"_id":"{number:024x}","id":"{name}"{stated}{rest}'.encode()


@lru_cache(2 * BODIES)
def _rendered(index: int, total: int, fields: tuple[str, ...]) -> str:
    body = {key: value for key, value in _body(index, total).items() if key in fields}
    text = json.dumps(body, separators=(",", ":"))
    return "," + text[1:] if body else "}"
