"""How many other things a row has, for the columns of a table: worked out for the rows of one page only."""

from typing import Any

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce


def number_of(others: QuerySet[Any, Any], owner: str, what: str = "pk") -> Coalesce:
    """Distinct `what` of `others` whose `owner` is the row."""
    own = others.filter(**{owner: OuterRef("pk")}).order_by().values(owner)
    counted = own.annotate(number=Count(what, distinct=True)).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)
