"""Counts of facets and histograms: equal to a naive count over all rows, for any filters."""

import random
from bisect import bisect_right
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries

from catalog import licenses
from catalog.facets import count, read
from catalog.facets.computed import ComputedRange
from catalog.facets.counting import Counts
from catalog.facets.declarations import FACETS, RANGE, RANGES, license_groups
from catalog.facets.filters import Bounds, Choice, Filters
from catalog.facets.histograms import RangePanel
from catalog.facets.kinds import ArrayFacet, Facet, Range
from catalog.facets.panels import SHOWN, facet_panels, range_panels
from catalog.machine import memory
from catalog.models import PretrainedModel
from catalog.search import refresh_search
from tests.factories import make_architecture, make_pretrained, make_speed

pytestmark = pytest.mark.django_db
Row = dict[str, Any]

# --- The naive side: plain Python over all rows, written without the code under test's SQL or Q objects ---


def values_of(facet: Facet, row: Row) -> set[str]:
    stored = row[facet.path]
    return set(stored or [""]) if isinstance(facet, ArrayFacet) else {stored or ""}


def chosen(facet: Facet, choice: Choice, row: Row) -> bool:
    groups = facet.groups()
    has = values_of(facet, row)

    def holds(value: str) -> bool:
        return bool(has & set(groups.get(value, ["" if value == "unknown" else value])))

    wanted = not choice.include or any(map(holds, choice.include))
    return wanted and not any(map(holds, choice.exclude))


def inside(range_: Range, bounds: Bounds, row: Row) -> bool:
    value = row[range_.column]
    if value is None:
        return False
    return (bounds.low is None or value >= bounds.low) and (
        bounds.high is None or value <= bounds.high
    )


def fails(filters: Filters, row: Row) -> set[str]:
    """The names of the filters that a row does not pass; words mean that the name begins with them."""
    failed = {f.name for f in FACETS if not chosen(f, filters.choice(f.name), row)}
    failed |= {n for n, bounds in filters.bounds.items() if not inside(RANGE[n], bounds, row)}
    return failed | ({"q"} if not row["name"].startswith(filters.words) else set())


def with_machine(filters: Filters, row: Row) -> Row:
    """The row with what it needs and how fast it is on the machine of the filters."""
    chosen_machine = filters.kind.machine
    assert chosen_machine is not None
    needed = {
        one.precision: one.peak
        for one in memory(row["parameters"], row["activations"], batch=chosen_machine.batch)
    }
    place = (row["architecture__name"], row["input_size"])
    speed = SPEEDS.get(place) if chosen_machine.device else None
    return {**row, "memory": needed.get(chosen_machine.precision), "speed": speed}


def naive(filters: Filters, every: list[Row]) -> Counts:
    rows = [with_machine(filters, row) for row in every]
    judged = [(row, fails(filters, row)) for row in rows]

    def left(name: str) -> list[Row]:
        return [row for row, failed in judged if failed <= {name}]

    values = {}
    for facet in FACETS:
        tally = Counter(value for row in left(facet.name) for value in values_of(facet, row))
        groups = {
            group: sum(tally[m] for m in members) for group, members in facet.groups().items()
        }
        plain = {value or "unknown": number for value, number in tally.items()}
        values[facet.name] = {**{g: n for g, n in groups.items() if n}, **plain}
    bars, unknown = {}, {}
    for range_ in RANGES:
        found = [row[range_.column] for row in left(range_.name)]
        places = Counter(bisect_right(range_.edges(), v) for v in found if v is not None)
        bars[range_.name] = [places[bar] for bar in range(range_.bins)]
        unknown[range_.name] = found.count(None)
    without = {name: len(left(name)) for name in filters.conditions()}
    return Counts(len(left("")), values, bars, unknown, without)


# --- Rows -------------------------------------------------------------------------------------------

