"""The engine: one transaction per page, resumed where it stopped, one run per source at a time."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from django.db import connection
from django.utils import timezone

from catalog.models import Listing, PretrainedModel
from catalog.records import Rejected
from harvesters.counting import count_listed
from harvesters.engine import (
    AlreadyRunning,
    Wishes,
    end_dead_runs,
    harvest,
    only_one_run,
    registered,
)
from harvesters.models import Checkpoint, HarvestRun, RejectedRecord, Schedule
from harvesters.runs import running_now
from harvesters.sources.base import Page, Start
from tests.harvesters.sources_for_tests import Shelf

ROOT = Path(__file__).resolve().parents[2]
THREE = [["a", "b"], ["c", "d"], ["e"]]


def counters(run: HarvestRun) -> dict[str, int]:
    names = ("seen", "created", "updated", "unchanged", "rejected", "gone")
    return {name: getattr(run, name) for name in names if getattr(run, name)}


def listed() -> set[str]:
    return set(Listing.objects.filter(gone_since=None).values_list("external_id", flat=True))


@pytest.mark.django_db
def test_a_walk_takes_every_page_and_ends_done() -> None:
    run = harvest(Shelf(THREE))
    assert (run.state, run.pages, run.expected) == ("done", 3, 5)
    assert counters(run) == {"seen": 5, "created": 5}
    assert run.ended_at is not None
    assert Checkpoint.objects.get().cursor == ""


@pytest.mark.django_db
def test_a_second_walk_in_a_row_finds_everything_unchanged() -> None:
    harvest(Shelf(THREE))
    before = list(Listing.objects.order_by("pk").values_list("pk", "changed_at", "content_hash"))
    columns = list(PretrainedModel.objects.order_by("pk").values())
    run = harvest(Shelf(THREE))
    assert counters(run) == {"seen": 5, "unchanged": 5}
    after = list(Listing.objects.order_by("pk").values_list("pk", "changed_at", "content_hash"))
    assert after == before
    assert list(PretrainedModel.objects.order_by("pk").values()) == columns


@pytest.mark.django_db
def test_a_source_that_stops_answering_leaves_a_partial_run_and_the_next_goes_on() -> None:
    first = harvest(Shelf(THREE, breaks_at=2))
    assert (first.state, first.message) == ("partial", "The shelf does not answer.")
    assert Checkpoint.objects.get().cursor == "2"
    second = harvest(Shelf(THREE))
    assert (second.state, counters(second)) == ("done", {"seen": 1, "created": 1})
    assert listed() == {"a", "b", "c", "d", "e"}


@pytest.mark.django_db
def test_a_source_that_never_answers_is_unreachable_and_says_why() -> None:
    run = harvest(Shelf(THREE, breaks_at=0))
    assert (run.state, run.message) == ("unreachable", "The shelf does not answer.")


@pytest.mark.django_db
def test_only_a_completed_walk_marks_gone_and_a_sighting_takes_it_back() -> None:
    harvest(Shelf(THREE))
    assert harvest(Shelf([["a"], ["c"]], breaks_at=1)).gone == 0
    assert listed() == {"a", "b", "c", "d", "e"}
    assert harvest(Shelf([["a"], ["c"]])).state == "done"
    # The walk began with the broken run, in which "a" was seen.
    assert listed() == {"a", "c"}
    assert counters(harvest(Shelf(THREE))) == {"seen": 5, "updated": 3, "unchanged": 2}
    assert listed() == {"a", "b", "c", "d", "e"}


@pytest.mark.django_db
def test_a_source_that_lists_nothing_all_of_a_sudden_is_not_believed() -> None:
    harvest(Shelf(THREE))
    run = harvest(Shelf([[]]))
    assert run.state == "done"
    assert "nothing was marked gone" in run.message
    assert len(listed()) == 5


@pytest.mark.django_db
def test_a_bad_record_is_kept_with_its_reason_and_the_rest_goes_on() -> None:
    run = harvest(Shelf([["a", ["b", "broken"], ["c", -1]], ["d"]]))
    assert counters(run) == {"seen": 4, "created": 2, "rejected": 2}
    reasons = dict(RejectedRecord.objects.values_list("external_id", "reason"))
    assert reasons["b"] == "it is broken"
    assert reasons["c"].startswith("parameters: expected a whole number")


@pytest.mark.django_db
def test_a_listing_is_not_gone_while_its_source_cannot_read_its_entry() -> None:
    harvest(Shelf([["a", "b"]]))
    assert harvest(Shelf([["a", ["b", "broken"]]])).gone == 0
    assert listed() == {"a", "b"}


@pytest.mark.django_db
def test_two_rejected_entries_of_one_id_are_both_kept() -> None:
    class Twins(Shelf):
        def records(self, page: Page) -> Any:
            yield from (Rejected("twin", "broken", raw) for raw in ("first", "second"))

    assert harvest(Twins([["a"]])).rejected == 2
    assert set(RejectedRecord.objects.values_list("raw", flat=True)) == {"first", "second"}


@pytest.mark.django_db
def test_a_rejected_record_counts_its_tries_and_is_forgotten_once_it_is_understood() -> None:
    harvest(Shelf([["a", ["b", -1]]]))
    harvest(Shelf([["a", ["b", -1]]]))
    assert RejectedRecord.objects.get().attempts == 2
    harvest(Shelf([["a", ["b", 1]]]))
    assert not RejectedRecord.objects.exists()


@pytest.mark.django_db
def test_a_record_that_postgres_refuses_costs_only_itself() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE catalog_listing ADD CONSTRAINT no_b CHECK (external_id <> 'b')")
    run = harvest(Shelf(THREE))
    assert (run.state, counters(run)) == ("done", {"seen": 5, "created": 4, "rejected": 1})
    assert "Postgres refused it" in RejectedRecord.objects.get(external_id="b").reason
    assert listed() == {"a", "c", "d", "e"}


class Dated(Shelf):
    """It can be asked for what changed since a day; what it was asked for stands in `asked`."""

    has_increments = True

    def pages(self, http: Any, start: Start) -> Any:
        self.asked = (start.cursor, start.watermark)
        for page in super().pages(http, start):
            yield replace(page, watermark="2026-11-20")


def asked(source: Dated, wishes: Wishes | None = None) -> tuple[str, str, str]:
    run = harvest(source, wishes)
    return (*source.asked, run.kind)


@pytest.mark.django_db
def test_increments_follow_a_full_walk_and_a_full_one_comes_once_in_a_while() -> None:
    source = Dated(THREE)
    assert asked(source) == ("", "", "full")
    assert asked(source) == ("", "2026-11-20", "incremental")
    assert asked(source, Wishes(full=True)) == ("", "", "full")
    assert asked(source) == ("", "2026-11-20", "incremental")
    Checkpoint.objects.update(full_at=timezone.now() - timedelta(days=7, minutes=1))
    assert asked(source) == ("", "", "full")
    Schedule.objects.update(full_every=None)
    Checkpoint.objects.update(full_at=timezone.now() - timedelta(days=300))
    assert asked(source) == ("", "2026-11-20", "incremental")


@pytest.mark.django_db
def test_a_day_that_somebody_names_holds_for_that_walk_alone() -> None:
    assert asked(Dated(THREE), Wishes(since="2026-01-01")) == ("", "2026-01-01", "incremental")
    # Nothing before that day was ever read, so nothing is covered and the next walk is a full one.
    assert Checkpoint.objects.get().watermark == ""
    assert asked(Dated(THREE)) == ("", "", "full")
    assert asked(Dated(THREE, breaks_at=2), Wishes(since="2026-11-21"))[1] == "2026-11-21"
    assert asked(Dated(THREE)) == ("2", "2026-11-21", "incremental")
    assert asked(Dated(THREE)) == ("", "2026-11-20", "incremental")


@pytest.mark.django_db
def test_an_increment_marks_nothing_gone_and_the_next_full_walk_does() -> None:
    harvest(Dated(THREE))
    assert harvest(Dated([["a"]])).gone == 0
    assert harvest(Dated([["a"], ["b"]]), Wishes(full=True)).gone == 3


@pytest.mark.django_db
def test_an_increment_counts_what_is_new_gone_and_back_as_exactly_as_a_full_walk() -> None:
    harvest(Dated([["a"], ["b"]]))
    harvest(Dated([["a"], ["c"]]), Wishes(full=True))
    assert (Checkpoint.objects.get().counts, Checkpoint.objects.get().gone) == ({"models": 2}, 1)
    harvest(Dated([["d"], ["b"]]))
    counted = Checkpoint.objects.get()
    assert (counted.counts, counted.gone, counted.listings) == ({"models": 4}, 0, 4)
    assert count_listed("shelf") == (counted.counts, 0, 0, 4, counted.listings_to)


@pytest.mark.django_db
def test_listings_that_were_counted_are_not_counted_again() -> None:
    harvest(Dated(THREE))
    last = Listing.objects.latest("pk").pk
    assert count_listed("shelf", 1_000_000, last).counts == {"models": 1_000_000}


class Circle(Shelf):
    """Its last page names the first one as the next."""

    def pages(self, http: Any, start: Start) -> Any:
        yield Page(b'[0, ["a"]]', "1")
        yield Page(b'[1, ["b"]]', "2")
        yield Page(b'[0, ["a"]]', "1")
        raise AssertionError("the engine asked for more")


class Parrot(Shelf):
    """It sends the same page for ever, with a new cursor each time."""

    def pages(self, http: Any, start: Start) -> Any:
        for number in range(100):
            yield Page(b'[0, ["a"]]', str(number))


@pytest.mark.django_db
@pytest.mark.parametrize("source", [Circle, Parrot])
def test_a_source_that_goes_in_circles_is_left(source: type[Shelf]) -> None:
    run = harvest(source([]))
    assert run.state == "failed"
    assert "goes in circles" in run.message
    assert run.pages < 10
    assert Checkpoint.objects.get().cursor == ""


class Buggy(Shelf):
    def records(self, page: Page) -> Any:
        if b"c" in page.body:
            raise ZeroDivisionError("a mistake of ours")
        return super().records(page)


@pytest.mark.django_db
def test_a_mistake_of_ours_ends_the_run_as_failed_and_keeps_the_pages_before() -> None:
    run = harvest(Buggy(THREE))
    assert run.state == "failed"
    assert run.message.startswith("ZeroDivisionError: a mistake of ours (in a page of ")
    assert counters(run) == {"seen": 2, "created": 2}
    assert Checkpoint.objects.get().cursor == "1"


@pytest.mark.django_db(transaction=True)
def test_a_second_run_at_the_same_time_is_refused_at_once() -> None:
    source = registered(Shelf(THREE))
    with only_one_run(source), pytest.raises(AlreadyRunning, match="is being harvested already"):
        harvest(Shelf(THREE))
    assert not HarvestRun.objects.exists()
    assert harvest(Shelf(THREE)).state == "done"


@pytest.mark.django_db(transaction=True)
def test_the_next_run_may_begin_the_moment_one_has_ended() -> None:
    source = registered(Shelf(THREE))
    for _ in range(40):
        with only_one_run(source):
            assert running_now() == {"shelf"}
    assert running_now() == set()


KILLED = """
import os, signal
import django
django.setup()
from harvesters.engine import harvest
from tests.harvesters.sources_for_tests import Shelf

