"""What the search box proposes while a person types: a part of the page, asked for by htmx."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog.facets.datasets import DATASETS
from catalog.facets.models import MODELS
from catalog.facets.papers import PAPERS
from catalog.facets.repositories import REPOSITORIES
from catalog.suggest import suggestions

_LISTS = {kind.route: kind for kind in (MODELS, PAPERS, REPOSITORIES, DATASETS)}


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@cache_control(private=True, max_age=60)
def suggest(request: HttpRequest) -> HttpResponse:
    """Proposals for what is typed (`q`) into the box of a list (`in`)."""
    kind = _LISTS.get(request.GET.get("in", ""), MODELS)
    groups = suggestions(request.GET.get("q", ""), kind)
    return render(request, "catalog/_suggest.html", {"groups": groups})
