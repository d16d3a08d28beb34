"""The site's addresses and some that fail in the ways a real one can."""

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import OperationalError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.urls import path

from config.urls import handler500, urlpatterns

__all__ = ["handler500", "urlpatterns"]


def broken(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("a secret detail")


def without_database(request: HttpRequest) -> HttpResponse:
    raise OperationalError("connection to server failed")


def slow(request: HttpRequest) -> HttpResponse:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 20")  # ms
        cursor.execute("SELECT pg_sleep(5)")
    return HttpResponse("never")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def malformed(request: HttpRequest) -> HttpResponse:
    raise SuspiciousOperation


urlpatterns = [
    path("broken", broken),
    path("without-database", without_database),
    path("slow", slow),
    path("forbidden", forbidden),
    path("malformed", malformed),
    *urlpatterns,
]
