"""Papers on the Hugging Face Hub: those of each day, and those that models name, with their code.

API: https://huggingface.co/docs/hub/api, `GET /api/daily_papers` and `GET /api/papers/{arXiv id}`. Who
submitted a paper is personal and is not kept.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from catalog.keys import repository_name
from catalog.records import Fact, Rejected
from catalog.reference_records import GoneRecord, PaperRecord, RepositoryMention
from harvesters.http_errors import HttpError
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.huggingface import hub
from harvesters.sources.huggingface_lookups import NOT_HERE, hub_json

if TYPE_CHECKING:
    from harvesters.http import Http

_FIRST_DAYS = 30  # how far back the first walk goes
_OVERLAP = 2  # days: upvotes and repositories come after the paper
_PER_PAGE = 50
_MOST_PAGES = 20  # of one day
_LOOKED_UP_AT_ONCE = 20
_ID = re.compile(r"\d{4}\.\d{4,5}")
_PERSONAL = ("submittedBy", "submittedOnDailyBy", "thumbnail", "mediaUrls", "authors")
_Json = Mapping[str, Any]


class HuggingFacePapers:
    """The days since the last walk, then the `most` papers that `wanted` names."""

    name = "huggingface-papers"
    title = "Hugging Face papers"
    homepage = "https://huggingface.co/papers"
    kind = "papers"
    has_increments = True
    is_complete = False

    def __init__(
        self,
        base: str,
        token: str = "",
        wanted: Callable[[int], Sequence[str]] = lambda _: (),
        most: int = 0,
        today: Callable[[], date] = lambda: datetime.now(UTC).date(),
    ) -> None:
        self._base, self._token = base, token
        self._wanted, self._most, self._today = wanted, most, today

    @property
    def bases(self) -> tuple[Base, ...]:
        return (hub(self._base, self._token),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        """A cursor is the next day, `2026-08-21`, or begins with `papers` once the days are through."""
        today = self._today()
        watermark = start.next_watermark if start.cursor else today.isoformat()
        if not start.cursor.startswith("papers"):
            day = _day(start.cursor) or self._first_day(start, today)
            while day <= today:
                following = day + timedelta(days=1)
                cursor = following.isoformat() if following <= today else "papers"
                body = json.dumps({"daily": self._of_day(http, day), "day": day.isoformat()})
                yield Page(body.encode(), cursor, watermark=watermark)
                day = following
        names = list(self._wanted(self._most))
        for at in range(0, max(len(names), 1), _LOOKED_UP_AT_ONCE):
            end = at + _LOOKED_UP_AT_ONCE
            found = [self._look_up(http, name) for name in names[at:end]]
            # What was looked up is not wanted any more, so the cursor need not say where to go on.
            cursor = f"papers {end}" if end < len(names) else ""
            yield Page(json.dumps({"papers": found}).encode(), cursor, watermark=watermark)

    def records(self, page: Page) -> Iterator[PaperRecord | GoneRecord | Rejected]:
        found = json.loads(page.body)
        papers = [item.get("paper") for item in found.get("daily", ()) if isinstance(item, dict)]
        for paper in (*papers, *found.get("papers", ())):
            name = str(paper.get("id", "")) if isinstance(paper, dict) else ""
            try:
                yield _gone(name) if paper.get("refused") else _record(paper, self._base)
            except (AttributeError, KeyError, TypeError, ValueError) as problem:
                raw = json.dumps({"papers": [_impersonal(paper)]})
                yield Rejected(name or "(without id)", str(problem), raw)

    def _first_day(self, start: Start, today: date) -> date:
        known = _day(start.watermark[:10])
        return known - timedelta(days=_OVERLAP) if known else today - timedelta(days=_FIRST_DAYS)

    def _of_day(self, http: "Http", day: date) -> list[Any]:
        found: list[Any] = []
        for page in range(_MOST_PAGES):
            query = urlencode({"date": day.isoformat(), "p": page, "limit": _PER_PAGE})
            try:
                items = hub_json(http, f"{self._base}/api/daily_papers?{query}")
            except HttpError as problem:
                if problem.status in (400, 404):
                    return found  # a day that the Hub does not know of (yet)
                raise
            if not isinstance(items, list):
                raise Unreachable(f"{self._base}/api/daily_papers answered with no list of papers.")
            found += items
            if len(items) < _PER_PAGE:
                break
        return found

    def _look_up(self, http: "Http", name: str) -> Any:
        try:
            return hub_json(http, f"{self._base}/api/papers/{name}")
        except HttpError as problem:
            if problem.status not in NOT_HERE:
                raise
            return {"id": name, "refused": problem.status}


def _record(paper: _Json, site: str) -> PaperRecord:
    name, title = paper["id"], paper.get("title")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ValueError(f"{name!r:.60} is no arXiv id")
    authors = [
        a.get("name")
        for a in paper.get("authors") or ()
        if isinstance(a, dict) and not a.get("hidden")
    ]
    upvotes = paper.get("upvotes")
    facts = {
        "title": Fact(_text(title)),
        "abstract": Fact(_text(paper.get("summary"))),
        "authors": Fact(
            [author for author in authors if isinstance(author, str) and author] or None
        ),
        "published": Fact(_published(paper.get("publishedAt"))),
        "upvotes": Fact(upvotes if isinstance(upvotes, int) and 0 <= upvotes < 10**9 else None),
    }
    return PaperRecord(
        external_id=name,
        key=name,
        url=f"{site}/papers/{name}",
        facts=facts,
        repositories=tuple(_repositories(paper)),
    )


def _repositories(paper: _Json) -> Iterator[RepositoryMention]:
    address, by = paper.get("githubRepo"), paper.get("githubRepoAddedBy")
    name = repository_name(address) if isinstance(address, str) else ""
    if name:
        who = {"user": "added by a reader or author", "auto": "found in the paper's text"}
        yield RepositoryMention(
            name, note=f"on its Hub page, {who.get(str(by), 'it is not said by whom')}"
        )


def _gone(name: str) -> GoneRecord:
    return GoneRecord(name, paper=name)


def _impersonal(paper: Any) -> Any:
    if not isinstance(paper, dict):
        return paper
    return {key: value for key, value in paper.items() if key not in _PERSONAL}


def _published(value: Any) -> str | None:
    found = re.match(r"(?:19|20)\d\d-\d\d-\d\d", value) if isinstance(value, str) else None
    return found[0] if found and _day(found[0]) else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _text(value: Any) -> str | None:
    return " ".join(value.split()) if isinstance(value, str) and value.strip() else None
