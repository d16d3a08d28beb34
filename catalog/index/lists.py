"""Lists of values one behind the other, and what of documents is so many that it is kept as a bitmap."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[Any]
# Words and beginnings of at most so many letters have their documents as bitmaps where these are many.
MANY = 1 << 16
LONGEST_SHORT = 3


def spread(
    together: Numbers, members: Numbers, ends: Numbers, documents: Numbers | None = None
) -> tuple[Numbers, Numbers]:
    """(document, value) of each value of each document, where `together` numbers the lists of values."""
    starts = ends - np.diff(ends, prepend=0)
    lengths = (ends - starts)[together]
    stops = lengths.cumsum()
    total = int(stops[-1]) if len(stops) else 0
    places = np.arange(total) + np.repeat(starts[together] - (stops - lengths), lengths)
    owners = np.arange(len(together), dtype=np.uint32) if documents is None else documents
    return np.repeat(owners, lengths), members[places]
