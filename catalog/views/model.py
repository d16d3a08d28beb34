"""The page of one checkpoint."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from catalog.models import PretrainedModel


@require_safe
def model(request: HttpRequest, slug: str) -> HttpResponse:
    pretrained = get_object_or_404(PretrainedModel.objects.published(), slug=slug)
    return render(request, "catalog/model.html", {"pretrained": pretrained})
