"""Data sets: the list, and one data set with its leaderboard and the models trained on it."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers
from django_htmx.http import push_url

from catalog.aliases import dataset_slug
from catalog.dataset_page import DatasetPage, find_dataset
from catalog.facets.datasets import DATASETS
from catalog.views.browse import HtmxRequest, narrowed, query_string


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def datasets(request: HtmxRequest) -> HttpResponse:
    return narrowed(request, DATASETS)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def dataset(request: HtmxRequest, slug: str) -> HttpResponse:
    """One data set at its own address; another name of it leads there, the query kept."""
    query = query_string(request)
    found = find_dataset(slug.replace("\x00", ""))
    if found is None:
        known_as = dataset_slug(slug)
        if known_as == slug or find_dataset(known_as) is None:
            raise Http404("No source names a data set of this name.")
        return redirect(f"{reverse('catalog:dataset', args=[known_as])}?{query}".rstrip("?"))
    page = DatasetPage(found, query)
    asked = page.leaderboard.filters
    here = found.get_absolute_url()
    partial = bool(request.htmx) and not request.htmx.history_restore_request
    canonical = here + asked.query(page=asked.page).rstrip("?")
    if not partial and not asked.notes and not asked.is_canonical(query):
        return redirect(canonical)
    template = "catalog/_leaderboard.html" if partial else "catalog/dataset.html"
    context = {"page": page, "board": page.leaderboard, "canonical": canonical}
    response = render(request, template, context)
    if partial and request.htmx.current_url_abs_path != canonical:
        push_url(response, canonical)
    return response
