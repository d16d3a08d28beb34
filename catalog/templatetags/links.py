"""Links that leave the site: `{% load links %}` then `{% outbound url "label" %}`."""

from typing import Any

from django import template
from django.utils.html import escape, format_html
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
