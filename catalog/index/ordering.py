"""The documents of one page, in the order asked for."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyroaring import BitMap

from catalog.index.bitmaps import documents_of
from catalog.index.keys import Key, orders
from catalog.index.segment import Segment
from catalog.index.view import View

Numbers = NDArray[Any]
# So few documents are sorted; of more, the order of all is gone through until there are enough.
_FEW = 20_000
_STRETCH = 1 << 16


def page(view: View, bitmap: BitMap, sort: str, start: int, stop: int) -> list[int]:
    """The documents at places `start` to `stop` of these, sorted as the address names it."""
    keys = orders(view.kind)[sort]
    parts = view.split(documents_of(bitmap))
    first = [
        _first(segment, sort, keys, documents, stop)
        for segment, documents in zip(view.segments, parts, strict=True)
    ]
    if len(first) == 1 or not len(first[1]):
        return first[0][start:stop].tolist()
    return _merged(view, keys, first)[start:stop]


def _first(
    segment: Segment, sort: str, keys: Sequence[Key], documents: Numbers, number: int
) -> Numbers:
    """The first ones of a segment's documents."""
    if len(documents) <= _FEW:
        return _sorted(segment, keys, documents)[:number]
    wanted = np.zeros(len(segment), dtype=np.bool_)
    wanted[documents] = True
    order = segment.arrays[f"order {sort}"]
    found: list[Numbers] = []
    for begin in range(0, len(order), _STRETCH):
        stretch = order[begin : begin + _STRETCH]
        found.append(stretch[wanted[stretch]])
        if sum(map(len, found)) >= number:
            break
    return np.concatenate(found)[:number]


def _sorted(segment: Segment, keys: Sequence[Key], documents: Numbers) -> Numbers:
    """What numpy sorts stably, from the last key to the first; NaN comes last by itself."""
    for key in reversed(keys):
        values = segment.arrays[f"key {key.name}"][documents]
        order = np.argsort(-values if key.descending else values, kind="stable")
        documents = documents[order]
    return documents


def _merged(view: View, keys: Sequence[Key], first: Sequence[Numbers]) -> list[int]:
    """The first documents of both segments in one order."""
    found = [*first[0].tolist(), *(view.border + document for document in first[1].tolist())]
    places = {document: view.place(document) for document in found}
    found.sort(key=lambda document: places[document][0].ids[places[document][1]])
    for key in reversed(keys):
        values: dict[int, Any] = {d: s.key(key.name, place) for d, (s, place) in places.items()}
        known = [document for document in found if values[document] is not None]
        known.sort(key=values.__getitem__, reverse=key.descending)
        found = known + [document for document in found if values[document] is None]
    return found
