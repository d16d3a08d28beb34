"""Is the process alive, is it ready: for supervisors, compose and load balancers."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET


@csrf_exempt  # changes nothing; another method is answered 405
@require_GET
def livez(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process can answer at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@csrf_exempt  # changes nothing; another method is answered 405
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if Postgres answers, else 503. The broker is not asked: browsing works without it."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("Postgres does not answer\n", status=503, content_type="text/plain")
    return HttpResponse("ok\n", content_type="text/plain")
