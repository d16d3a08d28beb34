"""arXiv's Atom API: the papers that models, cards and repositories name, by their ids.

Manual: https://info.arxiv.org/help/api/user-manual.html. At most one request in three seconds; an id that arXiv
does not know is missing from its answer, and one that it finds malformed spoils the whole request.
Thank you to arXiv for use of its open access interoperability.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree.ElementTree import Element

from catalog.records import Fact, Rejected
from catalog.reference_records import GoneRecord, PaperRecord
from harvesters.http_errors import HttpError
from harvesters.sources import safe_xml
from harvesters.sources.arxiv_text import (
    abstract_url,
    bare_id,
    is_possible_id,
    repository_mentions,
)
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.safe_xml import BrokenXml, children, local, text

if TYPE_CHECKING:
    from harvesters.http import Http

_AT_ONCE = 100
_TRIES = 3  # of a request whose answer holds less than it says
PACE = 3.1  # seconds between two requests of all our machines; arXiv asks for 3
PACED_AS = "arxiv.org"
_VERSION = re.compile(r"v(\d{1,4})$")
_FEED = '<feed xmlns="http://www.w3.org/2005/Atom">{}</feed>'


class Arxiv:
    """Papers by id. `wanted(most)` gives the ids (without version) to look up, the most wanted first."""

    name = "arxiv"
    title = "arXiv"
    homepage = "https://arxiv.org"
    kind = "papers"
    has_increments = False
    is_complete = False

    def __init__(
        self,
        base: str,
        wanted: Callable[[int], Sequence[str]],
        most: int = 10_000,
        pace: float = PACE,
    ) -> None:
        self.bases = (Base(base, pace=pace, paced_as=PACED_AS, setting="ARXIV_API_URL"),)
        self._wanted, self._most = wanted, most

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        # What was looked up is not wanted any more, so that the cursor need only count.
        done = int(start.cursor or 0)
        ids = list(self._wanted(max(0, self._most - done)))
        total = done + len(ids)
        for first in range(0, len(ids), _AT_ONCE):
            chunk = ids[first : first + _AT_ONCE]
            possible = [one for one in chunk if is_possible_id(one)]
            answers = list(self._answers(http, possible))
            if len(possible) > 1 and not any(answer["feed"] for answer in answers):
                raise Unreachable("arXiv refuses every one of the ids, so it is not about the ids.")
            impossible = [one for one in chunk if one not in possible]
            answers += [_answer(impossible)] if impossible else []
            done += len(chunk)
            body = json.dumps(answers).encode()
            yield Page(body, str(done) if done < total else "", expected=total)

    def records(self, page: Page) -> Iterator[PaperRecord | GoneRecord | Rejected]:
        for answer in json.loads(page.body):
            left = dict.fromkeys(answer["asked"])
            for entry in _entries(answer["feed"]):
                arxiv_id = bare_id(text(entry, "id"))
                if arxiv_id not in left:  # an error, or what nobody asked for
                    continue
                del left[arxiv_id]
                try:
                    yield _record(arxiv_id, entry)
                except ValueError as problem:
                    raw = json.dumps([_answer([arxiv_id], _FEED.format(safe_xml.write(entry)))])
                    yield Rejected(arxiv_id, f"an entry of the feed: {problem}", raw)
            if answer["is_whole"]:
                yield from (GoneRecord(arxiv_id, paper=arxiv_id) for arxiv_id in left)

    def _answers(self, http: "Http", ids: Sequence[str]) -> Iterator[Mapping[str, Any]]:
        """What answers for these ids; a half that arXiv refuses is asked again in halves."""
        if not ids:
            return
        try:
            yield self._ask(http, ids)
        except HttpError as problem:
            if problem.status != 400:
                raise
            if len(ids) == 1:
                yield _answer(ids)
                return
            yield from self._answers(http, ids[: len(ids) // 2])
            yield from self._answers(http, ids[len(ids) // 2 :])

    def _ask(self, http: "Http", ids: Sequence[str]) -> Mapping[str, Any]:
        params = {"id_list": ",".join(ids), "max_results": str(len(ids))}
        for _ in range(_TRIES):
            feed = _feed(http.get(self.bases[0].url, params).body)
            found, said = len(children(feed, "entry")), text(feed, "totalResults")
            is_whole = found >= min(_number(said), len(ids))
            if any("/api/errors" in text(entry, "id") for entry in children(feed, "entry")):
                raise HttpError(
                    "arXiv finds an id malformed", status=400
                )  # it may say so with a 200
            # Now and then an answer comes empty although there is something: asking again helps.
            if found and is_whole:
                break
        if not found and not is_whole:
            raise Unreachable(
                f"arXiv sent none of {said} papers, {_TRIES} times; the next run goes on."
            )
        return _answer(ids, safe_xml.write(feed), is_whole=is_whole)


def _answer(asked: Sequence[str], feed: str = "", *, is_whole: bool = True) -> Mapping[str, Any]:
    """`is_whole`: whatever was asked for and is not in the feed is not at arXiv."""
    return {"asked": list(asked), "feed": feed, "is_whole": is_whole}


def _entries(feed: str) -> list[Element]:
    return children(safe_xml.parse(feed.encode()), "entry") if feed else []


def _feed(body: bytes) -> Element:
    try:
        feed = safe_xml.parse(body)
    except BrokenXml as problem:
        raise Unreachable(f"arXiv sent something else than a feed: {problem}.") from problem
    if local(feed) != "feed":
        raise Unreachable(f"arXiv sent <{local(feed)}> where a feed was expected.")
    return feed


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() else 0


def _record(arxiv_id: str, entry: Element) -> PaperRecord:
    comment, abstract = text(entry, "comment"), text(entry, "summary")
    published, updated = text(entry, "published"), text(entry, "updated")
    if not text(entry, "title") or not published:
        raise ValueError("it has no title or no date")
    version = _VERSION.search(text(entry, "id"))
    versions = {"v1": published[:10]} | ({version[0]: updated[:10]} if version else {})
    return PaperRecord(
        arxiv_id,
        arxiv_id,
        url=abstract_url(arxiv_id),
        facts={
            "title": Fact(text(entry, "title")),
            "abstract": Fact(abstract),
            "authors": Fact([text(author, "name") for author in children(entry, "author")]),
            "categories": Fact(_categories(entry), "the first is its own choice"),
            "published": Fact(published),
            "updated": Fact(updated or None),
            "versions": Fact(
                [{"version": name, "date": date} for name, date in versions.items()],
                "the first and the latest",
            ),
            "venue": Fact(text(entry, "journal_ref") or None),
            "doi": Fact(text(entry, "doi") or None),
            "comment": Fact(comment or None),
        },
        repositories=repository_mentions({"comment": comment, "abstract": abstract}),
    )


def _categories(entry: Element) -> list[str]:
    named = [
        found.get("term", "")
        for name in ("primary_category", "category")
        for found in children(entry, name)
    ]
    return [term for term in dict.fromkeys(named) if term]
