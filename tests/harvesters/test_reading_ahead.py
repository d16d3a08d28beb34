"""A source that reads ahead gives the same as one that does not, errors in their place included."""

from collections.abc import Iterator
from typing import Any

import pytest

from catalog.models import Listing
from harvesters.ahead import read
from harvesters.engine import harvest
from harvesters.http import Http
from harvesters.models import Checkpoint, HarvestRun
from harvesters.sources.base import Page, Start
from tests.harvesters.sources_for_tests import Shelf

PAGES = [["a", "b"], ["c", ["d", "broken"]], ["e", "f"]]


class Ahead(Shelf):
    """The shelf, read ahead; `asked` are the pages that were asked for."""

    reads_ahead = True

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.asked: list[str] = []

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        for page in super().pages(http, start):
            self.asked.append(page.body.decode())
            yield page


def listed() -> set[str]:
    return set(Listing.objects.values_list("external_id", flat=True))


@pytest.mark.django_db
def test_every_page_is_written_once_and_in_order() -> None:
    run = harvest(Ahead(PAGES))
    assert (run.state, run.pages, run.created, run.rejected) == ("done", 3, 5, 1)
    assert listed() == {"a", "b", "c", "e", "f"}
    again = harvest(Ahead(PAGES))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 5)


@pytest.mark.django_db
def test_the_pages_before_one_that_does_not_come_are_written() -> None:
    run = harvest(Ahead(PAGES, breaks_at=2))
    assert (run.state, run.pages) == (HarvestRun.State.PARTIAL, 2)
    assert listed() == {"a", "b", "c"}
    assert Checkpoint.objects.get().cursor == "2"
    assert harvest(Ahead(PAGES)).state == HarvestRun.State.DONE
    assert listed() == {"a", "b", "c", "e", "f"}


@pytest.mark.django_db
def test_a_page_that_is_not_understood_is_met_in_its_turn() -> None:
    source = Ahead([["a"], [["b", 1, "too much"]], ["c"]])
    run = harvest(source)
    assert run.state == HarvestRun.State.FAILED
    assert "not enough values" in run.message or "too many values" in run.message
    assert listed() == {"a"}


def test_the_next_page_is_asked_for_before_this_one_is_handed_out() -> None:
    source = Ahead(PAGES)
    reading = read(source, source.pages(None, Start()))  # type: ignore[arg-type]
    next(reading)
    assert len(source.asked) == 2


def test_other_sources_are_asked_only_when_the_page_before_is_done() -> None:
    source = Ahead(PAGES)
    source.reads_ahead = False
    reading = read(source, source.pages(None, Start()))  # type: ignore[arg-type]
    next(reading)
    assert len(source.asked) == 1
