"""What the page of a data set shows: what is said about it, its leaderboard, the models trained on it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.safestring import SafeString

from catalog import vocabulary
from catalog.cards import render_card
from catalog.leaderboard_evidence import Shown, with_evidence
from catalog.leaderboard_filters import LeaderboardFilters, read, sorts_of
from catalog.leaderboards import Board, Row, boards_of, rows_of
from catalog.licenses import LICENSES, License
from catalog.models import Dataset, DatasetListing, Evaluation, LabelSet, PretrainedModel
from catalog.models_of import ModelsOf, models_of
from catalog.templatetags.figures import megabytes
from catalog.timeline import Timeline, timeline_of

PER_PAGE = 50
_MOST_BOARDS = 8
_MOST_LISTS = 12
_LANGUAGES = 12


@dataclass(frozen=True)
class StatedFact:
    """One fact, who states it and when it was last seen there; `url` where the value is an address."""

    label: str
    text: str
    by: str
    at: datetime
    url: str = ""


def find_dataset(slug: str) -> Dataset | None:
    """The data set of a slug: one that a source describes, or one that is only trained or tested on."""
    found = Dataset.objects.select_related("paper").filter(slug=slug).first()
    if found:
        return found
    trained = PretrainedModel.objects.published().filter(datasets__contains=[slug])
    if trained.exists() or Evaluation.objects.filter(dataset=slug).exists():
        return Dataset(slug=slug)
    return None


class DatasetPage:
    """One data set with the leaderboard that the query string asks for."""

    def __init__(self, dataset: Dataset, query_string: str) -> None:
        self.dataset = dataset
        self.title = vocabulary.DATASETS.get(dataset.slug) or dataset.title or dataset.slug
        self.leaderboard = LeaderboardPage(dataset.slug, query_string)

    @cached_property
    def license(self) -> License | None:
        return LICENSES.get(self.dataset.license)

    @cached_property
    def _listings(self) -> list[DatasetListing]:
        if not self.dataset.pk:
            return []
        found = DatasetListing.objects.filter(dataset=self.dataset, gone_since=None)
        return list(found.select_related("source").order_by("pk"))

    @property
    def description(self) -> str:
        return self.dataset.description

    @property
    def described_by(self) -> str:
        """Who wrote the description that is shown."""
        titles = [
            one.source.title
            for one in self._listings
            if _written(one, "description", str) == self.description
        ]
        return titles[0] if titles else "a source that no longer lists it"

    @property
    def description_html(self) -> SafeString:
        return render_card(self.description)

    @cached_property
    def models(self) -> ModelsOf:
        slug = self.dataset.slug
        rows = PretrainedModel.objects.filter(datasets__contains=[slug])
        return models_of(rows, dataset=slug)

    @cached_property
    def label_sets(self) -> list[LabelSet]:
        """The lists of its classes, the largest first; what says the same as another is not repeated."""
        rows = LabelSet.objects.filter(datasets__contains=[self.dataset.slug], same_as=None)
        return list(rows.order_by("-size", "key")[:_MOST_LISTS])

    @cached_property
    def facts(self) -> list[StatedFact]:
        """What each source states, in the order of the fields; the same text of two sources stands twice."""
        return [
            StatedFact(label, text, self._teller(one), one.last_seen, text if is_link else "")
            for name, (label, write, is_link) in _FACTS.items()
            for one in self._listings
            if (text := _written(one, name, write))
        ]

    def _teller(self, listing: DatasetListing) -> str:
        """A listing's source, with the name it has there where that source lists the data set several times."""
        beside = sum(one.source_id == listing.source_id for one in self._listings)
        title = listing.source.title
        return f"{title} ({listing.external_id})" if beside > 1 else title


