"""How often each value of a column occurs."""

from typing import Any

from django.db.models import Count, QuerySet


def tally(rows: QuerySet[Any], column: str) -> dict[Any, int]:
    """Rows per value, the most frequent value first. One query."""
    counted = rows.order_by().values_list(column).annotate(number=Count("pk"))
    return dict(counted.order_by("-number", column))
