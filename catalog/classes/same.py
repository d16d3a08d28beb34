"""Whether a list of names says the same as a list of WordNet ids: torchvision's "crane bird" is n02012849.

Two lists are one if, output by output, each name holds every word of one of the class's names. That is a strict
rule: one output that stands for something else, or another order, and they are two.
"""

from collections.abc import Sequence

from catalog.terms import chunks


def say_the_same(names: Sequence[str], known: Sequence[Sequence[str]]) -> bool:
    """Whether these names mean the classes `known`, each given by all its names, in this order."""
    return len(names) == len(known) and all(
        _means(name, others) for name, others in zip(names, known, strict=True)
    )


def _means(name: str, others: Sequence[str]) -> bool:
    words = set(chunks(name))
    return any(words.issuperset(chunks(other)) for other in others)
