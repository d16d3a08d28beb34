"""What is counted for a page, whoever counts it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# So many values of a long facet are shown.
SHOWN = 20


@dataclass(frozen=True)
class Counts:
    """`total` rows have everything asked for; all else ignores the selection of the facet it belongs to.

    `values`: rows per value by facet, of a long one at least those that are shown. `bars`: rows per bar of the histogram by range. `without`: rows
    that would be left if that one filter went.
    """

    total: int
    values: Mapping[str, Mapping[str, int]]
    bars: Mapping[str, Sequence[int]]
    unknown: Mapping[str, int]
    without: Mapping[str, int]
