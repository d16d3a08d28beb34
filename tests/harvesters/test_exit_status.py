"""The status with which the command ends: 0 for what went as wished, 1 for what did not, so that a timer can tell."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from harvesters import services
from harvesters.http import Http
from harvesters.models import HarvestRun, Schedule
from harvesters.sources import SOURCES
from harvesters.sources.base import Page, Start
from tests.harvesters.sources_for_tests import Shelf

pytestmark = pytest.mark.django_db
THREE = [["a"], ["b"], ["c"]]


class Broken(Shelf):
    def records(self, page: Page) -> Any:
        raise ValueError("no such thing")


class PausedOnTheWay(Shelf):
    """Staff pause it while its second page is on the way."""

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        for page in super().pages(http, start):
            yield page
            Schedule.objects.filter(pk=self.name).update(paused=True)


@pytest.fixture
def only(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Makes one shelf the only source."""

    def register(shelf: Shelf) -> None:
        for name in list(SOURCES):
            monkeypatch.delitem(SOURCES, name)
        monkeypatch.setitem(SOURCES, "shelf", lambda: shelf)
        monkeypatch.setattr("harvesters.engine._SECOND_LOOK", 0)
        monkeypatch.setattr("harvesters.walk._LOOKS_UP_EVERY", 0)

    return register


def status(*names: str, **options: Any) -> int:
    try:
        call_command("harvest", *names, **options)
    except CommandError as problem:
        return problem.returncode
    return 0


@pytest.mark.parametrize("wish", [("shelf",), ()])
@pytest.mark.parametrize(
    ("shelf", "state", "named", "of_all"),
    [
        (Shelf(THREE), "done", 0, 0),
        (Shelf(THREE, breaks_at=0), "unreachable", 1, 1),
        (Broken(THREE), "failed", 1, 1),
        (Shelf(THREE, breaks_at=1), "partial", 1, 0),
        (PausedOnTheWay(THREE), "partial", 0, 0),
    ],
)
def test_the_status_says_whether_all_was_read(
    only: Any, shelf: Shelf, state: str, named: int, of_all: int, wish: tuple[str, ...]
) -> None:
    only(shelf)
    assert status(*wish, all=not wish) == (named if wish else of_all)
    assert HarvestRun.objects.get().state == state


def test_a_limit_that_was_reached_is_a_success(only: Any) -> None:
    only(Shelf(THREE))
    assert status("shelf", limit=1) == 0


def test_a_paused_source_that_breaks_off_when_it_is_named_was_not_stopped_by_anybody(
    only: Any,
) -> None:
    only(Shelf(THREE, breaks_at=1))
    services.add_schedules()
    Schedule.objects.update(paused=True)
    assert status("shelf") == 1
