"""Is the process alive, is it ready: for supervisors, compose and load balancers."""

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from catalog.facets.models import MODELS
from catalog.index.state import state_of


@csrf_exempt  # changes nothing; another method is answered 405
@require_GET
def livez(request: HttpRequest) -> HttpResponse:
    """200 as soon as the process can answer at all."""
    return HttpResponse("ok\n", content_type="text/plain")


@csrf_exempt  # changes nothing; another method is answered 405
@require_GET
def readyz(request: HttpRequest) -> HttpResponse:
    """200 if Postgres answers, else 503; a second line says how the facet index is.

    Neither the broker nor an index is needed: browsing works without them, more slowly without an index.
    """
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("Postgres does not answer\n", status=503, content_type="text/plain")
    return HttpResponse(f"ok\nindex: {state_of(MODELS).words}\n", content_type="text/plain")
