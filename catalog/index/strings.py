"""Many strings in two arrays: their UTF-8 one behind the other, and where each ends."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray


class Strings(Sequence[str]):
    """Strings by their number. `find` and `beginning` need them sorted; UTF-8 sorts as code points do."""

    def __init__(self, text: NDArray[np.uint8], ends: NDArray[np.int64]) -> None:
        self.text, self.ends = text, ends

    def __len__(self) -> int:
        return len(self.ends)

    def __getitem__(self, number: int) -> str:  # type: ignore[override]
        return self.bytes_of(number).decode()

    def bytes_of(self, number: int) -> bytes:
        start = self.ends[number - 1] if number else 0
        return self.text[start : self.ends[number]].tobytes()

    def find(self, wanted: str) -> int:
        """The number of this string, -1 if it is not there."""
        place = self._first(wanted.encode())
        return place if place < len(self) and self[place] == wanted else -1

    def beginning(self, start: str) -> tuple[int, int]:
        """From where to where the strings begin with `start`."""
        begin = start.encode()
        # No UTF-8 text holds this byte, so it comes behind whatever continues the beginning.
        return self._first(begin), self._first(begin + b"\xff")

    def holding(self, part: str) -> NDArray[np.int64]:
        """The numbers of the strings in which this text occurs, ascending."""
        found = re.finditer(re.escape(part.encode()), self.text.tobytes())
        places = np.array([(each.start(), each.end()) for each in found], dtype=np.int64)
        if not len(places):
            return np.empty(0, dtype=np.int64)
        first, last = np.searchsorted(self.ends, places[:, 0], side="right"), places[:, 1]
        # One that begins in a string and ends in the next is in neither.
        return np.unique(first[last <= self.ends[first]])

    def _first(self, wanted: bytes) -> int:
        """The number of the first string that is not smaller."""
        low, high = 0, len(self)
        while low < high:
            middle = (low + high) // 2
            if self.bytes_of(middle) < wanted:
                low = middle + 1
            else:
                high = middle
        return low


def packed(strings: Iterable[str]) -> Strings:
    """These strings, in memory."""
    encoded = [string.encode() for string in strings]
    text = np.frombuffer(b"".join(encoded), dtype=np.uint8)
    lengths = np.fromiter(map(len, encoded), dtype=np.int64, count=len(encoded))
    return Strings(text, lengths.cumsum())
