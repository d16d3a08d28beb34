"""The browse page: its query string is its whole state."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe


@require_safe
def browse(request: HttpRequest) -> HttpResponse:
    return render(request, "catalog/browse.html")
