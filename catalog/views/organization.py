"""Organisations: who publishes models, and what one of them has published."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog import vocabulary
from catalog.models import PretrainedModel
from catalog.models_of import models_of, tasks_of
from catalog.tallies import tally

MOST = 300


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def organizations(request: HttpRequest) -> HttpResponse:
    """Who has published most."""
    numbers = tally(
        PretrainedModel.objects.published().exclude(organization=""), "organization", MOST
    )
    context = {
        "rows": [
            (slug, vocabulary.label(vocabulary.ORGANIZATIONS, slug), number)
            for slug, number in numbers.items()
        ],
        "most": MOST,
    }
    return render(request, "catalog/organizations.html", context)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def organization(request: HttpRequest, slug: str) -> HttpResponse:
    """One organisation: its models by task."""
    if "\x00" in slug:
        raise Http404("No organisation has such a name.")
    rows = PretrainedModel.objects.filter(organization=slug)
    models = models_of(rows, organization=slug)
    if not models.total and slug not in vocabulary.ORGANIZATIONS:
        raise Http404("No source names an organisation of this name.")
    context = {
        "slug": slug,
        "title": vocabulary.label(vocabulary.ORGANIZATIONS, slug),
        "models": models,
        "tasks": tasks_of(rows, organization=slug),
    }
    return render(request, "catalog/organization.html", context)
