"""A source that reads ahead gives the same as one that does not, errors in their place included."""

import pickle
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import psutil
import pytest

from catalog.models import Listing
from harvesters import ahead
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


@pytest.fixture(params=["in a thread", "in a process"])
def where_pages_are_read(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_LONG", -1 if request.param == "in a process" else 10**9)


def readers() -> list[psutil.Process]:
    """The reading processes of this one."""
    return [p for p in psutil.Process().children() if "harvesters.reader" in p.cmdline()]


class KillsItsReader(Ahead):
    """The first time that its last page is wanted, whatever reads for it is killed."""

    is_killing = True

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        for page in super().pages(http, start):
            if self.is_killing and not page.next_cursor:
                self.is_killing = False
                for reader in readers():
                    reader.kill()
            yield page


def listed() -> set[str]:
    return set(Listing.objects.values_list("external_id", flat=True))


@pytest.mark.django_db
@pytest.mark.usefixtures("where_pages_are_read")
def test_every_page_is_written_once_and_in_order() -> None:
    run = harvest(Ahead(PAGES))
    assert (run.state, run.pages, run.created, run.rejected) == ("done", 3, 5, 1)
    assert listed() == {"a", "b", "c", "e", "f"}
    again = harvest(Ahead(PAGES))
    assert (again.created, again.updated, again.unchanged) == (0, 0, 5)


@pytest.mark.django_db
@pytest.mark.usefixtures("where_pages_are_read")
def test_the_pages_before_one_that_does_not_come_are_written() -> None:
    run = harvest(Ahead(PAGES, breaks_at=2))
    assert (run.state, run.pages) == (HarvestRun.State.PARTIAL, 2)
    assert listed() == {"a", "b", "c"}
    assert Checkpoint.objects.get().cursor == "2"
    assert harvest(Ahead(PAGES)).state == HarvestRun.State.DONE
    assert listed() == {"a", "b", "c", "e", "f"}


@pytest.mark.django_db
@pytest.mark.usefixtures("where_pages_are_read")
def test_a_page_that_is_not_understood_is_met_in_its_turn() -> None:
    source = Ahead([["a"], [["b", 1, "too much"]], ["c"]])
    run = harvest(source)
    assert run.state == HarvestRun.State.FAILED
    assert "not enough values" in run.message or "too many values" in run.message
    assert listed() == {"a"}


@pytest.mark.django_db
@pytest.mark.usefixtures("where_pages_are_read")
def test_a_page_whose_reader_was_killed_is_read_again(
    request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture
) -> None:
    run = harvest(KillsItsReader(PAGES))
    assert (run.state, run.pages, run.created, run.rejected) == ("done", 3, 5, 1)
    if "process" in request.node.callspec.id:
        assert "the process that read it ended (-9)" in caplog.text
    assert listed() == {"a", "b", "c", "e", "f"}


@pytest.mark.django_db
def test_no_reader_outlives_its_walk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "_LONG", -1)
    for source in (Ahead(PAGES), Ahead(PAGES, breaks_at=2), Ahead([["a"], [["b", 1, "too much"]]])):
        harvest(source)
        assert readers() == []


@pytest.mark.django_db
def test_a_reader_that_was_started_for_a_walk_that_ended_before_is_gone_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(ahead, "_GROWING", -1)
    assert harvest(Ahead(PAGES)).pages == 3
    assert readers() == []


def test_a_reader_ends_with_its_input() -> None:
    command = [sys.executable, "-m", "harvesters.reader"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin
        pickle.dump(Ahead(PAGES), process.stdin)
        process.stdin.close()  # as when its starter was killed
        assert process.wait(60) == 0


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
