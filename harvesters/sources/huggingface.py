"""The models of the Hugging Face Hub, page by page as its list gives them.

API: https://huggingface.co/docs/hub/api, https://huggingface.co/.well-known/openapi.json. A full walk goes
by day of creation, which stays as it is while the walk lasts; the next ones ask for what was changed last
until they meet what is known. See docs/decisions/0065-the-hub-in-two-kinds-of-walk.md.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from catalog.records import ModelRecord, Rejected
from harvesters.http_errors import HttpError
from harvesters.sources.base import Base, NotSetUp, Page, Start, Unreachable
from harvesters.sources.huggingface_json import id_of, items_of, moments_of, raw_of
from harvesters.sources.huggingface_records import record_of

if TYPE_CHECKING:
    from harvesters.http import Answer, Http

# What a list answer is asked for; anything else (the files above all) would make it slow there and large here.
EXPAND = (
    "author", "baseModels", "cardData", "config", "createdAt", "disabled", "downloads",
    "downloadsAllTime", "evalResults", "gated", "gguf", "lastModified", "library_name", "likes",
    "model-index", "pipeline_tag", "private", "safetensors", "sha", "tags", "transformersInfo",
    "usedStorage",
)  # fmt: skip
# `config` carries chat templates: the first to be left out when the Hub cannot answer in time.
_HEAVY = "config"
_FILTERS = {
    "apps", "author", "filter", "gated", "inference", "inference_provider", "library",
    "num_parameters", "pipeline_tag", "search",
}  # fmt: skip
# Clocks and commits of the Hub's own machines do not agree to the second.
_OVERLAP = timedelta(minutes=10)
_SMALLEST_PAGE = 50
_OLDEST_FIRST = ("direction", "1")
_TOO_MUCH = (500, 502, 504)


@dataclass(frozen=True)
class _Place:
    """Where a walk is: the address of the next page, of which query, how many models that one gave so far,
    and whether it was begun anew because the Hub did not know a cursor of its own any more."""

    url: str
    query: int = 0
    taken: int = 0
    anew: int = 0

    def cursor(self, plan: str) -> str:
        about = {"query": self.query, "taken": self.taken, "anew": self.anew, "plan": plan}
        return f"{self.url}#{urlencode(about)}"


class HuggingFace:
    """All models, or those of `queries`: parts of a list address such as `filter=image-classification`.

    `limit` above 0 takes only that many of each query, the most downloaded first, and each time anew.
    """

    name = "huggingface"
    title = "Hugging Face Hub"
    homepage = "https://huggingface.co/models"
    kind = "hub"
    reads_ahead = True

    def __init__(
        self,
        base: str,
        token: str = "",
        queries: Sequence[str] = ("*",),
        limit: int = 0,
        page_size: int = 500,
    ) -> None:
        self._base, self._token = base, token
        self._queries, self._limit = tuple(queries), limit
        self._page_size = min(max(page_size, 1), 1000)
        self.has_increments = self.is_complete = not limit
        plan = "\n".join([base, *self._queries, str(limit)])
        self._plan = hashlib.sha256(plan.encode()).hexdigest()[:8]

    @property
    def bases(self) -> tuple[Base, ...]:
        return (hub(self._base, self._token),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        self._check_queries()
        since = self._since(start.watermark)
        place = self._resumed(start.cursor)
        if place is None:
            place, watermark = _Place(self._first_url(0, since)), self._newest(http)
        else:
            watermark = start.next_watermark
        while place.url:
            answer, place = self._answer(http, place, since)
            place = self._after(http, answer, place, since)
            cursor = place.cursor(self._plan) if place.url else ""
            # Several queries in a row that find nothing would look like a source that goes in circles.
            if not cursor or answer.body.strip() != b"[]":
                yield Page(answer.body, cursor, watermark=watermark)

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for item in items_of(page.body):
            if isinstance(item, dict) and item.get("private") is True:
                continue  # an own token shows them, a catalogue must not
            try:
                yield record_of(item, self._base)
            except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as problem:
                yield Rejected(id_of(item) or "(without id)", str(problem), raw_of(item))

    # Where to go

    def _first_url(self, query: int, since: datetime | None) -> str:
        if query >= len(self._queries):
            return ""
        wanted = self._queries[query]
        sort = "downloads" if self._limit else "lastModified" if since else "createdAt"
        size = min(self._page_size, self._limit or self._page_size)
        asked = [] if wanted == "*" else parse_qsl(wanted)
        asked += [("sort", sort), ("limit", str(size)), *(("expand", name) for name in EXPAND)]
        if sort == "createdAt":
            # The oldest first: what models are made from comes before them, and what is published during the
            # walk comes at its end.
            asked.append(_OLDEST_FIRST)
        return f"{self._base}/api/models?{urlencode(asked)}"

    def _after(
        self, http: "Http", answer: "Answer", place: _Place, since: datetime | None
    ) -> _Place:
        """The place of the page after this one: of the same query as long as it has any worth asking for."""
        following = http.next_link(answer)
        if following and since and _is_all_known(answer.body, since):
            following = ""
        taken = place.taken + (len(items_of(answer.body)) if self._limit else 0)
        left = self._limit - taken
        if following and (not self._limit or left > 0):
            size = min(_page_size_of(following), left) if self._limit else _page_size_of(following)
            url = _with(following, size, EXPAND)
            return _Place(url, place.query, taken, place.anew)
        query = place.query + 1
        return _Place(self._first_url(query, since), query)

    def _resumed(self, cursor: str) -> _Place | None:
        """The place a cursor stands for; None if it is of another Hub or of other queries than these."""
        url, _, about = cursor.partition("#")
        known = dict(parse_qsl(about))
        if not url.startswith(f"{self._base}/") or known.get("plan") != self._plan:
            return None
        return _Place(url, *(int(known.get(name, "0")) for name in ("query", "taken", "anew")))

    # Asking

    def _answer(
        self, http: "Http", place: _Place, since: datetime | None
    ) -> tuple["Answer", _Place]:
        """The page at a place. What is too much for the Hub is asked for in smaller pieces."""
        while True:
            try:
                return _expect_list(http.get(place.url)), place
            except HttpError as problem:
                lighter = _lighter(place.url, self._page_size)
                if problem.status in _TOO_MUCH and lighter:
                    place = replace(place, url=lighter)
                elif problem.status == 400 and _refused_order(place.url):
                    place = replace(place, url=_refused_order(place.url))
                elif problem.status == 400 and "cursor=" in place.url and not place.anew:
                    place = _Place(self._first_url(place.query, since), place.query, anew=1)
                else:
                    self._name_refused_token(problem)
                    raise

    def _name_refused_token(self, problem: HttpError) -> None:
        if problem.status in (401, 403) and self._token:
            raise Unreachable(
                f"The Hub refuses the token in HF_TOKEN (it answered {problem.status}): correct it or leave it"
                " empty, public models need none."
            ) from problem

    def _newest(self, http: "Http") -> str:
        """What the next walk starts from: the Hub's latest change before this walk's first page."""
        if self._limit:
            return ""
        asked = {"sort": "lastModified", "limit": "1", "expand": "lastModified"}
        try:
            answer = _expect_list(http.get(f"{self._base}/api/models?{urlencode(asked)}"))
        except HttpError as problem:
            self._name_refused_token(problem)
            raise
        newest = max(moments_of(answer.body), default=None)
        return f"{newest.isoformat()} {self._plan}" if newest else ""

    def _since(self, watermark: str) -> datetime | None:
        """From when on changes are wanted; None: everything, since nothing or something else was covered."""
        moment, _, plan = watermark.partition(" ")
        if not moment or (plan and plan != self._plan):
            return None
        since = datetime.fromisoformat(moment)  # without a plan: a day that somebody named
        return (since if since.tzinfo else since.replace(tzinfo=UTC)) - _OVERLAP

    def _check_queries(self) -> None:
        if not self._queries:
            raise NotSetUp("HARVEST_HUGGINGFACE_QUERIES is empty: name what to take, * for all.")
        for query in self._queries:
            pairs = parse_qsl(query, keep_blank_values=True)
            wrong = [key for key, value in pairs if key not in _FILTERS or not value]
            if query != "*" and (wrong or not pairs):
                raise NotSetUp(
                    f"HARVEST_HUGGINGFACE_QUERIES: {query!r:.80} is not understood. Write * or parts of"
                    f" a list's address, as filter=image-classification or author=timm."
                )


def hub(base: str, token: str) -> Base:
    """The Hub as a base, with its token if there is one."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return Base(base, headers, setting="HF_ENDPOINT")


