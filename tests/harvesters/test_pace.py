"""One pace per host for everything that asks it: threads here stand for processes, each has its own session."""

import time
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

import pytest
from django.db import connection

from harvesters.http import Http, HttpError
from harvesters.models import HostPace
from harvesters.pace import Queueing, hold, take_turn
from harvesters.sources.base import Base
from tests.harvesters.conftest import LocalServer

PACE = 0.1


def take_turns(count: int) -> list[float]:
    try:
        return [moment for _ in range(count) for moment in [take_one()]]
    finally:
        connection.close()


def take_one() -> float:
    take_turn("slow.example", PACE)
    return time.monotonic()


@pytest.mark.django_db(transaction=True)
def test_several_at_once_keep_the_pace_together() -> None:
    begun = time.monotonic()
    with ThreadPoolExecutor(4) as pool:
        moments = sorted(chain.from_iterable(pool.map(take_turns, [3] * 4)))
    # Whoever wakes up late on a busy machine has waited all the same; nobody comes early.
    waited = [moment - begun - PACE * turn for turn, moment in enumerate(moments)]
    assert len(moments) == 12
    assert min(waited) > -0.01


@pytest.mark.django_db
def test_who_comes_after_a_pause_need_not_wait() -> None:
    take_turn("slow.example", 1)
    time.sleep(1)
    started = time.monotonic()
    take_turn("slow.example", 1)
    assert time.monotonic() - started < 1


@pytest.mark.django_db
def test_hosts_do_not_wait_for_each_other() -> None:
    started = time.monotonic()
    for number in range(5):
        take_turn(f"host{number}.example", 30)
    assert time.monotonic() - started < 5


@pytest.mark.django_db
def test_nobody_sleeps_for_longer_than_a_minute_and_the_queue_does_not_grow() -> None:
    hold("slow.example", 600)
    before = HostPace.objects.get().free_at
    with pytest.raises(Queueing, match="in 600 s") as caught:
        take_turn("slow.example", PACE)
    assert 598 < caught.value.wait <= 600
    assert HostPace.objects.get().free_at == before


@pytest.mark.django_db
def test_a_shorter_hold_does_not_shorten_a_longer_one() -> None:
    hold("slow.example", 600)
    hold("slow.example", 1)
    with pytest.raises(Queueing):
        take_turn("slow.example", PACE)


@pytest.mark.django_db
def test_every_request_keeps_the_pace_of_its_base(server: LocalServer) -> None:
    server.replies((200, {}, b"fine"))
    started = time.monotonic()
    with Http(Base(server.url, pace=0.2)) as http:
        for _ in range(3):
            http.get(f"{server.url}/a")
    assert time.monotonic() - started >= 0.4


@pytest.mark.django_db
def test_what_one_is_asked_to_wait_the_others_wait_too(server: LocalServer) -> None:
    server.replies((429, {"Retry-After": "3600"}, b""))
    base = Base(server.url, pace=0.01)
    with Http(base) as first, pytest.raises(HttpError) as refused:
        first.get(f"{server.url}/a")
    assert refused.value.wait == 3600
    with Http(base) as second, pytest.raises(HttpError, match="was not asked") as queued:
        second.get(f"{server.url}/a")
    assert 3590 < (queued.value.wait or 0) <= 3600
    assert len(server.asked) == 1


@pytest.mark.django_db
def test_a_download_is_written_whole(server: LocalServer, tmp_path: Path) -> None:
    server.replies((200, {}, b"x" * 3_000))
    with Http(server.url, limit=10) as http:
        answer = http.download(f"{server.url}/a", tmp_path / "dump", limit=5_000)
        assert (answer.body, (tmp_path / "dump").stat().st_size) == (b"", 3_000)
        with pytest.raises(HttpError, match=r"larger than 2,000 bytes"):
            http.download(f"{server.url}/a", tmp_path / "other", limit=2_000)
    assert [path.name for path in tmp_path.iterdir()] == ["dump"]
