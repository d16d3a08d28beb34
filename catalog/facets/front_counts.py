"""The counts of a page of models that nothing beats. They are no sums: every value has a front of its own.

Beside a value stands what the page would hold if it were the only one ticked, i.e. the front of the rows that
have it and all else that is asked for. A histogram spreads the front of the rows that every other filter leaves.
Few rows have a score, so those that fail at most one filter are fetched once and all fronts found here.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.db.models.expressions import Combinable
from numpy.typing import NDArray

from catalog import pareto
from catalog.facets.counts import Counts
from catalog.facets.filters import BEST, Filters
from catalog.facets.front import drawable
from catalog.facets.kinds import UNKNOWN, ArrayFacet, Facet, Range

Places = NDArray[np.int64]


@dataclass(frozen=True)
class _Candidates:
    """Rows that may be on one of the fronts, and which filter each fails, 0 for none."""

    contest: pareto.Contest
    missed: Places
    columns: dict[str, Sequence[Any]]

    def left_without(self, filter_: int) -> Places:
        """Where the rows stand that fail nothing, or this filter only."""
        return np.flatnonzero((self.missed == 0) | (self.missed == filter_))

    def front(self, rows: Places) -> Places:
        """Those of the rows that no other one of them beats."""
        return rows[self.contest.on_front(rows, np.zeros_like(rows))]

    def fronts(self, rows: Places, groups: Places) -> Places:
        """The group of each row that is on the front of its group."""
        return groups[self.contest.on_front(rows, groups)]


def count(filters: Filters) -> Counts:
    """Counts of every facet and range: one query, and a second where nothing is left.

    `without` has the filter itself only then, which is when a page asks for it.
    """
    kind, rest = filters.kind, filters.without(BEST)
    numbers = {name: number for number, name in enumerate(rest.conditions(), start=1)}
    found = _candidates(filters, rest)
    left = {n: found.left_without(numbers.get(n, 0)) for n in (*kind.facet, *kind.range, *numbers)}
    total = len(found.front(found.left_without(0)))
    spread = {r.name: _spread(r, found, found.front(left[r.name])) for r in kind.ranges}
    without = {name: len(found.front(left[name])) for name in numbers}
    if not total:
        without[BEST] = rest.apply(kind.rows()).count()
    return Counts(
        total=total,
        values={facet.name: _values(facet, found, left[facet.name]) for facet in kind.facets},
        bars={name: bars for name, (bars, _) in spread.items()},
        unknown={name: unknown for name, (_, unknown) in spread.items()},
        without=without,
    )


def _candidates(filters: Filters, rest: Filters) -> _Candidates:
    across, up = filters.kind.fronts[filters.best]
    kind = filters.kind
    shown: dict[str, Combinable] = {_alias(facet): facet.expression() for facet in kind.facets}
    shown |= {_alias(range_): range_.expression() for range_ in kind.ranges}
    rows = _judged(drawable(kind.rows(), across, up).annotate(**shown), rest)
    fetched = [*zip(*rows.values_list("missed", "across", "up", *shown), strict=True)]
    missed, costs, scores, *columns = fetched or [()] * (3 + len(shown))
    return _Candidates(
        pareto.Contest(
            (-1 if across.less_is_better else 1) * np.array(costs, dtype=float),
            (-1 if up.less_is_better else 1) * np.array(scores, dtype=float),
        ),
        np.array(missed, dtype=np.int64),
        dict(zip(shown, columns, strict=True)),
    )


def _alias(each: Facet | Range) -> str:
    return "of_" + each.name.replace("-", "_")


def _judged(rows: QuerySet[Any, Any], rest: Filters) -> QuerySet[Any, Any]:
    """The rows that fail at most one filter, with its number as `missed`, 0 for none."""
    fails = [
        Case(When(condition, then=Value(0)), default=Value(1), output_field=IntegerField())
        for condition in rest.conditions().values()
    ]
    failed: Combinable = Value(0)
    missed: Combinable = Value(0)
    for number, fail in enumerate(fails, start=1):
        failed, missed = failed + fail, missed + fail * number
    return rows.annotate(failed=failed, missed=missed).filter(failed__lte=1).order_by()


def _values(facet: Facet, found: _Candidates, rows: Places) -> dict[str, int]:
    """Per value, and per group of values, how many rows are on its own front."""
    held = found.columns[_alias(facet)]
    if isinstance(facet, ArrayFacet):
        several = [held[row] or [""] for row in rows]
        rows = np.repeat(rows, [len(values) for values in several])
        values = [*chain.from_iterable(several)]
    else:
        values = [held[row] for row in rows]
    names, groups = np.unique(np.array(values, dtype=object), return_inverse=True)
    tally = np.bincount(found.fronts(rows, groups), minlength=len(names))
    plain = {name or UNKNOWN: int(number) for name, number in zip(names, tally, strict=True)}
    members = {
        group: rows[np.isin(groups, np.flatnonzero(np.isin(names, [*ids])))]
        for group, ids in facet.groups().items()
    }
    united = {group: len(found.front(np.unique(some))) for group, some in members.items()}
    return {**{group: number for group, number in united.items() if number}, **plain}


def _spread(range_: Range, found: _Candidates, rows: Places) -> tuple[list[int], int]:
    """Rows per bar, and rows whose value is unknown."""
    held = found.columns[_alias(range_)]
    known = np.array([held[row] for row in rows if held[row] is not None], dtype=float)
    bars = np.searchsorted(range_.edges(), known, side="right")
    return np.bincount(bars, minlength=range_.bins).tolist(), len(rows) - len(known)
