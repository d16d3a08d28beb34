"""What is typed into a search box: words, "phrases", -exclusions and alternatives with OR, as terms and as an expression.

Every list reads it here: docs/decisions/0077-one-grammar-for-every-list.md. How the words themselves are looked for
is up to the list: names of models are cut into lexemes (catalog/search.py), papers are prose (catalog/words.py).
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import assert_never

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
class Whole:
    """Rows that have this lexeme."""

    lexeme: str


@dataclass(frozen=True)
class Beginning:
    """Rows that have a lexeme that begins so."""

    lexeme: str


@dataclass(frozen=True)
class Phrase:
    """Rows that have these lexemes one behind the other; of an `open` one the last may go on."""

    lexemes: tuple[str, ...]
    open: bool = False


@dataclass(frozen=True)
class And:
    of: tuple["Expression", ...]


@dataclass(frozen=True)
class Or:
    of: tuple["Expression", ...]


@dataclass(frozen=True)
class Not:
    of: "Expression"


Expression = Whole | Beginning | Phrase | And | Or | Not
# One expression for each of the chunks that stand side by side; all of them must hold.
Ways = Callable[[Sequence[str]], list[Expression]]


def all_of(found: Iterable[Expression]) -> Expression:
    """The conjunction of at least one."""
    every = tuple(found)
    return every[0] if len(every) == 1 else And(every)


def any_of(found: Iterable[Expression]) -> Expression:
    """The alternative of at least one, each once."""
    every = tuple(dict.fromkeys(found))
    return every[0] if len(every) == 1 else Or(every)


@dataclass(frozen=True)
class Term:
    """A word or a "phrase" that was typed; `excluded` if a minus stood before it. `text` is without either sign."""

    text: str
    is_phrase: bool
    excluded: bool

    @property
    def chunks(self) -> list[str]:
        return chunks(self.text)[:MOST_CHUNKS]

    def found(self, ways: Ways) -> Expression:
        """The rows in which it occurs, excluded or not."""
        if not self.is_phrase:
            return all_of(ways(self.chunks))
        one, *more = self.chunks
        return Phrase((one, *more)) if more else Whole(one)


def terms(words: str) -> list[list[Term]]:
    """What a person typed, in groups of alternatives (`resnet OR vit`); of each group one must hold.

    Empty if there is neither letter nor digit in it.
    """
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


def expression(words: str, ways: Ways) -> Expression | None:
    """The rows that have what a person typed; None if nothing was.

    Every word must occur in one of its `ways`, "a phrase" as it stands; -word must not.
    """
    every: list[Expression] = []
    for side_by_side, groups in groupby(terms(words), key=_is_plain):
        if side_by_side:
            every += ways([chunk for (term,) in groups for chunk in term.chunks])
        else:
            every += (any_of(_wanted(term, ways) for term in group) for group in groups)
    return all_of(every) if every else None


def _is_plain(group: Sequence[Term]) -> bool:
    return len(group) == 1 and not group[0].excluded and not group[0].is_phrase


def _wanted(term: Term, ways: Ways) -> Expression:
    return Not(term.found(ways)) if term.excluded else term.found(ways)


def has_nothing(wanted: Expression) -> bool:
    """Whether a row that has no lexeme at all is among those wanted: nothing excluded is said there."""
    match wanted:
        case And(of):
            return all(map(has_nothing, of))
        case Or(of):
            return any(map(has_nothing, of))
        case Not(one):
            return not has_nothing(one)
    return False


def tsquery(wanted: Expression) -> str:
    """The expression as a raw tsquery, whose lexemes hold letters and digits only."""
    match wanted:
        case Whole(lexeme):
            return f"'{lexeme}'"
        case Beginning(lexeme):
            return f"'{lexeme}':*"
        case Phrase(lexemes, is_open):
            written = " <-> ".join(f"'{lexeme}'" for lexeme in lexemes)
            return f"({written}:*)" if is_open else f"({written})"
        case And(of):
            return f"({' & '.join(map(tsquery, of))})"
        case Or(of):
            return f"({' | '.join(map(tsquery, of))})"
        case Not(one):
            return f"!{tsquery(one)}"
    assert_never(wanted)


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
