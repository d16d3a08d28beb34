"""How numbers are written."""

from datetime import UTC, datetime, timedelta

import pytest
from django.template import Context, Template

from catalog.templatetags import figures

NB = "\u00a0"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (12, "12"),
        (999, "999"),
        (1_000, f"1.00{NB}k"),
        (43_700, f"43.7{NB}k"),
        (25_557_032, f"25.6{NB}M"),
        (999_949_999, f"1.00{NB}G"),
        (1_000_000_000, f"1.00{NB}G"),
        (632_045_800, f"632{NB}M"),
        (1_800_000_000_000, f"1.80{NB}T"),
    ],
)
def test_parameters_have_three_digits_and_a_decimal_prefix(value: int, text: str) -> None:
    assert figures.parameters(value) == text


def test_bytes_are_decimal_megabytes() -> None:
    assert figures.megabytes(102_540_417) == f"103{NB}MB"
    assert figures.in_megabytes(45_316) == "0.0453"
    assert figures.in_megabytes(2_533_764_000) == "2,534"


def test_percentages_have_two_decimals_and_no_sign() -> None:
    assert figures.percent(80.858) == "80.86"
    assert figures.percent(0.0) == "0.00"


def test_zero_is_a_value_and_not_unknown() -> None:
    assert figures.or_unknown(0) == 0
    assert figures.whole(0) == "0"
    assert figures.parameters(0) == "0"


@pytest.mark.parametrize(
    "write",
    [
        figures.parameters, figures.millions, figures.megabytes, figures.in_megabytes,
        figures.figure, figures.percent, figures.whole, figures.pixels, figures.or_unknown,
    ],
)  # fmt: skip
def test_what_is_unknown_is_an_en_dash_with_a_title(write) -> None:
    assert 'title="unknown' in str(write(None))
    assert str(write(None)).endswith("–</span>")


def test_the_tag_says_what_is_unknown_and_escapes_it() -> None:
    html = Template('{% load figures %}{% unknown "<b>" %}').render(Context())
    assert html == '<span class="unknown" title="unknown &lt;b&gt;">–</span>'


@pytest.mark.parametrize(
    ("passed", "text"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=16), f"16{NB}minutes ago"),
        (timedelta(hours=2, minutes=5), f"2{NB}hours ago"),
        (timedelta(days=10), f"1{NB}week ago"),
    ],
)
def test_how_long_ago_is_said_in_one_unit(passed: timedelta, text: str) -> None:
    now = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
    assert figures.ago(now - passed, now) == text
