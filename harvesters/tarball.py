"""Files out of a repository's tarball, as GitHub's codeload sends it: nothing is unpacked to disk."""

import gzip
import io
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from harvesters.sources.base import Unreachable

if TYPE_CHECKING:
    from harvesters.http import Http

_LARGEST_DOWNLOAD = 500_000_000


@dataclass(frozen=True)
class Tarball:
    """`files` by their path below the archive's one top folder; `commit` is empty where it is not said.

    `date` is the day of that commit, as 2026-01-31: git archive gives it to every file.
    """

    commit: str
    files: dict[str, bytes]
    date: str = ""


@contextmanager
def fetched_tarball(http: "Http", url: str) -> Iterator[Path]:
    """The tarball at `url` as a temporary file, for repositories that are too large for memory."""
    with TemporaryDirectory(prefix="tarball-") as folder:
        file = Path(folder) / "repository.tar.gz"
        http.download(url, file, _LARGEST_DOWNLOAD)
        yield file


def read_tarball(
    body: bytes | Path,
    wanted: Callable[[str], bool],
    *,
    largest: int = 2_000_000,
    most: int = 20_000,
    unpacked: int = 1_000_000_000,
) -> Tarball:
    """The wanted regular files of a gzipped tarball, given as its bytes or its file.

    `largest` is how many bytes one wanted file may have, `most` how many members there may be, `unpacked`
    how many bytes they may be together, wanted or not. Raises Unreachable beyond that and for whatever is
    no tarball. Links, devices and names that lead out of the archive are passed over.
    """
    try:
        with (
            gzip.open(body if isinstance(body, Path) else io.BytesIO(body)) as packed,
            tarfile.open(fileobj=_Bounded(packed, unpacked), mode="r|") as archive,
        ):
            files, moment = _wanted(archive, wanted, largest, most)
            # git archive writes the commit here.
            commit = (archive.pax_headers or {}).get("comment", "")
    except (tarfile.TarError, EOFError, OSError, zlib.error) as problem:
        raise Unreachable(f"What came is no readable tarball: {problem}") from problem
    date = datetime.fromtimestamp(moment, UTC).date().isoformat() if 0 < moment < 4e9 else ""
    return Tarball(commit, files, date)


def _wanted(
    archive: tarfile.TarFile, wanted: Callable[[str], bool], largest: int, most: int
) -> tuple[dict[str, bytes], float]:
    """The wanted files by path, and when the newest of them was written, in seconds since 1970."""
    files: dict[str, bytes] = {}
    moment = 0.0
    for path, member in _members(archive, most):
        content = archive.extractfile(member) if wanted(path) else None
        if content is None:
            continue
        if member.size > largest:
            raise Unreachable(f"{path} in the tarball is larger than {largest:,} bytes.")
        files[path] = content.read()
        moment = max(moment, member.mtime)
    return files, moment


def _members(archive: tarfile.TarFile, most: int) -> Iterator[tuple[str, tarfile.TarInfo]]:
    """The regular files with their paths below the archive's top folder."""
    for number, member in enumerate(archive):
        if number >= most:
            raise Unreachable(f"The tarball has more than {most:,} members; nothing was read.")
        path = _below_the_top(member.name)
        if path and member.isreg():
            yield path, member


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
