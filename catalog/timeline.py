"""The plot of a leaderboard: the best value over time, as numbers that a template draws as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from catalog import axes
from catalog.axes import Days, Linear, Tick
from catalog.leaderboards import Board, Row

_FRAME = axes.frame(left=52, right=14, top=24, bottom=36)
MOST_DOTS = 300
_FEWEST_DOTS = 3


@dataclass(frozen=True)
class Dot:
    """A row where it is drawn; `kind` is "best" (it set a new best value), "other" or "bound" (not dated itself)."""

    row: Row
    x: float
    y: float
    kind: str

    @property
    def mark(self) -> str:
        """How it is drawn, in the style sheet's words: full, as a ring, or pale."""
        return {"best": "front", "other": "sibling", "bound": "other"}[self.kind]


@dataclass(frozen=True)
class Timeline:
    """Everything the template draws. `line` steps along the results dated themselves, `bound_line` along all.

    Of `total` results `bounds` are dated by their architecture only. `undated` ones are not drawn, `beyond` lie
    worse than the axis shows, on its edge.
    """

    dots: list[Dot]
    line: str
    bound_line: str
    records: list[Row]
    x_ticks: list[Tick]
    y_ticks: list[Tick]
    total: int
    bounds: int
    undated: int
    beyond: int
    frame: axes.Frame = _FRAME

    @property
    def has_bounds(self) -> bool:
        """Whether results are drawn of which only the architecture's date is known."""
        return any(dot.kind == "bound" for dot in self.dots)


def timeline_of(rows: Sequence[Row], board: Board) -> Timeline | None:
    """The plot, or None where fewer than three results have both a date and a number."""
    numbers = [row for row in rows if row.value is not None]
    dated = sorted((row for row in numbers if row.day), key=lambda row: (row.day, row.key))
    if len(dated) < _FEWEST_DOTS:
        return None
    own = [row for row in dated if not row.is_lower_bound]
    records = record_setters(own, board)
    bounds = record_setters(dated, board)
    chosen = _chosen(dated, {row.key for row in (*records, *bounds)})
    across = Days([row.day for row in dated if row.day], _FRAME)
    up = _upwards([row.value for row in dated if row.value is not None], board.less_is_better)
    best = {row.key for row in records}
    dots = [
        Dot(row, across.at(row.day), up.at(row.value), _kind(row, best))
        for row in chosen
        if row.day and row.value is not None
    ]
    dots.sort(key=lambda dot: ("bound", "other", "best").index(dot.kind))
    return Timeline(
        dots,
        _steps(records, across, up, _last_day(own)),
        _steps(bounds, across, up, _last_day(dated)) if len(own) < len(dated) else "",
        records,
        across.ticks(),
        up.ticks(6),
        len(dated),
        len(dated) - len(own),
        len(numbers) - len(dated),
        sum(up.is_beyond(row.value) for row in dated if row.value is not None),
    )


def record_setters(dated: Sequence[Row], board: Board) -> list[Row]:
    """The rows that were better than all before them; `dated` lie by date. Of one day only the best counts."""
    sign = -1 if board.less_is_better else 1
    found: list[Row] = []
    for row in dated:
        if row.value is None or (found and sign * row.value <= sign * (found[-1].value or 0)):
            continue
        if found and found[-1].day == row.day:
            found.pop()
        found.append(row)
    return found


def _last_day(dated: Sequence[Row]) -> date:
    days = [row.day for row in dated if row.day]
    return days[-1] if days else date.min


def _kind(row: Row, best: set[tuple[bool, int]]) -> str:
    if row.key in best:
        return "best"
    return "bound" if row.is_lower_bound else "other"


def _chosen(rows: Sequence[Row], needed: set[tuple[bool, int]]) -> list[Row]:
    """Those that set a best value and, of the others, as many as fit, evenly over time."""
    if len(rows) <= MOST_DOTS:
        return list(rows)
    others = [row for row in rows if row.key not in needed]
    room = max(MOST_DOTS - len(needed), 0)
    kept = {others[i * len(others) // room].key for i in range(room)} | needed
    return [row for row in rows if row.key in kept]


def _steps(records: Sequence[Row], across: Days, up: Linear, until: date) -> str:
    """A path that stays at each best value until the next one, the last one until a day."""
    path = ""
    for row in records:
        if row.day and row.value is not None:
            x, y = across.at(row.day), up.at(row.value)
            path += f"H{x}V{y}" if path else f"M{x} {y}"
    return f"{path}H{across.at(until)}" if path else ""


def _upwards(values: Sequence[float], less_is_better: bool) -> Linear:
    """With the worst few beyond the axis: they would squeeze the rest into a strip."""
    ordered = sorted(values)
    cut = len(ordered) // 20 if len(ordered) > 20 else 0
    low, high = (ordered[0], ordered[-1 - cut]) if less_is_better else (ordered[cut], ordered[-1])
    return axes.upwards(low, high, _FRAME, less_is_better=less_is_better)
