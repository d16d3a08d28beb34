"""What programs ask of any site by fixed addresses: which pages to read, and its icon."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

# Every combination of filters is an address: without end. Only the pages of a whole list lead to all that it holds.
_ROBOTS = """\
User-agent: *
Disallow: /*?
Allow: /*?page=
Disallow: /*?page=*&
Disallow: /admin/
Disallow: /trials/
Disallow: /models/*/try/
"""


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """RFC 9309: of two rules that fit, the longer one counts."""
    return HttpResponse(_ROBOTS, content_type="text/plain; charset=utf-8")


@csrf_exempt  # changes nothing; another method is answered 405
@require_safe
def favicon(request: HttpRequest) -> HttpResponse:
    """For those who do not read that the pages name another icon. Not for ever: its address changes with it."""
    return redirect(static("icon.svg"))
