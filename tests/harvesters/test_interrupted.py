"""What broke off is tried again by itself: soon at first, then less and less often."""

import importlib.util
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from django.conf import settings
from django.utils import timezone
from redis import Redis

from catalog.models import Source
from harvesters import tasks
from harvesters.engine import only_one_run
from harvesters.models import HarvestRun
from harvesters.services import interrupted
from harvesters.sources import SOURCES

pytestmark = pytest.mark.django_db
NOW = timezone.now()
RESULTS = "timm-results"


def ran(state: str, minutes_ago: float = 0, pages: int = 0, name: str = RESULTS) -> HarvestRun:
    source, _ = Source.objects.get_or_create(name=name, title=name, kind=SOURCES[name]().kind)
    ended = NOW - timedelta(minutes=minutes_ago)
    return HarvestRun.objects.create(
        source=source,
        state=state,
        started_at=ended,
        heartbeat_at=ended,
        ended_at=ended,
        pages=pages,
    )


def after(**units: float) -> datetime:
    return NOW + timedelta(**units)


def queued() -> list[str]:
    with Redis.from_url(settings.REDIS_URL) as redis:
        return [message.decode() for message in redis.lrange("harvest", 0, -1)]


@pytest.fixture
def queue() -> Iterator[None]:
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete("harvest")
        yield
        redis.delete("harvest")


@pytest.mark.parametrize(
    ("states", "pages", "wait"),
    [
        ("partial", 3, timedelta(minutes=1)),
        ("partial partial partial", 3, timedelta(minutes=1)),
        ("partial partial partial", 0, timedelta(minutes=4)),
        ("unreachable", 0, timedelta(minutes=10)),
        ("unreachable unreachable", 0, timedelta(minutes=20)),
        ("unreachable unreachable unreachable", 0, timedelta(minutes=40)),
        ("unreachable done unreachable", 0, timedelta(minutes=10)),
        ("partial unreachable", 0, timedelta(minutes=10)),
        ("unreachable " * 30, 0, timedelta(hours=6)),
        ("partial " * 30, 0, timedelta(hours=6)),
    ],
)
def test_a_source_is_due_again_after_a_wait_that_grows(
    states: str, pages: int, wait: timedelta
) -> None:
    every = states.split()
    for number, state in enumerate(every):
        ran(state, minutes_ago=len(every) - 1 - number, pages=pages)
    assert interrupted(NOW + wait - timedelta(seconds=1)) == []
    assert interrupted(NOW + wait) == [RESULTS]


@pytest.mark.parametrize("state", ["done", "failed", "running"])
def test_what_came_to_an_end_or_is_still_at_it_is_left_alone(state: str) -> None:
    ran("partial", minutes_ago=5)
    run = ran(state)
    if state == "running":
        HarvestRun.objects.filter(pk=run.pk).update(ended_at=None)
    assert interrupted(after(days=1)) == []


def test_what_was_never_read_is_left_to_the_first_harvest() -> None:
    assert interrupted(after(days=1)) == []


def test_counting_without_torch_is_tried_four_times_a_day_and_with_it_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran("unreachable", name="measured")
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "torch" else name)
    assert interrupted(after(hours=5, minutes=59)) == []
    assert interrupted(after(hours=6)) == ["measured"]
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name)
    assert interrupted(after(minutes=10)) == ["measured"]


@pytest.mark.usefixtures("queue")
def test_the_watch_sends_what_is_due_and_the_message_does_not_outlive_the_next() -> None:
    ran("partial", minutes_ago=2, pages=1)
    ran("partial", name="measured")
    tasks.watch()
    (message,) = queued()
    assert "harvesters.tasks.go_on" in message
    assert '"expires": "' in message
    every = settings.CELERY_BEAT_SCHEDULE["watch-harvests"]["schedule"]
    assert every == tasks._WATCH_SECONDS


def test_going_on_reads_the_source_once_however_often_it_was_sent() -> None:
    ran("partial", minutes_ago=2, pages=1, name="torchvision")
    tasks.go_on("torchvision")
    tasks.go_on("torchvision")
    states = HarvestRun.objects.order_by("started_at").values_list("state", flat=True)
    assert list(states) == ["partial", "done"]


@pytest.mark.django_db(transaction=True)
def test_going_on_beside_another_harvest_of_the_source_starts_nothing() -> None:
    run = ran("partial", minutes_ago=2, pages=1, name="torchvision")
    with only_one_run(run.source):
        tasks.go_on("torchvision")
    assert HarvestRun.objects.count() == 1
