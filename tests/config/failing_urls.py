"""The site's addresses and some that fail in the ways a real one can."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler500, urlpatterns

__all__ = ["handler500", "urlpatterns"]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret detail")


def without_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection to server failed")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def malformed(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


urlpatterns = [
    path("broken", broken),
    path("without-database", without_database),
    path("forbidden", forbidden),
    path("malformed", malformed),
    *urlpatterns,
]
