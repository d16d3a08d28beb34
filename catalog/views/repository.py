"""Repositories: the list, and one repository with its papers, its weights and their scores."""

from django.db.models import Case, Value, When
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from catalog.facets.repositories import REPOSITORIES
from catalog.keys import repository_name
from catalog.models import Repository
from catalog.repository_page import RepositoryPage
from catalog.views.browse import HtmxRequest, narrowed


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
@vary_on_headers("HX-Request", "HX-History-Restore-Request")
def repositories(request: HtmxRequest) -> HttpResponse:
    return narrowed(request, REPOSITORIES)


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def repository(request: HttpRequest, full_name: str) -> HttpResponse:
    """One repository at its present name; former names and other spellings lead there."""
    rows = Repository.objects.select_related("renamed_to").defer("search_vector")
    name = full_name.lower().replace("\x00", "")
    # A name that nobody has used since it was given up is only known to the table of renames.
    names = {name, repository_name(f"https://github.com/{name}")}
    found = (
        rows.filter(full_name__in=names)
        .order_by(Case(When(full_name=name, then=Value(0)), default=Value(1)))
        .first()
    )
    if found is None:
        raise Http404("No source names a repository of this name.")
    present = found.renamed_to or found
    if present.full_name != full_name:
        return redirect(present)
    context = {"repository": present, "page": RepositoryPage(present)}
    return render(request, "catalog/repository.html", context)
