"""When a source is read by itself: planned by how its last run ended, claimed by one, paused by staff."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from catalog.models import Source
from harvesters import schedule, services
from harvesters.engine import Wishes, end_dead_runs, harvest, only_one_run
from harvesters.http import Http
from harvesters.models import Checkpoint, HarvestRun, Schedule
from harvesters.sources import SOURCES
from harvesters.sources.base import Base, Page, Start
from tests.harvesters.sources_for_tests import Shelf

pytestmark = pytest.mark.django_db
NOW = timezone.now()


class Quick(Shelf):
    name = "quick"
    kind = "library"


class Walk(Shelf):
    """It would go through the network; what is below only plans it."""

    name = "walk0"
    bases = (Base("https://example.org"),)


@pytest.fixture
def registry() -> Iterator[None]:
    """Three walks and one quick source, nothing else."""
    kept = dict(SOURCES)
    SOURCES.clear()
    for number in range(3):
        walk = type("Walk", (Walk,), {"name": f"walk{number}"})
        SOURCES[f"walk{number}"] = lambda walk=walk: walk([["a"]])
    SOURCES["quick"] = lambda: Quick([["a"]])
    services.add_schedules()
    yield
    SOURCES.clear()
    SOURCES.update(kept)


def ran(state: str, *, ended: datetime = NOW, pages: int = 0, name: str = "walk0") -> HarvestRun:
    return HarvestRun.objects.create(
        source_id=name, state=state, started_at=ended, heartbeat_at=ended, ended_at=ended, pages=pages
    )  # fmt: skip


def due_in(name: str = "walk0") -> timedelta | None:
    schedule.plan_next(name)
    moment = Schedule.objects.get(pk=name).next_due
    return moment and moment - NOW


@pytest.mark.usefixtures("registry")
@pytest.mark.parametrize(
    ("states", "pages", "wait"),
    [
        ("done", 3, timedelta(days=1)),
        ("partial", 3, timedelta(minutes=1)),
        ("partial partial partial", 3, timedelta(minutes=1)),
        ("partial partial partial", 0, timedelta(minutes=4)),
        ("unreachable", 0, timedelta(minutes=10)),
        ("unreachable unreachable", 0, timedelta(minutes=20)),
        ("unreachable done unreachable", 0, timedelta(minutes=10)),
        ("partial unreachable", 0, timedelta(minutes=10)),
        ("failed", 1, timedelta(hours=1)),
        ("unreachable " * 30, 0, timedelta(hours=6)),
        ("partial " * 30, 0, timedelta(hours=6)),
        ("failed " * 30, 0, timedelta(hours=6)),
    ],
)
def test_a_source_is_due_again_by_how_its_last_run_ended(
    states: str, pages: int, wait: timedelta
) -> None:
    every = states.split()
    for number, state in enumerate(every):
        ran(state, ended=NOW - timedelta(minutes=len(every) - 1 - number), pages=pages)
    assert due_in() == wait


@pytest.mark.usefixtures("registry")
def test_a_source_that_asked_to_be_left_alone_is_due_then() -> None:
    ran("partial", pages=1)
    Checkpoint.objects.create(
        source_id="walk0", walk_started_at=NOW, updated_at=NOW, not_before=NOW + timedelta(hours=3)
    )
    assert due_in() == timedelta(hours=3)


@pytest.mark.usefixtures("registry")
def test_a_source_that_is_read_by_hand_is_not_due_by_itself() -> None:
    Schedule.objects.update(every=None)
    ran("done", pages=1)
    assert due_in() is None
    assert "walk0" not in schedule.claim_due()


@pytest.mark.usefixtures("registry")
def test_quick_sources_are_always_taken_and_walks_only_as_many_as_there_is_room_for() -> None:
    assert set(schedule.claim_due()) == {"quick", "walk0", "walk1"}
    assert schedule.claim_due() == []
    ran("done", name="walk0")
    schedule.plan_next("walk0")
    assert schedule.claim_due() == ["walk2"]


@pytest.mark.usefixtures("registry")
def test_who_waits_longest_comes_first_and_else_the_order_of_the_registry() -> None:
    Schedule.objects.update(next_due=NOW)
    SOURCES["walk0"] = SOURCES.pop("walk0")  # the last one now
    assert schedule.claim_due() == ["quick", "walk1", "walk2"]
    Schedule.objects.update(claimed_until=None)
    Schedule.objects.filter(pk="walk0").update(next_due=NOW - timedelta(minutes=1))
    assert schedule.claim_due() == ["quick", "walk0", "walk1"]


@pytest.mark.usefixtures("registry")
def test_a_walk_that_somebody_started_by_hand_takes_room_too(settings: Settings) -> None:
    settings.HARVEST_WALKS_AT_ONCE = 1
    run = ran("running", name="walk2")
    HarvestRun.objects.filter(pk=run.pk).update(ended_at=None)
    assert schedule.claim_due() == ["quick"]


@pytest.mark.usefixtures("registry")
def test_a_claim_that_no_worker_took_up_lapses() -> None:
    assert "quick" in schedule.claim_due()
    Schedule.objects.update(claimed_until=NOW - timedelta(seconds=1))
    assert "quick" in schedule.claim_due()


@pytest.mark.usefixtures("registry")
def test_what_is_paused_is_not_claimed() -> None:
    services.set_paused(Source.objects.get(pk="quick"), paused=True)
    assert "quick" not in schedule.claim_due()
    services.set_paused(Source.objects.get(pk="quick"), paused=False)
    assert "quick" in schedule.claim_due()


@pytest.mark.usefixtures("registry")
def test_asking_for_a_run_makes_a_source_due_unless_there_is_a_reason_not_to() -> None:
    source = Source.objects.get(pk="quick")
    Schedule.objects.update(next_due=NOW + timedelta(days=1))
    assert "due now" in services.ask_for_run(source)
    assert schedule.claim_due() == ["quick"]
    services.set_paused(source, paused=True)
    with pytest.raises(
        services.NotStarted, match=r"is paused.* resume it on /sources/quick/ first"
    ):
        services.ask_for_run(source)
    services.set_paused(source, paused=False)
    Checkpoint.objects.create(
        source=source, walk_started_at=NOW, updated_at=NOW, not_before=NOW + timedelta(hours=3)
    )
    with pytest.raises(services.NotStarted, match="asked to be left alone"):
        services.ask_for_run(source)
    old = Source.objects.create(name="old", title="Old", kind="hub")
    with pytest.raises(services.NotStarted, match="not read any more"):
        services.ask_for_run(old)


@pytest.mark.usefixtures("registry")
def test_a_source_that_was_paused_after_it_was_claimed_is_not_read() -> None:
    assert "quick" in schedule.claim_due()
    services.set_paused(Source.objects.get(pk="quick"), paused=True)
    assert services.harvest_when_due("quick") is None
    assert not HarvestRun.objects.exists()
    services.set_paused(Source.objects.get(pk="quick"), paused=False)
    assert "quick" in schedule.claim_due()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("registry")
def test_of_many_schedulers_at_once_each_source_is_claimed_by_one() -> None:
    several = 6
    begin = Barrier(several)

    def claim(_: int) -> list[str]:
        try:
            begin.wait()
            return [name for _ in range(5) for name in schedule.claim_due()]
        finally:
            connection.close()

    with ThreadPoolExecutor(several) as pool:
        claimed = [name for names in pool.map(claim, range(several)) for name in names]
    assert sorted(claimed) == ["quick", "walk0", "walk1"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("registry")
def test_a_second_scheduler_waits_for_the_first_and_then_finds_nothing() -> None:
    """The same with the race held open: the first one has claimed and not yet committed."""

    def claim() -> list[str]:
        try:
            return schedule.claim_due()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = schedule.claim_due()
            second = pool.submit(claim)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.3)
        assert (len(first), second.result(timeout=5)) == (3, [])


@pytest.mark.usefixtures("registry")
def test_a_run_takes_the_source_off_the_list_of_what_is_due() -> None:
    harvest(SOURCES["quick"]())
    assert "quick" not in schedule.claim_due()
    row = Schedule.objects.get(pk="quick")
    assert row.next_due is not None
    assert row.next_due > timezone.now() + timedelta(hours=23)


@pytest.mark.usefixtures("registry")
def test_a_run_with_a_limit_leaves_the_source_as_due_as_it_was() -> None:
    harvest(Quick([["a", "b"]]), Wishes(limit=1))
    assert "quick" in schedule.claim_due()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("registry")
def test_the_run_of_a_dead_process_is_ended_and_goes_on_after_a_minute() -> None:
    run = ran("running", name="quick", pages=1)
    HarvestRun.objects.filter(pk=run.pk).update(ended_at=None)
    with only_one_run(run.source):
        assert end_dead_runs() == 0
    assert "quick" not in schedule.claim_due()
    assert end_dead_runs() == 1
    row = Schedule.objects.get(pk="quick")
    assert row.next_due is not None
    assert row.next_due - timezone.now() < timedelta(minutes=1, seconds=5)


class Endless(Quick):
    """It pauses its own source, as staff would, while it is being read."""

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        for page in super().pages(http, start):
            yield page
            services.set_paused(Source.objects.get(pk="quick"), paused=True)


@pytest.mark.usefixtures("registry")
def test_a_run_ends_with_its_page_when_the_source_is_paused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("harvesters.walk._LOOKS_UP_EVERY", 0)
    run = harvest(Endless([["a"], ["b"], ["c"]]))
    assert (run.state, run.seen) == ("partial", 2)
    assert "Paused by staff" in run.message
    # Who asks for it by hand gets it all the same.
    assert harvest(Quick([["a"], ["b"], ["c"]])).state == "done"


@pytest.mark.usefixtures("registry")
def test_a_long_run_makes_room_for_another_that_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvesters.walk._LOOKS_UP_EVERY", 0)
    monkeypatch.setattr("harvesters.walk._MAKES_ROOM_AFTER", 0)
    run = harvest(Quick([["a"], ["b"]]), Wishes(makes_room=True))
    assert (run.state, run.seen) == ("partial", 1)
    assert "Made room" in run.message
    Schedule.objects.exclude(pk="quick").update(next_due=None)
    assert harvest(Quick([["a"], ["b"]]), Wishes(makes_room=True)).state == "done"


def test_every_source_gets_a_schedule_once_and_staff_may_change_it() -> None:
    services.add_schedules()
    assert set(Schedule.objects.values_list("pk", flat=True)) == set(SOURCES)
    Schedule.objects.filter(pk="timm").update(every=168, paused=True)
    services.add_schedules()
    row = Schedule.objects.get(pk="timm")
    assert (row.every, row.paused) == (168, True)


def test_counting_that_is_done_for_this_release_is_put_off(monkeypatch: pytest.MonkeyPatch) -> None:
    services.add_schedules()
    monkeypatch.setattr(services, "is_counting_due", lambda: False)
    assert services.harvest_when_due("measured") is None
    assert not HarvestRun.objects.exists()
    row = Schedule.objects.get(pk="measured")
    assert row.next_due is not None
    assert row.next_due > timezone.now() + timedelta(hours=1)
