"""arXiv's OAI-PMH interface: new papers of the relevant categories that mention pretrained models.

Manual: https://info.arxiv.org/help/oa/index.html. Read set by set from a day on; the server hands on by resumption
tokens, which end at midnight UTC. Thank you to arXiv for use of its open access interoperability.
"""

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element

from catalog.records import Fact, Rejected
from catalog.reference_records import GoneRecord, PaperRecord
from harvesters.sources import safe_xml
from harvesters.sources.arxiv import PACE, PACED_AS
from harvesters.sources.arxiv_text import (
    abstract_url,
    bare_id,
    is_possible_id,
    readable_name,
    repository_mentions,
)
from harvesters.sources.base import Base, NotSetUp, Page, Start, Unreachable
from harvesters.sources.safe_xml import BrokenXml, child, children, local, text

if TYPE_CHECKING:
    from harvesters.http import Http

# What a title or an abstract says of models that others can start from. Training something, or using a
# checkpoint of a numerical simulation, is not enough.
MENTIONS = re.compile(
    r"\bpre-?\s?train(?:ed|ing)?\b"
    r"|\bfoundation models?\b"
    r"|\bfine-?\s?tun(?:ed?|ing)\b"
    r"|\btransfer learning\b"
    r"|\bmodel zoo\b"
    r"|\b(?:model|network|trained|open) weights\b"
    r"|\b(?:model|trained|released?|public\w*) checkpoints?\b"
    r"|\bopen-?(?:source|weights?) (?:language |vision |speech )?models?\b"
    r"|\b(?:releas|publish)\w* (?:[\w,-]+ ){0,5}(?:models|weights|checkpoints)\b",
    re.IGNORECASE,
)
_FIRST_RUN_REACHES_BACK = timedelta(days=90)
_RESTARTS = 2  # in one run: midnight comes but once
_ENVELOPE = "<OAI-PMH><ListRecords>{}</ListRecords></OAI-PMH>"


@dataclass(frozen=True)
class _Place:
    """Where a walk is: in the `set`th set, read from the day `since` or `again`, at the page of `token`.

    `latest` is the largest datestamp of the walk. `last` is that of this set's last record, empty once
    the datestamps turned out not to be in order: a lost token then means reading the whole set again.
    """

    set: int
    since: str
    again: str = ""
    token: str = ""
    latest: str = ""
    last: str = ""
    restarts: int = 0  # in this run

    def after(self, feed: Element) -> "_Place":
        """The next place, once the records of this page are taken."""
        days = [text(header, "datestamp")[:10] for header in _headers(feed)]
        latest, token = max([self.latest, *days]), _token(feed)
        if not token:
            return _Place(self.set + 1, self.since, latest=latest, restarts=self.restarts)
        in_order = days == sorted(days) and (not days or self.last <= days[0])
        knows_last = bool(self.last) or not self.token
        last = (days[-1] if days else self.last) if in_order and knows_last else ""
        return replace(self, token=token, latest=latest, last=last)

    def restarted(self) -> "_Place":
        """Where to begin again when the token is not known any more."""
        again = self.last or self.again
        return replace(self, token="", again=again, restarts=self.restarts + 1)


