"""What was found by meaning, as documents: which they are, and that the first of them come first."""

import numpy as np
from pyroaring import BitMap

from catalog.facets.filters import Filters
from catalog.index.relevance import ranked_page
from catalog.index.view import View
from catalog.ranking import Ranking


def near(view: View, filters: Filters) -> BitMap:
    """The documents found by meaning."""
    return _documents(view, filters.by_meaning.near)


def first_page(
    view: View, bitmap: BitMap, first: tuple[int, ...], typed: Ranking, start: int, stop: int
) -> list[int]:
    """The documents at places `start` to `stop` of these: those of the keys `first` in that order, then by relevance."""
    kept = _documents(view, first) & bitmap
    by_key = dict(zip(view.pks(list(kept)), kept, strict=True))
    leading = [by_key[pk] for pk in first if pk in by_key]
    rest = ranked_page(
        view, bitmap - kept, typed, max(start - len(leading), 0), max(stop - len(leading), 0)
    )
    return [*leading[start:stop], *rest]


def _documents(view: View, pks: tuple[int, ...]) -> BitMap:
    return view.documents_of(np.array(pks, dtype=np.int64)) if pks else BitMap()
