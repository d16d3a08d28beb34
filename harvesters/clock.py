"""The one clock by which harvesting is timed: Postgres', for machines' own clocks differ."""

from datetime import datetime

from django.db import connection


def database_now() -> datetime:
    """The moment it is in Postgres, also inside a transaction that began earlier."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment
