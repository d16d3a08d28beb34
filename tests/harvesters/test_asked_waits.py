"""What servers say about waiting, read in each of the forms in which hubs say it."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from harvesters.asked_waits import asked_wait, exhausted_for, retry_after

# The server's clock, an hour ahead of or behind ours: only the difference within one answer counts.
AN_HOUR_OFF = [timedelta(0), timedelta(hours=1), timedelta(hours=-1)]


def http_date(moment: datetime) -> str:
    return format_datetime(moment, usegmt=True)


def test_retry_after_may_be_a_date() -> None:
    now = datetime.now(UTC)
    assert 28 <= (retry_after(http_date(now + timedelta(seconds=30))) or 0) <= 30
    assert retry_after(http_date(now - timedelta(days=1))) == 0


@pytest.mark.parametrize("nonsense", ["", "soon", "-1", "1e9", "Mon, 99 Foo", "²", "9" * 400])
def test_nonsense_in_retry_after_says_nothing(nonsense: str) -> None:
    assert retry_after(nonsense) is None


@pytest.mark.parametrize("off", AN_HOUR_OFF)
def test_a_date_is_counted_from_the_servers_own_clock(off: timedelta) -> None:
    servers_now = datetime.now(UTC).replace(microsecond=0) + off
    headers = {
        "date": http_date(servers_now),
        "retry-after": http_date(servers_now + timedelta(seconds=30)),
    }
    assert asked_wait(503, headers) == 30


@pytest.mark.parametrize("off", AN_HOUR_OFF)
def test_githubs_reset_is_counted_from_the_servers_own_clock(off: timedelta) -> None:
    servers_now = datetime.now(UTC).replace(microsecond=0) + off
    headers = {
        "date": http_date(servers_now),
        "x-ratelimit-remaining": "0",
        "x-ratelimit-reset": str(int(servers_now.timestamp()) + 600),
    }
    assert asked_wait(403, headers) == 601


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ('"api";r=0;t=17', 18),
        ('"api";r=0; t=17', 18),
        ('"api";r=1;t=17', None),
        ('"api";r=489;t=212', None),
        ("nonsense", None),
        ("", None),
    ],
)
def test_hugging_faces_allowance_says_when_it_is_filled_again(
    header: str, seconds: float | None
) -> None:
    assert exhausted_for({"ratelimit": header}) == seconds


def test_retry_after_comes_first() -> None:
    headers = {"retry-after": "5", "ratelimit": '"api";r=0;t=17', "x-ratelimit-remaining": "0"}
    assert asked_wait(429, headers) == 5


def test_githubs_secondary_limit_without_a_time_is_a_minute() -> None:
    body = '{"message": "You have exceeded a secondary rate limit. Please wait"}'
    assert asked_wait(403, {}, body) == 60
    assert asked_wait(403, {}, '{"message": "Resource not accessible"}') is None
