"""Architectures: networks without their weights, and the checkpoints of one of them side by side."""

from django.core.paginator import Paginator
from django.db.models import Count, Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from catalog.architecture_page import ArchitecturePage
from catalog.cleaning import clean_text
from catalog.models import Architecture

PER_PAGE = 100


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def architectures(request: HttpRequest) -> HttpResponse:
    """Those with most checkpoints first; `find` narrows them down to names that contain it."""
    find = clean_text(request.GET.get("find", ""))[:100].strip()
    live = Q(checkpoints__merged_into=None, checkpoints__gone_since=None)
    rows = Architecture.objects.filter(name__icontains=find) if find else Architecture.objects.all()
    counted = rows.annotate(number=Count("checkpoints", filter=live)).order_by("-number", "name")
    page = Paginator(counted, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "catalog/architectures.html", {"page": page, "find": find})


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def architecture(request: HttpRequest, name: str) -> HttpResponse:
    """One architecture with all that has been trained with it."""
    found = get_object_or_404(Architecture, name=name.replace("\x00", ""))
    context = {"architecture": found, "page": ArchitecturePage(found)}
    return render(request, "catalog/architecture.html", context)
