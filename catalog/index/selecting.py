"""Filters to documents: what each condition leaves, and what all of them leave together."""

from collections.abc import Mapping
from functools import cached_property, reduce
from operator import and_

import numpy as np
from pyroaring import BitMap

from catalog.facets.computed import ComputedRange
from catalog.facets.filters import BEST, WORDS, Bounds, Choice, Filters
from catalog.facets.kinds import Facet, LinkFacet, Range
from catalog.index import computed
from catalog.index.asking import asked
from catalog.index.bitmaps import documents_of, of_documents
from catalog.index.fronts import field_of
from catalog.index.nearness import near
from catalog.index.view import View
from catalog.index.words import having
from catalog.terms import Expression


class Selection:
    """The documents of filters; `without` leaves one filter out, as a facet's own counts do."""

    def __init__(self, view: View, filters: Filters) -> None:
        self.view = view
        self._parts = _parts(view, filters)
        self._without: dict[tuple[str, ...], BitMap] = {}

    @property
    def names(self) -> list[str]:
        return list(self._parts)

    @cached_property
    def all(self) -> BitMap:
        return _narrowed(self.view, self._parts)

    def without(self, *names: str) -> BitMap:
        """What is left of everything without these filters; everything that is left if there is none such."""
        parts = {other: part for other, part in self._parts.items() if other not in names}
        if len(parts) == len(self._parts):
            return self.all
        if names not in self._without:
            self._without[names] = _narrowed(self.view, parts)
        return self._without[names]


def _narrowed(view: View, parts: Mapping[str, BitMap]) -> BitMap:
    # The smallest first, so that the others are only looked at where it has something.
    return reduce(and_, sorted((view.alive, *parts.values()), key=len))


def _parts(view: View, filters: Filters) -> dict[str, BitMap]:
    found = {}
    for name, condition in filters.conditions().items():
        if name in filters.bounds:
            found[name] = _within(view, filters.kind.range[name], filters.bounds[name])
        elif name in filters.choices and not isinstance(filters.kind.facet[name], LinkFacet):
            found[name] = _chosen(view, filters.kind.facet[name], filters.choices[name])
        elif name == WORDS and (wanted := _expression(filters)):
            found[name] = having(view, wanted) | near(view, filters)
        elif name == BEST:
            # It stands behind all others, which say among what a row must not be beaten.
            every = field_of(view, filters, filters.kind.fronts[filters.best])
            found[name] = of_documents(every.among(_narrowed(view, found)).front)
        else:
            found[name] = asked(view, condition)
    return found


def _expression(filters: Filters) -> Expression | None:
    """What is typed, where it is lexemes."""
    return filters.kind.expression(filters.words) if filters.kind.expression else None


def _chosen(view: View, facet: Facet, choice: Choice) -> BitMap:
    found = _having(view, facet, choice.include) if choice.include else view.alive
    return found - _having(view, facet, choice.exclude) if choice.exclude else found


def _having(view: View, facet: Facet, values: tuple[str, ...]) -> BitMap:
    numbers = map(view.values(facet).find, sorted(facet.expand(values)))
    return BitMap.union(BitMap(), *(view.documents(facet, n) for n in numbers if n >= 0))


def _within(view: View, range_: Range, bounds: Bounds) -> BitMap:
    """Whole bars as they are; of those that an end of the range cuts through, each value is looked at."""
    if isinstance(range_, ComputedRange):
        return computed.within(view, range_, bounds)
    low = -np.inf if bounds.low is None else float(bounds.low)
    high = np.inf if bounds.high is None else float(bounds.high)
    edges = np.array(range_.edges())
    first, last = np.searchsorted(edges, (low, high), side="right").tolist()
    inside = [view.documents(range_, bar) for bar in range(first + 1, last)]
    cut = BitMap.union(BitMap(), *(view.documents(range_, bar) for bar in {first, last}))
    documents = documents_of(cut)
    values = view.numbers(f"range {range_.name}.numbers", documents)
    kept = documents[(values >= low) & (values <= high)]
    return BitMap.union(of_documents(kept), *inside)
