"""The language of the search box, and amounts with units."""

from decimal import Decimal
from urllib.parse import urlencode

import pytest

from catalog.facets import read, write
from catalog.facets.typed import read_typed
from catalog.facets.units import GMACS, MEGABYTES, MILLIONS, PERCENT


def test_the_example_of_the_page_becomes_words_and_filters() -> None:
    typed = read_typed("resnet size<100MB license:open -task:image-segmentation top1>=80")
    assert typed.words == "resnet"
    assert typed.pairs == (
        ("size", "..100MB"),
        ("license", "open"),
        ("-task", "image-segmentation"),
        ("top1", "80.."),
    )
    assert typed.notes == ()


@pytest.mark.parametrize(
    ("text", "query"),
    [
        ("params:5M..30M", "params=5M..30M"),
        ("PARAMS>5m", "params=5M.."),
        ("year=2020", "year=2020"),
        ("size<100", "size=..100MB"),
        ("size<=0.1GB", "size=..100MB"),
        ("size>1KiB", "size=0.001024MB.."),
        ("year>2015", "year=2016.."),
        ("year<2015", "year=..2014"),
        ("input>224px", "input=225.."),
        ("input<224.5", "input=..224"),
        ("input>=224", "input=224.."),
        ("top1>80", "top1=80.."),
        ("top1:80.9", "top1=80.85..80.95"),
        ('license:"CC BY NC 4.0"', "license=cc-by-nc-4.0"),
        ("license:MIT license:apache-2.0", "license=apache-2.0&license=mit"),
        ("size>10MB size<100MB", "size=10MB..100MB"),
        ('"vision transformer" -clip', "q=%22vision+transformer%22+-clip"),
        ("resnet OR vit license:mit", "q=resnet+OR+vit&license=mit"),
    ],
)
def test_typed_filters_become_canonical_parameters(text: str, query: str) -> None:
    filters = read("q=" + text.replace("+", "%2B").replace(" ", "+"))
    assert write(filters) == query
    assert filters.notes == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("foo:bar", "“foo” is not the name of a filter"),
        ("https://example.org/x", "“https” is not the name of a filter"),
        ("task<5", "write task:value, not task<"),
        ("-size<5", "is not a range; write for example size<100MB"),
    ],
)
def test_what_is_no_filter_is_searched_for_as_words_and_a_line_says_so(
    text: str, said: str
) -> None:
    filters = read(f"q={text}")
    assert filters.words == text
    assert said in filters.notes[0]


def test_a_range_that_cannot_be_read_is_left_out_and_a_line_says_so() -> None:
    filters = read("q=resnet+size<abc")
    assert filters.words == "resnet"
    assert filters.bounds == {}
    assert filters.notes == ("“size=..abc” was left out: expected a range such as size=..100MB.",)


@pytest.mark.parametrize(
    ("text", "words"),
    [("OR resnet", "resnet"), ("resnet OR", "resnet"), ("resnet OR license:mit vit", "resnet vit"),
     ("OR", ""), ("resnet OR OR vit", "resnet vit")],
)  # fmt: skip
def test_an_or_that_joins_no_words_is_left_out_and_a_line_says_so(text: str, words: str) -> None:
    filters = read(urlencode({"q": text}))
    assert filters.words == words
    assert filters.notes[0].startswith("“OR” stands between two words; it was left out.")


@pytest.mark.parametrize("token", ["💩", "((((", '"', "-", "%_\\", "-(", "__"])
def test_words_without_letters_and_digits_are_left_out_and_a_line_says_so(token: str) -> None:
    filters = read(urlencode({"q": f"resnet {token}"}))
    assert filters.words == "resnet"
    assert filters.notes == (f"“{token}” has no letters or digits; it was left out.",)
    assert read(urlencode({"q": token})).words == ""


def test_while_typing_filters_wait_for_enter() -> None:
    filters = read("q=resnet+size<1&live=1")
    assert write(filters) == "q=resnet"


@pytest.mark.parametrize(
    ("unit", "text", "amount"),
    [
        (MEGABYTES, "100MB", 100_000_000),
        (MEGABYTES, "1.5 gb", 1_500_000_000),
        (MEGABYTES, "1MiB", 1_048_576),
        (MEGABYTES, "5", 5_000_000),
        (MEGABYTES, "5b", 5),
        (MEGABYTES, "999999", 999_999_000_000),
        (MEGABYTES, "1000000", 1_000_000),
        (MILLIONS, "99999", 99_999_000_000),
        (MILLIONS, "100000", 100_000),
        (MILLIONS, "25557032", 25_557_032),
        (MILLIONS, "25.6M", 25_600_000),
        (MILLIONS, "1B", 1_000_000_000),
        (MILLIONS, ".5k", 500),
        (GMACS, "4.1", Decimal("4.1")),
        (PERCENT, "80%", 80),
    ],
)
def test_amounts_are_understood_with_their_units(unit, text: str, amount: int) -> None:
    assert unit.parse(text) == amount


@pytest.mark.parametrize(
    "text",
    ["", "x", "-5", "1e5", "5 5", "5MBB", "nan", "inf", "٣", "9" * 17, "99999999999GB", "5\x00"],
)
def test_amounts_that_are_none_are_refused(text: str) -> None:
    assert MEGABYTES.parse(text) is None
