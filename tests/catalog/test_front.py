"""Only models that nothing beats: which stay, and that every count is what the page would hold."""

from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from catalog.facets import count, read, write
from catalog.facets.counting import Counts
from catalog.facets.declarations import FACETS, RANGES
from catalog.facets.filters import Filters
from catalog.facets.models import MODELS
from catalog.facets.panels import advice, chips
from catalog.models import PretrainedModel
from tests.catalog.test_facets import (
    PARAMETERS,
    Row,
    bisect_right,
    fails,
    rows,
    values_of,
    with_machine,
)
from tests.factories import make_pretrained, make_speed

__all__ = ["rows"]  # a fixture
pytestmark = pytest.mark.django_db


def names(query: str) -> set[str]:
    return {row.name for row in read(query).apply(PretrainedModel.objects.published())}


# --- Which stay -------------------------------------------------------------------------------------------


def make_four() -> None:
    make_pretrained(name="small", parameters=1, top1=70.0, top5=90.0, task="a", size_bytes=9)
    make_pretrained(name="beaten", parameters=2, top1=69.0, top5=91.0, task="b", size_bytes=8)
    make_pretrained(name="large", parameters=3, top1=80.0, top5=89.0, task="a", size_bytes=7)
    make_pretrained(name="largest", parameters=4, top1=79.0, top5=99.0, task="b", size_bytes=6)


def test_a_model_stays_if_no_other_is_as_good_on_both_and_better_on_one() -> None:
    make_four()
    assert names("best=params,top1") == {"small", "large"}
    assert names("best=params,top5") == {"small", "beaten", "largest"}


def test_a_model_is_judged_among_those_that_the_other_filters_leave() -> None:
    make_four()
    assert names("best=params,top1&task=b") == {"beaten", "largest"}


def test_level_models_do_not_beat_each_other() -> None:
    make_pretrained(name="a", parameters=5, top1=70.0)
    make_pretrained(name="twin of a", parameters=5, top1=70.0)
    make_pretrained(name="as good but larger", parameters=6, top1=70.0)
    make_pretrained(name="as large but worse", parameters=5, top1=69.0)
    assert names("best=params,top1") == {"a", "twin of a"}


def test_a_model_without_one_of_the_numbers_never_stays() -> None:
    make_pretrained(name="no size", top1=99.0)
    make_pretrained(name="size zero", parameters=0, top1=99.0)
    make_pretrained(name="no score", parameters=1)
    make_pretrained(name="both", parameters=1, top1=1.0)
    assert names("best=params,top1") == {"both"}


def test_on_a_device_the_faster_one_beats_and_one_without_a_speed_never_stays() -> None:
    make_speed("quick", images_per_second=900.0)
    make_speed("slow", images_per_second=50.0)
    make_speed("still", images_per_second=0.0)
    make_pretrained(name="quick", architecture="quick", input_size=224, top1=70.0)
    make_pretrained(name="slow", architecture="slow", input_size=224, top1=60.0)
    make_pretrained(name="still", architecture="still", input_size=224, top1=99.0)
    make_pretrained(name="not measured", architecture="another", input_size=224, top1=99.0)
    assert names("device=rtx-4090&best=speed,top1") == {"quick"}


def test_what_is_hidden_beats_nobody() -> None:
    make_pretrained(name="gone", parameters=1, top1=99.0, gone_since="2026-01-01T00:00Z")
    make_pretrained(name="there", parameters=2, top1=1.0)
    assert names("best=params,top1") == {"there"}


# --- The address ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["best=params,top1", "q=best:params,top1", "q=best=PARAMS,top1"])
def test_it_is_asked_for_in_the_address_or_typed(asked: str) -> None:
    assert write(read(asked)) == "best=params,top1"


@pytest.mark.parametrize("pair", ["top1,params", "params", "params,params", "params,top1,gmacs"])
def test_a_pair_that_is_none_is_left_out_and_a_line_names_those_there_are(pair: str) -> None:
    filters = read(f"best={pair}")
    assert filters.best == ""
    assert "expected one of params,top1, size,top1" in filters.notes[0]


def test_the_axes_of_the_plot_are_kept_and_the_first_ones_need_no_words() -> None:
    assert write(read("x=gmacs&y=top5")) == "x=gmacs&y=top5"
    assert write(read("x=params&y=top1")) == ""
    assert "expected one of params, size, gmacs" in read("x=top1").notes[0]


