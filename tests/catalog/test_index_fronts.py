"""Fronts out of the index are those of plain SQL, and so are the counts beside them."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.facets import front_counts, read
from catalog.facets.models import MODELS
from catalog.facets.panels import facet_panels
from catalog.index.answering import Answer
from catalog.index.view import View
from tests.catalog.test_index import PAGE, PARAMETERS, SORTS, TYPED, address, view

__all__ = ["view"]  # a fixture
pytestmark = pytest.mark.django_db
PAIRS = st.sampled_from([*MODELS.fronts, "speed,top1"])


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.builds(address, st.lists(PARAMETERS, max_size=3), TYPED, SORTS, st.integers(1, 2)), PAIRS)
def test_every_count_and_every_page_of_a_front_is_what_plain_sql_gives(
    view: View, query: str, pair: str
) -> None:
    filters = read(f"device=rtx-4090&{query}&best={pair}")
    answer, expected = Answer(view, filters), front_counts.count(filters)
    found = answer.counts()
    assert filters.best == pair
    assert found.total == expected.total
    assert found.bars == expected.bars
    assert found.unknown == expected.unknown
    assert found.without == expected.without
    assert facet_panels(filters, found) == facet_panels(filters, expected)
    rows = filters.sorted(filters.apply(MODELS.rows())).values_list("pk", flat=True)
    start = (filters.page - 1) * PAGE
    assert answer.pks(start, start + PAGE) == list(rows[start : start + PAGE])
