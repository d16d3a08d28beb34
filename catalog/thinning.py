"""Which dots of a crowded plot are drawn: the front and the best of each small square, never some by chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MOST_DOTS = 2000
# Sides of the squares in units of the picture. The last one is a single square.
_SIDES = (2, 3, 4, 5, 6, 8, 10, 12, 16, 24, 48, 10_000)
Numbers = NDArray[np.float64]
Places = NDArray[np.int64]


@dataclass(frozen=True)
class Thinned:
    """`kept` are the places of the rows that are drawn, ascending; `side` is that of the squares, 0 if all are.

    A front of more than half of all dots is thinned like the rest.
    """

    kept: Places
    side: int
    keeps_front: bool = True


def thinned(x: Numbers, y: Numbers, front: Places, most: int = MOST_DOTS) -> Thinned:
    """At most `most` rows: those of `front` and the first one of each square. The best rows come first.

    `x`, `y` are where they would be drawn. Of rows at the very same place one is enough.
    """
    if len(x) <= most:
        return Thinned(np.arange(len(x)), 0)
    front = front[np.unique(x[front] + 1j * y[front], return_index=True)[1]]
    keeps_front = len(front) <= most // 2
    needed = front if keeps_front else front[:0]
    choices = ((side, np.union1d(needed, _first_of_squares(x, y, side))) for side in _SIDES)
    side, kept = next((side, kept) for side, kept in choices if len(kept) <= most)
    return Thinned(kept, side, keeps_front)


def _first_of_squares(x: Numbers, y: Numbers, side: int) -> Places:
    squares = (x // side).astype(np.int64) * _SIDES[-1] + (y // side).astype(np.int64)
    return np.unique(squares, return_index=True)[1]
