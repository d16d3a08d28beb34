"""What every source is: a name, pages that talk to the network, records that do not."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol
from urllib.parse import urlsplit

from catalog.records import ModelRecord, Rejected
from catalog.reference_records import ReferenceRecord

if TYPE_CHECKING:  # harvesters.http needs the settings, records do not
    from harvesters.http import Http


Record = ModelRecord | ReferenceRecord | Rejected


class Unreachable(Exception):
    """The source did not answer, or not as it should; the message says what was tried."""


class NotSetUp(Unreachable):
    """A setting without which the source cannot be read is empty or of no use; the message names it."""


@dataclass(frozen=True)
class Base:
    """A base URL that a source may be asked at.

    `headers` (a token among them) are sent to this host only. `pace` is the least number of seconds
    between two requests to it, of all processes of the site together; hosts that are `paced_as` the same
    name share it. `setting` is the name of the setting that `url` comes from.
    """

    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    pace: float = 0
    paced_as: str = ""  # empty: its host
    setting: str = ""

    def expect_address(self) -> None:
        """Raise NotSetUp where the setting holds no address that can be asked."""
        if not self.setting or _is_address(self.url):
            return
        found = f"is {self.url!r:.80}, which is no address" if self.url else "is empty"
        raise NotSetUp(
            f"{self.setting} {found}: name one such as https://example.org, or take it out of the settings."
        )


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


@dataclass(frozen=True)
class Start:
    """Where a run begins.

    `cursor` is where the last run broke off; empty: a new walk. `watermark` is what the last completed
    walk left, for sources that can be asked for what changed since; empty: a full walk is wanted.
    `next_watermark` is what the broken-off walk had announced as its own.
    """

    cursor: str = ""
    watermark: str = ""
    next_watermark: str = ""


@dataclass(frozen=True)
class Page:
    """One answer of a source, and where its next one is.

    `next_cursor` is empty on the last page. `expected` is the number of records the whole walk will
    bring, if the source announces it. `version` says what was read, e.g. `1.0.31`. `watermark` becomes the
    next run's once the walk is complete: what changed after it is all that then need be read. `missing` says which part
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
    # Whether a walk with a watermark brings only what changed since; its end then marks nothing gone.
    has_increments: bool
    # Whether a walk brings everything the source has. One that only looks up what others name does not.
    is_complete: bool

    @property
    def bases(self) -> tuple[Base, ...]:
        """The base URLs it may be asked at; none if it reads files only."""
        ...

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        """Pages from `start` on; raises Unreachable."""
        ...

    def records(self, page: Page) -> Iterator[Record]:
        """The records of one page, a pure function of its body.

        An entry that is not understood comes as `Rejected`, whose `raw` is the body of a page with
        nothing but that entry, so that it can be tried again later.
        """
        ...
