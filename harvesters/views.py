"""The pages about the sources: what was harvested when, how much, what was rejected and why; and staff's buttons."""

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.middleware import HtmxDetails
from kombu.exceptions import OperationalError

from catalog.facets.models import MODELS
from catalog.index.state import state_of
from catalog.meaning.state import meaning_state
from catalog.models import Source
from harvesters import lookups, services, tasks
from harvesters.engine import AlreadyRunning
from harvesters.queries import grouped, reasons, rejected_records, source_states
from harvesters.rate_chart import rate_chart
from harvesters.replaying import replay as replay_rejected
from harvesters.sources import SOURCES

_REJECTED_PER_PAGE = 25
_RUNS = 20
_ASKED_FOR = 600  # seconds after which nobody waits for an answer any more
_MOST_AT_ONCE = 100  # rejected records tried within one request; more go through the queue
_Button = Callable[[HttpRequest, Source], None]


class HtmxRequest(HttpRequest):
    """What django-htmx's middleware makes of a request."""

    htmx: HtmxDetails


def staff_button(button: _Button) -> Callable[[HttpRequest, str], HttpResponse]:
    """A button of the source's page: by POST, for those who may change its schedule, and back to the page."""

    @require_POST
    @permission_required("harvesters.change_schedule", raise_exception=True)
    @wraps(button)
    def pressed(request: HttpRequest, name: str) -> HttpResponse:
        button(request, get_object_or_404(Source, pk=name))
        return redirect("harvesters:source", name)

    return pressed


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request")
def sources(request: HtmxRequest) -> HttpResponse:
    """Every source with its state; while one runs, the table polls itself."""
    states = source_states()
    context = {
        "groups": grouped(states),
        "running": [state for state in states if state.is_running],
        "now": states[0].now if states else None,
        "index": state_of(MODELS),
        "meaning": meaning_state(),
    }
    template = "harvesters/_sources.html" if _wants_part(request) else "harvesters/sources.html"
    return render(request, template, context)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request")
def source(request: HtmxRequest, name: str) -> HttpResponse:
    """One source: its state and latest runs, which poll while one is on, and its rejected records by reason."""
    row = get_object_or_404(Source, pk=name)
    (state,) = source_states(name)
    runs = list(row.runs.order_by("-started_at")[:_RUNS])
    context = {"source": row, "state": state, "runs": runs, "chart": rate_chart(runs)}
    if _wants_part(request):
        return render(request, "harvesters/_runs.html", context)
    group = request.GET.get("reason")
    group = None if group is None or "\x00" in group else group
    page = Paginator(rejected_records(row, group), _REJECTED_PER_PAGE)
    context |= {
        "page": page.get_page(request.GET.get("page")),
        "reasons": reasons(row),
        "group": group,
        "can_be_replayed": name in SOURCES,
    }
    return render(request, "harvesters/source.html", context)


def _wants_part(request: HtmxRequest) -> bool:
    return bool(request.htmx) and not request.htmx.history_restore_request


@staff_button
def run_now(request: HttpRequest, source: Source) -> None:
    """Make the source due now, and wake the watch, so that it begins without waiting for the next tick."""
    try:
        messages.info(request, services.ask_for_run(source))
    except services.NotStarted as problem:
        messages.warning(request, str(problem))
        return
    try:
        tasks.watch.delay()
    except OperationalError:
        messages.warning(request, "The queue does not answer; it begins once Redis is there again.")


@staff_button
def pause(request: HttpRequest, source: Source) -> None:
    """Pause the source, or resume it."""
    messages.info(request, services.set_paused(source, paused=request.POST.get("paused") == "1"))


@staff_button
def replay(request: HttpRequest, source: Source) -> None:
    """Try rejected records again: one, those of one reason, or all."""
    if source.pk not in SOURCES:
        messages.warning(request, f"{source.title} is not read any more; nothing was tried.")
        return
    record, group = request.POST.get("record", ""), request.POST.get("reason")
    if record.isdecimal() and len(record) < 19:
        _replay_here(request, source, pk=int(record))
    elif rejected_records(source, group).count() <= _MOST_AT_ONCE:
        _replay_here(request, source, group=group)
    else:
        _replay_later(request, source, group)


def _replay_here(
    request: HttpRequest, source: Source, *, pk: int | None = None, group: str | None = None
) -> None:
    try:
        messages.info(request, f"{replay_rejected(source.pk, pk=pk, group=group)}.")
    except AlreadyRunning as problem:
        messages.warning(request, str(problem))


def _replay_later(request: HttpRequest, source: Source, group: str | None) -> None:
    try:
        tasks.replay.delay(source.pk, group)
    except OperationalError:
        messages.error(
            request, "The queue does not answer; check that Redis is running, then try again."
        )
        return
    messages.info(
        request, "They are tried again in the background; what is understood leaves this list."
    )


@csrf_exempt  # whoever makes a browser send it only has public facts looked up, once a day
@require_POST
def look_up(request: HtmxRequest, external_id: str) -> HttpResponse:
    """Have the Hub asked for files, scan and card of a model; a partial, or back to the model's page."""
    asked = lookups.claim(external_id)
    if asked:
        try:
            tasks.refresh_details.apply_async((external_id,), expires=_ASKED_FOR)
        except OperationalError:
            lookups.give_back(external_id)
            asked = False
    if request.htmx:
        context = {"asked": asked, "is_full": not asked and lookups.hour_is_full()}
        return render(request, "harvesters/_look_up.html", context)
    return redirect("catalog:model", f"huggingface/{external_id}")
