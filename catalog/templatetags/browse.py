"""What the templates of the browse page need beside plain variables."""

from collections.abc import Sequence

from django import template
from django.template import engines
from django.utils.html import format_html
from django.utils.safestring import SafeString

from catalog.facets.declarations import FACET
from catalog.licenses import LICENSES
from catalog.templatetags.figures import unknown

register = template.Library()


@register.simple_tag
def live(url: str) -> SafeString:
    """An address for people and for htmx: `<a {% live chip.url %}>`; the target is inherited."""
    return format_html('href="{0}" hx-get="{0}"', url)


@register.simple_tag
def compiled(part: str, **context: object) -> SafeString:
    """A part of the page that repeats so often that Django's templates are too slow for it, by Jinja's."""
    # Escaped as any include is: by the engine, as the template was rendered.
    return SafeString(engines["compiled"].get_template(part).render(context))


@register.filter
def label(value: str | Sequence[str], facet: str) -> str | SafeString:
    """A facet's words for a column's value or values: `{{ row.datasets|label:"dataset" }}`."""
    values = [value] if isinstance(value, str) else value
    words = ", ".join(FACET[facet].label(one) for one in values if one)
    return words or unknown(FACET[facet].title.lower())


@register.filter
def short_license(value: str) -> str | SafeString:
    """The SPDX id of a licence where it has one, else its name."""
    if not value:
        return unknown("licence")
    found = LICENSES.get(value)
    return (found.spdx or found.name) if found else value
