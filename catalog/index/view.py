"""A base and what has changed since as one: documents of the tail are numbered behind those of the base."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from catalog.facets.counts import Counts
from catalog.facets.kinds import ArrayFacet, Facet, Range
from catalog.facets.sets import FacetSet
from catalog.index.bitmaps import of_documents
from catalog.index.segment import Coded, Segment

Numbers = NDArray[Any]
# Bitmaps that a process keeps for itself: those that it needs first are those that every page needs.
_MOST_KEPT = 128 * 2**20


class Values:
    """The values of a facet by their number; 0 is ""."""

    def __init__(self, segments: Sequence[Segment], name: str) -> None:
        self._parts = [segment.arrays.strings(f"{name}.values") for segment in segments]
        self._folded = [segment.arrays.strings(f"{name}.folded") for segment in segments]
        self._known = len(self._parts[0])
        self._read: dict[int, str] = {}

    def __len__(self) -> int:
        return sum(map(len, self._parts))

    def __getitem__(self, number: int) -> str:
        if number not in self._read:
            is_new = number >= self._known
            self._read[number] = self._parts[is_new][number - self._known * is_new]
        return self._read[number]

    def find(self, value: str) -> int:
        """The number of this value, -1 if there is none such."""
        for part, before in zip(self._parts, (0, self._known), strict=False):
            if (place := part.find(value)) >= 0:
                return before + place
        return -1

    def fitting(self, find: str, facet: Facet) -> Numbers:
        """The values that fit what the facet's own box asks for, as `Facet.fits` has it."""
        found = [part.holding(find.casefold()) for part in self._folded]
        labels = facet.labels() if callable(facet.labels) else facet.labels
        labelled = [self.find(value) for value in labels if facet.fits(value, find)]
        also = np.array([number for number in labelled if number >= 0], dtype=np.int64)
        shifted = [part + before for part, before in zip(found, (0, self._known), strict=False)]
        return np.unique(np.concatenate([*shifted, also]))

    def first(self, numbers: Numbers, most: int) -> list[int]:
        """The `most` values among these numbers that come first as texts."""
        base = numbers[numbers < self._known][:most]
        tail = numbers[numbers >= self._known][:most]
        return sorted((*base.tolist(), *tail.tolist()), key=self.__getitem__)[:most]


class View:
    """What the engine asks: documents of values, values of documents. One version of the catalogue."""

    def __init__(self, kind: FacetSet, base: Segment, tail: Segment | None, dead: BitMap) -> None:
        self.kind = kind
        self.segments = [base, tail] if tail and len(tail) else [base]
        self.border = len(base)
        self.length = sum(map(len, self.segments))
        self.alive = BitMap(range(self.length)) - dead
        # Rows that are other than the base has them.
        self.changed = len(tail.arrays["changed"]) if tail else 0
        self._kept: dict[tuple[str, int], BitMap] = {}
        self._room = _MOST_KEPT
        self._values: dict[str, Values] = {}
        # The counts of all rows and when they were made, by list: one on another machine has other ranges.
        self.everything: dict[FacetSet, tuple[float, Counts]] = {}

    def values(self, facet: Facet) -> Values:
        if facet.name not in self._values:
            self._values[facet.name] = Values(self.segments, f"facet {facet.name}")
        return self._values[facet.name]

    def coded(self, what: Facet | Range) -> list[Coded]:
        """The codes of each segment."""
        if isinstance(what, Range):
            return [segment.coded(f"range {what.name}") for segment in self.segments]
        several = isinstance(what, ArrayFacet)
        return [s.coded(f"facet {what.name}", several=several) for s in self.segments]

    def documents(self, what: Facet | Range, value: int) -> BitMap:
        """Those that have the value or lie in the bar of this number; dead ones may be among them."""
        name = (what.name, value)
        if name not in self._kept:
            found = self.joined([coded.documents(value) for coded in self.coded(what)])
            if self._room <= 0:
                return found
            self._room -= len(found.serialize())
            self._kept[name] = found
        return self._kept[name]

    def joined(self, parts: Sequence[BitMap]) -> BitMap:
        """Documents of each segment as documents of the view."""
        if len(parts) == 1:
            return parts[0]
        return parts[0] | parts[1].shift(self.border)

    def split(self, documents: Numbers) -> list[Numbers]:
        """Ascending documents of the view as documents of each segment."""
        if len(self.segments) == 1:
            return [documents]
        place = int(np.searchsorted(documents, self.border))
        return [documents[:place], documents[place:] - np.uint32(self.border)]

    def numbers(self, name: str, documents: Numbers) -> Numbers:
        """What ascending documents have of the numbers in this file; NaN where it is not known."""
        parts = zip(self.segments, self.split(documents), strict=True)
        return np.concatenate([segment.arrays[name][some] for segment, some in parts])

    def tally(self, what: Facet | Range, documents: Numbers) -> Numbers:
        """How many of these ascending documents have each value."""
        number = what.bins + 1 if isinstance(what, Range) else len(self.values(what))
        parts = zip(self.coded(what), self.split(documents), strict=True)
        tallies = [coded.tally(some, number) for coded, some in parts]
        return tallies[0] if len(tallies) == 1 else tallies[0] + tallies[1]

    def documents_of(self, pks: Numbers) -> BitMap:
        """The documents of these primary keys, dead ones left out."""
        parts = [of_documents(segment.documents_of(pks)) for segment in self.segments]
        return self.joined(parts) & self.alive

    def pks(self, documents: Sequence[int]) -> list[int]:
        """The primary keys of these documents, in their order."""
        return [int(segment.pks[place]) for segment, place in map(self.place, documents)]

    def place(self, document: int) -> tuple[Segment, int]:
        """In which segment a document is, and its number there."""
        if document < self.border:
            return self.segments[0], document
        return self.segments[1], document - self.border
