"""One order of what was found by words and what was found by meaning, and when meaning is asked at all."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from catalog import terms
from catalog.meaning.encoder import NoEncoder
from catalog.meaning.nearest import nearest
from catalog.models import PretrainedModel
from catalog.ranking import ranking, tier
from catalog.vocabulary import DATASETS, FAMILIES, LIBRARIES, ORGANIZATIONS, TASKS

# https://doi.org/10.1145/1571941.1572114: so that the first places do not decide alone.
_RANK_CONSTANT = 60
_FEWEST_LETTERS = 3
_CALLED_SO = 2  # from this tier on, somebody typed a name: see catalog.ranking


@dataclass(frozen=True)
class Found:
    """`near` are the rows found by meaning, nearest first; `first` those that come first by relevance, in order.

    `problem` says why meaning could not be asked, though there is something to be found.
    """

    near: tuple[int, ...] = ()
    first: tuple[int, ...] = ()
    problem: str = ""


NOTHING = Found()


def by_meaning(words: str, by_words: Callable[[], Sequence[int]]) -> Found:
    """What words find by meaning; nothing where they are a name. `by_words` gives the best rows by words."""
    if not may_mean(words):
        return NOTHING
    try:
        near = nearest(words)
    except NoEncoder as problem:
        return Found(problem=str(problem))
    best = by_words() if near else ()
    if not near or (best and _is_called(best[0], words)):
        return NOTHING
    return Found(near, tuple(fused(best, near)))


def fused(*lists: Sequence[int]) -> list[int]:
    """Reciprocal rank fusion: a list gives what stands in it 1 / (60 + place); the best first, of equals the one that
    an earlier list has."""
    scores: dict[int, float] = {}
    for found in lists:
        for place, item in enumerate(found, start=1):
            scores[item] = scores.get(item, 0) + 1 / (_RANK_CONSTANT + place)
    return sorted(scores, key=lambda item: -scores[item])


def may_mean(words: str) -> bool:
    """Whether the words say what something is about: plain ones, of letters, not what a known thing is called.

    Who types quotation marks, minus or OR, digits or the name of a task wants exactly that.
    """
    groups = terms.terms(words)
    typed = [term for group in groups for term in group]
    if len(typed) != len(groups) or any(term.is_phrase or term.excluded for term in typed):
        return False
    chunks = terms.chunks(words)
    is_plain = all(map(str.isalpha, chunks)) and not set(words) & set("_./")
    is_long = any(len(chunk) >= _FEWEST_LETTERS for chunk in chunks)
    return is_plain and is_long and "".join(chunks) not in _names()


@cache
def _names() -> frozenset[str]:
    """What tasks, libraries, data sets, organisations and families are called, in letters and digits only."""
    tables = (TASKS, LIBRARIES, DATASETS, ORGANIZATIONS, FAMILIES)
    texts = (text for table in tables for both in table.items() for text in both)
    return frozenset("".join(terms.chunks(text)) for text in texts)


def _is_called(pk: int, words: str) -> bool:
    typed = ranking(words)
    row = PretrainedModel.objects.filter(pk=pk)
    return bool(typed and row.annotate(tier=tier(typed)).filter(tier__gte=_CALLED_SO).exists())
