"""Facets, ranges, chips and advice as the templates need them: labels, counts and links, no markup."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache
from heapq import nsmallest

from django.urls import reverse

from catalog.facets.address import write
from catalog.facets.counts import SHOWN, Counts
from catalog.facets.filters import BEST, WORDS, Bounds, Choice, Filters
from catalog.facets.histograms import RangePanel, range_panel
from catalog.facets.kinds import UNKNOWN, Facet, Range


@dataclass(frozen=True)
class ValueRow:
    """One value of a facet; `count` is what the page would hold if it were the only one ticked."""

    value: str
    label: str
    count: int
    ticked: bool
    excluded: bool


@dataclass(frozen=True)
class FacetPanel:
    """`rows` are the values shown; `has_more` if others fit the box's words, too; a long one has such a box."""

    facet: Facet
    rows: list[ValueRow]
    has_more: bool
    is_long: bool
    find: str
    open: bool

    @property
    def all_unknown(self) -> int:
        """How many rows there are if none of them says anything, so that there is nothing to choose; else 0."""
        alone = self.rows[0] if len(self.rows) == 1 and not self.find else None
        if alone is None or alone.value != UNKNOWN or alone.label != UNKNOWN:
            return 0
        return 0 if alone.ticked or alone.excluded else alone.count


@dataclass(frozen=True)
class Chip:
    """A filter that is set, and the address without it."""

    text: str
    url: str
    excludes: bool = False


@dataclass(frozen=True)
class Advice:
    """A filter, the address without it, and how many rows that page would hold, with their word."""

    text: str
    url: str
    count: int
    noun: str


def link(filters: Filters) -> str:
    """The address of the list with these filters."""
    query = write(filters)
    return _address_of(filters.kind.route) + (f"?{query}" if query else "")


@cache
def _address_of(route: str) -> str:
    return reverse(route)


def facet_panels(filters: Filters, counts: Counts) -> list[FacetPanel]:
    """Every facet, in the declared order."""
    return [_facet_panel(facet, filters, counts) for facet in filters.kind.facets]


def range_panels(filters: Filters, counts: Counts) -> list[RangePanel]:
    """Every range that a column holds, in the declared order; `machine_panel` has the others."""
    return [range_panel(range_, filters, counts) for range_ in filters.kind.stored_ranges]


def chips(filters: Filters) -> list[Chip]:
    """One per word group, value and range that is set, in the order of the address."""
    return list(_chips(filters))


def advice(filters: Filters, counts: Counts) -> list[Advice]:
    """For a page without rows: each filter with what the page would hold without it, most first."""
    found = [
        _advice(name, filters, rest, counts.without[name]) for name, rest in filters.dropping_each()
    ]
    return sorted(found, key=lambda item: -item.count)


def _advice(name: str, filters: Filters, rest: Filters, number: int) -> Advice:
    return Advice(describe(name, filters), link(rest), number, filters.kind.count_noun(number))


def describe(name: str, filters: Filters) -> str:
    """One filter in words: "Task: Image classification or Object detection"."""
    if name == WORDS:
        return f"“{filters.words}”"
    if name == BEST:
        return describe_best(filters)
    if name in filters.kind.range:
        return describe_bounds(filters.kind.range[name], filters.bounds[name])
    facet, choice = filters.kind.facet[name], filters.choice(name)
    parts, words = [], facet.words({*choice.include, *choice.exclude})
    if choice.include:
        parts.append(" or ".join(words[value] for value in choice.include))
    parts += [f"not {words[value]}" for value in choice.exclude]
    return f"{facet.title}: {', '.join(parts)}"


def describe_bounds(range_: Range, bounds: Bounds) -> str:
    """ "Weights ≤ 100 MB", "Parameters 5–30 M"."""
    ends = (bounds.low, bounds.high)
    low, high = ("" if end is None else range_.unit.number(end) for end in ends)
    if low == high:
        return f"{range_.title} {low} {range_.unit.symbol}".strip()
    if low and high:
        return f"{range_.title} {low}–{high} {range_.unit.symbol}".strip()
    sign = f"≥ {low}" if low else f"≤ {high}"
    return f"{range_.title} {sign} {range_.unit.symbol}".strip()


def describe_best(filters: Filters) -> str:
    """ "Nothing beats it: parameters and top-1"."""
    across, up = filters.kind.fronts[filters.best]
    return f"Nothing beats it: {across.words} and {up.words}"


def _facet_panel(facet: Facet, filters: Filters, counts: Counts) -> FacetPanel:
    choice = filters.choice(facet.name)
    chosen = {*choice.include, *choice.exclude}
    tally = {**dict.fromkeys(chosen, 0), **counts.values[facet.name]}
    groups = facet.groups()

    def place(value: str) -> tuple[bool, bool, int, str]:
        return (value == UNKNOWN, value not in groups, -tally[value], value)

    find = filters.finds.get(facet.name, "")
    matching = [value for value in tally if facet.fits(value, find)] if find else list(tally)
    # A facet may have tens of thousands of values: only those that are shown get a label.
    shown = {*nsmallest(SHOWN, matching, key=place), *chosen}
    words = facet.words(shown)
    return FacetPanel(
        facet=facet,
        rows=[
            ValueRow(value, words[value], tally[value], value in choice.include,
                     value in choice.exclude)
            for value in sorted(shown, key=place)
        ],
        has_more=len(shown) < len(matching),
        is_long=bool(find) or len(tally) > SHOWN,
        find=find,
        open=not facet.folded or bool(chosen or find),
    )  # fmt: skip


def _chips(filters: Filters) -> Iterator[Chip]:
    if filters.words:
        yield Chip(f"“{filters.words}”", link(filters.without(WORDS)))
    for name, choice in filters.choices.items():
        facet = filters.kind.facet[name]
        words = facet.words({*choice.include, *choice.exclude})
        for value in choice.include:
            rest = replace(choice, include=_less(choice.include, value))
            yield Chip(f"{facet.title}: {words[value]}", link(filters.with_choice(name, rest)))
        for value in choice.exclude:
            rest = Choice(choice.include, _less(choice.exclude, value))
            url = link(filters.with_choice(name, rest))
            yield Chip(f"not {facet.title}: {words[value]}", url, excludes=True)
    for name, bounds in filters.bounds.items():
        yield Chip(describe_bounds(filters.kind.range[name], bounds), link(filters.without(name)))
    if filters.best:
        yield Chip(describe_best(filters), link(filters.without(BEST)))


def _less(values: tuple[str, ...], value: str) -> tuple[str, ...]:
    return tuple(other for other in values if other != value)
