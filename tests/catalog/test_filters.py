"""The address: read, written, narrowed by; nothing in it can break the page."""

from urllib.parse import urlencode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.facets import read, write
from catalog.facets.address import is_canonical
from catalog.models import PretrainedModel
from tests.factories import make_pretrained

EXERCISE = "task=image-classification&library=pytorch&dataset=imagenet-1k&license=open&size=..100MB&sort=-top1"
pytestmark = pytest.mark.django_db


def names(query: str) -> list[str]:
    filters = read(query)
    return [row.name for row in filters.sorted(filters.apply(PretrainedModel.objects.all()))]


def test_the_workshops_address_is_written_as_it_is_read() -> None:
    assert write(read(EXERCISE)) == EXERCISE
    assert is_canonical(EXERCISE, read(EXERCISE))


def test_empty_defaults_and_doubles_are_left_out_in_a_stable_order() -> None:
    query = "sort=&view=table&page=1&size=..100MB&license=mit&q=&license=mit&task=&columns="
    assert write(read(query)) == "license=mit&size=..100MB"
    assert not is_canonical(query, read(query))


def test_the_two_boxes_of_a_range_are_one_parameter() -> None:
    assert write(read("size-min=5&size-max=0.1GB")) == "size=5MB..100MB"


def test_of_a_tick_and_an_exclusion_of_the_same_value_the_last_counts() -> None:
    assert write(read("task=x&task=y&-task=x")) == "task=y&-task=x"
    assert write(read("-task=x&q=task:x")) == "task=x"


def test_the_same_name_is_or_and_different_names_are_and() -> None:
    make_pretrained(name="a", task="x", license="mit")
    make_pretrained(name="b", task="y", license="mit")
    make_pretrained(name="c", task="x", license="gpl-3.0")
    assert set(names("task=x&task=y")) == {"a", "b", "c"}
    assert names("task=x&license=mit") == ["a"]


def test_a_minus_excludes_and_keeps_what_is_unknown() -> None:
    make_pretrained(name="a", task="x", datasets=["d", "e"])
    make_pretrained(name="b", task="", datasets=[])
    assert names("-task=x") == ["b"]
    assert names("-dataset=d") == ["b"]
    assert names("-dataset=f&sort=name") == ["a", "b"]


def test_unknown_can_be_asked_for_and_excluded() -> None:
    make_pretrained(name="a", task="x", datasets=["d"], architecture="resnet50")
    make_pretrained(name="b")
    assert names("task=unknown&dataset=unknown&architecture=unknown") == ["b"]
    assert names("-task=unknown&-dataset=unknown&-architecture=unknown") == ["a"]


def test_open_is_every_licence_that_the_table_calls_open_and_never_an_unknown_one() -> None:
    make_pretrained(name="a", license="apache-2.0")
    make_pretrained(name="b", license="cc-by-nc-4.0")
    make_pretrained(name="c", license="")
    assert names("license=open") == ["a"]
    assert set(names("-license=open")) == {"b", "c"}
    assert names("license=non-commercial") == ["b"]


def test_both_ends_of_a_range_belong_to_it_and_unknown_never_does() -> None:
    make_pretrained(name="a", size_bytes=10_000_000, top1=80.0)
    make_pretrained(name="b", size_bytes=100_000_000, top1=80.01)
    make_pretrained(name="c", size_bytes=100_000_001)
    make_pretrained(name="d")
    assert names("size=10MB..100MB&sort=name") == ["a", "b"]
    assert names("size=100.000001MB..") == ["c"]
    assert names("top1=..80") == ["a"]
    assert names("size=10MB") == ["a"]


def test_a_single_value_finds_what_is_shown_rounded_to_it() -> None:
    make_pretrained(name="a", size_bytes=14_212_972, parameters=25_557_032, top1=80.858)
    make_pretrained(name="b", size_bytes=14_260_000, parameters=25_557_033, top1=80.87)
    assert names("size=14.2MB") == names("top1=80.86") == ["a"]
    assert names("params=25557032") == names("params=25.557032M") == ["a"]
    assert names("size=14212972") == ["a"]
    assert set(names("params=25.6M")) == {"a", "b"}


