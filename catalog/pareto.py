"""Which of many things no other one beats: the Pareto front of two numbers each."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Groups = NDArray[np.int64]


def on_front(x: Numbers, y: Numbers, groups: Groups | None = None) -> NDArray[np.bool_]:
    """Whether no other row of the same group is at least as good in both and better in one; more is better.

    Rows that are level in both do not beat each other: all of them are on the front, or none. Without
    `groups` (numbers from 0 on) all rows are one. It takes as long as sorting does.
    """
    if groups is None:
        groups = np.zeros(len(x), dtype=np.int64)
    order = np.lexsort((-y, -x, groups))
    x, y, groups = x[order], y[order], groups[order]
    # A step is all rows of one group that are level in x; the first of them has the best y.
    begins = np.ones(len(x), dtype=np.bool_)
    begins[1:] = (x[1:] != x[:-1]) | (groups[1:] != groups[:-1])
    step = np.cumsum(begins) - 1
    best = y[begins]
    found = np.empty(len(x), dtype=np.bool_)
    found[order] = (y == best[step]) & (y > _best_before(best, groups[begins])[step])
    return found


def _best_before(best: Numbers, groups: Groups) -> Numbers:
    """For each step the best y of the steps before it in its group; -inf for the first one."""
    values, rank = np.unique(best, return_inverse=True)
    # One running maximum does for all groups: every rank of a group lies above those of the groups before it.
    running = np.maximum.accumulate(rank + groups * len(values)) - groups * len(values)
    before = np.full(len(best), -np.inf)
    later = np.flatnonzero(groups[1:] == groups[:-1]) + 1
    before[later] = values[running[later - 1]]
    return before
