"""What is found by meaning beside the words: worked out once, when it is first needed, for all filters of a request."""

from collections.abc import Iterable
from functools import cached_property
from typing import TYPE_CHECKING, Any

from catalog.facets.sets import FacetSet
from catalog.meaning.fusion import NOTHING, Found

if TYPE_CHECKING:
    from catalog.facets.filters import Filters

# How many of those that have the words are mixed with those found by meaning.
_BEST = 100


class Nearness:
    """What the words find by meaning among all rows of the list, whatever else they are narrowed by."""

    def __init__(self, kind: FacetSet, words: str) -> None:
        self._kind, self.words = kind, words

    @cached_property
    def found(self) -> Found:
        if not self._kind.by_meaning or not self.words:
            return NOTHING
        return self._kind.by_meaning(self.words, self._by_words)

    def _by_words(self) -> list[int]:
        from catalog.facets.counting import Asked  # which knows filters, as they know this
        from catalog.facets.filters import Filters

        return Asked(Filters(words=self.words, kind=self._kind)).pks(0, _BEST)


def mark(rows: Iterable[Any], filters: "Filters") -> None:
    """Give each of these rows `by_meaning`: whether it was found by meaning only, and lacks some of the words."""
    near = {row.pk for row in rows} & set(filters.by_meaning.near)
    if near:
        has = filters.kind.rows().filter(filters.kind.matches(filters.words), pk__in=near)
        near -= set(has.values_list("pk", flat=True))
    for row in rows:
        row.by_meaning = row.pk in near
