"""Staff change how often a source is read: the new interval counts at once."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from catalog.models import Source
from harvesters import schedule, services
from harvesters.models import HarvestRun, Schedule

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def staff(client: Client) -> Client:
    services.add_schedules()
    client.force_login(User.objects.create_superuser("boss", password="a long passphrase"))
    return client


def ran(state: str, *, ended: datetime = NOW) -> None:
    HarvestRun.objects.create(
        source_id="torchvision", state=state, started_at=ended, heartbeat_at=ended, ended_at=ended, pages=1
    )  # fmt: skip


def planned() -> timedelta | None:
    schedule.plan_next("torchvision")
    moment = Schedule.objects.get(pk="torchvision").next_due
    return moment and moment - NOW


def change(staff: Client, **changed: object) -> timedelta | None:
    """Change the schedule of torchvision as the form of the admin does; when it is due then."""
    row = Schedule.objects.get(pk="torchvision")
    due = row.next_due
    posted = {
        "every": row.every or "", "full_every": row.full_every or "",
        "next_due_0": due.strftime("%Y-%m-%d") if due else "",
        "next_due_1": due.strftime("%H:%M:%S") if due else "", **changed,
    }  # fmt: skip
    assert staff.post("/admin/harvesters/schedule/torchvision/change/", posted).status_code == 302
    moment = Schedule.objects.get(pk="torchvision").next_due
    return moment and moment - NOW


@pytest.mark.parametrize("state", ["done", "not set up"])
def test_a_changed_interval_counts_from_the_last_run(staff: Client, state: str) -> None:
    ran(state)
    assert planned() == timedelta(days=1)
    assert change(staff, every=168) == timedelta(days=7)
    assert change(staff, every=1) == timedelta(hours=1)
    assert change(staff, every="") is None
    assert change(staff, every=720) == timedelta(days=30)


def test_a_changed_interval_makes_due_what_is_older(staff: Client) -> None:
    ran("done", ended=NOW - timedelta(hours=5))
    assert planned() == timedelta(hours=19)
    assert change(staff, every=1) == timedelta(hours=-4)
    assert "torchvision" in schedule.claim_due()


def test_a_changed_interval_counts_in_the_list_of_schedules_too(staff: Client) -> None:
    Schedule.objects.exclude(pk="torchvision").delete()
    ran("done")
    schedule.plan_next("torchvision")
    row = {"form-0-source": "torchvision", "form-0-every": "6", "form-0-full_every": ""}
    sizes = {"form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "_save": "Save"}
    assert staff.post("/admin/harvesters/schedule/", {**row, **sizes}).status_code == 302
    moment = Schedule.objects.get(pk="torchvision").next_due
    assert moment is not None
    assert moment - NOW == timedelta(hours=6)


def test_a_changed_interval_leaves_alone_what_waits_for_another_reason(staff: Client) -> None:
    ran("unreachable")
    assert planned() == timedelta(minutes=10)
    waiting = Schedule.objects.get(pk="torchvision").next_due
    change(staff, every=720)
    assert Schedule.objects.get(pk="torchvision").next_due == waiting
    services.ask_for_run(Source.objects.get(pk="torchvision"))
    asked = Schedule.objects.get(pk="torchvision").next_due
    ran("done", ended=NOW + timedelta(seconds=1))
    change(staff, every=24)
    assert Schedule.objects.get(pk="torchvision").next_due == asked


def test_a_moment_that_staff_name_is_the_next_one(staff: Client) -> None:
    ran("done")
    named = change(staff, every=168, next_due_0="2031-01-02", next_due_1="03:04:05")
    assert named == datetime(2031, 1, 2, 3, 4, 5, tzinfo=UTC) - NOW


def test_a_change_of_the_interval_gives_back_no_claim(staff: Client) -> None:
    ran("done", ended=NOW - timedelta(days=2))
    assert "torchvision" in schedule.claim_due()
    claimed = Schedule.objects.get(pk="torchvision").claimed_until
    change(staff, every=168)
    assert claimed is not None
    assert Schedule.objects.get(pk="torchvision").claimed_until == claimed
