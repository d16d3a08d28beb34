"""How numbers are written: `{% load figures %}` then `{{ 25_557_032|parameters }}` gives "25.6 M".

Unknown (None or an empty text) is always an en dash with a title, never blank and never zero.
"""

import math
from datetime import date, datetime
from functools import lru_cache

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import timesince

register = template.Library()

_STEPS = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))
_NO_BREAK = "\u00a0"


@register.simple_tag
@lru_cache(maxsize=200)
def unknown(what: str = "") -> SafeString:
    """An en dash that says what is not known: `{% unknown "licence" %}`."""
    title = f"unknown {what}".strip()
    return format_html('<span class="unknown" title="{}">–</span>', title)


@register.filter
def or_unknown(value: object, what: str = "") -> object:
    """The value itself, or the en dash where it is None or empty; zero is a value."""
    return unknown(what) if value in (None, "", [], {}) else value


def significant(value: float, digits: int = 3) -> str:
    """`value` with `digits` significant digits, never fewer than the whole part has: 1234.5 -> "1,234"."""
    if value == 0 or not math.isfinite(value):
        return "0" if value == 0 else "–"
    # Rounded first: 999.99 has four digits before the point once it is 1,000.
    rounded = float(f"{value:.{digits - 1}e}")
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(rounded))))
    return f"{value:,.{decimals}f}"


def scaled(value: float) -> str:
    """A count with its decimal prefix: 25557032 -> "25.6 M", 999999 -> "1.00 M", 12 -> "12"."""
    for step, prefix in _STEPS:
        # 999,950 would be written as 1000 k, so the border lies where rounding crosses it.
        if abs(value) >= step * 0.9995:
            return f"{significant(value / step)}{_NO_BREAK}{prefix}"
    return f"{value:,.0f}"


@register.filter
def parameters(value: int | None) -> str | SafeString:
    """25557032 -> "25.6 M"."""
    return unknown("number of parameters") if value is None else scaled(value)


@register.filter
def millions(value: int | None) -> str | SafeString:
    """25557032 -> "25.6", for a column whose header says M."""
    return unknown() if value is None else significant(value / 10**6)


@register.filter
def megabytes(value: int | None) -> str | SafeString:
    """Bytes in decimal megabytes with the unit: 102540417 -> "103 MB"."""
    return unknown("size") if value is None else f"{significant(value / 10**6)}{_NO_BREAK}MB"


@register.filter
def in_megabytes(value: int | None) -> str | SafeString:
    """The same without the unit, for a column whose header says MB."""
    return unknown() if value is None else significant(value / 10**6)


@register.filter
def figure(value: float | None) -> str | SafeString:
    """A plain number of three significant digits: GMACs, ratios."""
    return unknown() if value is None else significant(value)


@register.filter
def percent(value: float | None) -> str | SafeString:
    """A percentage without its sign, two decimals: 80.858 -> "80.86"."""
    return unknown() if value is None else f"{value:.2f}"


@register.filter
def whole(value: int | None) -> str | SafeString:
    """A count with thousands separated: 1234567 -> "1,234,567"."""
    return unknown() if value is None else f"{value:,d}"


@register.filter
def pixels(value: int | None) -> str | SafeString:
    """224 -> "224 px"."""
    return unknown("input size") if value is None else f"{value:,d}{_NO_BREAK}px"


@register.filter
def day(value: date | None) -> str | SafeString:
    """A date on one line: 21 Nov 2026."""
    return (
        unknown("date")
        if value is None
        else formats.date_format(value, "j M Y").replace(" ", _NO_BREAK)
    )


@register.filter
def ago(moment: datetime, now: datetime | None = None) -> str:
    """How long ago a moment was: "16 minutes ago"; "just now" within the first minute."""
    passed = timesince(moment, now, depth=1)
    return "just now" if passed.startswith("0") else f"{passed} ago"
