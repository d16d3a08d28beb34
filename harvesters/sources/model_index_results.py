"""The numbers of model-index metafiles: results by data set and metric, sizes written as texts.

Metric names are free text there; those that mean one of ours are listed, the others keep their name.
"""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.aliases import dataset_slug, task_slug
from catalog.records import EvaluationRecord

_METRICS = {
    "top 1 accuracy": "top1",
    "top1 accuracy": "top1",
    "top-1 accuracy": "top1",
    "top-1": "top1",
    "top1": "top1",
    "top 5 accuracy": "top5",
    "top5 accuracy": "top5",
    "top-5 accuracy": "top5",
    "top-5": "top5",
    "top5": "top5",
    "box ap": "box_map",
    "box map": "box_map",
    "mask ap": "mask_map",
    "mask map": "mask_map",
    "miou": "miou",
    "miou(ms+flip)": "miou-multiscale",
    "mean iou": "miou",
    "pixel accuracy": "pixel_acc",
    "epe": "epe",
}
# `AP` alone means another thing in every task.
_AVERAGE_PRECISION = {
    "object-detection": "box_map",
    "oriented-object-detection": "box_map",
    "image-segmentation": "mask_map",
    "keypoint-detection": "kp_map",
}
# Some write 0.756 where others write 75.6; what is a share is told by its name.
_SHARES = re.compile(
    r"(?:\w+-)?(?:m?ap|m?ar|pck|pckh|kp_map|box_map|mask_map|top1|top5|auc)(?:$|[@-])"
)
# Columns of result tables that say how it was trained or tested, not how well it did.
_NO_METRICS = {
    "cgs", "disc-step", "dist-step", "gpu-info", "iter", "n-disc", "num-scales", "scales", "sigma", "steps",
    "total-iters",
}  # fmt: skip
_NO_DATASET = {"", "-", "none", "unknown", "null"}
_SCALES = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "B": 10**9, "T": 10**12}


def results_of(results: Any, size: int | None) -> Iterator[EvaluationRecord]:
    """The results of one model: a list, a single result or nothing; what is no number is left out."""
    for result in results if isinstance(results, list) else [results]:
        if not isinstance(result, Mapping):
            continue
        dataset = _dataset(result.get("Dataset"))
        if not dataset or not isinstance(result.get("Metrics"), Mapping):
            continue
        task = str(result.get("Task") or "")
        for name, value in _flat(result["Metrics"]):
            number, metric = percentage(value), metric_of(name, task)
            if number is not None and metric and metric not in _NO_METRICS:
                yield _evaluation(dataset, metric, number, size)


def percentage(value: Any) -> float | None:
    """76.13 of `76.13`, `"76.13%"` and `"76.13 %"`; None for whatever is no finite number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(str(value).strip().removesuffix("%"))
    except ValueError:
        return None
    return number if math.isfinite(number) and abs(number) < 1e9 else None


def count_of(value: Any) -> int | None:
    """25,560,000 of `25560000`, `"25.56M"` and `"25.56 M"`; None for whatever is no such number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    found = re.fullmatch(r"\s*([\d.,]+)\s*([KMGBT]?)\s*", str(value), re.IGNORECASE)
    try:
        number = float(found[1].replace(",", "")) * _SCALES[found[2].upper()] if found else 0.0
    except ValueError:
        return None
    return round(number) if 0 < number < 1e14 else None


def metric_of(name: str, task: str) -> str:
    """Our name of a metric: `Top 1 Accuracy` -> `top1`, `AP` of a pose model -> `kp_map`."""
    plain = re.sub(r"<[^>]*>", "", name).strip().lower()
    known = _METRICS.get(plain)
    if known or plain not in ("ap", "map"):
        return known or re.sub(r"[^a-z0-9@.+&]+", "-", plain).strip("-")[:60]
    return _AVERAGE_PRECISION.get(task_slug(task), "map")


def _evaluation(dataset: str, metric: str, number: float, size: int | None) -> EvaluationRecord:
    if 0 < number <= 1 and _SHARES.match(metric):
        note = f"written as the share {number:g}"
        return EvaluationRecord(dataset, metric, round(number * 100, 6), size, note=note)
    return EvaluationRecord(dataset, metric, number, size)


def _dataset(name: Any) -> str:
    """The slug of a data set whose name may be a Markdown link."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", str(name or "")).strip()
    return "" if text.lower() in _NO_DATASET else dataset_slug(text)[:100]


def _flat(metrics: Mapping[Any, Any]) -> Iterator[tuple[str, Any]]:
    """Some metrics hold two numbers: `PSNR/SSIM (Y): {PSNR: 33.7, SSIM: 0.9}` -> `PSNR (Y)`, `SSIM (Y)`.

    A table reader of theirs took every pair of numbers for these two, precision and recall as well.
    """
    for name, value in metrics.items():
        if not isinstance(value, Mapping):
            yield str(name), value
            continue
        of = " ".join(re.findall(r"\([^)]*\)", str(name)))
        for part, number in value.items():
            if str(part).lower() in str(name).lower():
                yield f"{part} {of}".strip(), number
