"""Classes: the finder, one class with the models that know it, and one list of classes."""

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from catalog import terms
from catalog.classes.outputs import named
from catalog.classes.page import ClassPage, LabelSetPage
from catalog.cleaning import clean_text
from catalog.facets.classes import CLASSES
from catalog.models import ClassLabel, LabelSet
from catalog.views.browse import HtmxRequest, narrowed


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def classes(request: HtmxRequest) -> HttpResponse:
    return narrowed(request, CLASSES)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def class_page(request: HtmxRequest, key: str) -> HttpResponse:
    """One class at its key; a name leads to the class, or to all that it may mean."""
    label = ClassLabel.objects.filter(key=clean_text(key)).defer("search_vector").first()
    if label is not None:
        return render(request, "catalog/class.html", {"page": ClassPage(label), "label": label})
    meant = list(named([clean_text(key)]).only("key")[:2])
    if not meant:
        raise Http404("No list of classes has one of this name.")
    if len(meant) == 1:
        return redirect(meant[0])
    return redirect(f"{reverse('catalog:classes')}?{urlencode({'q': key.replace('-', ' ')})}")


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def label_set(request: HtmxRequest, key: str) -> HttpResponse:
    """One list of classes, a page of it at a time; `q` finds some of them."""
    found = LabelSet.objects.select_related("same_as").filter(key=clean_text(key)).first()
    if found is None:
        raise Http404("No source tells a list of classes of this name.")
    words = clean_text(request.GET.get("q", ""))[: terms.MOST_CHARACTERS]
    page = LabelSetPage(found, words, request.GET.get("page", "1"))
    partial = bool(request.htmx) and not request.htmx.history_restore_request
    template = "catalog/_outputs.html" if partial else "catalog/label_set.html"
    return render(request, template, {"page": page, "label_set": page.label_set})
