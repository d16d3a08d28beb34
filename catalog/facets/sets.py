"""What the list of one kind of thing can be narrowed by, and how it is shown: models, papers, repositories.

A new list is one `FacetSet`; address, counts, panels and results read everything they need from it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.db.models import F, Q, QuerySet, Subquery
from django.db.models.expressions import Combinable, Expression, OrderBy

from catalog import terms
from catalog.facets.axes import Axis
from catalog.facets.computed import ComputedRange
from catalog.facets.kinds import Facet, LinkFacet, Range
from catalog.meaning.fusion import Found

if TYPE_CHECKING:
    from catalog.facets.on_machine import Machine


@dataclass(frozen=True)
class Column:
    """`title` carries the unit; `sort` is the name that the address sorts by, if it can be sorted."""

    name: str
    title: str
    path: str
    sort: str = ""
    numeric: bool = False
    # What a first click on the header asks for: the biggest accuracy, but the smallest network.
    descending: bool = False


def _no_suggestion(words: str) -> str:
    return ""


@dataclass(frozen=True, eq=False)
class FacetSet:
    """One list page. `rows` are all that it may show, `slim` loads of them what a table needs.

    `sorts` maps what the address may ask for to its words; "" is the order of a page that asks for none:
    `relevance` to the words, else `default_sort`. `tie` are the last sort keys: no two rows are ever level.
    """

    route: str
    title: str
    noun: tuple[str, str]
    placeholder: str
    # One filter, and a whole line, as they may be typed into the search box.
    example: str
    long_example: str
    rows: Callable[[], QuerySet[Any, Any]]
    slim: Callable[[QuerySet[Any, Any]], QuerySet[Any, Any]]
    matches: Callable[[str], Q]
    relevance: Callable[[str], list[OrderBy]]
    facets: tuple[Facet, ...]
    ranges: tuple[Range, ...]
    name_column: Column
    columns: Mapping[str, Column]
    default_columns: tuple[str, ...]
    sorts: Mapping[str, str]
    default_sort: str
    tie: tuple[str, ...]
    table: str
    sort_paths: Mapping[str, str] = field(default_factory=dict)
    views: tuple[str, ...] = ("table",)
    links: tuple[LinkFacet, ...] = ()
    suggest: Callable[[str], str] = _no_suggestion
    # What words find by meaning, given a way to the best rows by words; None where a list has no meanings.
    by_meaning: Callable[[str, Callable[[], Sequence[int]]], Found] | None = None
    # What its rows are drawn by, and what decides which of them nothing beats; without costs there is neither.
    costs: tuple[Axis, ...] = ()
    scores: tuple[Axis, ...] = ()
    # What speed and memory are those of; None where a list has neither.
    machine: "Machine | None" = None
    # Columns that are there whatever is chosen.
    always_shown: tuple[str, ...] = ()
    # The same list on no particular machine, where this one is on one.
    origin: "FacetSet | None" = None
    # Where words are lexemes of the rows' search columns, not prose: what an index needs to find them itself, the texts
    # that a row's tier depends on, and what decides between rows that fit the words alike.
    expression: Callable[[str], terms.Expression | None] | None = None
    ranked_texts: Callable[[], Mapping[str, Combinable]] = dict
    static_order: Callable[[], list[OrderBy]] = list

    @cached_property
    def rows_table(self) -> str:
        """The name of the table that the rows stand in."""
        return self.rows().model._meta.db_table

    @cached_property
    def slim_rows(self) -> QuerySet[Any, Any]:
        """All rows with what a table needs of them: narrowed before it is read, so put together once."""
        return self.slim(self.rows())

    @cached_property
    def facet(self) -> Mapping[str, Facet]:
        """Everything with values by its name, in the order of the address; those that links ask for come last."""
        return {facet.name: facet for facet in (*self.facets, *self.links)}

    @cached_property
    def range(self) -> Mapping[str, Range]:
        return {range_.name: range_ for range_ in self.ranges}

    @cached_property
    def stored_ranges(self) -> tuple[Range, ...]:
        """The ranges that columns hold: the same on any machine."""
        return tuple(r for r in self.ranges if not isinstance(r, ComputedRange))

    def computed(self, sort: str) -> ComputedRange | None:
        """The range that an order is by, if no column holds it."""
        found = self.range.get(sort.removeprefix("-"))
        return found if isinstance(found, ComputedRange) else None

    @cached_property
    def fronts(self) -> Mapping[str, tuple[Axis, Axis]]:
        """Every pair of a cost and a score, by the name that the address gives it: `params,top1`."""
        return {f"{x.name},{y.name}": (x, y) for y in self.scores for x in self.costs}

    def order(self, sort: str, words: str) -> list[OrderBy]:
        """Sort keys; what is missing comes last in either direction."""
        keys = [] if sort else self.relevance(words)
        if sort or not keys:
            keys = [self._first_key(sort or self.default_sort)]
        return [*keys, *(_key(name, {}) for name in self.tie)]

    @cached_property
    def single_names(self) -> frozenset[str]:
        """What the address says once: no filters."""
        drawn = ("x", "y") if self.fronts else ()
        near = ("meaning",) if self.by_meaning else ()
        return frozenset(("sort", "view", "page", *drawn, *near))

    def alike_order(self) -> list[OrderBy]:
        """The order of rows that fit the words alike."""
        return [*self.static_order(), *(_key(name, {}) for name in self.tie)]

    def _first_key(self, sort: str) -> OrderBy:
        computed = self.computed(sort)
        return _directed(sort, computed.expression()) if computed else _key(sort, self._paths)

    @cached_property
    def _paths(self) -> Mapping[str, str]:
        columns = (self.name_column, *self.columns.values())
        return {**{c.sort: c.path for c in columns if c.sort}, **self.sort_paths}

    def default_order(self, words: str) -> str:
        """What a page is sorted by that asks for nothing, as the address would say it; "" for relevance."""
        return "" if terms.wanted(words) else self.default_sort

    def count_noun(self, number: int) -> str:
        """ "model" or "models"."""
        return self.noun[0] if number == 1 else self.noun[1]


def _key(sort: str, paths: Mapping[str, str]) -> OrderBy:
    name = sort.removeprefix("-")
    return _directed(sort, F(paths.get(name, name)))


def _directed(sort: str, value: Expression | F | Subquery) -> OrderBy:
    return OrderBy(value, descending=sort.startswith("-"), nulls_last=True)
