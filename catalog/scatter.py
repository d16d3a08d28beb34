"""The plot of a model page: score against parameters of one task, as numbers that a template draws as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from catalog import axes, pareto
from catalog.axes import Log, Tick
from catalog.models import PretrainedModel
from catalog.related import Score

_FRAME = axes.frame(left=44, right=12, top=10, bottom=52)
MOST_DOTS = 300
_FEWEST_DOTS = 5


@dataclass(frozen=True)
class Point:
    """One checkpoint: parameters, and its score in the metric's own unit."""

    slug: str
    name: str
    parameters: int
    score: float
    architecture_id: int | None = None


@dataclass(frozen=True)
class Dot:
    """A point where it is drawn; `kind` is "this", "front", "sibling" or "other"."""

    point: Point
    x: float
    y: float
    kind: str


@dataclass(frozen=True)
class Plot:
    """Everything the template draws; `line` is the Pareto front as points of an SVG polyline."""

    dots: list[Dot]
    line: str
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    total: int
    below: int
    front: list[Point]
    frame: axes.Frame = _FRAME

    @property
    def has_rings(self) -> bool:
        """Whether siblings are drawn that do not lie on the front."""
        return any(dot.kind == "sibling" for dot in self.dots)


def points_of(pretrained: PretrainedModel, score: Score | None) -> list[Point]:
    """Every published checkpoint of the same task with the same result. One query."""
    if score is None or pretrained.parameters is None:
        return []
    rows = PretrainedModel.objects.published().filter(
        task=pretrained.task, parameters__gt=0
    ) | PretrainedModel.objects.filter(pk=pretrained.pk)
    found = score.among(rows).order_by("parameters", score.best_first, "pk")
    return [
        Point(*row)
        for row in found.values_list("slug", "name", "parameters", "score", "architecture_id")
    ]


def plot_of(points: Sequence[Point], pretrained: PretrainedModel, score: Score) -> Plot | None:
    """The plot, or None where there is too little to compare with. `points` lie by ascending parameters."""
    front = pareto_front(points, less_is_better=score.less_is_better)
    chosen = _chosen(points, front, pretrained)
    if len(chosen) < _FEWEST_DOTS or all(point.slug != pretrained.slug for point in chosen):
        return None
    across = Log([point.parameters for point in chosen], _FRAME, 10**6)
    up = axes.most_upwards(
        [point.score for point in chosen], _FRAME, less_is_better=score.less_is_better
    )
    on_front = set(front)
    dots = [
        Dot(p, across.at(p.parameters), up.at(p.score), _kind(p, on_front, pretrained))
        for p in chosen
    ]
    # Drawn last lies on top.
    dots.sort(key=lambda dot: ("other", "sibling", "front", "this").index(dot.kind))
    line = " ".join(f"{across.at(p.parameters)},{up.at(p.score)}" for p in front)
    below = sum(point.score < up.low for point in chosen)
    return Plot(dots, line, across.ticks(), up.ticks(7), len(points), below, front)


def pareto_front(points: Sequence[Point], *, less_is_better: bool = False) -> list[Point]:
    """The points that no other one beats, by ascending parameters; of several that are level the first."""
    sign = -1 if less_is_better else 1
    sizes = np.array([point.parameters for point in points], dtype=float)
    scores = np.array([point.score for point in points], dtype=float)
    on = pareto.on_front(-sizes, sign * scores)
    level = {points[n].parameters: points[n] for n in reversed(np.flatnonzero(on))}
    return sorted(level.values(), key=lambda point: point.parameters)


def _chosen(
    points: Sequence[Point], front: Sequence[Point], pretrained: PretrainedModel
) -> list[Point]:
    """The front, this checkpoint, its siblings, and of the others as many as fit, evenly over the sizes."""
    if len(points) <= MOST_DOTS:
        return list(points)
    mine = {p for p in points if p.slug == pretrained.slug or _is_sibling(p, pretrained)}
    needed = mine | set(front)
    others = [point for point in points if point not in needed]
    room = max(MOST_DOTS - len(needed), 0)
    kept = {others[i * len(others) // room] for i in range(room)} if room else set()
    return [point for point in points if point in needed or point in kept]


def _is_sibling(point: Point, pretrained: PretrainedModel) -> bool:
    return point.architecture_id is not None and point.architecture_id == pretrained.architecture_id


def _kind(point: Point, front: set[Point], pretrained: PretrainedModel) -> str:
    if point.slug == pretrained.slug:
        return "this"
    if point in front:
        return "front"
    return "sibling" if _is_sibling(point, pretrained) else "other"
