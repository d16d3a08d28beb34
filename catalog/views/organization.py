"""Organisations: who publishes models, and what one of them has published."""

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog import vocabulary
from catalog.cleaning import clean_text
from catalog.models import Paper, PaperLink, PretrainedModel, Repository
from catalog.models_of import models_of, tasks_of
from catalog.organizations import names_of
from catalog.querysets import PretrainedModelQuerySet

PER_PAGE = 100
SHOWN = 10


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def organizations(request: HttpRequest) -> HttpResponse:
    """Those with most models first; `find` narrows them down to names that contain it."""
    find = clean_text(request.GET.get("find", ""))[:100].strip()
    rows = PretrainedModel.objects.published().exclude(organization="").filter(_called(find))
    counted = rows.order_by().values_list("organization").annotate(number=Count("pk"))
    ordered = counted.order_by("-number", "organization")
    page = Paginator(ordered, PER_PAGE).get_page(request.GET.get("page"))
    numbers = dict(page.object_list)
    names = names_of(numbers)
    shown = [(slug, names[slug], number) for slug, number in numbers.items()]
    return render(
        request, "catalog/organizations.html", {"rows": shown, "page": page, "find": find}
    )


def _called(find: str) -> Q:
    # What an organisation of no word here calls itself differs from its slug in capitals only.
    words = vocabulary.ORGANIZATIONS.items()
    slugs = [slug for slug, name in words if find.casefold() in name.casefold()]
    return Q(organization__icontains=find) | Q(organization__in=slugs) if find else Q()


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def organization(request: HttpRequest, slug: str) -> HttpResponse:
    """One organisation: its models by task."""
    if "\x00" in slug:
        raise Http404("No organisation has such a name.")
    rows = PretrainedModel.objects.filter(organization=slug)
    models = models_of(rows, organization=slug)
    if not models.total and slug not in vocabulary.ORGANIZATIONS:
        if slug != slug.lower():
            return redirect("catalog:organization", slug.lower())
        raise Http404("No source names an organisation of this name.")
    context = {
        "slug": slug,
        "title": names_of([slug])[slug],
        "models": models,
        "tasks": tasks_of(rows, organization=slug),
        "repositories": repositories_of(slug),
        "papers": papers_of(slug),
    }
    return render(request, "catalog/organization.html", context)


def repositories_of(slug: str) -> list[Repository]:
    """Repositories that its models name, with how many name each, most first. One query."""
    named = Repository.objects.filter(checkpoints__in=_published(slug))
    counted = named.annotate(number=Count("checkpoints")).order_by("-number", "full_name")
    return list(counted.only("full_name", "stars")[:SHOWN])


def papers_of(slug: str) -> list[Paper]:
    """Papers that introduce its models or describe their training, with how many, most first. One query."""
    linked = Paper.objects.filter(
        links__pretrained__in=_published(slug),
        links__role__in=(PaperLink.Role.INTRODUCES, PaperLink.Role.RECIPE),
    )
    counted = linked.annotate(number=Count("links__pretrained", distinct=True))
    return list(counted.order_by("-number", "-key").only("key", "title", "published")[:SHOWN])


def _published(slug: str) -> PretrainedModelQuerySet:
    return PretrainedModel.objects.published().filter(organization=slug)
