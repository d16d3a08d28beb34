"""Ranges as the templates need them: two boxes, and how the values are spread as far as any are known."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from catalog.facets.counts import Counts
from catalog.facets.filters import Bounds, Filters
from catalog.facets.kinds import Range
from catalog.facets.units import COUNT, MILLIONS
from catalog.templatetags.figures import scaled, significant


@dataclass(frozen=True)
class Bar:
    """One bar of a histogram in a box of 1 x 100 per bar."""

    x: int
    height: float
    title: str
    inside: bool

    @property
    def outline(self) -> str:
        """As SVG writes it."""
        return f"M{self.x} 100v-{self.height}h.9v{self.height}z"


@dataclass(frozen=True)
class RangePanel:
    """`low` and `high` stand in the two boxes, numbers of the range's unit; `unknown` rows have no value.

    `bars` and their `ends` reach as far as there are rows with a value; without any there are none.
    """

    range: Range
    low: str
    high: str
    bars: list[Bar]
    ends: tuple[str, str]
    unknown: int
    open: bool

    @property
    def has_boxes(self) -> bool:
        """Whether there is something to narrow down by, or it is done already."""
        return bool(self.bars or self.low or self.high)


def range_panel(range_: Range, filters: Filters, counts: Counts) -> RangePanel:
    """The boxes of one range, with how its values are spread among the rows that everything else leaves."""
    bounds = filters.bounds.get(range_.name, Bounds())
    numbers = counts.bars[range_.name]
    held = _held(numbers)
    return RangePanel(
        range=range_,
        low="" if bounds.low is None else range_.unit.box(bounds.low),
        high="" if bounds.high is None else range_.unit.box(bounds.high),
        bars=list(_bars(range_, bounds, numbers, held)),
        ends=_span(range_, held[0], held[-1]) if held else ("", ""),
        unknown=counts.unknown[range_.name],
        open=not range_.folded or bounds != Bounds(),
    )


def _bars(
    range_: Range, bounds: Bounds, numbers: Sequence[int], held: Sequence[int]
) -> Iterator[Bar]:
    highest, scale, is_set = max(numbers), _scale(range_), bounds != Bounds()
    low = float("-inf") if bounds.low is None else float(bounds.low)
    high = float("inf") if bounds.high is None else float(bounds.high)
    for place, index in enumerate(held):
        number = numbers[index]
        begins, ends, title = scale[index]
        yield Bar(
            x=place,
            height=round(max(100 * number / highest, 4 if number else 0), 1),
            title=f"{title}: {number:,}",
            inside=is_set and begins <= high and ends > low,
        )


@cache
def _scale(range_: Range) -> list[tuple[float, float, str]]:
    """From where to where each bar reaches, as numbers and in words."""
    # What lies beyond the scale is drawn in the outer bars.
    edges = [-math.inf, *range_.edges(), math.inf]
    spans = (" to ".join(filter(None, _span(range_, bar, bar))) for bar in range(range_.bins))
    return list(zip(edges, edges[1:], spans, strict=False))


def _held(numbers: Sequence[int]) -> range:
    """The bars from the first to the last one that holds rows; empty where none does."""
    places = [place for place, number in enumerate(numbers) if number]
    return range(places[0], places[-1] + 1) if places else range(0)


def _span(range_: Range, first: int, last: int) -> tuple[str, str]:
    """From where to where these bars reach, in words; the second is empty if the first says it all.

    The outer bars hold what lies beyond the scale too, so they say only on which side of a border that is.
    """
    start, end = range_.edge(first), range_.edge(last + 1)
    border_low, border_high = range_.edge(1), range_.edge(range_.bins - 1)
    if range_.whole and range_.unit.factor == 1:
        # 17.8 to 31.6 are 18 to 31; rounded first, because 10 may come out as 10.000000000000002.
        start, border_high = (math.ceil(round(edge, 6)) for edge in (start, border_high))
        end, border_low = (math.ceil(round(edge, 6)) - 1 for edge in (end, border_low))
    lowest, highest = first == 0, last == range_.bins - 1
    low = f"≤ {_amount(range_, border_low)}" if lowest else _amount(range_, start)
    high = f"≥ {_amount(range_, border_high)}" if highest else _amount(range_, end)
    if low == high or (lowest and first == last):
        return low, ""
    return (high, "") if highest and first == last else (low, high)


def _amount(range_: Range, value: float) -> str:
    if range_.unit in (MILLIONS, COUNT):
        return scaled(value)
    if range_.unit.symbol == "":
        return f"{value:.0f}"
    number = value / range_.unit.factor
    text = f"{number:,.0f}" if number >= 10 else significant(number, 2)
    return f"{text} {range_.unit.symbol}"
