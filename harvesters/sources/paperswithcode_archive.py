"""The files of the Papers with Code archive, entry by entry, wherever they lie and however large they are.

A folder holds the last dumps as they were published (`links-between-papers-and-code.json.gz`), or the Hub's
conversion of them to Parquet; over the network only that is had (`/api/datasets/pwc-archive/<name>/parquet`).
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, TYPE_CHECKING, Any, Protocol
from urllib.parse import urljoin, urlsplit

from harvesters.sources.base import Unreachable

if TYPE_CHECKING:
    from harvesters.http import Http

# The parts that are read, in this order, by the names that their files and their data sets on the Hub have.
PARTS = {
    "papers": ("papers-with-abstracts",),
    "links": ("links-between-paper-and-code", "links-between-papers-and-code"),
    "datasets": ("datasets",),
    "tables": ("evaluation-tables",),
}
_ENDINGS = (".parquet", ".json", ".json.gz")
_CHUNK = 1 << 20  # characters
# An entry is a paper, a link, or a task with all its tables; the largest of those has some 10 MB.
_LARGEST_ENTRY = 64 << 20
_LARGEST_FILE = 4_000_000_000
_ROWS_AT_ONCE = 64  # a task with its tables is one row, and every row has the metrics of all others


class Archive(Protocol):
    """Where the files lie. A file is a text that `opened` understands."""

    def files(self, part: str) -> list[str]:
        """The files of one part, in order; none if the archive lacks it."""
        ...

    def signature(self) -> str:
        """A short text that changes when the archive does."""
        ...

    def opened(self, file: str) -> Any:
        """A context in which the file lies at the path given."""
        ...


class Folder:
    """An archive in a folder: `<name>.json`, `<name>.json.gz`, `<name>*.parquet` or `<name>/*.parquet`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if not folder.is_dir():
            raise Unreachable(
                f"PWC_ARCHIVE {folder} does not exist: make that folder or correct the setting."
            )

    def files(self, part: str) -> list[str]:
        """The files of the first name and ending that there are: one copy of each part is read."""
        for name in PARTS[part]:
            for ending in _ENDINGS:
                patterns = (f"{name}{ending}", f"{name}-0*{ending}", f"{name}/*{ending}")
                for pattern in patterns:
                    if found := sorted(str(path) for path in self._folder.glob(pattern)):
                        return found
        return []

    def signature(self) -> str:
        seen = hashlib.sha256()
        for part in PARTS:
            for file in self.files(part):
                status = Path(file).stat()
                seen.update(f"{file} {status.st_size} {status.st_mtime_ns}\n".encode())
        return seen.hexdigest()[:16]

    @contextmanager
    def opened(self, file: str) -> Iterator[Path]:
        yield Path(file)


class Hub:
    """An archive on the Hugging Face Hub or a mirror: the list of a data set's files, then those.

    The Hub converts them to Parquet; what a mirror lists may also end in `.json` or `.json.gz`.
    """

    def __init__(self, base: str, http: "Http") -> None:
        self._base, self._http = base, http
        self._files = {part: self._listed(names[0]) for part, names in PARTS.items()}

    def _listed(self, name: str) -> list[str]:
        address = f"{self._base}/api/datasets/pwc-archive/{name}/parquet"
        body = self._http.get(address).body
        try:
            splits = [split for config in json.loads(body).values() for split in config.values()]
            return [urljoin(address, url) for urls in splits for url in urls]
        except (AttributeError, TypeError, ValueError) as problem:
            raise Unreachable(f"{address} is not a list of files.") from problem

    def files(self, part: str) -> list[str]:
        return self._files[part]

    def signature(self) -> str:
        return hashlib.sha256(json.dumps(self._files).encode()).hexdigest()[:16]

    @contextmanager
    def opened(self, file: str) -> Iterator[Path]:
        with TemporaryDirectory(prefix="modelscout-") as folder:
            named = urlsplit(file).path
            path = (
                Path(folder) / f"part{next((e for e in _ENDINGS if named.endswith(e)), '.parquet')}"
            )
            self._http.download(file, path, _LARGEST_FILE)
            yield path


def entries(path: Path) -> Iterator[Any]:
    """What a file lists, one after the other, without holding more than a few; raises Unreachable."""
    try:
        if path.suffix == ".parquet":
            yield from _parquet(path)
        elif path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8", errors="replace") as file:
                yield from _json(file, path.name)
        else:
            with path.open(encoding="utf-8", errors="replace") as file:
                yield from _json(file, path.name)
    except (OSError, EOFError, zlib.error) as problem:
        raise Unreachable(f"{path.name} cannot be read to its end: {problem}.") from problem


def _json(file: IO[str], name: str) -> Iterator[Any]:
    """The elements of a file that is one JSON list."""
    decoder = json.JSONDecoder()
    text = file.read(_CHUNK).lstrip("\ufeff \t\r\n")
    if not text.startswith("["):
        raise Unreachable(f"{name} does not begin as a JSON list; nothing was read of it.")
    at = 1
    while True:
        at = _skip(text, at)
        if text.startswith("]", at):
            return
        try:
            entry, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as problem:
            # Cut off at the end of what is in memory, or broken: more of it tells. Twice as much each
            # time, or a large entry would be parsed once per chunk.
            more = file.read(max(_CHUNK, len(text) - at))
            if not more or len(text) - at > _LARGEST_ENTRY or isinstance(problem, RecursionError):
                raise Unreachable(f"{name} is broken off or is no JSON: {problem}.") from problem
            text, at = text[at:] + more, 0
            continue
        yield entry
        at = end


def _skip(text: str, at: int) -> int:
    while at < len(text) and text[at] in " \t\r\n,":
        at += 1
    return at


def _parquet(path: Path) -> Iterator[Any]:
    try:
        import pyarrow
        from pyarrow import parquet
    except ImportError as problem:
        raise Unreachable(
            "Reading Parquet needs pyarrow, which is not installed here: install the group `archive`, "
            "or put the archive's .json.gz files into the folder PWC_ARCHIVE."
        ) from problem
    try:
        for batch in parquet.ParquetFile(path).iter_batches(_ROWS_AT_ONCE):
            yield from batch.to_pylist()
    except pyarrow.ArrowException as problem:
        raise Unreachable(f"{path.name} is no Parquet file: {problem}.") from problem
