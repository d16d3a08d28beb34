"""GitHub's search: repositories that publish pretrained models, found by topics and phrases.

Manual: https://docs.github.com/en/rest/search/search. A search shows 1,000 results whatever it has found, so that
it is asked in slices of the time of creation, which never changes. What the search shows is not all there is to a
repository: `github_repositories` looks each one up.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

from catalog.records import Fact, Rejected
from catalog.reference_records import RepositoryRecord
from harvesters.http_errors import HttpError
from harvesters.sources.base import Page, Start, Unreachable
from harvesters.sources.github_api import github_base, parse, repository_record

if TYPE_CHECKING:
    from harvesters.http import Answer, Http

# Each finds repositories that say they publish weights, or are known for it.
QUERIES = (
    "topic:pretrained-models",
    "topic:pretrained-model",
    "topic:pretrained-weights",
    "topic:model-zoo",
    "topic:image-classification topic:pytorch pretrained in:name,description,readme",
    "topic:transfer-learning pretrained in:name,description,readme stars:>=20",
    '"pretrained models" in:description,readme language:python stars:>=50',
    '"pretrained weights" in:description,readme stars:>=50 archived:false fork:false',
)
_TOPICS = {"pretrained-models", "pretrained-model", "pretrained-weights", "model-zoo"}
_SHOWN = 1_000  # results of one search that can be paged through
_PER_PAGE = 100
_TRIES = 4  # of a search that GitHub did not finish
_FIRST = datetime(2007, 10, 1, tzinfo=UTC)  # GitHub's first repositories
_UNFINISHED = timedelta(days=365)  # a slice in which an unfinished answer is taken as it is
_OVERLAP = timedelta(days=1)
_SECOND = timedelta(seconds=1)
_TIME = "%Y-%m-%dT%H:%M:%SZ"

Slice = tuple[datetime, datetime]  # of the time of creation, both ends belong to it


@dataclass(frozen=True)
class _Found:
    """One answer of the search; `date` is when GitHub gave it, by its own clock."""

    items: Sequence[Any]
    total: int
    is_complete: bool
    has_next: bool
    date: str

    @property
    def fits(self) -> bool:
        """Whether all its results can be paged through."""
        return self.is_complete and self.total <= _SHOWN


@dataclass(frozen=True)
class _Place:
    """Where a walk is: at `page` of the last of `slices` of the `query`th query; `began` is when."""

    query: int
    slices: tuple[Slice, ...]
    page: int = 1
    began: str = ""

    def after(self, found: _Found) -> "_Place":
        place = replace(self, began=self.began or found.date)
        if found.items and found.has_next and self.page * _PER_PAGE < _SHOWN:
            return replace(place, page=self.page + 1)
        if len(self.slices) > 1:
            return replace(place, slices=self.slices[:-1], page=1)
        return replace(place, query=self.query + 1, slices=_everything(), page=1)

    def halved(self) -> "_Place | None":
        """The same with the slice at hand in two, None if it cannot be made smaller."""
        halves = _halves(self.slices[-1])
        return replace(self, slices=(*self.slices[:-1], *halves), page=1) if halves else None


class Github:
    """The repositories that `queries` find; without a token GitHub allows 10 searches a minute instead of 30."""

    name = "github"
    title = "GitHub, searched"
    homepage = "https://github.com/topics/pretrained-models"
    kind = "repositories"
    has_increments = True
    # What the search does not find any more may still be there.
    is_complete = False

    def __init__(
        self,
        base: str,
        token: str = "",
        queries: Sequence[str] = QUERIES,
        pace: float | None = None,
    ) -> None:
        polite = 2.1 if token else 6.1
        self.bases = (github_base(base, token, polite if pace is None else pace),)
        self._queries = queries

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        place, since = self._read(start.cursor), self._since(start.watermark)
        while place.query < len(self._queries):
            here, found, missing = self._look(http, place, since)
            place = here.after(found)
            is_last = place.query == len(self._queries)
            if found.items or missing or is_last:
                # Where it stands makes two pages differ that hold the same repository.
                shown = {"query": here.query, "slice": _range(here.slices[-1]), "page": here.page}
                yield Page(
                    json.dumps({**shown, "items": found.items}).encode(),
                    "" if is_last else self._write(place),
                    watermark=f"{place.began or since} {self._fingerprint}",
                    missing=missing,
                )

    def records(self, page: Page) -> Iterator[RepositoryRecord | Rejected]:
        for item in json.loads(page.body)["items"]:
            try:
                if not item.get("private"):  # a token may show more than everybody may see
                    yield repository_record(item, publishes_weights=_publishes(item))
            except (AttributeError, KeyError, TypeError, ValueError) as problem:
                name = str(item.get("full_name", "")) if isinstance(item, dict) else ""
                yield Rejected(
                    name or "(without name)", f"a search result: {problem!r}", _alone(item)
                )

    def _look(self, http: "Http", place: _Place, since: str) -> tuple[_Place, _Found, str]:
        """What is found at `place`, or at a part of it that fits; and what cannot be read at all."""
        while True:
            try:
                found = self._search(http, place, since)
            except HttpError as problem:
                if problem.status != 422:
                    raise
                query = f"the search {self._queries[place.query]!r:.200}"
                refused = f"GitHub refuses {query}: correct HARVEST_GITHUB_QUERIES"
                return replace(place, slices=place.slices[-1:]), _NOTHING, refused
            if found.fits:
                return place, found, ""
            low, high = place.slices[-1]
            # An answer that stays unfinished in every slice must not lead to millions of slices.
            is_worth_it = found.is_complete or high - low > _UNFINISHED
            halved = place.halved() if is_worth_it else None
            if halved is None:
                reason = (
                    f"shows {_SHOWN:,} of" if found.is_complete else "did not finish the search for"
                )
                created = f"{found.total:,} repositories created in {_range((low, high))}"
                return place, found, f"GitHub {reason} {created}"
            place = halved

    def _search(self, http: "Http", place: _Place, since: str) -> _Found:
        words = [self._queries[place.query], f"created:{_range(place.slices[-1])}"]
        if since:
            # A day is read again: clocks differ, and the search lags behind the pushes.
            pushed = datetime.fromisoformat(since) - _OVERLAP
            words.append(f"pushed:>={pushed:%Y-%m-%d}")
        params = {
            "q": " ".join(words), "sort": "updated" if since else "stars", "order": "desc",
            "per_page": str(_PER_PAGE), "page": str(place.page),
        }  # fmt: skip
        for _ in range(_TRIES):
            found = _found(http.get(f"{self.bases[0].url}/search/repositories", params))
            if found.is_complete:
                break
        return found

    def _since(self, watermark: str) -> str:
        """When the last walk began; empty if it was of other queries, whose finds are not these."""
        moment, _, queries = watermark.partition(" ")
        return moment if queries in ("", self._fingerprint) else ""

    def _read(self, cursor: str) -> _Place:
        """The place that a cursor names; the beginning, if it is of other queries."""
        state = json.loads(cursor) if cursor else {}
        if state.get("queries") != self._fingerprint:
            return _Place(0, _everything())
        slices = tuple((_moment(low), _moment(high)) for low, high in state["slices"])
        return _Place(state["query"], slices, state["page"], state["began"])

    def _write(self, place: _Place) -> str:
        slices = [(low.strftime(_TIME), high.strftime(_TIME)) for low, high in place.slices]
        return json.dumps({**vars(place), "slices": slices, "queries": self._fingerprint})

    @property
    def _fingerprint(self) -> str:
        return hashlib.sha256("\n".join(self._queries).encode()).hexdigest()[:16]


_NOTHING = _Found((), 0, is_complete=True, has_next=False, date="")


def _found(answer: "Answer") -> _Found:
    body = parse(answer.body, dict, "a list of repositories")
    items, total = body.get("items"), body.get("total_count")
    if not isinstance(items, list) or not isinstance(total, int):
        raise Unreachable("GitHub sent something else than a list of repositories.")
    try:
        date = parsedate_to_datetime(answer.headers.get("date", "")).astimezone(UTC)
    except ValueError:
        date = datetime.now(UTC)
    return _Found(
        items=items,
        total=total,
        is_complete=not body.get("incomplete_results"),
        has_next='rel="next"' in answer.headers.get("link", ""),
        date=date.strftime(_TIME),
    )


def _publishes(item: Mapping[str, Any]) -> Fact:
    """Why it counts as a publisher, from the repository alone: several queries find the same one."""
    topics = sorted(_TOPICS & set(item.get("topics") or ()))
    return Fact(
        True, f"topic {', '.join(topics)}" if topics else "found by a search for publishers"
    )


def _everything() -> tuple[Slice, ...]:
    """All times of creation, with a day to spare for a clock of ours that is slow."""
    last = datetime.combine(datetime.now(UTC).date() + timedelta(days=2), time(), UTC) - _SECOND
    return ((_FIRST, last),)


def _halves(slice_: Slice) -> tuple[Slice, ...]:
    """The later half, then the earlier one, which comes next; parted at midnight as long as there is one."""
    low, high = slice_
    if low >= high:
        return ()
    middle = low + (high - low) // 2
    midnight = datetime.combine(middle.date(), time(), UTC)
    middle = midnight if low < midnight else middle.replace(microsecond=0) + _SECOND
    return (middle, high), (low, middle - _SECOND)


def _range(slice_: Slice) -> str:
    return "..".join(moment.strftime(_TIME) for moment in slice_)


def _moment(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)


def _alone(item: Any) -> str:
    return json.dumps({"items": [item]})
