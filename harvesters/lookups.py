"""Files, security scan and card of a model of the Hugging Face Hub, asked for because somebody opened its page.

At most once a day per model, and never by the web process itself: see
docs/decisions/0066-details-are-a-listing-of-their-own.md.
"""

import logging
from datetime import timedelta

from django.conf import settings
from django.db import connection

from catalog.models import Listing
from catalog.records import Rejected
from catalog.services import upsert
from harvesters.clock import database_now
from harvesters.engine import registered
from harvesters.http import Http, HttpError
from harvesters.models import Lookup
from harvesters.rejects import keep_rejected
from harvesters.schedule import is_paused
from harvesters.sources import SOURCES
from harvesters.sources.base import Unreachable
from harvesters.sources.huggingface_details import HuggingFaceDetails

logger = logging.getLogger(__name__)
_KEPT = timedelta(days=1)
_PATIENCE = 20.0  # seconds per request: nobody waits for it longer


def claim(external_id: str) -> bool:
    """Whether this model is to be asked for now; says so once a day, to whoever comes first.

    Strangers open pages, and what the Hub allows in an hour is for harvests too: see `hour_is_full`.
    """
    known = Listing.objects.filter(external_id=external_id)
    recent = known.filter(source=HuggingFaceDetails.name, last_seen__gt=database_now() - _KEPT)
    listed = known.filter(source="huggingface", gone_since=None)
    if is_paused(HuggingFaceDetails.name) or not listed.exists() or recent.exists():
        return False
    if hour_is_full():
        return False
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, [external_id, _KEPT.days])
        return cursor.fetchone() is not None


_CLAIM = """
    INSERT INTO harvesters_lookup AS known (external_id, asked_at) VALUES (%s, clock_timestamp())
    ON CONFLICT (external_id) DO UPDATE SET asked_at = clock_timestamp()
    WHERE known.asked_at < clock_timestamp() - make_interval(days => %s)
    RETURNING external_id
"""


def hour_is_full() -> bool:
    """Whether as many models were asked for in the last hour as the whole site may ask for."""
    recent = Lookup.objects.filter(asked_at__gt=database_now() - timedelta(hours=1))
    return recent.count() >= settings.HARVEST_LOOKUPS_PER_HOUR


def give_back(external_id: str) -> None:
    """Forget a claim that nothing came of."""
    Lookup.objects.filter(pk=external_id).delete()


def look_up(external_id: str) -> bool:
    """Ask the Hub for one model and write what it says; False if it could not be asked."""
    details = SOURCES[HuggingFaceDetails.name]()
    if not isinstance(details, HuggingFaceDetails):
        raise TypeError(f"{HuggingFaceDetails.name} is registered as something else")
    with Http(*details.bases, patience=_PATIENCE, attempts=2) as http:
        try:
            page = details.look_up(http, external_id)
        except (HttpError, Unreachable) as problem:
            logger.warning("%s was not looked up: %s", external_id, problem)
            return False
    source, entries = registered(details), list(details.records(page))
    outcome = upsert(source, [entry for entry in entries if not isinstance(entry, Rejected)])
    refused = [entry for entry in entries if isinstance(entry, Rejected)]
    keep_rejected(source, None, [*refused, *outcome.rejected], database_now())
    return True
