"""Old runs and old lookups go; what anything still refers to or shows stays."""

from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Source
from harvesters import services, tasks
from harvesters.forgetting import RUNS_KEPT, forget_old_lookups, forget_old_runs
from harvesters.models import Checkpoint, HarvestRun, Lookup, RejectedRecord, Schedule

pytestmark = pytest.mark.django_db
NOW = timezone.now()
LONG_AGO = NOW - timedelta(days=400)


def runs(
    count: int, *, name: str = "shelf", last: datetime = LONG_AGO, state: str = "done"
) -> list[HarvestRun]:
    """So many runs a minute apart, the last one first."""
    source, _ = Source.objects.get_or_create(name=name, title=name, kind="hub")
    moments = [last - timedelta(minutes=number) for number in range(count)]
    return HarvestRun.objects.bulk_create(
        HarvestRun(source=source, state=state, started_at=moment, heartbeat_at=moment, ended_at=moment)
        for moment in moments
    )  # fmt: skip


def left(made: list[HarvestRun]) -> list[HarvestRun]:
    return list(HarvestRun.objects.filter(pk__in=[run.pk for run in made]).order_by("-started_at"))


def test_of_each_source_the_last_fifty_old_runs_stay() -> None:
    many, few = runs(RUNS_KEPT + 7), runs(RUNS_KEPT, name="other")
    assert forget_old_runs() == 7
    assert left(many) == many[:RUNS_KEPT]
    assert left(few) == few
    assert forget_old_runs() == 0


def test_runs_of_the_last_year_stay_however_many() -> None:
    recent = runs(RUNS_KEPT + 7, last=NOW - timedelta(days=364))
    old = runs(3)
    assert forget_old_runs() == 3
    assert left(recent) == recent
    assert left(old) == []


def test_what_a_checkpoint_or_a_rejected_record_names_stays_and_so_does_a_run_that_is_on() -> None:
    runs(RUNS_KEPT, last=NOW)
    old = runs(3)
    (on,) = runs(1, state="running")
    at = {"source": on.source, "run": old[0]}
    Checkpoint.objects.create(**at, walk_started_at=NOW, updated_at=NOW)
    rejected = RejectedRecord.objects.create(
        source=on.source, run=old[1], external_id="x", reason="r", raw="", first_seen=NOW, last_seen=NOW
    )  # fmt: skip
    assert forget_old_runs() == 1
    assert set(left([*old, on])) == {*old[:2], on}
    rejected.refresh_from_db()
    assert rejected.run == old[1]


def test_the_page_of_a_source_is_the_same_after_its_old_runs_went(client: Client) -> None:
    runs(RUNS_KEPT + 7)
    before = client.get("/sources/shelf/").content
    assert forget_old_runs() == 7
    assert client.get("/sources/shelf/").content == before


def test_much_that_is_old_goes_a_part_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harvesters.forgetting._AT_ONCE", 5)
    made = runs(RUNS_KEPT + 7)
    assert (forget_old_runs(), forget_old_runs(), forget_old_runs()) == (5, 2, 0)
    assert left(made) == made[:RUNS_KEPT]


def test_old_lookups_go() -> None:
    Lookup.objects.create(external_id="old", asked_at=NOW - timedelta(days=91))
    Lookup.objects.create(external_id="new", asked_at=NOW - timedelta(days=89))
    assert forget_old_lookups() == 1
    assert Lookup.objects.get().external_id == "new"


def test_the_watch_forgets() -> None:
    services.add_schedules()
    Schedule.objects.update(next_due=None)
    Lookup.objects.create(external_id="old", asked_at=LONG_AGO)
    runs(RUNS_KEPT + 7)
    tasks.watch()
    assert not Lookup.objects.exists()
    assert HarvestRun.objects.filter(source="shelf").count() == RUNS_KEPT
