"""How `bench.facets` takes times and writes them down."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Figures = dict[str, Any]


def say(text: str) -> None:
    print(text, flush=True)


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def percentile(values: Sequence[float], share: float) -> float:
    return float(np.percentile(values, share)) if values else float("nan")


def line(title: str, took: Sequence[float], more: str = "") -> None:
    """Median and 95th percentile in ms."""
    p50, p95 = (1e3 * percentile(took, share) for share in (50, 95))
    say(f"  {title:34}{len(took):6}{p50:10.1f}{p95:10.1f}   {more}")
