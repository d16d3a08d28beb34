"""Licences: all that the table knows, and what one of them lets you do with weights."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog.licenses import LICENSES
from catalog.models import Dataset, PretrainedModel, Repository
from catalog.models_of import browse_url, models_of, tasks_of
from catalog.tallies import tally


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def licenses(request: HttpRequest) -> HttpResponse:
    """Every licence of the table with the number of models under it, the most used first."""
    numbers = tally(PretrainedModel.objects.published(), "license")
    rows = sorted(LICENSES.values(), key=lambda found: (-numbers.get(found.id, 0), found.name))
    context = {
        "rows": [(row, numbers.get(row.id, 0)) for row in rows if row.group != "unknown"],
        "unknown": numbers.get("", 0),
        "url": browse_url(license="unknown"),
    }
    return render(request, "catalog/licenses.html", context)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def license(request: HttpRequest, id: str) -> HttpResponse:  # noqa: A001, A002 - the field's words
    """One licence: the verdict per use, what stands under it, and the spellings that we take for it."""
    found = LICENSES.get(id)
    if found is None or found.group == "unknown":
        raise Http404("The table of licences has no such entry.")
    rows = PretrainedModel.objects.filter(license=id)
    context = {
        "license": found,
        "models": models_of(rows, license=id),
        "tasks": tasks_of(rows, license=id),
        "repositories": Repository.objects.filter(license=id, renamed_to=None).count(),
        "datasets": Dataset.objects.filter(license=id).count(),
    }
    return render(request, "catalog/license.html", context)
