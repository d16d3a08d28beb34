"""The axes of the plots: where a value is drawn in a picture of 720 x 320, and where its ticks stand."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

WIDTH, HEIGHT = 720, 320
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Frame:
    """What is left of the picture within its margins, in units of its viewBox."""

    left: int
    right: int
    top: int
    bottom: int
    width: int = WIDTH
    height: int = HEIGHT


def frame(*, left: int, right: int, top: int, bottom: int) -> Frame:
    """The frame within margins of these widths."""
    return Frame(left, WIDTH - right, top, HEIGHT - bottom)


@dataclass(frozen=True)
class Tick:
    at: float
    label: str


@dataclass(frozen=True)
class Linear:
    """Values from `low`, drawn at `start`, to `high`, drawn at `end`; what lies beyond is drawn on the edge."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        return float(self.all_at(np.array(value)))

    def all_at(self, values: Numbers) -> Numbers:
        """Where each of many values is drawn."""
        share = np.clip((values - self.low) / (self.high - self.low), 0, 1)
        return np.round(self.start + share * (self.end - self.start), 1)

    def is_beyond(self, value: float) -> bool:
        return not self.low <= value <= self.high

    def ticks(self, most: int) -> list[Tick]:
        """At round steps: 1, 2 or 5 times a power of ten, at most `most` steps in all."""
        raw = (self.high - self.low) / most
        power = 10 ** math.floor(math.log10(raw))
        step = next(power * factor for factor in (1, 2, 5, 10) if raw <= power * factor)
        first, last = math.ceil(self.low / step), math.floor(self.high / step)
        return [Tick(self.at(n * step), f"{n * step:.6g}") for n in range(first, last + 1)]


class Days:
    """Days from left to right, with a tick at every year, or at every second, fifth ... one."""

    def __init__(self, days: Iterable[date], box: Frame) -> None:
        numbers = [day.toordinal() for day in days]
        low, high = min(numbers), max(numbers)
        room = max((high - low) * 0.03, 20)
        self._scale = Linear(low - room, high + room, box.left, box.right)

    def at(self, day: date) -> float:
        return self._scale.at(day.toordinal())

    def ticks(self) -> list[Tick]:
        scale = self._scale
        first, last = (date.fromordinal(int(end)).year for end in (scale.low, scale.high))
        step = next(n for n in (1, 2, 5, 10, 20, 50) if (last - first) / n <= 10)
        years = range(math.ceil(first / step) * step, last + 1, step)
        starts = [date(year, 1, 1) for year in years]
        return [
            Tick(self.at(day), str(day.year))
            for day in starts
            if not scale.is_beyond(day.toordinal())
        ]


class Log:
    """Numbers above 0 by their logarithm, from left to right; ticks are in units of `factor`, at 1, 3, 10 ...

    They stand closer where the range is narrow, further apart where it is wide.
    """

    def __init__(self, values: Sequence[float] | Numbers, box: Frame, factor: int = 1) -> None:
        powers = np.log10(np.asarray(values, dtype=float))
        low, high = float(powers.min()), float(powers.max())
        room = max((high - low) * 0.04, 0.05)
        self._scale = Linear(low - room, high + room, box.left, box.right)
        self._factor = factor

    def at(self, value: float) -> float:
        return self._scale.at(math.log10(value))

    def all_at(self, values: Numbers) -> Numbers:
        """Where each of many values is drawn."""
        return self._scale.all_at(np.log10(values))

    def ticks(self) -> list[Tick]:
        low, high = self._scale.low, self._scale.high
        exponents = range(math.floor(low), math.ceil(high) + 1)
        values = [factor * 10.0**exponent for exponent in exponents for factor in self._steps()]
        inside = [value for value in values if low <= math.log10(value) <= high]
        return [Tick(self.at(value), f"{value / self._factor:,.10g}") for value in inside]

    def _steps(self) -> tuple[float, ...]:
        decades = self._scale.high - self._scale.low
        if decades > 5:
            return (1,)
        return (1, 3) if decades > 1.5 else (1, 1.5, 2, 3, 5, 7)


def most_upwards(
    values: Sequence[float] | Numbers, box: Frame, *, less_is_better: bool = False
) -> Linear:
    """`upwards` with the lowest few of many beyond the axis: they would squeeze the rest into a strip."""
    ordered = np.sort(np.asarray(values, dtype=float)).tolist()
    cut = len(ordered) // 50 if not less_is_better and len(ordered) > 100 else 0
    return upwards(ordered[cut], ordered[-1], box, less_is_better=less_is_better)


def upwards(low: float, high: float, box: Frame, *, less_is_better: bool) -> Linear:
    """Values from bottom to top, the best on top, with some room above and below."""
    room = (high - low) * 0.05 or abs(high) * 0.05 or 0.5
    ends = (box.top, box.bottom) if less_is_better else (box.bottom, box.top)
    return Linear(low - room, high + room, *ends)