@pytest.mark.parametrize(
    ("query", "written"),
    [
        ("size=14.2MB", "size=14.15MB..14.25MB"),
        ("size=10MB..10MB", "size=10MB..10MB"),
        ("params=25557032", "params=25.557032M"),
        ("size=0", "size=0MB"),
        ("year=2020", "year=2020"),
    ],
)
def test_a_single_value_is_written_so_that_it_is_read_as_the_same(query: str, written: str) -> None:
    assert write(read(query)) == written
    assert is_canonical(written, read(written))


def test_a_whole_range_that_is_typed_replaces_the_two_boxes() -> None:
    filters = read("year-min=2020&year-max=2020&q=year:2021")
    assert (write(filters), filters.notes) == ("year=2021", ())


@pytest.mark.parametrize(
    "sort", ["top1", "-top1", "size", "-size", "year", "-params", "gmacs", "-input"]
)
def test_missing_values_come_last_in_either_direction(sort: str) -> None:
    values = {
        "top1": 1,
        "size_bytes": 1,
        "year": 2020,
        "parameters": 1,
        "gmacs": 1,
        "input_size": 9,
    }
    make_pretrained(name="known", **values)
    make_pretrained(name="unknown")
    assert names(f"sort={sort}") == ["known", "unknown"]


def test_rows_that_are_level_have_a_stable_order() -> None:
    make_pretrained(name="b", year=2020)
    make_pretrained(name="a", year=2020)
    assert names("sort=year") == ["a", "b"]
    assert names("sort=-year") == ["a", "b"]


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("foo=1", "“foo” is not the name of a filter; it was left out."),
        ("size=abc", "“size=abc” was left out: expected a range such as size=..100MB."),
        ("size=..", "expected a range such as"),
        ("size=5..1", "expected the smaller number first"),
        ("size-max=x", "expected a number such as 100MB"),
        ("commercial=perhaps", "expected one of yes, no, unclear"),
        ("sort=name;drop", "expected one of"),
        ("view=map", "expected one of table, cards"),
        ("columns=top1,secret", "“columns=secret” was left out"),
        ("page=0", "expected a whole number from 1 on"),
        ("page=-1", "“page=-1” was left out"),
        (
            "input=..224&input=300..",
            "“input=300..” was left out: a range is given once, and “input=..224” was kept",
        ),
        ("year=2010..2012&year=2015..2016", "“year=2010..2012” was kept"),
        ("size-max=100&q=size>200MB", "“size=..100MB” was kept"),
        ("task=a%00b", "expected at most 200 printable characters"),
        ("task=" + "x" * 201, "expected at most 200 printable characters"),
        ("q=" + "x" * 201, "expected at most 200 printable characters"),
        (
            "&".join(f"task={n}" for n in range(10_000)),
            "This address is too long; only its beginning was read.",
        ),
        ("&".join(f"task={n}" for n in range(21)), "Task: only the first 20 values were used."),
        ("-size=1..2", "“-size” is not the name of a filter"),
        ("task=x&" + "x" * 1_000_000, "This address is too long; only its beginning was read."),
    ],
)
def test_what_cannot_be_used_is_left_out_and_a_line_says_so(query: str, said: str) -> None:
    filters = read(query)
    assert any(said in note for note in filters.notes), filters.notes
    assert len(filters.notes) <= 6


def test_at_most_twenty_values_of_one_facet_are_used() -> None:
    filters = read("&".join(f"task={n}" for n in range(30)))
    assert len(filters.choice("task").include) == 20


QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["q", "task", "-task", "license", "size", "params-min", "top1", "sort",
                         "view", "columns", "page", "find-task", "year", "library", "live", "params"]),
        st.one_of(
            st.text(max_size=20),
            st.sampled_from(["", "..100MB", "14.2MB", "1000000MB..", "25557032", "0", "10000000000000000B", "5..", "open", "-top1", "cards", "top1,year", "3",
                             'resnet size<5MB "a b', "task:x -task:y", 'a"b:c" "', "2020"]),
        ),
    ),
    max_size=8,
)  # fmt: skip


@given(QUERIES)
@settings(max_examples=300, deadline=None)
def test_an_address_that_was_written_is_read_as_the_same_filters(pairs: list) -> None:
    filters = read(urlencode(pairs, errors="replace"))
    again = read(write(filters, finds=True))
    assert write(again, finds=True) == write(filters, finds=True)
    assert again.conditions() == filters.conditions()
    assert is_canonical(write(filters, finds=True), again)
