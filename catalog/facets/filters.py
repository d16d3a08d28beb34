"""What a visitor asked for: words, ticked and excluded values, ranges, order, page. Knows no address, no counts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Self

from django.contrib.postgres.fields import ArrayField
from django.db.models import BigIntegerField, F, Func, IntegerField, Q, QuerySet, Value
from django.db.models.expressions import OrderBy

from catalog import terms
from catalog.facets.axes import Axis
from catalog.facets.front import on_front
from catalog.facets.models import MODELS
from catalog.facets.nearness import Nearness
from catalog.facets.sets import FacetSet
from catalog.meaning.fusion import NOTHING, Found

WORDS = "q"
BEST = "best"


@dataclass(frozen=True)
class Choice:
    """Values of one facet: any of `include`, none of `exclude`; both sorted."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True)
class Bounds:
    """Both ends belong to the range, in the column's unit; None is open."""

    low: Decimal | None = None
    high: Decimal | None = None


@dataclass(frozen=True)
class Filters:
    """Immutable; `notes` says what of the request could not be used and why, in sentences."""

    words: str = ""
    choices: Mapping[str, Choice] = field(default_factory=dict)
    bounds: Mapping[str, Bounds] = field(default_factory=dict)
    sort: str = ""
    view: str = "table"
    # Names of the plot's axes, "" for the first; and of the two by which nothing may beat a row: `params,top1`.
    x: str = ""
    y: str = ""
    best: str = ""
    columns: tuple[str, ...] = MODELS.default_columns
    page: int = 1
    notes: tuple[str, ...] = ()
    # What was typed into a facet's own search box, by facet; narrows what is shown of the facet only.
    finds: Mapping[str, str] = field(default_factory=dict)
    kind: FacetSet = MODELS
    # Whether words also find by meaning, and what they find so; None: nothing.
    meaning: bool = True
    nearness: Nearness | None = field(default=None, compare=False, repr=False)

    @property
    def by_meaning(self) -> Found:
        """What the words find by meaning, as far as that is wanted."""
        if not self.meaning or not self.nearness or self.nearness.words != self.words:
            return NOTHING
        return self.nearness.found

    def conditions(self) -> dict[str, Q]:
        """One condition per filter, by its name in the address; all of them must hold."""
        found = {}
        if terms.terms(self.words):
            found[WORDS] = self.kind.matches(self.words)
            if near := self.by_meaning.near:
                found[WORDS] |= Q(pk__in=near)
        for name, choice in self.choices.items():
            found[name] = _chosen(self.kind.facet[name].having, choice)
        for name, bounds in self.bounds.items():
            found[name] = self.kind.range[name].between(bounds.low, bounds.high)
        if self.best:
            found[BEST] = on_front(self.without(BEST), *self.kind.fronts[self.best])
        return found

    def apply(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """`rows` narrowed by every filter, not sorted."""
        return rows.filter(*self.conditions().values())

    def sorted(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        """`rows` in the order asked for."""
        keys = self.kind.order(self.sort, self.words)
        return rows.order_by(*([] if self.sort else _first(self.by_meaning.first)), *keys)

    @property
    def narrowing(self) -> bool:
        return bool(terms.terms(self.words) or self.choices or self.bounds)

    @property
    def axes(self) -> tuple[Axis, Axis]:
        """The two axes of the plot; only of a list that has any."""
        across = {axis.name: axis for axis in self.kind.costs}
        up = {axis.name: axis for axis in self.kind.scores}
        return across.get(self.x, self.kind.costs[0]), up.get(self.y, self.kind.scores[0])

    def choice(self, name: str) -> Choice:
        return self.choices.get(name, Choice())

    def with_choice(self, name: str, choice: Choice) -> Self:
        """The same with another choice in one facet, from its first page."""
        choices = {**self.choices, name: choice}
        kept = {n: choices[n] for n in self.kind.facet if choices.get(n, Choice()) != Choice()}
        return replace(self, choices=kept, page=1)

    def with_bounds(self, name: str, bounds: Bounds) -> Self:
        """The same with other bounds of one range, from its first page."""
        every = {**self.bounds, name: bounds}
        kept = {n: every[n] for n in self.kind.range if every.get(n, Bounds()) != Bounds()}
        return replace(self, bounds=kept, page=1)

    def without(self, name: str) -> Self:
        """The same without one filter, from its first page."""
        if name == WORDS:
            return replace(self, words="", page=1)
        if name == BEST:
            return replace(self, best="", page=1)
        if name in self.kind.range:
            return self.with_bounds(name, Bounds())
        return self.with_choice(name, Choice())

    def dropping_each(self) -> Iterator[tuple[str, Self]]:
        """Every filter's name with the filters that are left without it."""
        for name in self.conditions():
            yield name, self.without(name)


def _first(pks: tuple[int, ...]) -> list[OrderBy]:
    """A sort key by which these come first, in this order."""
    if not pks:
        return []
    kept = Value(list(pks), output_field=ArrayField(BigIntegerField()))
    place = Func(kept, F("pk"), function="array_position", output_field=IntegerField())
    return [place.asc(nulls_last=True)]


def _chosen(having: Callable[[tuple[str, ...]], Q], choice: Choice) -> Q:
    found = having(choice.include) if choice.include else Q()
    return found & ~having(choice.exclude) if choice.exclude else found
