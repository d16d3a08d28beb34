"""The catalogue's words in templates: `{% load words %}` then `{{ "imagenet-1k"|dataset }}`."""

from collections.abc import Sequence

from django import template

from catalog import metrics, vocabulary
from catalog.claim_text import Origin
from catalog.claims import Claim
from catalog.licenses import LICENSES
from catalog.metrics import metric_title
from catalog.models import Evaluation
from catalog.repository_traits import FRAMEWORKS

register = template.Library()


@register.filter
def dataset(slug: str) -> str:
    return vocabulary.label(vocabulary.DATASETS, slug)


@register.filter
def tasks(slugs: Sequence[str]) -> list[str]:
    """The words for tasks."""
    return [vocabulary.task(slug) for slug in slugs]


@register.filter
def source_name(name: str) -> str:
    """The short name of a source: "Hugging Face"."""
    return vocabulary.label(vocabulary.SOURCES, name)


@register.filter
def frameworks(slugs: Sequence[str]) -> list[str]:
    return [FRAMEWORKS.get(slug, slug) for slug in slugs]


@register.filter
def first_few(names: Sequence[str], most: int = 3) -> str:
    """`A, B, C and 4 more`."""
    shown = ", ".join(names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


@register.filter
def metric(slug: str) -> str:
    return metric_title(slug)


@register.filter
def organization(slug: str, own_name: str | None) -> str:
    """The word for an organisation, as `catalog.organizations.names_of` chooses it."""
    return vocabulary.ORGANIZATIONS.get(slug) or own_name or slug


@register.filter
def license_name(slug: str) -> str:
    """`Apache License 2.0` for `apache-2.0`; empty if unknown."""
    found = LICENSES.get(slug)
    return (found.spdx or found.name) if found else slug


@register.filter
def is_percent(metric: str) -> bool:
    """Whether a metric is given in percent; endpoint errors are pixels, a FID is a number."""
    return metrics.is_percent(metric)


@register.filter
def origin(result: Evaluation) -> Origin:
    """Who states a result."""
    listing = result.listing
    return Origin(Claim("", "", "", listing.source_id, listing.last_seen, listing))


@register.filter
def unlocalized(value: float) -> str:
    """A number as SVG reads it, whatever the language: 12.5."""
    return f"{value:g}"