class ArxivOai:
    """Papers of `sets` (arXiv's names) whose title or abstract `mentions` pretrained models.

    `since` is the day (2026-01-31) from which the first walk reads; empty: 90 days ago.
    """

    name = "arxiv-oai"
    title = "arXiv, new papers"
    homepage = "https://arxiv.org"
    kind = "papers"
    has_increments = True
    is_complete = False

    def __init__(
        self,
        base: str,
        sets: Sequence[str],
        since: str = "",
        mentions: re.Pattern[str] = MENTIONS,
        pace: float = PACE,
    ) -> None:
        self.bases = (Base(base, pace=pace, paced_as=PACED_AS, setting="ARXIV_OAI_URL"),)
        self._sets, self._since, self._mentions = sets, since, mentions

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        if not self._sets or not all(self._sets):
            raise NotSetUp(
                "HARVEST_ARXIV_SETS is empty or has an empty part: name sets as cs:cs:CV."
            )
        place = self._begin(start)
        while place.set < len(self._sets):
            body, feed = self._ask(http, place)
            refusal = _refusal(feed)
            if refusal.startswith("badResumptionToken") and place.restarts < _RESTARTS:
                place = place.restarted()  # tokens end at midnight
                continue
            is_empty = refusal.startswith("noRecordsMatch")
            if refusal and not is_empty:
                raise Unreachable(f"arXiv refuses to list {self._sets[place.set]}: {refusal}.")
            place = place.after(feed)
            is_last = place.set == len(self._sets)
            if not is_empty or is_last:  # an empty set brings a page only to end the walk with
                cursor = "" if is_last else json.dumps(asdict(place), separators=(",", ":"))
                yield Page(body, cursor, watermark=place.latest or place.since)

    def records(self, page: Page) -> Iterator[PaperRecord | GoneRecord | Rejected]:
        listed = child(safe_xml.parse(page.body), "ListRecords")
        for record in children(listed, "record") if listed is not None else ():
            try:
                yield from self._record(record)
            except ValueError as problem:
                header = child(record, "header")
                name = text(header, "identifier") if header is not None else ""
                raw = _ENVELOPE.format(safe_xml.write(record))
                yield Rejected(name.rpartition(":")[2] or "(without id)", str(problem), raw)

    def _begin(self, start: Start) -> _Place:
        if start.cursor:
            return replace(_Place(**json.loads(start.cursor)), restarts=0)
        # A day is read again: what came after the last walk on that day is among it.
        first = datetime.now(UTC).date() - _FIRST_RUN_REACHES_BACK
        since = start.watermark or self._since or first.isoformat()
        return _Place(0, since)

    def _ask(self, http: "Http", place: _Place) -> tuple[bytes, Element]:
        params = {"verb": "ListRecords"}
        if place.token:
            params["resumptionToken"] = place.token
        else:
            since = place.again or place.since
            params |= {"metadataPrefix": "arXiv", "set": self._sets[place.set], "from": since}
        body = http.get(self.bases[0].url, params).body
        try:
            feed = safe_xml.parse(body)
        except BrokenXml as problem:
            raise Unreachable(f"arXiv sent something else than a list: {problem}.") from problem
        if local(feed) != "OAI-PMH":
            raise Unreachable(f"arXiv sent <{local(feed)}> where a list of records was expected.")
        return body, feed

    def _record(self, record: Element) -> Iterator[PaperRecord | GoneRecord]:
        header, metadata = child(record, "header"), child(record, "metadata")
        if header is not None and header.get("status") == "deleted":
            arxiv_id = bare_id(text(header, "identifier").removeprefix("oai:arXiv.org:"))
            if is_possible_id(arxiv_id):
                yield GoneRecord(arxiv_id, paper=arxiv_id)
            return
        paper = child(metadata, "arXiv") if metadata is not None else None
        if paper is None:
            raise ValueError("a record without metadata in arXiv's format")
        if self._mentions.search(f"{text(paper, 'title')}\n{text(paper, 'abstract')}"):
            yield _paper(paper)


def _paper(paper: Element) -> PaperRecord:
    arxiv_id = bare_id(text(paper, "id"))
    if not is_possible_id(arxiv_id) or not text(paper, "title"):
        raise ValueError(f"a record without id or title: {arxiv_id!r:.60}")
    comment, abstract = text(paper, "comments"), text(paper, "abstract")
    authors = child(paper, "authors")
    return PaperRecord(
        arxiv_id,
        arxiv_id,
        url=abstract_url(arxiv_id),
        facts={
            "title": Fact(text(paper, "title")),
            "abstract": Fact(abstract),
            "authors": Fact(
                [_name(a) for a in children(authors, "author")] if authors is not None else []
            ),
            "categories": Fact(text(paper, "categories").split(), "the first is its own choice"),
            "published": Fact(text(paper, "created") or None),
            "updated": Fact(text(paper, "updated") or text(paper, "created") or None),
            "venue": Fact(text(paper, "journal-ref") or None),
            "doi": Fact(text(paper, "doi") or None),
            "comment": Fact(comment or None),
            "license": Fact(text(paper, "license") or None, "of the paper's text"),
        },
        repositories=repository_mentions({"comment": comment, "abstract": abstract}),
    )


def _name(author: Element) -> str:
    parts = (text(author, name) for name in ("forenames", "keyname", "suffix"))
    return readable_name(" ".join(part for part in parts if part))


def _refusal(feed: Element) -> str:
    """Code and words of the error that the answer holds, if it does."""
    error = child(feed, "error")
    return "" if error is None else f"{error.get('code', '')} {error.text or ''}".strip()[:200]


def _headers(feed: Element) -> list[Element]:
    listed = child(feed, "ListRecords")
    records = children(listed, "record") if listed is not None else []
    return [header for record in records for header in children(record, "header")]


def _token(feed: Element) -> str:
    listed = child(feed, "ListRecords")
    return text(listed, "resumptionToken") if listed is not None else ""
