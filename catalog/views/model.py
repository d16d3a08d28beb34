"""The page of one checkpoint."""

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog.machine import batch_error, read_batch
from catalog.model_page import ModelPage
from catalog.models import Listing, PretrainedModel


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def model(request: HttpRequest, slug: str) -> HttpResponse:
    """One checkpoint at its canonical address; any other address of it leads there, the query kept."""
    pretrained = _find(slug)
    if pretrained.slug != slug:
        query = request.META.get("QUERY_STRING", "")
        address = pretrained.get_absolute_url() + (f"?{query}" if query else "")
        return HttpResponseRedirect(address)
    page = ModelPage(pretrained, read_batch(request.GET))
    here = request.build_absolute_uri(pretrained.get_absolute_url())
    context = {
        "page": page,
        "pretrained": pretrained,
        "here": here,
        "batch_error": batch_error(request.GET),
    }
    return render(request, "catalog/model.html", context)


def _find(slug: str) -> PretrainedModel:
    """The checkpoint of an address: its own, one that was merged into it, or one of its listings."""
    if "\x00" in slug:
        raise Http404("No checkpoint has such an address.")
    rows = PretrainedModel.objects.select_related("architecture", "parent", "merged_into").defer(
        "search_vector"
    )
    found = rows.filter(slug=slug).first()
    if found is None:
        source, _, external_id = slug.partition("/")
        listed = Listing.objects.filter(source=source, external_id=external_id)
        found = rows.filter(pk__in=listed.values("pretrained")).first()
    if found is None:
        raise Http404("No source lists a checkpoint of this name.")
    return found.merged_into or found
