"""Repositories: the list, and one repository with its papers, its weights and their scores."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog.models import PretrainedModel, Repository
from catalog.models_of import models_of


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def repositories(request: HttpRequest) -> HttpResponse:
    rows = Repository.objects.filter(renamed_to=None).order_by("full_name")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    return render(request, "catalog/repositories.html", {"page": page})


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def repository(request: HttpRequest, full_name: str) -> HttpResponse:
    """One repository at its present name; former names and other spellings lead there."""
    rows = Repository.objects.select_related("renamed_to").defer("search_vector")
    found = get_object_or_404(rows, full_name=full_name.lower().replace("\x00", ""))
    present = found.renamed_to or found
    if present.full_name != full_name:
        return redirect(present)
    models = models_of(PretrainedModel.objects.filter(repositories=present), repository=full_name)
    return render(request, "catalog/repository.html", {"repository": present, "models": models})