TASKS = ["", "image-classification", "object-detection", "image-segmentation"]
LICENSES = ["", "mit", "apache-2.0", "cc-by-nc-4.0", "gpl-3.0"]
DATASETS = ["imagenet-1k", "imagenet-21k", "coco", "laion-2b"]
NAMES = ["alpha", "beta", "gamma"]
SPEEDS = {("resnet50", 224): 900.0, ("resnet50", 384): 400.0, ("vit_base", 224): 50.0}


def random_columns(chance: random.Random) -> dict[str, Any]:
    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.8 else None

    verdicts = ["yes", "no", "unclear"]
    return {
        "sources": chance.sample(["timm", "torchvision"], chance.randint(1, 2)),
        "task": chance.choice(TASKS),
        "libraries": chance.sample(["pytorch", "timm", "torchvision"], chance.randint(0, 3)),
        "datasets": chance.sample(DATASETS, chance.randint(0, 3)),
        "license": chance.choice(LICENSES),
        "commercial_use": chance.choice(verdicts),
        "redistribution": chance.choice(verdicts),
        "fine_tuning": chance.choice(verdicts),
        "family": chance.choice(["", "resnet", "vit"]),
        "organization": chance.choice(["", "facebook", "google"]),
        "formats": chance.sample(["safetensors", "pickle", "gguf"], chance.randint(0, 3)),
        "languages": chance.sample(["en", "de", "zh"], chance.randint(0, 3)),
        "downloads": maybe(chance.choice([0, int(10 ** chance.uniform(0, 9))])),
        "likes": maybe(chance.randint(0, 10**5)),
        "parameters": maybe(int(10 ** chance.uniform(4, 11))),
        "size_bytes": maybe(chance.choice([10**8, int(10 ** chance.uniform(4, 11))])),
        "gmacs": maybe(10 ** chance.uniform(-3, 5)),
        "top1": maybe(chance.choice([80.0, chance.uniform(0, 100)])),
        "top5": maybe(chance.uniform(0, 100)),
        "input_size": maybe(chance.choice([224, 256, 384, 2048])),
        "year": maybe(chance.randint(2005, 2035)),
        "activations": maybe(int(10 ** chance.uniform(5, 9))),
        "tags": chance.sample(["biology", "medical"], chance.randint(0, 2)),
    }


@pytest.fixture
def rows() -> list[Row]:
    chance = random.Random(20)  # noqa: S311 - rows, not secrets
    architectures = [None, make_architecture("resnet50"), make_architecture("vit_base", "vit")]
    PretrainedModel.objects.bulk_create(
        PretrainedModel(
            name=f"{chance.choice(NAMES)}.{number}",
            slug=f"timm/{number}",
            architecture=chance.choice(architectures),
            **random_columns(chance),
        )
        for number in range(150)
    )
    refresh_search(PretrainedModel.objects.values_list("pk", flat=True))
    hidden = make_pretrained(name="gone", gone_since="2026-01-01T00:00Z", task=TASKS[1])
    make_pretrained(name="merged", merged_into=hidden, task=TASKS[1])
    for (architecture, size), images in SPEEDS.items():
        make_speed(architecture, input_size=size, images_per_second=images)
    stored = [r.column for r in RANGES if not isinstance(r, ComputedRange)]
    paths = [*(f.path for f in FACETS), *stored, "activations"]
    return list(PretrainedModel.objects.published().values("name", *paths))


