"""Rows by how well they fit what was typed, as `catalog.ranking` defines it: by tier, by score, then as alike."""

from collections.abc import Callable, Iterator, Sequence

from pyroaring import BitMap

from catalog.index.keys import ALIKE
from catalog.index.ordering import page
from catalog.index.view import View
from catalog.index.words import beginning, whole
from catalog.ranking import Ranking


def ranked_page(view: View, bitmap: BitMap, typed: Ranking, start: int, stop: int) -> list[int]:
    """The documents at places `start` to `stop` of these, the best first."""
    found: list[int] = []
    seen = 0
    for alike in _alike(view, bitmap, typed):
        if seen >= stop:
            break
        if start < seen + len(alike):
            found += page(view, alike, ALIKE, max(start - seen, 0), stop - seen)
        seen += len(alike)
    return found


def _alike(view: View, bitmap: BitMap, typed: Ranking) -> Iterator[BitMap]:
    """The documents of each tier and score, the best first."""
    levels = list(reversed(_levels(view, bitmap, typed)))
    rest = bitmap
    for tier in _tiers(view, typed):
        mine = rest & tier
        rest = rest - mine
        yield from (mine & level for level in levels if mine)
    yield from (rest & level for level in levels)


def _tiers(view: View, typed: Ranking) -> Iterator[BitMap]:
    """The documents of each tier, the best first; those of a better one may be among them."""
    for texts in (("id", "slug"), ("name",), ("architecture",)):
        yield _of(view, whole, texts, typed)
    family = BitMap.union(*(whole(view, "squashed family", name) for name in typed.families))
    begins = _of(view, beginning, ("architecture", "name"), typed)
    yield from (family & begins, family, begins)


def _of(
    view: View, find: Callable[[View, str, str], BitMap], texts: Sequence[str], typed: Ranking
) -> BitMap:
    return BitMap.union(*(find(view, f"squashed {text}", typed.squashed) for text in texts))


def _levels(view: View, bitmap: BitMap, typed: Ranking) -> list[BitMap]:
    """The documents of each score, from 0: one for each word that they have, another if it is in their name."""
    levels = [bitmap]
    for chunk in typed.chunks:
        has = bitmap & whole(view, "words", chunk)
        named = bitmap & whole(view, "names", chunk)
        some, neither = has - named, bitmap - has
        nothing = BitMap()
        padded = [nothing, nothing, *levels, nothing, nothing]
        levels = [
            (level & neither) | (one_less & some) | (two_less & named)
            for two_less, one_less, level in zip(padded, padded[1:], padded[2:], strict=False)
        ]
    return levels
