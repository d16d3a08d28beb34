"""Rows by how well they fit what was typed, as `catalog.ranking` defines it: by tier, by score, then as alike."""

from collections.abc import Iterator

from pyroaring import BitMap

from catalog.index.keys import ALIKE
from catalog.index.ordering import page
from catalog.index.view import View
from catalog.index.words import beginning, whole
from catalog.ranking import Ranking

# The texts that decide a tier, whole or only their beginning; the best first.
_TIERS = (
    (whole, ("id", "slug")),
    (whole, ("name",)),
    (whole, ("architecture",)),
    (whole, ("family",)),
    (beginning, ("architecture", "name")),
)


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
    for find, texts in _TIERS:
        yield BitMap.union(*(find(view, f"squashed {text}", typed.squashed) for text in texts))


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
