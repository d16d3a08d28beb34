"""Links that leave the site: `{% load links %}` then `{% outbound url "label" %}`."""

import re
from typing import Any

from django import template
from django.utils.html import escape, format_html, format_html_join
from django.utils.safestring import SafeString

from catalog.safe_url import safe_url

register = template.Library()


@register.simple_tag
def outbound(url: Any, label: Any = "") -> SafeString:
    """A link to another site; only the label where the address is none that may be linked."""
    address = safe_url(url)
    if not address:
        return escape(label)
    return format_html('<a href="{}" rel="nofollow noopener">{}</a>', address, label or address)


@register.filter
def linked(text: str) -> SafeString:
    """Plain text in which http(s) addresses are links; a full stop or bracket at their end is none of theirs."""
    parts = _ADDRESS.split(text)
    # Split at a group: text and addresses take turns.
    shown = ((outbound(part) if place % 2 else escape(part),) for place, part in enumerate(parts))
    return format_html_join("", "{}", shown)


_ADDRESS = re.compile(r"(https?://[^\s<>\"']*[^\s<>\"'.,;:!?)\]}])")
