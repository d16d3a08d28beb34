"""How a measured speed is written: `{% load machine %}` then `{{ row.speed|speed }}`."""

from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.templatetags.figures import significant, unknown

register = template.Library()

_LAYOUTS = {"nhwc": "channels last", "nchw": "channels first"}


@register.filter
def speed(measured: Mapping[str, Any] | None) -> SafeString:
    """Images per second, below it in how many at a time; the rest of how it was measured as the title."""
    if not measured:
        return unknown("speed at its own input size")
    return format_html(
        '<span title="{}">{}</span> <span class="muted small">{}</span>',
        conditions(measured),
        significant(measured["images_per_second"]),
        _briefly(measured),
    )


def conditions(measured: Mapping[str, Any]) -> str:
    """ "amp, channels first, not compiled, 256 images of 224 px at a time, torch 2.9.1"."""
    batch, size = measured["batch_size"], measured["input_size"]
    parts = (
        measured["precision"],
        _LAYOUTS.get(measured["layout"], measured["layout"]),
        {True: "compiled", False: "not compiled"}.get(measured["is_compiled"], ""),
        f"{_images(batch)} of {size} px at a time" if batch else f"at {size} px",
        measured["software"],
    )
    return ", ".join(filter(None, parts))


def _briefly(measured: Mapping[str, Any]) -> str:
    batch = measured["batch_size"]
    compiled = "compiled" if measured["is_compiled"] else ""
    return ", ".join(filter(None, (measured["precision"], compiled, f"× {batch}" if batch else "")))


def _images(number: int) -> str:
    return "1 image" if number == 1 else f"{number:,} images"
