"""The filter "only models that nothing beats": docs/decisions/0096-only-models-that-nothing-beats.md.

A row stays if no other row that all the other filters leave is at least as good on both axes and better on one. So
it is a condition on rows, made of the other conditions; rows without a number on one of the axes never stay.
"""

from typing import TYPE_CHECKING, Any

from django.db.models import F, Max, Min, Q, QuerySet, Window

from catalog.facets.axes import Axis

if TYPE_CHECKING:
    from catalog.facets.filters import Filters


def drawable(rows: QuerySet[Any, Any], across: Axis, up: Axis) -> QuerySet[Any, Any]:
    """The rows that have a number on both axes, with the two as `across` and `up`."""
    known = rows.filter(up.known(), across.known())
    found = known.annotate(across=across.expression(), up=up.expression())
    return found.filter(across__gt=0)


def on_front(rest: "Filters", across: Axis, up: Axis) -> Q:
    """Rows that none of those which `rest` leaves beats. Sorted twice by Postgres when it is asked."""
    rows = drawable(rest.apply(rest.kind.rows()), across, up)
    nearest = Min if across.less_is_better else Max
    cheapest_first = F("across").asc() if across.less_is_better else F("across").desc()
    judged = rows.annotate(
        # The frame that Postgres gives an ordered window: all that cost less or as much.
        best_so_far=Window(Max("up"), order_by=cheapest_first),
        least_of_level=Window(nearest("across"), partition_by=F("up")),
    )
    front = judged.filter(up=F("best_so_far"), across=F("least_of_level"))
    return Q(pk__in=front.order_by().values("pk"))
