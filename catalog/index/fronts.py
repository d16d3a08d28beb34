"""What nothing beats, and what a plot draws, out of the columns of a view."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from catalog import pareto
from catalog.facets.axes import Axis
from catalog.facets.computed import ComputedRange
from catalog.facets.counts import SHOWN, Counts
from catalog.facets.drawable import FAMILY, Drawable
from catalog.facets.filters import BEST, Filters
from catalog.facets.kinds import UNKNOWN, Facet, Range
from catalog.index import computed
from catalog.index.bitmaps import documents_of, of_documents
from catalog.index.lists import spread
from catalog.index.tallying import shown
from catalog.index.view import View

if TYPE_CHECKING:
    from catalog.index.selecting import Selection

Numbers = NDArray[Any]
Axes = tuple[Axis, Axis]


@dataclass(frozen=True)
class Field:
    """Ascending documents that have a number on both axes, with these numbers."""

    axes: Axes
    documents: Numbers
    across: Numbers
    up: Numbers

    @cached_property
    def _bitmap(self) -> BitMap:
        return of_documents(self.documents)

    def among(self, bitmap: BitMap) -> "Field":
        """Those that are among these documents."""
        documents = documents_of(self._bitmap & bitmap)
        places = np.searchsorted(self.documents, documents)
        return Field(self.axes, documents, self.across[places], self.up[places])

    @cached_property
    def _contest(self) -> pareto.Contest:
        signs = [-1.0 if axis.less_is_better else 1.0 for axis in self.axes]
        return pareto.Contest(signs[0] * self.across, signs[1] * self.up)

    def on_front(self, places: Numbers, groups: Numbers | None = None) -> Numbers:
        """Which of the documents at these places nothing of their group beats."""
        return self._contest.on_front(places, np.zeros_like(places) if groups is None else groups)

    @cached_property
    def front(self) -> Numbers:
        """The documents that nothing beats."""
        return self.documents[self.on_front(np.arange(len(self.documents)))]


def field_of(view: View, filters: Filters, axes: Axes) -> Field:
    """Every document with a number on both axes; they are those of ranges of the list."""
    ranges = [filters.kind.range[axis.name] for axis in axes]
    found = view.alive
    for range_ in ranges:
        found = _known(view, range_, found)
    documents = documents_of(found)
    across, up = (_numbers(view, range_, documents) for range_ in ranges)
    some = (across > 0) & (up > 0)
    return Field(axes, documents[some], across[some], up[some])


def _known(view: View, range_: Range, among: BitMap) -> BitMap:
    if isinstance(range_, ComputedRange):
        return of_documents(computed.known(view, range_).documents) & among
    return among - view.documents(range_, range_.bins)


def _numbers(view: View, range_: Range, documents: Numbers) -> Numbers:
    if isinstance(range_, ComputedRange):
        known = computed.known(view, range_)
        return known.values[np.searchsorted(known.documents, documents)]
    return view.numbers(f"range {range_.name}.numbers", documents)


def count_fronts(view: View, filters: Filters, selection: "Selection") -> Counts:
    """The counts of a page that holds a front only, as `catalog.facets.front_counts` gives them."""
    kind = filters.kind
    every = field_of(view, filters, kind.fronts[filters.best])
    # What has no selection of its own is counted on the same rows.
    fields = {"": every.among(selection.without(BEST))}
    for name in selection.names:
        fields[name] = every.among(selection.without(name, BEST))

    def left_without(name: str) -> Field:
        return fields.get(name, fields[""])

    bars = {r.name: _spread(view, r, left_without(r.name).front) for r in kind.ranges}
    without = {name: len(left_without(name).front) for name in selection.names if name != BEST}
    if not selection.all:
        without[BEST] = len(selection.without(BEST))
    return Counts(
        total=len(selection.all),
        values={f.name: _values(view, f, filters, left_without(f.name)) for f in kind.facets},
        bars={name: numbers for name, (numbers, _) in bars.items()},
        unknown={name: unknown for name, (_, unknown) in bars.items()},
        without=without,
    )


def drawable_of(view: View, filters: Filters, selection: "Selection", axes: Axes) -> Drawable:
    """The rows of a selection that a plot can draw."""
    field = field_of(view, filters, axes).among(selection.all)
    parts = [*zip(view.segments, view.split(field.documents), strict=True)]
    facet = filters.kind.facet[FAMILY]
    codes = [coded.codes[some] for coded, (_, some) in zip(view.coded(facet), parts, strict=True)]
    held, families = np.unique(np.concatenate(codes), return_inverse=True)
    known = view.values(facet)
    return Drawable(
        np.concatenate([segment.pks[some] for segment, some in parts]),
        field.across,
        field.up,
        families,
        [known[number] for number in held.tolist()],
    )


def _values(view: View, facet: Facet, filters: Filters, field: Field) -> Mapping[str, int]:
    """Per value, and per group of values, how many documents are on its own front."""
    places, numbers = _held(view, facet, field.documents)
    known = view.values(facet)
    tally = np.bincount(numbers[field.on_front(places, numbers)], minlength=len(known))
    choice, groups = filters.choice(facet.name), facet.groups()
    chosen = {*choice.include, *choice.exclude}
    always, most = facet.expand({*chosen, *groups}), SHOWN + len(chosen) + 1
    listed = shown(view, facet, tally, most, always, filters.finds.get(facet.name, ""))
    united = {}
    for group, members in groups.items():
        wanted = [number for member in members if (number := known.find(member)) >= 0]
        some = np.unique(places[np.isin(numbers, wanted)])
        united[group] = int(field.on_front(some).sum())
    plain = {value or UNKNOWN: number for value, number in listed.items()}
    return {**{group: number for group, number in united.items() if number}, **plain}


def _held(view: View, facet: Facet, documents: Numbers) -> tuple[Numbers, Numbers]:
    """(place among the documents, number of the value) of each value that each of them has."""
    places, numbers, before = [], [], 0
    for coded, some in zip(view.coded(facet), view.split(documents), strict=True):
        codes, own = coded.codes[some], np.arange(len(some))
        if coded.members is not None and coded.ends is not None:
            own, codes = spread(codes, coded.members, coded.ends, own)
        places.append(own + before)
        numbers.append(codes.astype(np.int64))
        before += len(some)
    return np.concatenate(places), np.concatenate(numbers)


def _spread(view: View, range_: Range, documents: Numbers) -> tuple[list[int], int]:
    """Documents per bar, and those whose value is unknown."""
    if isinstance(range_, ComputedRange):
        return computed.count_bars(view, range_, of_documents(documents))
    tally = view.tally(range_, documents)
    return tally[:-1].tolist(), int(tally[-1])
