"""Who may see which trial. Views reach private rows only through here."""

import ipaddress
import secrets
from uuid import UUID

from django.conf import settings
from django.db.models import Q
from django.http import Http404, HttpRequest

from inference.models import Trial

SESSION_KEY = "visitor"


def visitor_of(request: HttpRequest) -> str:
    """The random id of this visitor, empty if nothing was ever started from this browser."""
    return str(request.session.get(SESSION_KEY, ""))


def settle_visitor(request: HttpRequest) -> str:
    """The visitor's id, given out if there is none yet; only where a trial is started."""
    return str(request.session.setdefault(SESSION_KEY, secrets.token_urlsafe(32)))


def own_trials(request: HttpRequest) -> Q:
    """Those that this browser, or this account, has started."""
    mine = Q(visitor=visitor_of(request)) & ~Q(visitor="")
    if request.user.is_authenticated:
        mine |= Q(user=request.user)
    return mine


def get_trial(request: HttpRequest, trial_id: UUID) -> Trial:
    """The trial if the visitor has started it; Http404 to everybody else, also for one that never was."""
    trial = (
        Trial.objects.filter(own_trials(request), pk=trial_id).select_related("pretrained").first()
    )
    if trial is None:
        raise Http404("No such trial, or it has expired.")
    return trial


def client_address(request: HttpRequest) -> str | None:
    """Whom the rate limit counts: the client's IPv4 address, or the /64 network of its IPv6 address.

    X-Forwarded-For is believed only as far as TRUSTED_PROXY_COUNT proxies have appended to it; the rest of it is what
    the client claims.
    """
    text = request.META.get("REMOTE_ADDR", "")
    count = settings.TRUSTED_PROXY_COUNT
    forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",")]
    if count and len(forwarded) >= count:
        text = forwarded[-count]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        # Every household has a /64 to itself; single addresses of it are free to make up.
        return str(ipaddress.ip_network((address, 64), strict=False).network_address)
    return str(address)
