"""A file of arrays: written once and whole, then mapped into memory, so that processes share what they read of it."""

import json
import mmap
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from catalog.index.strings import Strings

_ALIGNED = 64
_END = 16  # digits that say at the end of the file how long the list of its arrays is


class Writer:
    """Writes a file that is there under its name once everything in it is."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
        self._arrays: dict[str, tuple[str, int, int]] = {}

    def __enter__(self) -> Self:
        self._file = self._unfinished.open("wb")
        return self

    def __exit__(self, kind: type | None, error: object, trace: TracebackType | None) -> None:
        if kind is None:
            listed = json.dumps(self._arrays).encode()
            self._file.write(listed + b"%016d" % len(listed))
            self._file.flush()
            os.fsync(self._file.fileno())
        self._file.close()
        if kind is None:
            self._unfinished.replace(self.path)
        else:
            self._unfinished.unlink(missing_ok=True)

    def write(self, name: str, values: NDArray[Any]) -> None:
        """Add an array of one dimension."""
        start = -(-self._file.tell() // _ALIGNED) * _ALIGNED
        self._file.seek(start)
        self._file.write(np.ascontiguousarray(values).data)
        self._arrays[name] = (values.dtype.str, start, len(values))

    def write_strings(self, name: str, strings: Strings) -> None:
        self.write(f"{name}.text", strings.text)
        self.write(f"{name}.ends", strings.ends)


class Arrays:
    """The arrays of a file by name. The file may be removed while somebody reads it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self._bytes = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        listed = len(self._bytes) - _END
        length = int(self._bytes[listed:])
        self._arrays: dict[str, tuple[str, int, int]] = json.loads(
            self._bytes[listed - length : listed]
        )

    def __getitem__(self, name: str) -> NDArray[Any]:
        kind, start, length = self._arrays[name]
        return np.frombuffer(self._bytes, dtype=kind, count=length, offset=start)

    def __contains__(self, name: str) -> bool:
        return name in self._arrays

    def strings(self, name: str) -> Strings:
        return Strings(self[f"{name}.text"], self[f"{name}.ends"])
