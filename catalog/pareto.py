"""Which of many things no other one beats: the Pareto front of two numbers each."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


class Contest:
    """Rows that are judged several times, each time among others: what can be sorted once is. More is better."""

    def __init__(self, x: Numbers, y: Numbers) -> None:
        self._x = np.unique(-x, return_inverse=True)[1]  # 0 is the best
        self._y = np.unique(y, return_inverse=True)[1]  # 0 is the worst

    def on_front(self, places: Places, groups: Places) -> NDArray[np.bool_]:
        """Whether no other row of the same group is at least as good in both and better in one.

        `places` are those of the rows, which may come several times in groups (numbers from 0 on) of their own. Rows
        that are level in both do not beat each other: all of them are on the front, or none.
        """
        x, y, number = self._x[places], self._y[places], len(self._x) + 1
        order = np.argsort((groups * number + x) * number - y)
        x, y, groups = x[order], y[order], groups[order]
        # A step is all rows of one group that are level in x; the first of them has the best y.
        begins = np.ones(len(x), dtype=np.bool_)
        begins[1:] = (x[1:] != x[:-1]) | (groups[1:] != groups[:-1])
        step = np.cumsum(begins) - 1
        best = y[begins]
        found = np.empty(len(x), dtype=np.bool_)
        found[order] = (y == best[step]) & (y > _best_before(best, groups[begins], number)[step])
        return found


def on_front(x: Numbers, y: Numbers) -> NDArray[np.bool_]:
    """Whether no other row is at least as good in both and better in one; more is better."""
    places = np.arange(len(x))
    return Contest(x, y).on_front(places, np.zeros_like(places))


def _best_before(best: Places, groups: Places, number: int) -> Places:
    """For each step the best y of the steps before it in its group; -1 for the first one."""
    # One running maximum does for all groups: every rank of a group lies above those of the groups before it.
    running = np.maximum.accumulate(best + groups * number) - groups * number
    before = np.full(len(best), -1)
    later = np.flatnonzero(groups[1:] == groups[:-1]) + 1
    before[later] = running[later - 1]
    return before
