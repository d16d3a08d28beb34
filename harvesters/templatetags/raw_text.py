"""Text as it came from outside, shown without what could spoof a reader: `{% load raw_text %}`."""

from django import template

from catalog.cleaning import clean_text

register = template.Library()


@register.filter
def without_controls(text: str) -> str:
    """`text` without control and bidirectional characters; its lines stay."""
    return clean_text(text)
