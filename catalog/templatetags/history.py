"""How a value of an earlier day is written: `{% load history %}` then `{{ old|as_value:"size_bytes" }}`."""

from collections.abc import Callable
from typing import Any

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format

from catalog import vocabulary
from catalog.history import LABELS
from catalog.licenses import LICENSES
from catalog.templatetags.figures import percent, unknown, whole

register = template.Library()


@register.filter
def as_value(value: Any, field: str) -> object:
    """A value of a column of PretrainedModel as it stood in `Change` or in the row."""
    if field == "gone_since":
        return _gone(value)
    if value in (None, "", []):
        return unknown()
    return _WRITTEN.get(field, str)(value)


@register.filter
def field_label(field: str) -> str:
    return LABELS.get(field, field.replace("_", " "))


def _gone(value: Any) -> str:
    moment = parse_datetime(value) if isinstance(value, str) else value
    return f"gone since {date_format(moment, 'j M Y')}" if moment else "by a source"


def _license(value: str) -> str:
    found = LICENSES.get(value)
    return (found.spdx or found.name) if found else value


_WRITTEN: dict[str, Callable[[Any], object]] = {
    "license": _license,
    "task": vocabulary.task,
    # To the last digit: what was rounded before would not differ.
    "parameters": whole,
    "size_bytes": lambda value: f"{whole(value)} bytes",
    "gmacs": lambda value: f"{value:.4g}",
    "top1": percent,
    "top5": percent,
    "num_classes": whole,
    "revision": lambda value: value[:12],
}
