"""What a facet is. A declaration knows names, labels and conditions, and nothing about counting.

The value `unknown` of any facet stands for rows that say nothing; the column holds "", [] or null there.
"""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db.models import Case, F, FloatField, Func, Q, QuerySet, TextField, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Coalesce, Lower, Replace
from django.db.models.lookups import In

from catalog.facets.units import MOST, Unit

UNKNOWN = "unknown"
Words = Mapping[str, str]


def slug(typed: str) -> str:
    """`CC BY 4.0` as a slug: those are lower-case and know no blanks."""
    return "-".join(typed.lower().split())


@dataclass(frozen=True)
class Facet:
    """A column with one value per row. `groups` names values that stand for several: {"open": ids}.

    `spelling` makes a value of what was typed into the search box, `unlisted` words for a value without a label.
    """

    name: str
    title: str
    column: str = ""
    labels: Words | Callable[[], Words] = field(default_factory=dict)
    groups: Callable[[], Mapping[str, Collection[str]]] = dict
    only: tuple[str, ...] = ()
    folded: bool = False
    spelling: Callable[[str], str] = slug
    unlisted: Callable[[str], str] = str

    @property
    def path(self) -> str:
        return self.column or self.name

    def label(self, value: str) -> str:
        """The words for a value: `imagenet-1k` -> "ImageNet-1k", `open` -> "any open"."""
        labels = self.labels() if callable(self.labels) else self.labels
        if value in self.groups():
            return labels.get(value, f"any {value}")
        return labels.get(value) or (value if value == UNKNOWN else self.unlisted(value))

    def words(self, values: Collection[str]) -> Mapping[str, str]:
        """The words for values that are shown."""
        return {value: self.label(value) for value in values}

    def fits(self, value: str, find: str) -> bool:
        """Whether a value is one of those that the facet's own search box asks for."""
        wanted = find.casefold()
        return wanted in value.casefold() or wanted in self.label(value).casefold()

    @property
    def allowed(self) -> tuple[str, ...]:
        """The only values there are; empty where there may be any."""
        return self.only

    def accepts(self, value: str) -> bool:
        return not self.allowed or value in self.allowed

    def expand(self, values: Collection[str]) -> set[str]:
        """What the column holds for these values; unknown is ""."""
        groups = self.groups()
        members = {member for value in values for member in groups.get(value, (value,))}
        return {"" if member == UNKNOWN else member for member in members}

    def with_groups(self, tally: Mapping[str, int]) -> dict[str, int]:
        """Rows per value of the column as rows per value of the facet: with its groups, unknown by its name."""
        groups = {
            group: sum(tally.get(member, 0) for member in members)
            for group, members in self.groups().items()
        }
        plain = {value or UNKNOWN: number for value, number in tally.items()}
        return {**{group: number for group, number in groups.items() if number}, **plain}

    def having(self, values: Collection[str]) -> Q:
        """Rows with any of these values."""
        wanted = self.expand(values)
        found = Q(**{f"{self.path}__in": sorted(wanted - {""})})
        return found | Q(**{self.path: ""}) | self._missing() if "" in wanted else found

    def _missing(self) -> Q:
        return Q(**{f"{self.path}__isnull": True})

    def expression(self) -> Combinable:
        """The column in SQL, "" where it is unknown."""
        return Coalesce(F(self.path), Value(""), output_field=TextField())


@dataclass(frozen=True)
class NamedFacet(Facet):
    """A column whose values have names that are looked up, so only of those that are shown."""

    names: Callable[[Collection[str]], Mapping[str, str]] = lambda values: {v: v for v in values}

    def words(self, values: Collection[str]) -> Mapping[str, str]:
        return {UNKNOWN: UNKNOWN, **self.names([v for v in values if v != UNKNOWN])}


@dataclass(frozen=True)
class ArrayFacet(Facet):
    """A column with several values per row; a row is counted under each of them."""

    def having(self, values: Collection[str]) -> Q:
        wanted = self.expand(values)
        found = Q(**{f"{self.path}__overlap": sorted(wanted - {""})})
        return found | Q(**{self.path: []}) if "" in wanted else found

    def expression(self) -> Combinable:
        """The column in SQL: an array, empty where it is unknown."""
        return F(self.path)


@dataclass(frozen=True)
class SlugFacet(Facet):
    """A column of names, asked for as slugs, which is what the search box makes of words: `jupyter-notebook`."""

    def having(self, values: Collection[str]) -> Q:
        return Q(In(self.expression(), sorted(self.expand(values))))

    def expression(self) -> Combinable:
        return Replace(Lower(F(self.path)), Value(" "), Value("-"))