def _expect_list(answer: "Answer") -> "Answer":
    body = answer.body.strip()
    if not (body.startswith(b"[") and body.endswith(b"]")):
        kind = answer.headers.get("content-type", "of no named type")
        raise Unreachable(
            f"{urlsplit(answer.url).netloc} answered with something else than a list of models ({kind:.40})."
        )
    return answer


def _is_all_known(body: bytes, since: datetime) -> bool:
    """Whether nothing on the following pages can be newer than `since`."""
    moments = list(moments_of(body))
    if not moments:
        return False
    in_order = all(one >= other for one, other in pairwise(moments))
    return (moments[-1] if in_order else max(moments)) < since


def _lighter(url: str, page_size: int) -> str:
    """The same page in half the size, from a quarter on without what is heavy; empty if that is asked already."""
    size, is_heavy = _page_size_of(url), f"expand={_HEAVY}" in url
    if size <= _SMALLEST_PAGE and not is_heavy:
        return ""
    smaller = max(size // 2, min(size, _SMALLEST_PAGE))
    light = [name for name in EXPAND if name != _HEAVY]
    return _with(url, smaller, light if smaller <= max(page_size // 4, _SMALLEST_PAGE) else EXPAND)


def _refused_order(url: str) -> str:
    """The first page in the Hub's own order, if `url` asks for it in another one; else empty.

    The Hub's clients no longer ask for an order, so one day it may refuse to be asked.
    """
    plain = url.replace(f"&{urlencode([_OLDEST_FIRST])}", "")
    return plain if plain != url and "cursor=" not in url else ""


def _page_size_of(url: str) -> int:
    size = dict(parse_qsl(urlsplit(url).query)).get("limit", "")
    return int(size) if size.isdecimal() else _SMALLEST_PAGE


def _with(url: str, size: int, expand: Sequence[str]) -> str:
    """The same address asking for pages of this size with these fields."""
    parts = urlsplit(url)
    rest = [pair for pair in parse_qsl(parts.query) if pair[0] not in ("limit", "expand")]
    query: list[tuple[str, Any]] = [*rest, ("limit", size), *(("expand", name) for name in expand)]
    return urlunsplit(parts._replace(query=urlencode(query)))
