"""Rows into a segment: a file of arrays in which documents are numbered by their id.

A base has its own values. A tail, which holds what has changed since, goes on with the numbers of its base's
values, so that counts of both can be added.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import numpy as np
from numpy.typing import NDArray

from catalog.facets.kinds import ArrayFacet, Range
from catalog.facets.sets import FacetSet
from catalog.index.arrays import Arrays, Writer
from catalog.index.bitmaps import of_documents
from catalog.index.keys import Key, orders
from catalog.index.lists import LONGEST_SHORT, MANY, spread
from catalog.index.reading import SEPARATOR, Coded, Rows, Texts, Words
from catalog.index.strings import Strings, packed

Numbers = NDArray[Any]


def build(kind: FacetSet, rows: Rows, file: Writer, base: Arrays | None = None) -> int:
    """Write a segment of these rows; returns how many documents it has."""
    ids = rows["id"].texts
    order = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
    file.write_strings("ids", packed(ids[place] for place in order))
    pks = np.frombuffer(rows["pk"].values, dtype=np.int64)[order]
    file.write("pks", pks)
    file.write("by-pk", pks.argsort().astype(np.uint32))
    for facet in kind.facets:
        name = f"facet {facet.name}"
        _write_facet(name, isinstance(facet, ArrayFacet), rows[name], order, file, base)
    for range_ in kind.stored_ranges:
        _write_range(range_, rows[f"range {range_.name}"], order, file)
    _write_orders(kind, rows, order, file)
    for name, column in rows.items():
        if isinstance(column, Words):
            _write_words(name, column, order, file)
        elif name.startswith("squashed "):
            _write_texts(name, column, order, file)
    return len(ids)


def _write_facet(
    name: str, several: bool, column: Coded, order: Numbers, file: Writer, base: Arrays | None
) -> None:
    """`codes`: per document the number of its value, or of its values together; of these `members` has each."""
    own = [text.split(SEPARATOR) if several else [text] for text in column.texts]
    values = sorted({"", *chain.from_iterable(own)})
    known = base.strings(f"{name}.values") if base else None
    numbers = _numbered(values, known)
    new = [value for value in values if known is None or numbers[value] >= len(known)]
    file.write_strings(f"{name}.values", packed(new))
    file.write_strings(f"{name}.folded", packed(value.casefold() for value in new))
    together = np.frombuffer(column.codes, dtype=np.uint32)[order]
    each = [sorted({numbers[value] for value in some}) for some in own]
    if several:
        ends = np.fromiter(map(len, each), np.int64, len(each)).cumsum()
        members = np.fromiter(chain.from_iterable(each), np.uint32, int(ends[-1]) if each else 0)
        file.write(f"{name}.members", members)
        file.write(f"{name}.ends", ends)
        file.write(f"{name}.codes", _narrow(together))
        documents, codes = spread(together, members, ends)
    else:
        codes = np.array([some[0] for some in each], dtype=np.uint32)[together]
        file.write(f"{name}.codes", _narrow(codes))
        documents = np.arange(len(codes), dtype=np.uint32)
    _write_sets(name, documents, codes, file)


def _numbered(values: Sequence[str], known: Strings | None) -> dict[str, int]:
    if known is None:
        return {value: number for number, value in enumerate(values)}
    found = {value: known.find(value) for value in values}
    new = iter(range(len(known), len(known) + len(values)))
    return {value: place if place >= 0 else next(new) for value, place in found.items()}


def _narrow(codes: Numbers) -> Numbers:
    """The same in as few bytes as hold them."""
    most = int(codes.max()) if len(codes) else 0
    return codes.astype(np.min_scalar_type(most))


def _write_sets(name: str, documents: Numbers, codes: Numbers, file: Writer) -> None:
    """The documents of each value that has any: `held` are the values, `sets` their bitmaps one behind the other."""
    order = codes.argsort(kind="stable")
    held, starts = np.unique(codes[order], return_index=True)
    grouped = np.split(documents[order], starts[1:]) if len(held) else []
    sets = [of_documents(some).serialize() for some in grouped]
    file.write(f"{name}.held", held.astype(np.uint32))
    file.write(f"{name}.totals", np.fromiter(map(len, grouped), np.int64, len(grouped)))
    _write_serialized(name, sets, file)


def _write_range(range_: Range, column: Any, order: Numbers, file: Writer) -> None:
    """Values, and in which bar of the histogram each lies; unknown ones in one more behind the last."""
    name = f"range {range_.name}"
    values = np.frombuffer(column.values, dtype=np.float64)[order]
    bars = np.searchsorted(np.array(range_.edges()), values, side="right")
    bars[np.isnan(values)] = range_.bins
    file.write(f"{name}.numbers", values)
    file.write(f"{name}.codes", _narrow(bars))
    _write_sets(name, np.arange(len(bars), dtype=np.uint32), bars, file)


def _write_orders(kind: FacetSet, rows: Rows, order: Numbers, file: Writer) -> None:
    keys: dict[str, Numbers] = {}
    for name in {key.name for some in orders(kind).values() for key in some}:
        column = rows[f"key {name}"]
        if isinstance(column, Texts):
            texts = [column.texts[place] for place in order]
            file.write_strings(f"text {name}", packed(texts))
            keys[name] = np.unique(np.array(texts, dtype=object), return_inverse=True)[1]
        else:
            keys[name] = np.frombuffer(column.values, dtype=np.float64)[order]
        file.write(f"key {name}", keys[name])
    for sort, some in orders(kind).items():
        file.write(f"order {sort}", _sorted(keys, some, len(order)))


def _sorted(keys: dict[str, Numbers], wanted: Sequence[Key], number: int) -> Numbers:
    """The documents in this order; NaN comes last by itself, documents of the same keys by their number."""
    found = np.arange(number, dtype=np.uint32)
    for key in reversed(wanted):
        values = keys[key.name][found]
        found = found[np.argsort(-values if key.descending else values, kind="stable")]
    return found


def _write_words(name: str, column: Words, order: Numbers, file: Writer) -> None:
    """Lexemes in their order and, one behind the other, the documents in which each occurs."""
    texts = sorted(column.texts)
    place_of = np.empty(len(texts), dtype=np.uint32)
    place_of[[column.texts[text] for text in texts]] = np.arange(len(texts))
    row_ends = np.frombuffer(column.lengths, dtype=np.uint32).astype(np.int64).cumsum()
    codes = np.frombuffer(column.codes, dtype=np.uint32)
    documents, lexemes = spread(order, place_of[codes], row_ends)
    ends = np.bincount(lexemes, minlength=len(texts)).cumsum()
    _write_lexemes(name, packed(texts), documents[lexemes.argsort(kind="stable")], ends, file)


def _write_texts(name: str, column: Texts, order: Numbers, file: Writer) -> None:
    """Texts as if each were one lexeme."""
    texts = np.array(column.texts, dtype=object)[order]
    documents = np.argsort(texts, kind="stable").astype(np.uint32)
    ordered = texts[documents]
    last = np.append(ordered[1:] != ordered[:-1], True) if len(ordered) else np.empty(0, np.bool_)
    ends = np.flatnonzero(last) + 1
    _write_lexemes(name, packed(ordered[last]), documents, ends, file)


def _write_lexemes(
    name: str, strings: Strings, documents: Numbers, ends: Numbers, file: Writer
) -> None:
    """Lexemes in their order with their documents one behind the other, those of many as bitmaps, too."""
    file.write_strings(name, strings)
    file.write(f"{name}.documents", documents)
    file.write(f"{name}.document-ends", ends)
    wide = np.flatnonzero(np.diff(ends, prepend=0) > MANY)
    ranges = [(int(place), int(place) + 1) for place in wide]
    file.write(f"{name}.wide", wide)
    _write_unions(f"{name}.wide", ranges, documents, ends, file)
    short = dict(_short_beginnings(strings, ends))
    file.write_strings(f"{name}.short", packed(short))
    _write_unions(f"{name}.short", list(short.values()), documents, ends, file)


def _short_beginnings(
    texts: Strings, ends: Numbers, start: str = ""
) -> Iterator[tuple[str, tuple[int, int]]]:
    """Beginnings of few letters that very many documents have, with the lexemes that begin so; sorted."""
    place, last = texts.beginning(start)
    while place < last:
        longer = texts[place][: len(start) + 1]
        if longer == start:  # the lexeme that is nothing but the beginning
            place += 1
            continue
        first, place = texts.beginning(longer)
        if ends[place - 1] - (ends[first - 1] if first else 0) > MANY:
            yield longer, (first, place)
            if len(longer) < LONGEST_SHORT:
                yield from _short_beginnings(texts, ends, longer)


def _write_unions(
    name: str, ranges: Sequence[tuple[int, int]], documents: Numbers, ends: Numbers, file: Writer
) -> None:
    """One bitmap per range of lexemes."""
    starts = np.concatenate([[0], ends])
    sets = [of_documents(documents[starts[a] : starts[b]]).serialize() for a, b in ranges]
    _write_serialized(name, sets, file)


def _write_serialized(name: str, sets: Sequence[bytes], file: Writer) -> None:
    file.write(f"{name}.sets", np.frombuffer(b"".join(sets), dtype=np.uint8))
    file.write(f"{name}.set-ends", np.fromiter(map(len, sets), np.int64, len(sets)).cumsum())
