"""One page of results with all that stands around it: at most two queries, whatever was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from catalog import terms
from catalog.facets import panels
from catalog.facets.address import MOST_PAGES
from catalog.facets.counting import Asked
from catalog.facets.counts import Counts
from catalog.facets.filters import Filters
from catalog.facets.nearness import mark
from catalog.facets.sets import Column, FacetSet

PER_PAGE = 30
FEW = 3


@dataclass(frozen=True)
class Header:
    """A table's column with the address that sorts by it; `direction` is aria-sort's word or empty."""

    column: Column
    url: str
    direction: str


@dataclass(frozen=True)
class Results:
    """`filters` carry the page that is really shown; `suggestion` is a better spelling of the words."""

    filters: Filters
    counts: Counts
    rows: Sequence[Any]
    suggestion: str = ""

    @property
    def kind(self) -> FacetSet:
        return self.filters.kind

    @property
    def noun(self) -> str:
        """ "model" or "models", as many as there are."""
        return self.kind.count_noun(self.counts.total)

    @property
    def pages(self) -> int:
        return min(MOST_PAGES, self.all_pages) or 1

    @property
    def all_pages(self) -> int:
        """How many there would be, could all be opened."""
        return -(-self.counts.total // PER_PAGE)

    @property
    def first(self) -> int:
        """The number of the first row shown, from 1."""
        return (self.filters.page - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1

    def page_links(self) -> list[tuple[int, str]]:
        """Numbers with addresses: the ends and the neighbours; 0 stands for a gap."""
        here = self.filters.page
        near = {1, 2, here - 1, here, here + 1, self.pages - 1, self.pages}
        numbers = sorted(number for number in near if 1 <= number <= self.pages)
        found: list[tuple[int, str]] = []
        for number in numbers:
            if found and number > found[-1][0] + 1:
                found.append((0, ""))
            found.append((number, panels.link(replace(self.filters, page=number))))
        return found

    def previous(self) -> str:
        return self._turned(-1)

    def next(self) -> str:
        return self._turned(+1)

    def _turned(self, step: int) -> str:
        page = self.filters.page + step
        return panels.link(replace(self.filters, page=page)) if 1 <= page <= self.pages else ""

    def headers(self) -> list[Header]:
        shown = {*self.filters.columns, *self.kind.always_shown}
        columns = [column for name, column in self.kind.columns.items() if name in shown]
        return [_header(column, self.filters) for column in columns]

    def name_header(self) -> Header:
        return _header(self.kind.name_column, self.filters)

    def view_links(self) -> list[tuple[str, str, bool]]:
        """(title, address, whether it is shown) of each view."""
        return [
            (title, panels.link(replace(self.filters, view=view)), view == self.filters.view)
            for view, title in (("table", "Table"), ("cards", "Cards"), ("plot", "Plot"))
            if view in self.kind.views and len(self.kind.views) > 1
        ]

    def column_choices(self) -> list[tuple[Column, bool]]:
        return [
            (column, column.name in self.filters.columns)
            for column in self.kind.columns.values()
            if column.name not in self.kind.always_shown
        ]

    def sort_choices(self) -> list[tuple[str, str]]:
        sorts = self.kind.sorts
        default = self.kind.default_order(self.filters.words)
        first = sorts[default] if default else "Relevance"
        return [("", first), *((name, title) for name, title in sorts.items() if name)]

    def many_words(self) -> str:
        """The first two words as alternatives, where several must occur; else ""."""
        alone = [group[0] for group in terms.terms(self.filters.words) if len(group) == 1]
        plain = [term.text for term in alone if not term.is_phrase and not term.excluded]
        return f" {terms.EITHER} ".join(plain[:2]) if len(plain) > 1 else ""

    def meaning_url(self) -> str:
        """The same with the words alone, or with their meaning again."""
        return panels.link(replace(self.filters, meaning=not self.filters.meaning, page=1))

    def suggestion_url(self) -> str:
        return panels.link(replace(self.filters, words=self.suggestion, page=1))


def results(filters: Filters) -> Results:
    """The page that the filters ask for, or the last one if there are not so many."""
    asked = Asked(filters)
    counts = asked.counts()
    if not counts.total:
        return Results(replace(filters, page=1), counts, [], _suggestion(filters))
    last = min(MOST_PAGES, -(-counts.total // PER_PAGE))
    shown = replace(filters, page=min(filters.page, last))
    if shown.page != filters.page:
        shown = replace(shown, notes=(*filters.notes, _last_page(counts.total)))
    start = (shown.page - 1) * PER_PAGE
    # So few rows may be there by the same slip of the keys.
    suggestion = _suggestion(filters) if counts.total <= FEW else ""
    rows = asked.rows(start, start + PER_PAGE)
    mark(rows, shown)
    return Results(shown, counts, rows, suggestion)


def _last_page(total: int) -> str:
    last = -(-total // PER_PAGE)
    if last > MOST_PAGES:
        return f"Only the first {MOST_PAGES} pages can be opened; narrow the list down instead."
    return f"The list ends with page {last}, which is shown here."


def _suggestion(filters: Filters) -> str:
    if not terms.terms(filters.words):
        return ""
    return filters.kind.suggest(filters.words)


def _header(column: Column, filters: Filters) -> Header:
    if not column.sort:
        return Header(column, "", "")
    down = f"-{column.sort}"
    active = filters.sort or filters.kind.default_order(filters.words)
    if active == column.sort:
        direction, turned = "ascending", down
    elif active == down:
        direction, turned = "descending", column.sort
    else:
        direction, turned = "", down if column.descending else column.sort
    return Header(column, panels.link(replace(filters, sort=turned, page=1)), direction)
