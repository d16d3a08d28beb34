"""Papers: the list, and one paper with its code, its weights and its scores."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from catalog.facets.papers import PAPERS
from catalog.models import Paper, PretrainedModel
from catalog.models_of import models_of
from catalog.views.browse import HtmxRequest, narrowed


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def papers(request: HtmxRequest) -> HttpResponse:
    return narrowed(request, PAPERS)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def paper(request: HttpRequest, key: str) -> HttpResponse:
    found = get_object_or_404(Paper, key=key.replace("\x00", ""))
    rows = PretrainedModel.objects.filter(pk__in=found.links.values("pretrained"))
    return render(
        request, "catalog/paper.html", {"paper": found, "models": models_of(rows, paper=key)}
    )
