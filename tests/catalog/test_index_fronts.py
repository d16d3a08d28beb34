"""Fronts out of the index are those of plain SQL, and so are the counts beside them."""

from dataclasses import replace

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.facets import front_counts, read
from catalog.facets.drawable import Drawable, drawable_in_postgres
from catalog.facets.filters import Filters
from catalog.facets.models import MODELS
from catalog.facets.panels import facet_panels
from catalog.index.answering import Answer
from catalog.index.fronts import drawable_of
from catalog.index.view import View
from tests.catalog.test_index import PAGE, PARAMETERS, SORTS, TYPED, address, view

__all__ = ["view"]  # a fixture
pytestmark = pytest.mark.django_db
PAIRS = st.sampled_from([*MODELS.fronts, "speed,top1"])


@pytest.fixture
def counted(view: View) -> View:
    """The same; without knowing how many rows there are, Postgres joins them one by one."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE catalog_pretrainedmodel, catalog_architecture, catalog_speed")
    return view


def drawn(rows: Drawable, filters: Filters) -> list[tuple[float, ...]]:
    best = rows.best_first(*filters.axes)
    families = [best.family(place) for place in range(len(best.pks))]
    return [*zip(best.pks, best.across, best.up, families, strict=True)]


@settings(
    max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.builds(address, st.lists(PARAMETERS, max_size=3), TYPED, SORTS, st.integers(1, 2)), PAIRS)
def test_a_front_its_counts_and_its_plot_are_what_plain_sql_gives(
    counted: View, query: str, pair: str
) -> None:
    filters = read(f"device=rtx-4090&{query}&best={pair}")
    answer, expected = Answer(counted, filters), front_counts.count(filters)
    found = answer.counts()
    assert filters.best == pair
    assert found.total == expected.total
    assert found.bars == expected.bars
    assert found.unknown == expected.unknown
    assert found.without == expected.without
    assert facet_panels(filters, found) == facet_panels(filters, expected)
    rows = filters.sorted(filters.apply(MODELS.rows())).values_list("pk", flat=True)
    start = (filters.page - 1) * PAGE
    without = replace(filters, best="")
    across, up = filters.kind.fronts[pair]
    plotted = drawable_of(counted, without, Answer(counted, without).selection, (across, up))
    assert drawn(plotted, filters) == drawn(drawable_in_postgres(without, across, up), filters)
    assert answer.pks(start, start + PAGE) == list(rows[start : start + PAGE])
