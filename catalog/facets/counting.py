"""Counts and rows of a page: out of the index where there is one for the list, else out of Postgres.

Both give the same numbers and the same rows in the same order; tests compare them.
"""

from typing import Any

from catalog.facets import front_counts
from catalog.facets.axes import Axis
from catalog.facets.counts import Counts
from catalog.facets.drawable import Drawable, drawable_in_postgres
from catalog.facets.filters import Filters
from catalog.facets.statement import count_in_postgres
from catalog.index.answering import Answer
from catalog.index.current import current
from catalog.index.fronts import drawable_of


class Asked:
    """Some filters and who answers them."""

    def __init__(self, filters: Filters) -> None:
        self.filters = filters
        view = current(filters.kind)
        self._answer = Answer(view, filters) if view else None

    def counts(self) -> Counts:
        if self._answer:
            return self._answer.counts()
        if self.filters.best:
            return front_counts.count(self.filters)
        return count_in_postgres(self.filters)

    def pks(self, start: int, stop: int) -> list[int]:
        """The primary keys of the rows at these places of the order asked for."""
        pks = self._answer.pks(start, stop) if self._answer else None
        if pks is not None:
            return pks
        rows = self.filters.sorted(self.filters.apply(self.filters.kind.rows()))
        return list(rows.values_list("pk", flat=True)[start:stop])

    def drawable(self, across: Axis, up: Axis) -> Drawable:
        """All rows that have a number on both axes."""
        if self._answer:
            return drawable_of(
                self._answer.view, self.filters, self._answer.selection, (across, up)
            )
        return drawable_in_postgres(self.filters, across, up)

    def rows(self, start: int, stop: int) -> list[Any]:
        """The rows at these places of the order asked for, with what a table needs of them."""
        pks = self._answer.pks(start, stop) if self._answer else None
        kind = self.filters.kind
        if pks is None:
            rows = self.filters.sorted(self.filters.apply(kind.rows()))
            return list(kind.slim(rows)[start:stop])
        found = {row.pk: row for row in kind.slim_rows.filter(pk__in=pks)}
        # One that has gone since the index last looked is left out.
        return [found[pk] for pk in pks if pk in found]


def count(filters: Filters) -> Counts:
    """How many rows each value of each facet has, its own selection ignored."""
    return Asked(filters).counts()
