"""The language of the search box: `resnet size<100MB license:open -task:image-segmentation top1>=80`."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from catalog import terms
from catalog.facets.filters import BEST
from catalog.facets.kinds import Range
from catalog.facets.models import MODELS
from catalog.facets.sets import FacetSet

_TOKEN = re.compile(r'-?[A-Za-z][A-Za-z0-9_-]*(?:<=|>=|[:<>=])"[^"]*"|-?"[^"]*"?|\S+')
_FILTER = re.compile(r'(-?)([A-Za-z][A-Za-z0-9_-]*)(<=|>=|[:<>=])"?([^"]*)"?')
_LOOSE = "“OR” stands between two words; it was left out. Values of one filter are alternatives as they are."
_FORMS = {"<": "..{}", "<=": "..{}", ">": "{}..", ">=": "{}..", ":": "{}", "=": "{}"}


@dataclass(frozen=True)
class Typed:
    """`words` for full text, `pairs` for the address, `notes` on what is neither."""

    words: str
    pairs: tuple[tuple[str, str], ...]
    notes: tuple[str, ...]


def read_typed(text: str, kind: FacetSet = MODELS) -> Typed:
    """What a line in the search box means.

    `year>2015` begins at 2016. Where amounts are no plain whole numbers, `<` means `<=`.
    """
    read = [_read(kind, token) for token in _TOKEN.findall(text)]
    words: list[str] = []
    notes = [note for one in read for note in one.notes]
    around = ["", *(one.words for one in read), ""]
    for before, word, after in zip(around, around[1:], around[2:], strict=False):
        if word != terms.EITHER or not {before, after} & {"", terms.EITHER}:
            words += filter(None, [word])
        else:
            notes.append(_LOOSE)
    return Typed(" ".join(words), tuple(pair for one in read for pair in one.pairs), tuple(notes))


def _read(kind: FacetSet, token: str) -> Typed:
    if token == terms.EITHER:
        return Typed(token, (), ())
    if not terms.terms(token):
        return Typed("", (), (f"“{token[:60]}” has no letters or digits; it was left out.",))
    found = _FILTER.fullmatch(token)
    if not found:
        return Typed(token, (), ())
    if meaning := tuple(_pairs(kind, *found.groups())):
        return Typed("", meaning, ())
    return Typed(token, (), (_why_not(kind, token, found[2].lower(), found[3]),))


def _pairs(
    kind: FacetSet, minus: str, key: str, sign: str, value: str
) -> Iterator[tuple[str, str]]:
    name = key.lower()
    if name in kind.range and not minus and value:
        yield name, _range(kind.range[name], sign, value)
    elif name == BEST and kind.fronts and sign in (":", "=") and not minus and value:
        yield name, value.lower()
    elif name in kind.facet and sign in (":", "=") and value:
        # license:"CC BY 4.0" means cc-by-4.0.
        yield f"{minus}{name}", kind.facet[name].spelling(value)


def _range(range_: Range, sign: str, value: str) -> str:
    if sign in ("<", ">"):
        value = range_.next_to(value, sign)
    return _FORMS[sign].format(value)


def _why_not(kind: FacetSet, token: str, name: str, sign: str) -> str:
    if name in kind.range:
        example = f"{name}<{kind.range[name].unit.example}"
        return f"“{token[:60]}” is not a range; write for example {example}. Searched for as words."
    if name in kind.facet:
        return f"“{token[:60]}”: write {name}:value, not {name}{sign}. Searched for as words."
    return f"“{name[:40]}” is not the name of a filter; “{token[:60]}” was searched for as words."
