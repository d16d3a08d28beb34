"""Architectures: networks without their weights, and the checkpoints of one of them side by side."""

from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog.models import Architecture, PretrainedModel
from catalog.models_of import models_of


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def architectures(request: HttpRequest) -> HttpResponse:
    rows = Architecture.objects.annotate(number=Count("checkpoints")).order_by("-number", "name")
    page = Paginator(rows, 100).get_page(request.GET.get("page"))
    return render(request, "catalog/architectures.html", {"page": page})


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def architecture(request: HttpRequest, name: str) -> HttpResponse:
    found = get_object_or_404(Architecture, name=name.replace("\x00", ""))
    models = models_of(PretrainedModel.objects.filter(architecture=found), architecture=found.name)
    return render(request, "catalog/architecture.html", {"architecture": found, "models": models})
