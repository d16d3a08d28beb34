"""The pace that a host asks for, kept by all processes and machines of the site together.

Each request reserves the next free moment of its host in Postgres, by Postgres' clock: whoever comes
second waits behind. See docs/decisions/0079-one-pace-for-all-machines.md.
"""

import time

from django.db import connection

MOST_AHEAD = 60.0  # seconds; nobody sleeps longer than that in a worker

_RESERVE = """
INSERT INTO harvesters_hostpace AS pace (host, free_at)
VALUES (%(host)s, clock_timestamp() + %(pace)s * interval '1 second')
ON CONFLICT (host) DO UPDATE
SET free_at = greatest(pace.free_at, clock_timestamp()) + %(pace)s * interval '1 second'
WHERE pace.free_at < clock_timestamp() + %(ahead)s * interval '1 second'
RETURNING extract(epoch FROM free_at - clock_timestamp())::float - %(pace)s
"""
_HOLD = """
INSERT INTO harvesters_hostpace AS pace (host, free_at)
VALUES (%(host)s, clock_timestamp() + %(seconds)s * interval '1 second')
ON CONFLICT (host) DO UPDATE SET free_at = greatest(pace.free_at, excluded.free_at)
"""
_LEFT = """
SELECT extract(epoch FROM free_at - clock_timestamp())::float FROM harvesters_hostpace WHERE host = %s
"""


class Queueing(Exception):
    """The host's next free moment is too far away; `wait` says how many seconds."""

    def __init__(self, wait: float) -> None:
        super().__init__(f"its next free moment is in {wait:.0f} s")
        self.wait = wait


def take_turn(host: str, pace: float) -> None:
    """Sleep until it is this process' turn to ask `host`, `pace` seconds after the request before.

    Raises Queueing instead of sleeping longer than MOST_AHEAD. Call it outside a transaction: the
    reservation must be seen by the others at once.
    """
    with connection.cursor() as cursor:
        cursor.execute(_RESERVE, {"host": host, "pace": pace, "ahead": MOST_AHEAD})
        row = cursor.fetchone()
        if row is None:
            cursor.execute(_LEFT, [host])
            left = cursor.fetchone()
            raise Queueing(max(left[0] if left else 0, 1))
    time.sleep(max(0.0, row[0]))


def hold(host: str, seconds: float) -> None:
    """Let nobody ask `host` for `seconds`: it asked one of us to wait."""
    with connection.cursor() as cursor:
        cursor.execute(_HOLD, {"host": host, "seconds": seconds})
