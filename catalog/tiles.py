"""The four questions that decide, each answered with a number and who says so."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from catalog import vocabulary
from catalog.claim_text import Origin
from catalog.claims import Claim
from catalog.models import Evaluation
from catalog.templatetags.figures import megabytes

if TYPE_CHECKING:
    from catalog.model_page import ModelPage


@dataclass(frozen=True)
class Tile:
    """One of the four questions: the number that answers it, what the number is, and who says so."""

    question: str
    value: str
    detail: str
    origin: Origin
    href: str


def tiles_of(page: "ModelPage") -> list[Tile]:
    """Task, licence, score, machine, in this order."""
    return [_task(page), _license(page), _score(page), _machine(page)]


def _task(page: "ModelPage") -> Tile:
    task = vocabulary.label(vocabulary.TASKS, page.pretrained.task)
    number = page.pretrained.num_classes
    claim = page.winner("task" if number is None else "num_classes")
    value = "Features" if number == 0 else f"{number:,} classes" if number else task
    data = [vocabulary.label(vocabulary.DATASETS, slug) for slug in page.pretrained.datasets]
    trained = f"trained on {', '.join(data)}" if data else "training data unknown"
    detail = ", ".join(filter(None, (task if value != task else "", trained)))
    return Tile("Does it fit my task?", value, detail, Origin(claim), "#comes-from")


def _license(page: "ModelPage") -> Tile:
    found = page.license
    value = "Unknown" if found.group == "unknown" else found.spdx or found.name
    verdict = {"yes": "allowed", "no": "not allowed", "unclear": "unclear"}[found.commercial]
    openness = {True: "open licence", False: "not an open licence", None: "openness unknown"}
    detail = f"Commercial use {verdict}; {openness[found.open]}"
    return Tile("Is it open?", value, detail, Origin(page.winner("license")), "#licence")


def _score(page: "ModelPage") -> Tile:
    question = "Is it good?"
    if page.score is None:
        return Tile(question, "", "no result is known here", Origin(None), "#measurements")
    result = next((e for e in page.evaluations if _is_headline(page, e)), None)
    claim = page.winner("top1") if page.score.metric == "top1" else None
    origin = Origin(claim)
    if claim is None and result is not None:
        origin = Origin(
            Claim("", "", result.note, result.listing.source_id, result.listing.last_seen, result.listing)
        )  # fmt: skip
    at = f" at {result.input_size} px" if result and result.input_size else ""
    unit = "" if page.score.metric.endswith("epe") else " %"
    value = f"{page.score.value:.2f}{unit}"
    return Tile(question, value, f"{page.score_label}{at}", origin, "#measurements")


def _machine(page: "ModelPage") -> Tile:
    row, rows = page.pretrained, page.memory
    value = str(megabytes(row.size_bytes)) if row.size_bytes is not None else ""
    peak = rows[0].peak if rows else None
    images = "one image" if page.batch == 1 else f"{page.batch:,} images"
    detail = (
        f"of weights; in memory at most {megabytes(peak)} with {images}, {rows[0].precision}"
        if peak is not None
        else "of weights"
    )
    origin = Origin(page.winner("size_bytes"))
    return Tile("Does it fit my machine?", value, detail, origin, "#machine")


def _is_headline(page: "ModelPage", result: Evaluation) -> bool:
    score = page.score
    return score is not None and (result.dataset, result.metric, result.value) == (
        score.dataset,
        score.metric,
        score.value,
    )
