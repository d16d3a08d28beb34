"""The plot of a model page: score against parameters of one task, as numbers that a template draws as SVG."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from catalog.models import PretrainedModel
from catalog.related import Score

WIDTH, HEIGHT = 720, 320
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 10, 52
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
class Tick:
    at: float
    label: str


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
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM

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
    across = _Logarithmic([point.parameters for point in chosen])
    up = _Linear([point.score for point in chosen], flip=score.less_is_better)
    on_front = set(front)
    dots = [
        Dot(p, across.at(p.parameters), up.at(p.score), _kind(p, on_front, pretrained))
        for p in chosen
    ]
    # Drawn last lies on top.
    dots.sort(key=lambda dot: ("other", "sibling", "front", "this").index(dot.kind))
    line = " ".join(f"{across.at(p.parameters)},{up.at(p.score)}" for p in front)
    below = sum(point.score < up.low for point in chosen)
    return Plot(dots, line, across.ticks(), up.ticks(), len(points), below, front)


def pareto_front(points: Sequence[Point], *, less_is_better: bool = False) -> list[Point]:
    """The points that no other one beats in both parameters and score, by ascending parameters."""
    sign = -1 if less_is_better else 1
    front: list[Point] = []
    for point in sorted(points, key=lambda p: (p.parameters, -sign * p.score)):
        if not front or sign * point.score > sign * front[-1].score:
            front.append(point)
    return front


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


class _Logarithmic:
    """Parameters from left to right, with ticks at 1, 3, 10 ... million, closer where the range is narrow."""

    def __init__(self, values: Sequence[int]) -> None:
        low, high = math.log10(min(values)), math.log10(max(values))
        room = max((high - low) * 0.04, 0.05)
        self.low, self.high = low - room, high + room

    def at(self, value: float) -> float:
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return round(_LEFT + share * (WIDTH - _LEFT - _RIGHT), 1)

    def ticks(self) -> list[Tick]:
        exponents = range(math.floor(self.low), math.ceil(self.high) + 1)
        factors = (1, 3) if self.high - self.low > 1.5 else (1, 1.5, 2, 3, 5, 7)
        values = [factor * 10**exponent for exponent in exponents for factor in factors]
        inside = [value for value in values if self.low <= math.log10(value) <= self.high]
        return [Tick(self.at(value), f"{value / 10**6:,g}") for value in inside]


class _Linear:
    """Scores from bottom to top, or from top to bottom where less is better; ticks at round steps."""

    def __init__(self, values: Sequence[float], *, flip: bool) -> None:
        # The lowest few would squeeze the rest into a strip: they lie on the edge instead.
        ordered = sorted(values)
        low = ordered[len(ordered) // 50] if not flip and len(ordered) > 100 else ordered[0]
        room = (ordered[-1] - low) * 0.05 or 0.5
        self.low, self.high, self.flip = low - room, ordered[-1] + room, flip

    def at(self, value: float) -> float:
        share = min(max((value - self.low) / (self.high - self.low), 0), 1)
        height = HEIGHT - _TOP - _BOTTOM
        return round(_TOP + (share if self.flip else 1 - share) * height, 1)

    def ticks(self) -> list[Tick]:
        raw = (self.high - self.low) / 7
        power = 10 ** math.floor(math.log10(raw))
        step = next(power * factor for factor in (1, 2, 5, 10) if raw <= power * factor)
        first = math.ceil(self.low / step)
        last = math.floor(self.high / step)
        return [Tick(self.at(n * step), f"{n * step:.6g}") for n in range(first, last + 1)]
