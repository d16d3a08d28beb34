"""Evaluation results as cards on the Hugging Face Hub state them.

Forms: https://github.com/huggingface/hub-docs/blob/main/modelcard.md (`model-index`) and
https://github.com/huggingface/hub-docs/blob/main/eval_results.yaml (`evalResults`). Whatever is no number
or names no data set is left out; the rest of a card is still read.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.aliases import dataset_slug
from catalog.metrics import is_possible
from catalog.records import EvaluationRecord

_MOST = 2000
# Loaders of files, not data sets: where one is given as the type, the name says which data it was.
_LOADERS = {
    "audiofolder", "csv", "custom", "dataset", "generator", "imagefolder", "image-folder", "json",
    "none", "other", "parquet", "private", "text", "unknown",
}  # fmt: skip
# Metrics that this site gives in percent; cards write them as a fraction as often.
_SHARES = {"accuracy", "top1", "top5"}
_ACCURACY = re.compile(r"(?:top_?[15]_?)?acc(?:uracy)?(?:_?@?_?[15])?|top_?[15]|acc_?top_?[15]")
# A whole number: of `1,234`, `5k` and `1.2.3` no part is one.
_NUMBER = re.compile(
    r"\s*([-+]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[-+]?[0-9]+)?)(?![a-z_]|[.,]?[0-9])\s*(%?)",
    re.IGNORECASE,
)
_Json = Mapping[str, Any]


def results_of(item: _Json) -> tuple[EvaluationRecord, ...]:
    """The results of one model of the list or detail answer, each data set and metric once."""
    found: dict[tuple[str, str], EvaluationRecord] = {}
    for stated in (*_of_model_index(item), *_of_repository(item)):
        for dataset, metric in stated.names():
            if dataset and metric and (dataset, metric) not in found:
                found[dataset, metric] = EvaluationRecord(
                    dataset, metric, stated.value, note=stated.note
                )
                break
        if len(found) == _MOST:
            break
    return tuple(found.values())


class _Stated:
    """One number; `names` gives its data set and metric, in more and more words, for it to be unique."""

    def __init__(self, dataset: _Json, metric: str, name: str, value: float, note: str) -> None:
        self._dataset, self._metric, self._name = dataset, metric, name
        self.value, self.note = value, note

    def names(self) -> Iterator[tuple[str, str]]:
        plain = _dataset_of(self._dataset)
        yield plain, self._metric
        config, split = (_word(self._dataset.get(key)) for key in ("config", "split"))
        if config not in ("", "default", "all"):
            yield f"{plain}-{config}"[:100], self._metric
        yield _slug(self._dataset.get("name")), self._metric
        if split:
            yield "-".join(filter(None, (plain, config, split)))[:100], self._metric
        yield plain, _word(self._name).replace("-", "_")


def _of_model_index(item: _Json) -> Iterator[_Stated]:
    card = item.get("cardData")
    index = item.get("model-index") or (card.get("model-index") if isinstance(card, dict) else None)
    for model in _dicts(index):
        for result in _dicts(model.get("results")):
            dataset = result.get("dataset")
            if not isinstance(dataset, dict):
                continue
            for metric in _dicts(result.get("metrics")):
                stated = _of_metric(result, dataset, metric)
                if stated:
                    yield stated


def _of_metric(result: _Json, dataset: _Json, metric: _Json) -> _Stated | None:
    name = _text(metric.get("name"))
    key = _metric_of(_text(metric.get("type")) or name, name, _dataset_of(dataset))
    number, note = _number(metric.get("value"), key)
    if number is None:
        return None
    source = result.get("source")
    said = [note]
    said += [f"{w} {t}" for w in ("config", "split") if (t := _text(dataset.get(w)))]
    said += [f"named {name}"] if name and _word(name).replace("-", "_") != key else []
    said += ["verified by the Hub"] if metric.get("verified") is True else []
    said += [f"from {_text(source.get('name'))}"] if isinstance(source, dict) else []
    return _Stated(dataset, key, name, number, ", ".join(filter(None, said))[:300])


def _of_repository(item: _Json) -> Iterator[_Stated]:
    for result in _dicts(item.get("evalResults")):
        dataset, source = result.get("dataset"), result.get("source")
        if not isinstance(dataset, dict):
            continue
        task = _text(dataset.get("task_id"))
        metric = _word(task).replace("-", "_") or "score"
        number, note = _number(result.get("value"), metric)
        if number is None:
            continue
        said = [note, _text(result.get("date")), _text(result.get("notes"))]
        said += [f"from {_text(source.get('name'))}"] if isinstance(source, dict) else []
        named = {"type": dataset.get("id"), "name": dataset.get("id")}
        yield _Stated(named, metric, task, number, ", ".join(filter(None, said))[:300])


def _dataset_of(dataset: _Json) -> str:
    kind, name = _slug(dataset.get("type")), _slug(dataset.get("name"))
    return name if (not kind or kind in _LOADERS) and name not in _LOADERS and name else kind


def _slug(value: Any) -> str:
    return dataset_slug(value)[:100] if isinstance(value, str) else ""


def _metric_of(kind: str, name: str, dataset: str) -> str:
    """`accuracy` on ImageNet-1k is top-1; of several with one type (ROUGE-1, ROUGE-2) the name decides."""
    plain, called = _word(kind).replace("-", "_"), _word(name).replace("-", "_")
    if _ACCURACY.fullmatch(plain):
        # "Top-5 accuracy", "acc@5", but not "accuracy on 5 classes".
        if re.search(r"(?:top|acc|accuracy)_*5(?!\d)", f"{plain} {called}"):
            return "top5"
        is_top1 = dataset == "imagenet-1k" or re.search(
            r"(?:top|acc)_*1(?!\d)", f"{plain} {called}"
        )
        return "top1" if is_top1 else "accuracy"
    if called.startswith(f"{plain}_") and len(called) <= 60:
        return called
    return plain[:60]


def _number(value: Any, metric: str) -> tuple[float | None, str]:
    """A finite number and what was done to it; texts such as `74.93%` and `20.0 ± 1.2` by their first number."""
    note, is_percent = "", False
    if isinstance(value, str):
        found = _NUMBER.match(value[:100])
        if not found:
            return None, ""
        note, is_percent = f"written {value.strip()[:40]!r}", bool(found[2])
        value = float(found[1])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, ""
    if not -1e9 <= value <= 1e9 or not math.isfinite(value):  # also whatever is not a number
        return None, ""
    if metric in _SHARES and 0 <= value <= 1 and not is_percent:
        return round(value * 100, 6), ", ".join(filter(None, (note, "rescaled from a fraction")))
    return (float(value), note) if is_possible(metric, value) else (None, "")


def _word(value: Any) -> str:
    if not isinstance(value, str):
        return ""
    return re.sub(r"[^a-z0-9.]+", "-", value.lower()[:200]).strip("-.")[:60]


def _text(value: Any) -> str:
    return " ".join(value.split())[:100] if isinstance(value, str) else ""


def _dicts(value: Any) -> list[_Json]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