PARAMETERS = st.one_of(
    st.tuples(st.sampled_from(["task", "-task"]), st.sampled_from([*TASKS[1:], "unknown", "none"])),
    st.tuples(st.sampled_from(["dataset", "-dataset"]), st.sampled_from([*DATASETS, "unknown"])),
    st.tuples(
        st.sampled_from(["license", "-license"]),
        st.sampled_from([*LICENSES[1:], "open", "permissive", "copyleft", "unknown"]),
    ),
    st.tuples(st.just("library"), st.sampled_from(["pytorch", "timm", "unknown"])),
    st.tuples(st.just("source"), st.sampled_from(["timm", "torchvision"])),
    st.tuples(st.sampled_from(["language", "-format"]), st.sampled_from(["en", "gguf", "unknown"])),
    st.tuples(st.just("downloads"), st.sampled_from(["10k..", "..1M", "0..0"])),
    st.tuples(st.just("architecture"), st.sampled_from(["resnet50", "unknown"])),
    st.tuples(st.just("commercial"), st.sampled_from(["yes", "no"])),
    st.tuples(st.just("size"), st.sampled_from(["..100MB", "100MB..", "1MB..1GB", "100MB"])),
    st.tuples(st.just("top1"), st.sampled_from(["80..", "..80", "50.5..90"])),
    st.tuples(st.just("year"), st.sampled_from(["2020..", "..2015", "2019.5..2025.5"])),
    st.tuples(st.just("device"), st.just("rtx-4090")),
    st.tuples(st.just("speed"), st.sampled_from(["100..", "..400"])),
    st.tuples(st.just("memory"), st.sampled_from(["..1GB", "0.1GB.."])),
    st.tuples(st.sampled_from(["precision", "batch"]), st.sampled_from(["fp32", "16"])),
    st.tuples(st.just("tag"), st.sampled_from(["medical", "unknown"])),
    st.tuples(st.just("q"), st.sampled_from(NAMES)),
)


@given(parameters=st.lists(PARAMETERS, max_size=6))
@settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_counts_equal_a_naive_count_for_any_filters(rows: list[Row], parameters: list) -> None:
    # Two different words in one search would have to be in one name; none has both.
    once = {name: (name, value) for name, value in parameters if name == "q"}
    several = [pair for pair in parameters if pair[0] != "q"]
    query = "&".join(f"{name}={value}" for name, value in [*several, *once.values()])
    filters = read(query)
    assert count(filters) == naive(filters, rows)


# --- Single properties, named ---------------------------------------------------------------------------


def test_a_facet_ignores_its_own_selection_and_obeys_the_others() -> None:
    make_pretrained(task="a", license="mit")
    make_pretrained(task="b", license="mit")
    make_pretrained(task="b", license="gpl-3.0")
    counts = count(read("task=a&license=mit"))
    assert counts.total == 1
    assert counts.values["task"] == {"a": 1, "b": 1}
    assert counts.values["license"]["mit"] == 1


def test_a_histogram_ignores_its_own_range() -> None:
    make_pretrained(top1=55)
    make_pretrained(top1=95)
    assert sum(count(read("top1=90..")).bars["top1"]) == 2


def test_what_lies_beyond_a_scale_is_in_its_outer_bars() -> None:
    make_pretrained(size_bytes=1, year=1999)
    make_pretrained(size_bytes=10**15, year=2099)
    counts = count(read(""))
    assert (counts.bars["size"][0], counts.bars["size"][-1]) == (1, 1)
    assert (counts.bars["year"][0], counts.bars["year"][-1]) == (1, 1)


