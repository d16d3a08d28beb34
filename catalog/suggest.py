"""What the search box proposes while a person types: the rest of a filter, and things whose names begin so.

All but the models come out of `Completion`, by ranges of one index; models out of the index of the list, where there is one.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from django.db import connection
from django.urls import reverse

from catalog import synonyms
from catalog.completions import VALUES, keys_of, squashed
from catalog.facets.counting import Asked
from catalog.facets.filters import Filters
from catalog.facets.kinds import Facet
from catalog.facets.models import MODELS
from catalog.facets.sets import FacetSet
from catalog.facets.typed import read_typed
from catalog.index.current import current
from catalog.terms import MOST_CHARACTERS, chunks, wanted

SHOWN = 3
SHOWN_VALUES = 8
SHORTEST = 2
_ABBREVIATION = 4
# The filter that is being typed at the end of the box: `lic`, `-license:ap`, `size<`.
_UNFINISHED = re.compile(r'(?:^|(?<=\s))(-?)([A-Za-z][\w-]*)(?:(<=|>=|[:<>=])("[^"]*|[^"\s]*))?$')
# Titles of the groups and the page that one of them leads to; a value without a page narrows the models down.
_THINGS = {
    "architecture": ("Architectures", "catalog:architecture"),
    "organization": ("Organisations", "catalog:organization"),
    "task": ("Tasks", ""),
    "dataset": ("Training data", ""),
    "paper": ("Papers", "catalog:paper"),
}
# The list whose own things come first.
_FIRST = {"catalog:papers": "paper", "catalog:datasets": "dataset"}


@dataclass(frozen=True)
class Option:
    """One proposal: a page to open, or with `fill` what the box then holds."""

    label: str
    url: str
    hint: str = ""
    fill: str = ""


@dataclass(frozen=True)
class Group:
    title: str
    options: list[Option]


class _Named(NamedTuple):
    kind: str
    value: str
    label: str
    rows: int


def suggestions(typed: str, kind: FacetSet = MODELS) -> list[Group]:
    """What to propose for what stands in the box of a list; empty for less than two letters or digits."""
    typed = typed[:MOST_CHARACTERS]
    filters = Group("Filters", list(_completed(typed, kind)))
    groups = [filters]
    begun = _UNFINISHED.search(typed)
    if not begun or not begun[3] or not filters.options:
        words = wanted(read_typed(typed, kind).words)
        if len("".join(chunks(words))) >= SHORTEST:
            groups += [Group("Models", _models(words)), *_things(words, kind)]
    return [group for group in groups if group.options]


def _completed(typed: str, kind: FacetSet) -> Iterator[Option]:
    """The ways in which the filter at the end may go on."""
    begun = _UNFINISHED.search(typed)
    if not begun:
        return
    minus, name, sign, value = begun[1], begun[2].lower(), begun[3], (begun[4] or "").strip('"')
    before = typed[: begun.start()]
    if not sign:
        found = list(_named(name, minus, kind)) if len(name) >= SHORTEST else []
    elif name in kind.facet and sign in ":=":
        values = _values(kind, kind.facet[name], value)
        found = [(f"{minus}{name}{sign}{_quoted(v)} ", label) for v, label in values]
    elif name in kind.range and not minus and not value:
        example = f"{name}{sign}{kind.range[name].unit.example}"
        found = [(f"{example} ", f"{kind.range[name].title}, for example")]
    else:
        return
    for text, hint in found:
        fill = before + text
        url = f"{reverse(kind.route)}?{urlencode({'q': fill.strip()})}"
        yield Option(text.strip(), url, hint, fill)


def _named(begun: str, minus: str, kind: FacetSet) -> Iterator[tuple[str, str]]:
    """Names of filters that begin so, each with its sign and its title."""
    facets = [(f"{minus}{facet.name}:", facet.title, facet.name) for facet in kind.facets]
    ranges = [(f"{range_.name}<", range_.title, range_.name) for range_ in kind.ranges if not minus]
    found = [(text, title) for text, title, name in [*facets, *ranges] if name.startswith(begun)]
    yield from found[:SHOWN]


def _quoted(value: str) -> str:
    return f'"{value}"' if " " in value else value


def _values(kind: FacetSet, facet: Facet, begun: str) -> list[tuple[str, str]]:
    """Values of a facet that begin so, each with its words."""
    start = squashed(chunks(begun))
    labels = facet.labels() if callable(facet.labels) else facet.labels
    known = {value: facet.label(value) for value in (*facet.allowed, *labels)}
    found = {v: label for v, label in known.items() if _begins(start, v, label)}
    if kind.route == MODELS.route and facet.name in VALUES:
        # Those that models have, most of them first; groups such as `open` are no value of a model.
        groups = {value: found[value] for value in facet.groups() if value in found}
        named = _look_up([facet.name], [start], SHOWN_VALUES)
        found = groups | {one.value: one.label for one in named}
    return list(found.items())[:SHOWN_VALUES]


def _begins(start: str, *names: str) -> bool:
    return any(key.startswith(start) for key in keys_of(names))


def _models(words: str) -> list[Option]:
    """Models whose name, id or architecture begins with the words, or that fit them best."""
    if current(MODELS):
        rows = Asked(Filters(words=words)).rows(0, SHOWN)
        return [
            Option(row.name, row.get_absolute_url(), row.slug.partition("/")[0]) for row in rows
        ]
    named = _look_up(["model"], [squashed(chunks(words))], SHOWN)
    return [
        Option(m.label, reverse("catalog:model", args=[m.value]), m.value.partition("/")[0])
        for m in named
    ]


def _things(words: str, kind: FacetSet) -> Iterator[Group]:
    """Everything else that begins with the words, or with others for the same."""
    typed = tuple(chunks(words))
    others = map(squashed, synonyms.spellings(typed))
    # What begins like an abbreviation is something else: fb is Facebook, fbnet is not.
    starts = [squashed(typed), *(other for other in others if len(other) > _ABBREVIATION)]
    found = _look_up(list(_THINGS), starts, SHOWN)
    for name in sorted(_THINGS, key=lambda name: name != _FIRST.get(kind.route)):
        title, page = _THINGS[name]
        options = [_option(one, page) for one in found if one.kind == name]
        yield Group(title, options)


def _option(one: _Named, page: str) -> Option:
    hint = f"{one.rows:,} {MODELS.count_noun(one.rows)}"
    if page:
        return Option(one.label, reverse(page, args=[one.value]), hint)
    return Option(one.label, f"{reverse(MODELS.route)}?{urlencode({one.kind: one.value})}", hint)


def _look_up(kinds: Sequence[str], starts: Sequence[str], most: int) -> list[_Named]:
    """Of each kind those of which a key begins with any of these; exact ones first, then those with most rows."""
    # Each beginning by itself, for the planner to know how much of the index it is.
    begins = " OR ".join(["key >= %s AND key < %s"] * len(starts))
    ends = [end for start in starts for end in (start, start + "\U0010ffff")]
    each = _LOOK_UP.replace("BEGINS", begins)
    statement = " UNION ALL ".join([each] * len(kinds))
    parameters: list[str | int] = []
    for kind in kinds:
        parameters += [kind, *ends, starts[0], most]
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [_Named(*row) for row in cursor.fetchall()]


_LOOK_UP = """(
    SELECT kind, value, label, max(rows) AS rows FROM catalog_completion
    WHERE kind = %s AND (BEGINS)
    GROUP BY kind, value, label
    ORDER BY bool_or(key = %s) DESC, max(rows) DESC, length(label), value LIMIT %s
)"""
