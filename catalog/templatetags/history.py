"""How a value of an earlier day is written: `{% load history %}` then `{{ old|as_value:"size_bytes" }}`."""

from collections.abc import Callable
from typing import Any

from django import template
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format

from catalog import vocabulary
from catalog.history import LABELS
from catalog.licenses import LICENSES
from catalog.models import Change
from catalog.templatetags.figures import percent, unknown, whole

register = template.Library()


@register.filter
def as_value(value: Any, field: str) -> object:
    """A value of a column of PretrainedModel as it stood in `Change` or in the row."""
    if field == "gone_since":
        return _gone(value)
    if field == "merged_into":
        return value or "an entry of its own"
    if value in (None, "", []):
        return unknown()
    return _WRITTEN.get(field, str)(value)


@register.filter
def field_label(field: str) -> str:
    return LABELS.get(field, field.replace("_", " "))


@register.filter
def changed_label(change: Change) -> str:
    """What a change is about; of entries that were joined or parted, which of both happened."""
    if change.field == "merged_into":
        return "Joined with another entry" if change.new else "Taken out by staff"
    return field_label(change.field)


@register.filter
def changed_name(change: Change) -> str:
    """Whose change it is: the name, or the address where entries of one name were joined or parted."""
    found = change.pretrained
    return found.slug if change.field == "merged_into" else found.name


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