def test_everything_is_counted_in_one_query(
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make_pretrained(task="a", license="mit", size_bytes=5)
    with django_assert_num_queries(1):
        count(read("task=a&-license=mit&size=..5MB&q=x&library=a&library=b&year=..2020"))


def test_a_long_facet_shows_twenty_and_those_that_are_ticked_in_their_place() -> None:
    for number in range(25):
        for _ in range(25 - number):
            make_pretrained(family=f"family{number:02}")
    filters = read("family=family24&-family=family22")
    panel = next(p for p in facet_panels(filters, count(filters)) if p.facet.name == "family")
    assert [row.value for row in panel.rows] == [
        *(f"family{number:02}" for number in range(SHOWN)), "family22", "family24",
    ]  # fmt: skip
    assert panel.is_long
    assert panel.has_more
    assert [row.value for row in panel.rows if row.ticked] == ["family24"]
    assert [row.value for row in panel.rows if row.excluded] == ["family22"]


def test_searching_in_a_facet_looks_at_labels_and_values_and_keeps_what_is_ticked() -> None:
    make_pretrained(task="image-classification")
    make_pretrained(task="optical-flow")
    filters = read("find-task=FLOW&task=image-classification")
    panel = next(p for p in facet_panels(filters, count(filters)) if p.facet.name == "task")
    assert {row.value for row in panel.rows} == {"image-classification", "optical-flow"}
    filters = read("find-task=Image+class")
    panel = next(p for p in facet_panels(filters, count(filters)) if p.facet.name == "task")
    assert [row.value for row in panel.rows] == ["image-classification"]


def test_a_ticked_value_without_rows_stays_in_the_facet() -> None:
    make_pretrained(task="a", license="mit")
    filters = read("task=b")
    panel = next(p for p in facet_panels(filters, count(filters)) if p.facet.name == "task")
    assert [(row.value, row.count) for row in panel.rows] == [("a", 1), ("b", 0)]


def test_bars_inside_the_range_are_marked() -> None:
    make_pretrained(size_bytes=10**6)
    make_pretrained(size_bytes=10**9)
    filters = read("size=..100MB")
    panel = next(p for p in range_panels(filters, count(filters)) if p.range.name == "size")
    drawn = [bar.inside for bar in panel.bars if bar.height]
    assert drawn == [True, False]
    assert (panel.low, panel.high) == ("", "100")


def range_panel_of(query: str, name: str) -> RangePanel:
    filters = read(query)
    return next(p for p in range_panels(filters, count(filters)) if p.range.name == name)


def test_a_range_reaches_as_far_as_values_are_known() -> None:
    for likes in (20, 300):
        make_pretrained(likes=likes)
    panel = range_panel_of("", "likes")
    assert panel.ends == ("18", "316")  # the borders of the outer bars that hold something
    heights = [bar.height for bar in panel.bars]
    assert (heights[0], heights[-1], sum(heights)) == (100, 100, 200)
    assert [bar.x for bar in panel.bars] == list(range(len(heights)))


def test_where_nothing_is_known_a_range_has_neither_ends_nor_boxes() -> None:
    make_pretrained(year=None)
    panel = range_panel_of("", "year")
    assert (panel.bars, panel.ends, panel.has_boxes, panel.unknown) == ([], ("", ""), False, 1)


def test_a_bound_that_is_set_keeps_its_boxes_where_nothing_is_known() -> None:
    make_pretrained(year=None)
    assert range_panel_of("year=2015..", "year").has_boxes


def test_one_year_alone_is_named_once() -> None:
    make_pretrained(year=2016)
    panel = range_panel_of("", "year")
    assert (len(panel.bars), panel.ends) == (1, ("2016", ""))


def test_what_lies_beyond_a_scale_is_on_one_side_of_its_last_border() -> None:
    make_pretrained(year=1999)
    assert range_panel_of("", "year").ends == ("≤ 2010", "")
    make_pretrained(year=2099)
    assert range_panel_of("", "year").ends == ("≤ 2010", "≥ 2029")


def test_a_facet_that_is_unknown_everywhere_offers_nothing_to_tick() -> None:
    make_pretrained(task="a", family="")
    filters = read("")
    panels = {panel.facet.name: panel for panel in facet_panels(filters, count(filters))}
    assert (panels["family"].all_unknown, panels["task"].all_unknown) == (1, 0)


def test_an_unknown_that_is_ticked_can_be_unticked() -> None:
    make_pretrained(family="")
    filters = read("family=unknown")
    panel = next(p for p in facet_panels(filters, count(filters)) if p.facet.name == "family")
    assert panel.all_unknown == 0


@pytest.mark.parametrize("range_", RANGES, ids=lambda range_: range_.name)
def test_edges_of_a_range_ascend(range_: Range) -> None:
    edges = [range_.edge(index) for index in range(range_.bins + 1)]
    assert edges == sorted(edges)
    assert edges[0] == pytest.approx(range_.low)
    assert edges[-1] == pytest.approx(range_.high)


def test_no_two_facets_and_no_value_and_group_share_a_name() -> None:
    names = [item.name for item in (*FACETS, *RANGES)]
    assert len(names) == len(set(names))
    assert not set(license_groups()) & set(licenses.LICENSES)