def test_a_list_without_axes_knows_no_such_filter() -> None:
    from catalog.facets.papers import PAPERS

    filters = read("best=params,top1&x=gmacs", PAPERS)
    assert write(filters) == ""
    assert "“best” is not the name of a filter; it was left out." in filters.notes


# --- Counts -----------------------------------------------------------------------------------------------

PAIRS = st.sampled_from([*MODELS.fronts])


def front(filters: Filters, some: list[Row]) -> list[Row]:
    """By the definition: compares every row with every other one."""
    across, up = MODELS.fronts[filters.best]
    pairs = [(-(row[across.column] or 0), row[up.column]) for row in some]
    known = [(row, x, y) for row, (x, y) in zip(some, pairs, strict=True) if x and y is not None]
    return [
        row
        for row, x, y in known
        if not any(a >= x and b >= y and (a, b) != (x, y) for _, a, b in known)
    ]


def naive(filters: Filters, every: list[Row]) -> Counts:
    judged = [(row, fails(filters, row)) for row in [with_machine(filters, one) for one in every]]

    def left(name: str) -> list[Row]:
        return [row for row, failed in judged if failed <= {name}]

    values = {}
    for facet in FACETS:
        held = [(row, values_of(facet, row)) for row in left(facet.name)]
        kinds = {value or "unknown": {value} for _, some in held for value in some}
        kinds |= {group: set(members) for group, members in facet.groups().items()}
        sizes = {
            kind: len(front(filters, [row for row, some in held if some & wanted]))
            for kind, wanted in kinds.items()
        }
        values[facet.name] = {kind: size for kind, size in sizes.items() if size}
    bars, unknown = {}, {}
    for range_ in RANGES:
        found = [row[range_.column] for row in front(filters, left(range_.name))]
        places = Counter(bisect_right(range_.edges(), v) for v in found if v is not None)
        bars[range_.name] = [places[bar] for bar in range(range_.bins)]
        unknown[range_.name] = found.count(None)
    others = filters.without("best").conditions()
    without = {name: len(front(filters, left(name))) for name in others}
    total = len(front(filters, left("")))
    if not total:
        without["best"] = len(left(""))
    return Counts(total, values, bars, unknown, without)


@given(parameters=st.lists(PARAMETERS, max_size=4), pair=PAIRS)
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_counts_equal_a_naive_count_of_fronts_for_any_filters(
    rows: list[Row], parameters: list, pair: str
) -> None:
    once = {name: (name, value) for name, value in parameters if name == "q"}
    several = [each for each in parameters if each[0] != "q"]
    query = "&".join(f"{name}={value}" for name, value in [*several, *once.values()])
    filters = read(f"{query}&best={pair}")
    expected = naive(filters, rows)
    assert count(filters) == expected
    assert filters.apply(MODELS.rows()).count() == expected.total


@pytest.mark.usefixtures("rows")
def test_a_count_is_what_the_page_holds_if_the_value_is_the_only_one_ticked() -> None:
    counts = count(read("best=params,top1&license=mit&year=2010.."))
    alone = {
        value: count(read(f"best=params,top1&license={value}&year=2010..")).total
        for value in counts.values["license"]
    }
    assert counts.values["license"] == alone
    # A sum of fronts is no front: the open licences together hold less than each of them alone.
    assert alone["open"] < alone["mit"] + alone["apache-2.0"] + alone["gpl-3.0"]


def test_it_is_counted_in_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make_four()
    with django_assert_num_queries(1):
        count(read("best=params,top1&task=a&-license=mit&size=..5MB&-library=a"))


# --- Chip and advice --------------------------------------------------------------------------------------


def test_its_chip_says_which_axes_and_leads_to_the_page_without_it() -> None:
    (_, chip) = chips(read("task=a&best=size,top5"))
    assert chip.text == "Nothing beats it: weights and top-5"
    assert chip.url == "/models/?task=a"


def test_where_nothing_is_left_it_says_what_would_be_without_it() -> None:
    make_pretrained(task="a")
    make_pretrained(task="a")
    filters = read("task=a&best=params,top1")
    found = {item.text: item.count for item in advice(filters, count(filters))}
    assert found == {"Task: A": 0, "Nothing beats it: parameters and top-1": 2}
