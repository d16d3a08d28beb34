"""The words by which a class is found: how its names are cut, and how what is typed may stand in them.

As with names of models (`catalog.search`): docs/decisions/0022-names-are-cut-into-lexemes.md. Here hyphens and
blanks make no difference, and one and many are the same.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from catalog import terms
from catalog.classes.naming import singulars
from catalog.terms import Beginning, Expression, any_of

# Where the positions of each part begin: so far apart that no phrase reaches from one into the next.
_GAP = 10
_ID, _DEFINITION = 8_000, 10_000


def search_text(names: Iterable[str], wordnet_id: str, definition: str) -> str:
    """The lexemes of a class with position and weight, in the text form of a tsvector.

    Weights: A names, C id, D definition.
    """
    written, start = [], 1
    for name in names:
        cut = terms.chunks(name)
        written += _placed(cut, start, "A")
        # "fork lift" also finds the forklift, "forklift" the fork-lift.
        written += [f"'{a}{b}':{start + at}A" for at, (a, b) in enumerate(pairwise(cut))]
        start += len(cut) + _GAP
    written += _placed(terms.chunks(wordnet_id), _ID, "C")
    return " ".join([*written, *_placed(terms.chunks(definition), _DEFINITION, "D")])


def _placed(cut: Sequence[str], start: int, weight: str) -> list[str]:
    return [f"'{chunk}':{start + at}{weight}" for at, chunk in enumerate(cut)]


def expression(words: str) -> Expression | None:
    """The classes in which what was typed occurs; None if neither letter nor digit was."""
    return terms.expression(words, _in_classes)


def _in_classes(run: Sequence[str]) -> list[Expression]:
    """How each of these chunks, typed side by side, may stand in a name."""
    around = zip(["", *run], run, [*run[1:], ""], strict=False)
    return [any_of(_ways(*three)) for three in around]


def _ways(before: str, chunk: str, after: str) -> Iterator[Expression]:
    for one in (chunk, *singulars(chunk)):
        yield Beginning(one)
        if before:
            yield Beginning(before + one)
    if after:
        yield Beginning(chunk + after)
        yield from (Beginning(chunk + one) for one in singulars(after))
