"""Work that only one process may do at a time, wherever it runs."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection


class AlreadyAtWork(Exception):
    """Another process is at it."""


@contextmanager
def alone(work: str, said: str) -> Iterator[None]:
    """Held by one process at a time, on this connection. Raises AlreadyAtWork, saying `said`, if another has it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtextextended(%s, 0))", [work])
        if not cursor.fetchone()[0]:
            raise AlreadyAtWork(said)
        try:
            yield
        finally:
            cursor.execute("SELECT pg_advisory_unlock(hashtextextended(%s, 0))", [work])
