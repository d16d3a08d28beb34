"""Ranges that are worked out for a machine: few rows have a value, so these are asked of Postgres and kept for a while."""

import time
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from catalog.facets.computed import ComputedRange
from catalog.facets.filters import Bounds
from catalog.index.bitmaps import documents_of, of_documents
from catalog.index.ordering import page
from catalog.index.view import View

Numbers = NDArray[Any]
# Seconds: as long as a harvested page may take to show.
KEPT = 60.0
# Machines that people ask for at a time; a range takes some ten kilobytes.
_MOST_KEPT = 64


@dataclass(frozen=True)
class Known:
    """The documents that have a value, ascending, with their values; `read` by `time.monotonic`."""

    documents: Numbers
    values: Numbers
    read: float

    def within(self, bitmap: BitMap) -> tuple[Numbers, Numbers]:
        """Those among the documents of a bitmap."""
        documents = documents_of(of_documents(self.documents) & bitmap)
        return documents, self.values[np.searchsorted(self.documents, documents)]


_kept: WeakKeyDictionary[View, dict[ComputedRange, Known]] = WeakKeyDictionary()


def known(view: View, range_: ComputedRange) -> Known:
    """What is known of a range. One query by an index, or none if it was asked within the last minute."""
    of_view = _kept.setdefault(view, {})
    found = of_view.get(range_)
    if found is None or time.monotonic() - found.read > KEPT:
        if len(of_view) >= _MOST_KEPT:
            of_view.clear()
        found = of_view[range_] = _read(view, range_)
    return found


def _read(view: View, range_: ComputedRange) -> Known:
    rows = sorted(range_.values(view.kind.rows()))
    pks = np.array([pk for pk, _ in rows], dtype=np.int64)
    numbers = np.array([value for _, value in rows], dtype=np.float64)
    documents = documents_of(view.documents_of(pks))
    own = np.array(view.pks(documents.tolist()), dtype=np.int64)
    return Known(documents, numbers[np.searchsorted(pks, own)], time.monotonic())


def count_bars(view: View, range_: ComputedRange, bitmap: BitMap) -> tuple[list[int], int]:
    """Documents per bar, and those whose value is unknown."""
    _, values = known(view, range_).within(bitmap)
    bars = np.searchsorted(np.array(range_.edges()), values, side="right")
    return np.bincount(bars, minlength=range_.bins).tolist(), len(bitmap) - len(values)


def within(view: View, range_: ComputedRange, bounds: Bounds) -> BitMap:
    """The documents from one end to the other, both included."""
    found = known(view, range_)
    low = -np.inf if bounds.low is None else float(bounds.low)
    high = np.inf if bounds.high is None else float(bounds.high)
    return of_documents(found.documents[(found.values >= low) & (found.values <= high)])


def sorted_page(
    view: View, bitmap: BitMap, range_: ComputedRange, start: int, stop: int, *, descending: bool
) -> list[int]:
    """The documents at these places, sorted by the value, then as ties are; those without one come last."""
    tie = view.kind.tie[0]
    documents, values = known(view, range_).within(bitmap)
    level = np.array(page(view, of_documents(documents), tie, 0, len(documents)), dtype=np.int64)
    numbers = values[np.searchsorted(documents, level)]
    first = level[np.argsort(-numbers if descending else numbers, kind="stable")].tolist()
    if stop <= len(first):
        return first[start:stop]
    rest = page(view, bitmap - of_documents(documents), tie, 0, stop - len(first))
    return [*first, *rest][start:stop]
