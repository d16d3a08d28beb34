"""By what a list is sorted: the keys of every order that the address may ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from django.db.models.expressions import Combinable, OrderBy

from catalog.facets.sets import FacetSet

# The order of rows that fit what was typed alike.
ALIKE = "alike"


@dataclass(frozen=True)
class Key:
    """`name` is the expression in words; what is not known comes last either way."""

    name: str
    descending: bool


def orders(kind: FacetSet) -> Mapping[str, tuple[Key, ...]]:
    """The keys of each order, the most important first, without the last one: documents are numbered by it."""
    return _orders(kind.origin or kind)


@cache
def _orders(kind: FacetSet) -> Mapping[str, tuple[Key, ...]]:
    return {
        sort: tuple(Key(_name(key), key.descending) for key in keys[:-1])
        for sort, keys in _every(kind).items()
    }


def sort_keys(kind: FacetSet) -> Mapping[str, Combinable]:
    """Every expression that an order is made of, by its name."""
    return {_name(key): key.expression for keys in _every(kind).values() for key in keys[:-1]}


def _every(kind: FacetSet) -> dict[str, list[OrderBy]]:
    stored = [sort for sort in kind.sorts if sort and not kind.computed(sort)]
    named = {sort: kind.order(sort, "") for sort in stored}
    return {**named, ALIKE: kind.alike_order()} if kind.expression else named


def _name(key: OrderBy) -> str:
    return str(key.expression)
