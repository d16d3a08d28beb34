"""What is typed into a search box: words, "phrases", -exclusions and alternatives with OR, as terms and as a tsquery.

Every list reads it here: docs/decisions/0077-one-grammar-for-every-list.md.
"""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from django.db.models import Q

MOST_CHARACTERS = 200
MOST_CHUNKS = 20
_LONGEST_CHUNK = 100
CHUNK = re.compile(r"[^\W_]+")
PART = re.compile(r"[^\W\d_]+|\d+")
_WORD = re.compile(r'-?"[^"]*"?|\S+')
# Between two words it makes them alternatives; in small letters it is a word.
EITHER = "OR"


@dataclass(frozen=True)
class Term:
    """A word or a "phrase" that was typed; `excluded` if a minus stood before it. `text` is without either sign."""

    text: str
    is_phrase: bool
    excluded: bool

    @property
    def chunks(self) -> list[str]:
        return chunks(self.text)[:MOST_CHUNKS]

    @property
    def tsquery(self) -> str:
        """What finds it, excluded or not."""
        return _phrase(self.chunks) if self.is_phrase else " & ".join(map(_prefix, self.chunks))


def terms(words: str) -> list[list[Term]]:
    """What a person typed, in groups of alternatives (`resnet OR vit`); of each group one must hold."""
    groups: list[list[Term]] = []
    alternative = False
    for word in _WORD.findall(words[:MOST_CHARACTERS]):
        text = word.removeprefix("-")
        term = Term(text.strip('"'), text.startswith('"'), word.startswith("-"))
        if word == EITHER:
            alternative = bool(groups)
        elif term.chunks:
            if not alternative:
                groups.append([])
            groups[-1].append(term)
            alternative = False
    return groups[:MOST_CHUNKS]


def tsquery(words: str) -> str:
    """What a person typed as a raw tsquery built from letters and digits only; "" if nothing is left.

    Every word must occur, as the beginning of one; "a phrase" must occur as it stands; -word must not.
    """
    groups = terms(words)
    every = " & ".join(_either(group) for group in groups)
    alone = [group[0] for group in groups if len(group) == 1]
    both = [term.chunks[0] for term in alone if _is_plain(term)]
    # "mobilenet v3" also finds mobilenetv3.
    joined = len(both) == len(groups) == 2
    return f"({every}) | {_prefix(''.join(both))}" if joined else every


def _either(group: Sequence[Term]) -> str:
    found = " | ".join(f"!({t.tsquery})" if t.excluded else f"({t.tsquery})" for t in group)
    return found if len(group) == 1 else f"({found})"


def _is_plain(term: Term) -> bool:
    return not term.excluded and not term.is_phrase and len(term.chunks) == 1


def wanted(words: str) -> str:
    """The words without those that must not occur, and without signs."""
    return " ".join(term.text for group in terms(words) for term in group if not term.excluded)


def narrowed(words: str, holds: Callable[[Term], Q]) -> Q:
    """Rows that have what was typed, where `holds` are those in which a term occurs."""
    found = Q()
    for group in terms(words):
        either = Q()
        for term in group:
            either |= ~holds(term) if term.excluded else holds(term)
        found &= either
    return found


def plain(text: str) -> str:
    """Small letters without accents."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


def chunks(text: str) -> list[str]:
    """A text cut at everything that is neither letter nor digit."""
    return [chunk[:_LONGEST_CHUNK] for chunk in CHUNK.findall(plain(text))]


def _prefix(chunk: str) -> str:
    parts = PART.findall(chunk)
    if len(parts) < 2:
        return f"'{chunk}':*"
    # resnet50 also finds resnet-50 and resnet_50d.
    apart = " <-> ".join(f"'{part}'" for part in parts)
    return f"('{chunk}':* | ({apart}:*))"


def _phrase(words: Sequence[str]) -> str:
    term = f"'{words[0]}'"
    for before, chunk in pairwise(words):
        term += f" <{len(PART.findall(before))}> '{chunk}'"
    return term
