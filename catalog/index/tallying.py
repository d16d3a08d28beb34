"""How many documents of a selection each value of a facet has, and each bar of a range.

Either the documents are gone through, or the bitmap of each value is met with them: whatever is less work.
"""

from collections.abc import Collection, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from catalog.facets.kinds import Facet, Range
from catalog.index.bitmaps import documents_of
from catalog.index.view import Values, View

Numbers = NDArray[Any]
# Of a facet with more values than this only those are counted that may be shown.
MOST_VALUES = 1_000
# Microseconds, roughly, of three million documents: to meet a bitmap of many or of few, to look one up.
_LARGE, _SMALL, _DOCUMENT = 30.0, 2.0, 0.004
_FEW = 1 << 12
# So much work is done on a long facet before its bitmaps are tried from the largest on, and for so many of them.
_PATIENCE, _MOST_TRIED = 4_000.0, 1_000


class Counted:
    """Documents as a bitmap and, once somebody goes through them, as numbers."""

    def __init__(self, bitmap: BitMap) -> None:
        self.bitmap = bitmap

    def __len__(self) -> int:
        return len(self.bitmap)

    @cached_property
    def documents(self) -> Numbers:
        return documents_of(self.bitmap)


def count_bars(view: View, range_: Range, counted: Counted) -> tuple[list[int], int]:
    """Documents per bar, and those whose value is unknown."""
    found = _every(view, range_, counted, range_.bins + 1)
    return found[:-1].tolist(), int(found[-1])


def count_values(
    view: View, facet: Facet, counted: Counted, most: int, always: Collection[str], find: str
) -> Mapping[str, int]:
    """Documents per value that has any; unknown is "".

    Of a long facet the `most` that have most documents and fit what its own box asks for (`find`), those
    `always` wanted, and unknown.
    """
    known = view.values(facet)
    if len(known) <= MOST_VALUES:
        numbers = _every(view, facet, counted, len(known))
        return {known[n]: int(numbers[n]) for n in np.flatnonzero(numbers).tolist()}
    wanted = {number for value in always if (number := known.find(value)) >= 0} | {0}
    if not find and _row_work(view, facet, counted) > _PATIENCE:
        found = _largest(view, facet, counted, most)
        if found is not None:
            meet = counted.bitmap.intersection_cardinality
            found |= {n: meet(view.documents(facet, n)) for n in wanted - found.keys()}
            return {known[n]: number for n, number in found.items() if number}
    return shown(view, facet, view.tally(facet, counted.documents), most, always, find)


def shown(
    view: View, facet: Facet, tally: Numbers, most: int, always: Collection[str], find: str
) -> Mapping[str, int]:
    """The values of a facet that `count_values` would give, out of how many documents each has."""
    known = view.values(facet)
    if len(known) <= MOST_VALUES:
        return {known[n]: int(tally[n]) for n in np.flatnonzero(tally).tolist()}
    wanted = {number for value in always if (number := known.find(value)) >= 0} | {0}
    among = known.fitting(find, facet) if find else np.flatnonzero(tally)
    best = _best(tally, known, among[among > 0], most)
    return {known[n]: int(tally[n]) for n in {*best, *wanted} if tally[n]}


def _every(view: View, what: Facet | Range, counted: Counted, number: int) -> Numbers:
    if _bitmap_work(view, what) < _row_work(view, what, counted):
        meet = counted.bitmap.intersection_cardinality
        return np.array([meet(view.documents(what, n)) for n in range(number)], dtype=np.int64)
    return view.tally(what, counted.documents)


def _row_work(view: View, what: Facet | Range, counted: Counted) -> float:
    return len(counted) * view.coded(what)[0].steps * _DOCUMENT


def _bitmap_work(view: View, what: Facet | Range) -> float:
    totals = view.coded(what)[0].totals
    large = int(np.count_nonzero(totals > _FEW))
    return large * _LARGE + (len(totals) - large) * _SMALL


def _best(tally: Numbers, known: Values, among: Numbers, most: int) -> list[int]:
    """The `most` values with the highest numbers above 0; of those with the same number the first as texts."""
    among = among[tally[among] > 0]
    if len(among) <= most:
        return among.tolist()
    numbers = tally[among]
    least = np.partition(numbers, -most)[-most]
    above, level = among[numbers > least], among[numbers == least]
    return [*above.tolist(), *known.first(level, most - len(above))]


def _largest(view: View, facet: Facet, counted: Counted, most: int) -> dict[int, int] | None:
    """The best values, found by trying the largest first until no other can have as many; None if that is too many."""
    found: dict[int, int] = {}
    least = 0
    for tried, (value, bound) in enumerate(_by_size(view, facet, counted)):
        if len(found) >= most and bound < least:
            known, numbers = view.values(facet), np.array(sorted(found))
            tally = np.zeros(len(known), dtype=np.int64)
            tally[numbers] = [found[number] for number in sorted(found)]
            return {n: found[n] for n in _best(tally, known, numbers, most)}
        if tried == _MOST_TRIED:
            return None
        if value:
            found[value] = counted.bitmap.intersection_cardinality(view.documents(facet, value))
            if found[value] > least and len(found) >= most:
                least = sorted(found.values())[-most]
    return None


def _by_size(view: View, facet: Facet, counted: Counted) -> Iterator[tuple[int, int]]:
    """Values with the most documents that they or any later one may have: those of the tail first, then by size."""
    base, *tail = view.coded(facet)
    beyond = 0
    if tail:
        tally = tail[0].tally(view.split(counted.documents)[1], len(view.values(facet)))
        first = np.argsort(-tally, kind="stable")[:100].tolist()
        beyond = int(tally[first[-1]])
        yield from ((value, view.length) for value in first)
    for place in base.by_size:
        yield int(base.held[place]), int(base.totals[place]) + beyond
