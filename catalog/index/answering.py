"""What a page asks, out of a view: the counts of everything and the primary keys of its rows."""

import time
from collections.abc import Mapping

from catalog.facets.computed import ComputedRange
from catalog.facets.counts import SHOWN, Counts
from catalog.facets.filters import Filters
from catalog.facets.kinds import Facet, Range
from catalog.index import computed
from catalog.index.fronts import count_fronts
from catalog.index.keys import orders
from catalog.index.nearness import first_page
from catalog.index.ordering import page
from catalog.index.selecting import Selection
from catalog.index.tallying import Counted, count_bars, count_values
from catalog.index.view import View
from catalog.ranking import ranking


class Answer:
    """The answer to some filters."""

    def __init__(self, view: View, filters: Filters) -> None:
        self.view, self.filters = view, filters
        self.selection = Selection(view, filters)
        self._counted: dict[str, Counted] = {}

    def counts(self) -> Counts:
        """Counts of everything; those of all models, which every visitor sees first, once a minute."""
        if self.filters.best:
            return count_fronts(self.view, self.filters, self.selection)
        if self.selection.names or self.filters.finds:
            return self._counts()
        everything, now = self.view.everything, time.monotonic()
        read, counts = everything.get(self.filters.kind, (0.0, None))
        if counts is None or now - read > computed.KEPT:
            counts = self._counts()
            everything[self.filters.kind] = now, counts
        return counts

    def _counts(self) -> Counts:
        kind = self.filters.kind
        bars = {r.name: self._bars(r) for r in kind.ranges}
        return Counts(
            total=len(self.selection.all),
            values={facet.name: self._values(facet) for facet in kind.facets},
            bars={name: numbers for name, (numbers, _) in bars.items()},
            unknown={name: unknown for name, (_, unknown) in bars.items()},
            without={name: len(self.selection.without(name)) for name in self.selection.names},
        )

    def pks(self, start: int, stop: int) -> list[int] | None:
        """The rows at these places of the order asked for; None where that order is not kept."""
        kind = self.filters.kind
        sort = self.filters.sort or kind.default_order(self.filters.words)
        if range_ := kind.computed(sort):
            down = sort.startswith("-")
            documents = computed.sorted_page(
                self.view, self.selection.all, range_, start, stop, descending=down
            )
        elif sort in orders(kind):
            documents = page(self.view, self.selection.all, sort, start, stop)
        elif kind.expression and (typed := ranking(self.filters.words)):
            near, bitmap = self.filters.by_meaning.first, self.selection.all
            documents = first_page(self.view, bitmap, near, typed, start, stop)
        else:
            return None
        return self.view.pks(documents)

    def _bars(self, range_: Range) -> tuple[list[int], int]:
        counted = self._of(range_.name)
        if isinstance(range_, ComputedRange):
            return computed.count_bars(self.view, range_, counted.bitmap)
        return count_bars(self.view, range_, counted)

    def _of(self, name: str) -> Counted:
        """What a facet or a range is counted on. Those without a selection of their own share it."""
        name = name if name in self.selection.names else ""
        if name not in self._counted:
            bitmap = self.selection.without(name) if name else self.selection.all
            self._counted[name] = Counted(bitmap)
        return self._counted[name]

    def _values(self, facet: Facet) -> Mapping[str, int]:
        choice = self.filters.choice(facet.name)
        groups = facet.groups()
        chosen = {*choice.include, *choice.exclude}
        always = facet.expand({*chosen, *groups})
        # One more than is shown tells that there are more.
        most = SHOWN + len(chosen) + 1
        find = self.filters.finds.get(facet.name, "")
        tally = count_values(self.view, facet, self._of(facet.name), most, always, find)
        return facet.with_groups(tally)