class LeaderboardPage:
    """One board of a data set, narrowed down, one page of it with its evidence, and its plot."""

    def __init__(self, slug: str, query_string: str) -> None:
        self.boards = boards_of(slug)
        self.filters, self.board = read(query_string, self.boards)
        self._slug = slug

    @cached_property
    def every(self) -> list[Row]:
        return rows_of(self._slug, self.board) if self.board else []

    @cached_property
    def found(self) -> list[Row]:
        return self.filters.apply(self.every, self.board) if self.board else []

    @property
    def pages(self) -> int:
        return -(-len(self.found) // PER_PAGE) or 1

    @property
    def page(self) -> int:
        """The page that is shown: the last one if there are not so many as was asked for."""
        return min(self.filters.page, self.pages)

    @property
    def notes(self) -> Sequence[str]:
        if self.filters.page > self.pages:
            last = f"The list ends with page {self.pages}, which is shown here."
            return (*self.filters.notes, last)
        return self.filters.notes

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1

    @property
    def last(self) -> int:
        return min(self.page * PER_PAGE, len(self.found))

    @cached_property
    def rows(self) -> list[Shown]:
        return with_evidence(self.found[self.first - 1 : self.last], self.first)

    @cached_property
    def timeline(self) -> Timeline | None:
        return timeline_of(self.found, self.board) if self.board and self.board.is_ranked else None

    @property
    def published_by(self) -> list[str]:
        """Whose tables the results without weights are from."""
        return sorted({row.source for row in self.found if not row.has_weights})

    @property
    def board_links(self) -> list[tuple[Board, str, bool]]:
        """(board, its address, whether it is shown), the largest first."""
        default = self.boards[0] if self.boards else None
        return [
            (
                board,
                self._board_url(board, is_default=board == default),
                board == self.board,
            )
            for board in self.boards
        ]

    def few_boards(self) -> list[tuple[Board, str, bool]]:
        return self.board_links[:_MOST_BOARDS]

    def more_boards(self) -> list[tuple[Board, str, bool]]:
        return self.board_links[_MOST_BOARDS:]

    def _board_url(self, board: Board, *, is_default: bool) -> str:
        task, metric = ("", "") if is_default else (board.task, board.metric)
        return self.filters.query(task=task, metric=metric)

    def previous(self) -> str:
        return self.filters.query(page=self.page - 1) if self.page > 1 else ""

    def next(self) -> str:
        return self.filters.query(page=self.page + 1) if self.page < self.pages else ""

    def page_links(self) -> list[tuple[int, str]]:
        """Numbers with addresses: the ends and the neighbours; 0 stands for a gap."""
        near = {1, 2, self.page - 1, self.page, self.page + 1, self.pages - 1, self.pages}
        found: list[tuple[int, str]] = []
        for number in sorted(number for number in near if 1 <= number <= self.pages):
            if found and number > found[-1][0] + 1:
                found.append((0, ""))
            found.append((number, self.filters.query(page=number)))
        return found

    def sort_choices(self) -> list[tuple[str, str]]:
        return list(sorts_of(self.board).items())

    def license_choices(self) -> list[tuple[str, str]]:
        """The licences of the board's checkpoints, and what stands for any open one."""
        ids = sorted({row.license for row in self.every if row.license in LICENSES})
        if self.filters.license in LICENSES:
            ids = sorted({*ids, self.filters.license})
        named = [(one, LICENSES[one].spdx or LICENSES[one].name) for one in ids]
        return [("", "any or none"), ("open", "any open one"), *named]

    def clear_url(self) -> str:
        kept = LeaderboardFilters(task=self.filters.task, metric=self.filters.metric)
        return kept.query()


def _written(listing: DatasetListing, name: str, write: Callable[[Any], str]) -> str:
    value = listing.facts.get(name, {}).get("value")
    return "" if value in (None, "", []) else write(value)


def _joined(values: Sequence[str]) -> str:
    shown = ", ".join(values[:_LANGUAGES])
    return f"{shown} and {len(values) - _LANGUAGES} more" if len(values) > _LANGUAGES else shown


def _tasks(values: Sequence[str]) -> str:
    return _joined([vocabulary.task(value) for value in values])


# field: (label, how it is written, whether it is an address)
_FACTS: dict[str, tuple[str, Callable[[Any], str], bool]] = {
    "license": ("Licence", str, False),
    "size_bytes": ("Size", lambda value: str(megabytes(value)), False),
    "examples": ("Examples", lambda value: f"{value:,}", False),
    "size_category": ("Examples, rounded", str, False),
    "tasks": ("Tasks", _tasks, False),
    "modalities": ("Modalities", _joined, False),
    "languages": ("Languages", _joined, False),
    "introduced": ("Introduced", str, False),
    "homepage": ("Homepage", str, True),
    "aliases": ("Also called", _joined, False),
    "downloads": ("Downloads", lambda value: f"{value:,}", False),
    "likes": ("Likes", lambda value: f"{value:,}", False),
}
