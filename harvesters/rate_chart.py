"""The chart of a source's page: records per second of its latest runs, as numbers that a template draws as SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from harvesters.models import HarvestRun

WIDTH, HEIGHT = 720, 150
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 4, 12, 22
_FEWEST = 2


@dataclass(frozen=True)
class Bar:
    """One run where it is drawn; `run` has what its title says."""

    run: HarvestRun
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class RateChart:
    """Everything the template draws; `highest` is the rate of the highest bar in records per second."""

    bars: list[Bar]
    highest: float
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT
    right: int = WIDTH - _RIGHT
    top: int = _TOP
    bottom: int = HEIGHT - _BOTTOM


def rate_chart(runs: Sequence[HarvestRun]) -> RateChart | None:
    """The chart of these runs, latest first as they come and drawn from left to right; None if too few have a rate."""
    rated = [(run, run.rate) for run in reversed(runs) if run.rate]
    if len(rated) < _FEWEST:
        return None
    highest = max(rate for _, rate in rated if rate)
    step = (WIDTH - _LEFT - _RIGHT) / max(len(rated), 10)
    room = HEIGHT - _TOP - _BOTTOM
    bars = []
    for number, (run, rate) in enumerate(rated):
        height = max(1.0, room * (rate or 0) / highest)
        x, y = _LEFT + number * step, HEIGHT - _BOTTOM - height
        bars.append(Bar(run, round(x, 1), round(y, 1), round(step * 0.7, 1), round(height, 1)))
    return RateChart(bars, highest)
