"""What a folder's README.md says of its checkpoint: metadata between two lines of dashes, then prose."""

from collections.abc import Iterator, Mapping
from typing import Any

import yaml

from catalog.records import EvaluationRecord


def front_matter(text: str) -> tuple[dict[str, Any], str]:
    """The YAML between the two `---` lines of a card and the text below; an unreadable one is empty."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        return {}, text
    end = next((n for n, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if end is None:
        return {}, text
    try:
        card = yaml.safe_load("\n".join(lines[1:end]))
    except (yaml.YAMLError, ValueError, RecursionError):
        card = None
    return (card if isinstance(card, dict) else {}), "\n".join(lines[end + 1 :]).strip()


def summary_of(body: str) -> str | None:
    """The card's first paragraph of plain text."""
    paragraphs = (part.strip() for part in body.split("\n\n"))
    plain = (part for part in paragraphs if part and part[0].isalnum())
    first = next(plain, "")
    return " ".join(first.split())[:1000] or None


def training_of(card: Mapping[str, Any]) -> list[dict[str, str]] | None:
    """The data sets that a card names."""
    return [
        {"stage": "train", "dataset": name[:100], "method": ""}
        for name in _words(card.get("datasets"))
    ] or None


def evaluations_of(card: Mapping[str, Any], size: int | None) -> Iterator[EvaluationRecord]:
    """Accuracies of the card's model-index: percent, or a fraction where the value is 1 or less."""
    index = card.get("model-index")
    for entry in index if isinstance(index, list) else []:
        for result in entry.get("results", []) if isinstance(entry, dict) else []:
            yield from _results(result, size)


def _results(result: Any, size: int | None) -> Iterator[EvaluationRecord]:
    if not isinstance(result, dict) or not isinstance(result.get("dataset"), dict):
        return
    dataset = word(result["dataset"].get("type")) or word(result["dataset"].get("name"))
    metrics = result.get("metrics")
    for metric in metrics if isinstance(metrics, list) and dataset else []:
        kind, value = (
            (metric.get("type"), metric.get("value")) if isinstance(metric, dict) else ("", None)
        )
        if isinstance(kind, str) and isinstance(value, int | float) and not isinstance(value, bool):
            percent = value * 100 if kind == "accuracy" and value <= 1 else value
            yield EvaluationRecord(
                dataset or "", "top1" if kind == "accuracy" else kind, percent, size
            )


def word(value: Any) -> str | None:
    """A text, also where a card lists it alone."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, str) and value else None


def _words(value: Any) -> list[str]:
    return [
        item for item in (value if isinstance(value, list) else [value]) if isinstance(item, str)
    ]