@dataclass(frozen=True)
class FlagFacet(Facet):
    """A column that is true, false or unknown."""

    only: tuple[str, ...] = ("yes", "no", UNKNOWN)

    def having(self, values: Collection[str]) -> Q:
        wanted = self.expand(values)
        found = Q(**{f"{self.path}__in": [value == "yes" for value in sorted(wanted - {""})]})
        return found | self._missing() if "" in wanted else found

    def expression(self) -> Combinable:
        true, false = (
            When(**{self.path: True}, then=Value("yes")),
            When(**{self.path: False}, then=Value("no")),
        )
        return Case(true, false, default=Value(""), output_field=TextField())


@dataclass(frozen=True)
class HasFacet(ArrayFacet):
    """Things that a row may have, each by its condition; a row is counted under each that it has.

    The value `unknown` stands for rows that have none of them.
    """

    conditions: Mapping[str, Callable[[], Q]] = field(default_factory=dict)

    @property
    def allowed(self) -> tuple[str, ...]:
        return (*self.conditions, UNKNOWN)

    def having(self, values: Collection[str]) -> Q:
        found = Q()
        for value in values:
            found |= self._none() if value == UNKNOWN else self.conditions[value]()
        return found

    def _none(self) -> Q:
        found = Q()
        for condition in self.conditions.values():
            found &= ~condition()
        return found

    def expression(self) -> Combinable:
        held = (
            Case(When(condition(), then=Value(value)), output_field=TextField())
            for value, condition in self.conditions.items()
        )
        every = Func(*held, template="ARRAY[%(expressions)s]::varchar[]")
        return Func(
            every, Value(None), function="array_remove", output_field=ArrayField(TextField())
        )


@dataclass(frozen=True)
class LinkFacet(Facet):
    """Rows that point to certain others, e.g. to a paper; asked for by links, never counted.

    `owners` gives the primary keys of the rows that point to any of the values.
    """

    owners: Callable[[Collection[str]], QuerySet[Any, Any]] = field(kw_only=True)

    def having(self, values: Collection[str]) -> Q:
        return Q(pk__in=self.owners(values))


@dataclass(frozen=True)
class Range:
    """A numeric column. Its histogram has `bins` bars from `low` to `high`, what lies beyond in the outer ones."""

    name: str
    title: str
    column: str
    unit: Unit
    low: float
    high: float
    bins: int = 24
    log: bool = False
    whole: bool = True
    folded: bool = False

    def between(self, low: Decimal | None, high: Decimal | None) -> Q:
        """Rows from `low` to `high`, both included; rows whose value is unknown never qualify."""
        found = Q(**{f"{self.column}__isnull": False})
        if low is not None:
            found &= Q(**{f"{self.column}__gte": self._bound(low, ROUND_CEILING)})
        if high is not None:
            found &= Q(**{f"{self.column}__lte": self._bound(high, ROUND_FLOOR)})
        return found

    def next_to(self, text: str, sign: str) -> str:
        """The first whole number above (`>`) or below (`<`) an amount; `text` itself where it is none."""
        amount = self.unit.parse(text)
        if amount is None or not self.whole or self.unit.factor != 1:
            return text
        return str(math.floor(amount) + 1 if sign == ">" else math.ceil(amount) - 1)

    def alone(self, text: str) -> tuple[Decimal, Decimal] | None:
        """The ends of what is displayed as this amount: 14.2MB is 14.15 to 14.25 MB, 2020 is itself."""
        amount, step = self.unit.parse(text), self.unit.step(text)
        if amount is None or step is None:
            return None
        if self.whole and step <= 1:
            return amount, amount
        return max(amount - step / 2, Decimal(0)), min(amount + step / 2, MOST)

    def _bound(self, amount: Decimal, rounding: str) -> int | float:
        if self.whole:
            return int(amount.to_integral_value(rounding))
        return float(amount)

    def expression(self) -> Combinable:
        return Cast(F(self.column), FloatField())

    def edge(self, index: int) -> float:
        """Where bar `index` begins, in the column's unit; bar 0 also holds what is smaller."""
        share = index / self.bins
        if self.log:
            return math.exp(math.log(self.low) * (1 - share) + math.log(self.high) * share)
        return self.low + (self.high - self.low) * share

    def edges(self) -> list[float]:
        """The inner borders of the bars, ascending; a value on a border belongs to the bar above it."""
        return [self.edge(index) for index in range(1, self.bins)]
