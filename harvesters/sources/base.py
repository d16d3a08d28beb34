"""What every source is: a name, pages that talk to the network, records that do not."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from catalog.records import ModelRecord, Rejected

if TYPE_CHECKING:  # harvesters.http needs the settings, records do not
    from harvesters.http import Http


class Unreachable(Exception):
    """The source did not answer, or not as it should; the message says what was tried."""


@dataclass(frozen=True)
class Page:
    """One answer of a source, and where its next one is.

    `next_cursor` is empty on the last page. `expected` is the number of records the whole walk will
    bring, if the source announces it. `version` says what was read, e.g. `1.0.31`. `watermark` is kept
    with the checkpoint: it tells later whether there is anything new to read. `missing` says which part
    of the source could not be looked at: the walk goes on, but marks nothing gone.
    """

    body: bytes
    next_cursor: str = ""
    expected: int | None = None
    version: str = ""
    watermark: str = ""
    missing: str = ""


class Harvested(Protocol):
    """A source. `pages` is the only part that reads anything outside; `records` is a pure function."""

    name: str
    title: str
    homepage: str
    kind: str  # a value of catalog.models.Source.Kind

    @property
    def bases(self) -> tuple[str, ...]:
        """The base URLs it may be asked at; none if it reads files only."""
        ...

    def pages(self, http: "Http", cursor: str) -> Iterator[Page]:
        """Pages from `cursor` on (empty: from the start); raises Unreachable."""
        ...

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        """The records of one page; an entry that is not understood comes as `Rejected`."""
        ...