class Doomed(Shelf):
    def pages(self, http, start):
        for page in super().pages(http, start):
            if page.next_cursor == "{at}":
                os.kill(os.getpid(), signal.SIGKILL)
            yield page

harvest(Doomed({pages}))
"""


def database_url() -> str:
    settings = connection.settings_dict
    user = ":".join(filter(None, (settings["USER"], quote(settings["PASSWORD"] or ""))))
    port = f":{settings['PORT']}" if settings["PORT"] else ""
    return f"postgres://{user}@{port}/{settings['NAME']}?host={settings['HOST']}"


def die_at(cursor: str) -> int:
    code = KILLED.format(at=cursor, pages=THREE)
    environment = {**os.environ, "DATABASE_URL": database_url(), "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT).returncode


@pytest.mark.django_db(transaction=True)
def test_a_run_killed_on_the_way_loses_nothing_and_repeats_nothing() -> None:
    assert die_at("2") == -signal.SIGKILL
    killed = HarvestRun.objects.get()
    assert (killed.state, killed.pages, counters(killed)) == (
        "running",
        1,
        {"seen": 2, "created": 2},
    )
    run = harvest(Shelf(THREE))
    killed.refresh_from_db()
    assert killed.state == "partial"
    assert "goes on from the last page" in killed.message
    assert (run.state, counters(run)) == ("done", {"seen": 3, "created": 3})
    assert listed() == {"a", "b", "c", "d", "e"}


@pytest.mark.django_db(transaction=True)
def test_the_run_of_a_dead_process_is_ended_and_that_of_a_living_one_is_not() -> None:
    die_at("2")
    source = registered(Shelf(THREE))
    with only_one_run(source):
        assert end_dead_runs() == 0
    assert end_dead_runs() == 1
    assert HarvestRun.objects.get().state == "partial"
