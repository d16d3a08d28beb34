"""Libraries that list their checkpoints in their own source files: what was read of one, as pages."""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from harvesters.python_source import SourceUnreadable
from harvesters.sources.base import Base, Page, Start, Unreachable

if TYPE_CHECKING:
    from harvesters.http import Http

_PAGE = 500
Entries = list[dict[str, Any]]


class InstalledLibrary(ABC):
    """A library that is installed here, read without importing it."""

    kind = "library"
    bases: tuple[Base, ...] = ()
    has_increments = False
    is_complete = True

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - reads files only
        yield from library_pages(self._read, start.cursor)

    @abstractmethod
    def _read(self) -> tuple[Entries, str]:
        """Its entries and its version; raises SourceUnreadable."""


def library_pages(read: Callable[[], tuple[Entries, str]], cursor: str) -> Iterator[Page]:
    """The entries of a library of some version, as `read` gives both, cut into pages.

    A cursor of another version starts over, for its offset means nothing. Raises Unreachable where `read`
    finds that the library is not installed or not written as it used to be.
    """
    try:
        entries, version = read()
    except SourceUnreadable as problem:
        raise Unreachable(str(problem)) from problem
    of_version, _, offset = cursor.partition(":")
    start = int(offset) if of_version == version and offset.isdigit() else 0
    for at in range(start, max(len(entries), 1), _PAGE):
        end = at + _PAGE
        body = json.dumps(entries[at:end]).encode()
        following = f"{version}:{end}" if end < len(entries) else ""
        yield Page(body, following, len(entries), version)
