"""What a visitor sees when a view raises: a page that says what to do, never a traceback."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.csrf import requires_csrf_token
from psycopg.errors import QueryCanceled

# The supervisor brings Postgres back within a few seconds; a load balancer may ask again then.
RETRY_AFTER_SECONDS = 10


@requires_csrf_token
def server_error(request: HttpRequest) -> HttpResponse:
    """503 with Retry-After when it was Postgres that did not answer, or not within WEB_QUERY_SECONDS, else 500.

    Rendered without a request: whatever failed may be what a context processor would ask again.
    A handler and no middleware, because the database may first be missed by a middleware (the session).
    """
    problem = sys.exc_info()[1]
    if isinstance(problem, OperationalError | InterfaceError):
        is_slow = isinstance(problem.__cause__, QueryCanceled)
        name = "503_slow.html" if is_slow else "503.html"
        page = render_to_string(name, {"seconds": RETRY_AFTER_SECONDS})
        return HttpResponse(page, status=503, headers={"Retry-After": str(RETRY_AFTER_SECONDS)})
    return HttpResponse(render_to_string("500.html"), status=500)
