"""The pages about the sources: what was harvested when, how much, what was rejected and why."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails

from catalog.models import Source
from harvesters.queries import source_states

_REJECTED_PER_PAGE = 25
_RUNS = 20


class HtmxRequest(HttpRequest):
    """What django-htmx's middleware makes of a request."""

    htmx: HtmxDetails


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request")
def sources(request: HtmxRequest) -> HttpResponse:
    """Every source with its state; while one runs, the table polls itself."""
    states = source_states()
    context = {"states": states, "is_running": any(state.is_running for state in states)}
    partial = request.htmx and not request.htmx.history_restore_request
    template = "harvesters/_sources.html" if partial else "harvesters/sources.html"
    return render(request, template, context)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def source(request: HttpRequest, name: str) -> HttpResponse:
    """One source: its latest runs, and the records that were rejected, a page at a time."""
    row = get_object_or_404(Source, pk=name)
    rejected = row.rejected.select_related("run").order_by("-last_seen", "external_id")
    page = Paginator(rejected, _REJECTED_PER_PAGE).get_page(request.GET.get("page"))
    runs = row.runs.order_by("-started_at")[:_RUNS]
    return render(request, "harvesters/source.html", {"source": row, "runs": runs, "page": page})
