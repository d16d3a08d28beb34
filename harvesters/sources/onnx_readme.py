"""What a README of the ONNX Model Zoo states of its files: results in tables of many forms, the licence."""

import re
from collections.abc import Iterator, Mapping

from catalog.records import EvaluationRecord

# Heading of a column, without brackets -> (metric, is it an error, the data set if the heading names it).
_COLUMNS = {
    "top-1 accuracy": ("top1", False, ""),
    "top-5 accuracy": ("top5", False, ""),
    "top-1 error": ("top1", True, ""),
    "top-5 error": ("top5", True, ""),
    "miou": ("miou", False, ""),
    "mean iou": ("miou", False, ""),
    "map": ("box_map", False, ""),
    "lfw * accuracy": ("accuracy", False, "lfw"),
    "cfp-ff * accuracy": ("accuracy", False, "cfp-ff"),
    "cfp-fp * accuracy": ("accuracy", False, "cfp-fp"),
    "agedb-30 * accuracy": ("accuracy", False, "agedb-30"),
}
# The data behind a column that does not name it, by the beginning of the path; the longest decides.
_DATASETS = {
    "validated/vision/classification/": "imagenet-1k",
    "validated/vision/classification/mnist/": "mnist",
    "validated/vision/object_detection_segmentation/duc/": "cityscapes",
    "validated/vision/object_detection_segmentation/fcn/": "coco-val2017-voc-labels",
    "validated/vision/object_detection_segmentation/ssd-mobilenetv1/": "coco-val2017",
}
_SQUAD = re.compile(r"EM of (\d+(?:\.\d+)?) in SQuAD v1\.1")
_LICENSES = (
    (r"apache", "apache-2.0"),
    (r"\bmit\b", "mit"),
    (r"\bbsd 3-clause|bsd-3-clause", "bsd-3-clause"),
)


def results_of(readme: str) -> dict[str, dict[str, str]]:
    """Name of a file -> {heading: cell}, of every table that links to `....onnx` files."""
    found: dict[str, dict[str, str]] = {}
    headings: list[str] = []
    for line in map(str.strip, readme.splitlines()):
        if not line.startswith("|"):
            headings = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not headings:
            headings = [_heading(cell) for cell in cells]
            continue
        link = re.search(r"\(([^()\s]*?)([^()/\s]+\.onnx)[^()]*\)", line)
        if link:
            found[link[2]] = dict(zip(headings, cells, strict=False))
    return found


def _heading(cell: str) -> str:
    plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", cell)
    return re.sub(r"\s*\(%\)\s*$", "", plain).strip().lower()


def evaluations_of(path: str, stated: Mapping[str, str]) -> Iterator[EvaluationRecord]:
    """The results that are plain numbers on data that is known, in percent."""
    known = max((start for start in _DATASETS if path.startswith(start)), key=len, default="")
    for heading, cell in stated.items():
        metric, is_error, dataset = _COLUMNS.get(heading, ("", False, ""))
        dataset = dataset or _DATASETS.get(known, "")
        value = _percent(cell)
        if metric and dataset and value is not None:
            shown = round(100 - value, 6) if is_error else value
            yield EvaluationRecord(dataset, metric, shown, note="README of the zoo")
        if matched := _SQUAD.match(cell):
            note = "README of the zoo, SQuAD v1.1"
            yield EvaluationRecord("squad", "exact_match", float(matched[1]), note=note)


def _percent(cell: str) -> float | None:
    """`72.62`, `60.5%`, and `0.2303` (a fraction: no result of these is below one percent); else None."""
    found = re.fullmatch(r"(\d{1,3}(?:\.\d+)?)\s*%?", cell)
    if not found:
        return None
    value = float(found[1])
    return round(value * 100, 6) if value < 1 and not cell.endswith("%") else value


def stated_of(stated: Mapping[str, str]) -> dict[str, str]:
    """The remaining column in words, `{"accuracy": "mAP of 0.553"}`: whose metric it is, nobody says."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", stated.get("accuracy", "")).strip(" -")
    return {"accuracy": words[:200]} if words and not _SQUAD.match(words) else {}


def license_of(readme: str) -> str:
    """The licence below the heading of that name, empty if it is not one of the usual ones."""
    below = re.search(r"^#+\s*Licen[sc]e\s*\n(.{0,300})", readme, re.M | re.S | re.I)
    words = below[1].lower() if below else ""
    return next((name for pattern, name in _LICENSES if re.search(pattern, words)), "")
