"""How long the index takes within a request, and how many bytes it goes through."""

import time
from typing import Any

from pyroaring import BitMap

from catalog.facets.counting import Asked
from catalog.facets.counts import Counts
from catalog.facets.filters import Filters
from catalog.facets.kinds import Facet, Range
from catalog.facets.results import PER_PAGE
from catalog.index.answering import Answer
from catalog.index.view import View


class Timed(Asked):
    """Counts and rows as ever; `took` are the seconds that counts and the order of the last request took."""

    took = 0.0

    def __init__(self, filters: Filters) -> None:
        begun = time.perf_counter()
        super().__init__(filters)
        Timed.took = time.perf_counter() - begun
        if self._answer:
            self._answer.pks = self._timed(self._answer.pks)  # type: ignore[method-assign]

    def counts(self) -> Counts:
        return self._timed(super().counts)()  # type: ignore[no-any-return]

    @staticmethod
    def _timed(work: Any) -> Any:
        def timed(*arguments: Any) -> Any:
            begun = time.perf_counter()
            try:
                return work(*arguments)
            finally:
                Timed.took += time.perf_counter() - begun

        return timed


class _Weighed(View):
    """A view that adds up what is read: bitmaps as large as they are written, codes by document."""

    touched = 0

    def documents(self, what: Facet | Range, value: int) -> BitMap:
        found = super().documents(what, value)
        self.touched += _size(found)
        return found

    def tally(self, what: Facet | Range, documents: Any) -> Any:
        steps = sum(c.codes.itemsize * c.steps for c in self.coded(what)[:1])
        self.touched += int(len(documents) * (documents.itemsize + steps))
        return super().tally(what, documents)

    def numbers(self, name: str, documents: Any) -> Any:
        found = super().numbers(name, documents)
        self.touched += found.nbytes + documents.nbytes
        return found


def bytes_touched(view: View, filters: Filters) -> int:
    """What the index reads for the counts and the page of some filters; the selection itself is read again for each
    bitmap that it is met with, which is not counted."""
    weighed = _Weighed.__new__(_Weighed)
    weighed.__dict__ = {**view.__dict__, "touched": 0}
    answer = Answer(weighed, filters)
    answer.counts()
    start = (filters.page - 1) * PER_PAGE
    answer.pks(start, start + PER_PAGE)
    return weighed.touched


def _size(bitmap: BitMap) -> int:
    found = bitmap.get_statistics()
    kinds = ("array", "run", "bitset")
    return sum(int(found[f"n_bytes_{kind}_containers"]) for kind in kinds)
