"""Files out of a repository's tarball, as GitHub's codeload sends it, in memory: nothing is unpacked to disk."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import PurePosixPath

from harvesters.sources.base import Unreachable


@dataclass(frozen=True)
class Tarball:
    """`files` by their path below the archive's one top folder; `commit` is empty where it is not said."""

    commit: str
    files: dict[str, bytes]


def read_tarball(
    body: bytes,
    wanted: Callable[[str], bool],
    *,
    largest: int = 2_000_000,
    most: int = 20_000,
    unpacked: int = 1_000_000_000,
) -> Tarball:
    """The wanted regular files of a gzipped tarball.

    `largest` is how many bytes one wanted file may have, `most` how many members there may be, `unpacked`
    how many bytes they may be together, wanted or not. Raises Unreachable beyond that and for whatever is
    no tarball. Links, devices and names that lead out of the archive are passed over.
    """
    files: dict[str, bytes] = {}
    try:
        stream = _Bounded(gzip.GzipFile(fileobj=io.BytesIO(body)), unpacked)
        with tarfile.open(fileobj=stream, mode="r|") as archive:
            for number, member in enumerate(archive):
                if number >= most:
                    raise Unreachable(
                        f"The tarball has more than {most:,} members; nothing was read."
                    )
                path = _below_the_top(member.name)
                content = archive.extractfile(member) if path and member.isreg() else None
                if content is None or not wanted(path):
                    continue
                if member.size > largest:
                    raise Unreachable(f"{path} in the tarball is larger than {largest:,} bytes.")
                files[path] = content.read()
            # git archive writes the commit here.
            commit = archive.pax_headers.get("comment", "")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as problem:
        raise Unreachable(f"What came is no readable tarball: {problem}") from problem
    return Tarball(commit, files)


def _below_the_top(name: str) -> str:
    parts = PurePosixPath(name).parts
    return "" if name.startswith("/") or ".." in parts else "/".join(parts[1:])


class _Bounded(io.RawIOBase):
    """Reads on until `most` bytes came: a few kilobytes of gzip can hold gigabytes."""

    def __init__(self, source: gzip.GzipFile, most: int) -> None:
        self._source, self._most, self._left = source, most, most

    def read(self, size: int = -1) -> bytes:
        chunk = self._source.read(size if 0 <= size <= self._left else self._left + 1)
        self._left -= len(chunk)
        if self._left < 0:
            raise Unreachable(f"The tarball unpacks to more than {self._most:,} bytes.")
        return chunk
