"""What the parts of a page that repeat hundreds of times may use: the templates under templates/jinja2.

A page of results has some five thousand values on it, for each of which Django walks a tree of objects; Jinja makes
Python of a template once. The language is nearly the same, and everything is escaped in both:
docs/decisions/0098-what-repeats-is-compiled.md.
"""

from functools import cache, lru_cache
from typing import Any
from urllib.parse import quote

from django.template.backends.django import get_installed_libraries
from django.template.defaultfilters import date
from django.template.library import import_library
from django.urls import reverse
from jinja2 import Environment

from catalog.templatetags.figures import unknown

# What a path may hold besides letters and digits, as `reverse` leaves it: RFC 3986.
_PLAIN = "!$&'()*+,;=/~:@"


def environment(**options: Any) -> Environment:
    """The engine with the site's own filters; Django calls it once."""
    made = Environment(**options)  # noqa: S701 - Django passes autoescape=True
    for library in get_installed_libraries().values():
        if library.startswith("catalog."):
            made.filters |= import_library(library).filters
    made.filters |= {"address": address, "date": date, "for_id": for_id}
    made.globals["unknown"] = unknown
    return made


def address(value: str, view: str) -> str:
    """What `reverse` gives for a view with this one text in its path, without looking for it each time."""
    before, after = _around(view)
    return before + quote(value, safe=_PLAIN) + after


@lru_cache(maxsize=10_000)
def for_id(value: str) -> str:
    """A value as part of an element's id, which may hold no blanks."""
    return quote(value, safe="")


@cache
def _around(view: str) -> tuple[str, str]:
    before, _, after = reverse(view, args=["-"]).rpartition("-")
    return before, after
