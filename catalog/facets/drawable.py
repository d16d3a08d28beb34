"""The rows of a list that a plot can draw, as columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog import pareto
from catalog.facets.axes import Axis
from catalog.facets.filters import Filters
from catalog.facets.front import drawable

Numbers = NDArray[Any]
# What dots that belong together have in common.
FAMILY = "family"


@dataclass(frozen=True)
class Drawable:
    """Rows with a number on both axes; `families` has the place of each row's family in `names`, where "" is none."""

    pks: Numbers
    across: Numbers
    up: Numbers
    families: Numbers
    names: Sequence[str]

    def family(self, row: int) -> str:
        return self.names[self.families[row]]

    def best_first(self, across: Axis, up: Axis) -> "Drawable":
        """By the score; of equal ones by the cost, of those level in both by the primary key."""
        costs, scores = _goodness(self, across, up)
        order = np.lexsort((self.pks, -costs, -scores))
        return Drawable(
            self.pks[order], self.across[order], self.up[order], self.families[order], self.names
        )

    def front(self, across: Axis, up: Axis) -> Numbers:
        """Where the rows stand that nothing beats, from left to right."""
        on = np.flatnonzero(pareto.on_front(*_goodness(self, across, up)))
        return on[np.argsort(self.across[on], kind="stable")]


def _goodness(rows: Drawable, across: Axis, up: Axis) -> tuple[Numbers, Numbers]:
    signs = [-1.0 if axis.less_is_better else 1.0 for axis in (across, up)]
    return signs[0] * rows.across, signs[1] * rows.up


def drawable_in_postgres(filters: Filters, across: Axis, up: Axis) -> Drawable:
    """What the filters leave of the rows that have both numbers. One query."""
    found = drawable(filters.apply(filters.kind.rows()), across, up).order_by()
    path = filters.kind.facet[FAMILY].path
    columns = [*zip(*found.values_list("pk", "across", "up", path), strict=True)]
    pks, costs, scores, families = columns or [()] * 4
    names = sorted(set(families))
    numbers = {name: number for number, name in enumerate(names)}
    return Drawable(
        np.array(pks, dtype=np.int64),
        np.array(costs, dtype=float),
        np.array(scores, dtype=float),
        np.array([numbers[family] for family in families], dtype=np.int64),
        names,
    )
