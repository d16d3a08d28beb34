"""Papers: the list, and one paper with its code, its weights and its scores."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog.models import Paper, PretrainedModel
from catalog.models_of import models_of


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def papers(request: HttpRequest) -> HttpResponse:
    rows = Paper.objects.order_by("-published", "-key").only("key", "title", "published")
    page = Paginator(rows, 30).get_page(request.GET.get("page"))
    return render(request, "catalog/papers.html", {"page": page})


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def paper(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(Paper, key=key.replace("\x00", ""))
    rows = PretrainedModel.objects.filter(pk__in=found.links.values("pretrained"))
    return render(
        request, "catalog/paper.html", {"paper": found, "models": models_of(rows, paper=key)}
    )
