"""Lists that can be narrowed down: the query string is their whole state."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url
from django_htmx.middleware import HtmxDetails

from catalog import remembered
from catalog.classes.offers import offers
from catalog.devices import devices
from catalog.facets import address, panels
from catalog.facets.machine_panel import machine_panel
from catalog.facets.models import MODELS
from catalog.facets.results import results
from catalog.facets.sets import FacetSet
from catalog.field_plot import field_plot


class HtmxRequest(HttpRequest):
    """A request as django-htmx hands it on."""

    htmx: HtmxDetails


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request", "Cookie")
def browse(request: HtmxRequest) -> HttpResponse:
    return narrowed(request, MODELS)


def narrowed(request: HtmxRequest, kind: FacetSet) -> HttpResponse:
    """The list of one kind of thing, narrowed down as the query string says."""
    query = query_string(request)
    known = devices() if kind.machine else []
    mine = remembered.read(request.COOKIES, known)
    filters = address.read(remembered.with_device(query, mine), kind)
    partial = bool(request.htmx) and not request.htmx.history_restore_request
    if not partial and not filters.notes and not address.is_canonical(query, filters):
        # A submitted form sends every empty box; the address keeps what was asked for.
        asked = address.write(filters, finds=True)
        return redirect(f"{reverse(kind.route)}{'?' if asked else ''}{asked}")
    found = results(filters)
    canonical = panels.link(found.filters)
    drawn = found.filters.view == "plot" and found.counts.total
    context = {
        "results": found,
        "filters": found.filters,
        "facets": panels.facet_panels(found.filters, found.counts),
        "ranges": panels.range_panels(found.filters, found.counts),
        "machine": machine_panel(found.filters, found.counts, known, mine),
        "chips": panels.chips(found.filters),
        "advice": [] if found.counts.total else panels.advice(found.filters, found.counts),
        "plot": field_plot(found.filters, found.counts) if drawn else None,
        "class_offers": offers(found.filters.words) if kind is MODELS else [],
        "canonical": canonical,
        "partial": partial,
    }
    template = "catalog/_browse.html" if partial else "catalog/browse.html"
    response = render(request, template, context)
    if partial and request.htmx.current_url_abs_path != canonical:
        push_url(response, canonical)
    return response


def query_string(request: HttpRequest) -> str:
    """The query string as it came, undecoded but for UTF-8."""
    # Not request.GET: it answers 400 to more than DATA_UPLOAD_MAX_NUMBER_FIELDS parameters.
    raw: str = request.META.get("QUERY_STRING", "")
    return raw.encode("latin-1", "replace").decode("utf-8", "replace")
