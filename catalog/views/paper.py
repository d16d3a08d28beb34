"""Papers: the list, and one paper with its code, its weights and its scores."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from catalog.facets.papers import PAPERS
from catalog.models import Paper
from catalog.paper_page import PaperPage
from catalog.reference_records import paper_key
from catalog.views.browse import HtmxRequest, narrowed


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def papers(request: HtmxRequest) -> HttpResponse:
    return narrowed(request, PAPERS)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def paper(request: HttpRequest, key: str) -> HttpResponse:
    """One paper; an arXiv id with its version leads to the paper."""
    rows = Paper.objects.defer("search_vector")
    found = rows.filter(key=key).first() if "\x00" not in key else None
    if found is None:
        bare = paper_key(arxiv_id=key.removeprefix("arXiv:"))
        if bare == key or not rows.filter(key=bare).exists():
            raise Http404("No source names a paper of this id.")
        return redirect("catalog:paper", bare)
    return render(request, "catalog/paper.html", {"paper": found, "page": PaperPage(found)})
