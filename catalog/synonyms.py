"""Spellings of the field that mean the same: vit and "vision transformer", in1k and ImageNet-1k.

They stand in `synonyms.toml` and widen what is typed, never what is stored: a new line acts at once.
"""

import tomllib
from collections.abc import Sequence
from pathlib import Path

from catalog.terms import Expression, Whole, all_of, chunks

Spelling = tuple[str, ...]  # its chunks


LINES: list[list[str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)["same"]
_CHUNKS = [[tuple(chunks(spelling)) for spelling in line] for line in LINES]
_OTHERS: dict[Spelling, list[Expression]] = {
    one: [all_of(map(Whole, other)) for other in line if other != one]
    for line in _CHUNKS
    for one in line
}
_LONGEST = max(map(len, _OTHERS))


def spellings(run: Spelling) -> list[Spelling]:
    """The others of exactly these chunks."""
    return [other for line in _CHUNKS if run in line for other in line if other != run]


def same_as(chunk: str) -> list[Expression]:
    """The other spellings of one chunk."""
    return _OTHERS.get((chunk,), [])


def instead(run: Sequence[str]) -> list[list[Expression]]:
    """For each of these chunks, typed side by side, what else may occur instead of it.

    Where a spelling takes several of them, each of them may be replaced by all of another spelling.
    """
    found: list[list[Expression]] = [[] for _ in run]
    for start in range(len(run)):
        for end in range(start + 1, min(start + _LONGEST, len(run)) + 1):
            for place in range(start, end):
                found[place] += _OTHERS.get(tuple(run[start:end]), ())
    return found
