"""A segment as it is read: which documents have a value, which values documents have."""

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from catalog.index.arrays import Arrays
from catalog.index.bitmaps import of_documents
from catalog.index.lists import LONGEST_SHORT, MANY, spread
from catalog.index.strings import Strings

Numbers = NDArray[Any]


class Sets:
    """Bitmaps by their number, read out of the file when they are asked for."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self._all, self._ends = arrays[f"{name}.sets"], arrays[f"{name}.set-ends"]

    def __len__(self) -> int:
        return len(self._ends)

    def __getitem__(self, number: int) -> BitMap:
        start = self._ends[number - 1] if number else 0
        return BitMap.deserialize(self._all[start : self._ends[number]].tobytes())


class Coded:
    """What every document has of one facet, or in which bar of one range it lies.

    Of a facet with several values `codes` are places in lists of values; else they are values.
    """

    def __init__(self, arrays: Arrays, name: str, *, several: bool) -> None:
        self.codes = arrays[f"{name}.codes"]
        self.held, self.totals = arrays[f"{name}.held"], arrays[f"{name}.totals"]
        self.sets = Sets(arrays, name)
        self.members = arrays[f"{name}.members"] if several else None
        self.ends = arrays[f"{name}.ends"] if several else None

    @cached_property
    def by_size(self) -> Numbers:
        """Places in `held`, the value with the most documents first."""
        return np.argsort(-self.totals, kind="stable")

    @property
    def steps(self) -> float:
        """What it takes to look up one document, as a multiple of one with a single value."""
        if self.ends is None or len(self.ends) <= MANY or not len(self.codes):
            return 1.0
        return 4 * float(self.totals.sum()) / len(self.codes)

    def documents(self, value: int) -> BitMap:
        """Those that have this value."""
        place = int(np.searchsorted(self.held, value))
        if place == len(self.held) or self.held[place] != value:
            return BitMap()
        return self.sets[place]

    def tally(self, documents: Numbers, values: int) -> Numbers:
        """How many of these documents have each of the values 0 to `values` - 1."""
        codes = self.codes[documents]
        if self.members is None or self.ends is None:
            return np.bincount(codes, minlength=values)
        if len(self.ends) > MANY:
            return np.bincount(spread(codes, self.members, self.ends)[1], minlength=values)
        lists = np.bincount(codes, minlength=len(self.ends))
        weights = np.repeat(lists, np.diff(self.ends, prepend=0))
        return np.bincount(self.members, weights=weights, minlength=values).astype(np.int64)


class Lexemes:
    """Which documents have a word, or one that begins so."""

    def __init__(self, arrays: Arrays, name: str) -> None:
        self.texts = arrays.strings(name)
        self._documents, self._ends = arrays[f"{name}.documents"], arrays[f"{name}.document-ends"]
        self._wide, self._wide_sets = arrays[f"{name}.wide"], Sets(arrays, f"{name}.wide")
        self._short = arrays.strings(f"{name}.short")
        self._short_sets = Sets(arrays, f"{name}.short")

    def whole(self, text: str) -> BitMap:
        place = self.texts.find(text)
        return BitMap() if place < 0 else self._of_lexemes(place, place + 1)

    def beginning(self, text: str) -> BitMap:
        if len(text) <= LONGEST_SHORT and (place := self._short.find(text)) >= 0:
            return self._short_sets[place]
        return self._of_lexemes(*self.texts.beginning(text))

    def _of_lexemes(self, first: int, last: int) -> BitMap:
        """The documents of a range of lexemes: of wide ones as they are written, of those between them together."""
        found = BitMap()
        near, far = np.searchsorted(self._wide, (first, last))
        for number in range(near, far):
            place = int(self._wide[number])
            found |= self._between(first, place) | self._wide_sets[number]
            first = place + 1
        return found | self._between(first, last)

    def _between(self, first: int, last: int) -> BitMap:
        if first >= last:
            return BitMap()
        start = self._ends[first - 1] if first else 0
        return of_documents(self._documents[start : self._ends[last - 1]])


class Segment:
    """A file as `catalog.index.building` writes it; its documents are numbered from 0."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.pks: Numbers = arrays["pks"]
        self.ids: Strings = arrays.strings("ids")
        self._coded: dict[str, Coded] = {}
        self._lexemes: dict[str, Lexemes] = {}

    def __len__(self) -> int:
        return len(self.pks)

    def coded(self, name: str, *, several: bool = False) -> Coded:
        """Codes of "facet <name>" or "range <name>"."""
        if name not in self._coded:
            self._coded[name] = Coded(self.arrays, name, several=several)
        return self._coded[name]

    def lexemes(self, name: str) -> Lexemes:
        """Lexemes of "words", or of "names" alone."""
        if name not in self._lexemes:
            self._lexemes[name] = Lexemes(self.arrays, name)
        return self._lexemes[name]

    def key(self, name: str, document: int) -> str | float | None:
        """By what a document is sorted; None if that is not known."""
        if f"text {name}.ends" in self.arrays:
            return self.arrays.strings(f"text {name}")[document]
        value = float(self.arrays[f"key {name}"][document])
        return None if np.isnan(value) else value

    def documents_of(self, pks: Numbers) -> Numbers:
        """The documents of those of these primary keys that are here, in no order."""
        by_pk = self.arrays["by-pk"]
        places = np.searchsorted(self.pks, pks, sorter=by_pk)
        found = by_pk[np.minimum(places, len(by_pk) - 1)] if len(by_pk) else by_pk[:0]
        return found[self.pks[found] == pks] if len(found) else found
