"""Try a checkpoint, follow a trial."""

from functools import wraps
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_htmx.http import reswap, retarget
from django_htmx.middleware import HtmxDetails

from catalog.models import PretrainedModel
from inference import access, images, queries, services, uploads
from inference.forms import TryForm
from inference.models import InferenceWorker, Trial
from inference.tryable import reason_not


class HtmxRequest(HttpRequest):
    htmx: HtmxDetails


def private(view: Any) -> Any:
    """For this browser only: never stored, and not mistaken for the other form (page or partial) of the address."""

    @wraps(view)
    def answer(request: HtmxRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponseBase = view(request, *args, **kwargs)
        patch_vary_headers(response, ["HX-Request", "Cookie"])
        return response

    return cache_control(private=True, no_store=True)(answer)


def wants_partial(request: HtmxRequest) -> bool:
    """A history restore must get the full page."""
    return bool(request.htmx) and not request.htmx.history_restore_request


@require_http_methods(["GET", "HEAD", "POST"])
@private
def try_model(request: HtmxRequest, slug: str) -> HttpResponseBase:
    """The try form, on its own page or as part of the model's page; POST starts a trial."""
    pretrained = queries.find_pretrained(slug)
    if pretrained is None:
        raise Http404("No such checkpoint.")
    if request.method == "POST":
        return _start(request, pretrained)
    if pretrained.slug != slug:
        return redirect("inference:try", pretrained.slug, permanent=True)
    return _form_page(request, pretrained, TryForm(pretrained))


def _form_page(
    request: HtmxRequest, pretrained: PretrainedModel, form: TryForm, status: int = 200
) -> HttpResponse:
    mine = Trial.objects.filter(access.own_trials(request), pretrained=pretrained)
    latest = mine.select_related("pretrained").order_by("-created_at").first()
    shown = latest or queries.example_of(pretrained)
    context = _trial_context(shown) if shown else {}
    context |= {
        "pretrained": pretrained,
        "form": form,
        "reason": reason_not(pretrained),
        "outlook": queries.outlook(pretrained),
        "is_example": shown is not None and shown is not latest,
        "no_worker": queries.NO_WORKER,
    }
    template = "inference/_try.html" if wants_partial(request) else "inference/try.html"
    return render(request, template, context, status=status)


def _start(request: HtmxRequest, pretrained: PretrainedModel) -> HttpResponseBase:
    if reason_not(pretrained):
        return _form_page(request, pretrained, TryForm(pretrained), status=422)
    visitor, address = access.settle_visitor(request), access.client_address(request)
    user = request.user if request.user.is_authenticated else None
    form = TryForm(pretrained, request.POST, request.FILES)
    if uploads.is_too_large(request):
        form.errors["image"] = form.error_class([images.too_large()])
        return _refuse(request, pretrained, form, 422)
    try:
        # Before decoding: an image costs the server more than a count does.
        if user is None:
            services.check_rate(visitor, address)
        if not form.is_valid():
            return _refuse(request, pretrained, form, 422)
        trial = services.start_trial(
            pretrained,
            visitor=visitor,
            address=address,
            user=user,
            picture=form.picture,
            image_name=getattr(form.cleaned_data.get("image"), "name", "") or "",
            example=form.cleaned_data.get("example", ""),
        )
    except services.TooManyTrials as error:
        form.add_error(None, str(error))
        return _refuse(request, pretrained, form, 429)
    except OSError:
        form.add_error(None, "The server has no room for another image just now. Try again later.")
        return _refuse(request, pretrained, form, 507)
    return _show(request, trial)


def _refuse(
    request: HtmxRequest, pretrained: PretrainedModel, form: TryForm, status: int
) -> HttpResponse:
    if not wants_partial(request):
        return _form_page(request, pretrained, form, status)
    context = {
        "pretrained": pretrained,
        "form": form,
        "outlook": queries.outlook(pretrained),
        "no_worker": queries.NO_WORKER,
    }
    response = render(request, "inference/_try_form.html", context, status=status)
    return reswap(retarget(response, "#try-form"), "outerHTML")


def _show(request: HtmxRequest, trial: Trial) -> HttpResponse:
    if wants_partial(request):
        return render(request, "inference/_trial.html", _trial_context(trial))
    return redirect(trial)


def _trial_context(trial: Trial) -> dict[str, Any]:
    waits = trial.state == Trial.State.QUEUED
    return {
        "trial": trial,
        "pretrained": trial.pretrained,
        "steps": queries.steps(trial),
        "bars": queries.bars(trial),
        "poll_delay": queries.poll_delay(trial),
        "no_worker_for_trial": waits and not InferenceWorker.objects.live().exists(),
        "no_worker": queries.NO_WORKER,
    }


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@private
def trial(request: HtmxRequest, trial_id: UUID) -> HttpResponse:
    """One trial: how far it is, or what came out. Polled until it has ended."""
    context = _trial_context(access.get_trial(request, trial_id))
    template = "inference/_trial.html" if wants_partial(request) else "inference/trial.html"
    return render(request, template, context)


@require_POST
@private
def cancel(request: HtmxRequest, trial_id: UUID) -> HttpResponse:
    """Ends a trial, or asks its worker to."""
    trial = access.get_trial(request, trial_id)
    services.cancel_trial(trial.pk)
    trial.refresh_from_db()
    return _show(request, trial)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@private
def image(request: HtmxRequest, trial_id: UUID) -> HttpResponseBase:
    """The small form of an uploaded picture, for its uploader alone."""
    trial = access.get_trial(request, trial_id)
    try:
        file = default_storage.open(trial.preview) if trial.preview else None
    except FileNotFoundError:
        file = None
    if file is None:
        raise Http404("The picture has expired.")
    response = FileResponse(file, content_type="image/webp")
    response["Content-Disposition"] = 'inline; filename="picture.webp"'
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["X-Content-Type-Options"] = "nosniff"
    response["Cross-Origin-Resource-Policy"] = "same-origin"
    return response
