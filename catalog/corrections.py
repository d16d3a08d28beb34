"""What staff decide about which listings describe the same checkpoint; every later harvest keeps to it.

A correction is about one identity key of one listing (`KeyCorrection`): a key that is refused joins the
listing to nobody any more, a key that is added joins it to whoever has the same one.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.utils import timezone

from catalog.bulk import one_writer_at_a_time
from catalog.identity import merge, restore_keys
from catalog.models import IdentityKey, KeyCorrection, Listing
from catalog.resolve import resolve_pretrained
from catalog.split import split

MOST_REASON = 500


class NothingToCorrect(Exception):
    """The correction would change nothing; the message says why."""


@transaction.atomic
def take_out(listing: Listing, reason: str, by: Any) -> None:
    """Part the listing from its checkpoint: refuse every key it shares with others there.

    Raises NothingToCorrect if it shares none.
    """
    one_writer_at_a_time()
    shared = shared_keys(listing)
    if not shared:
        raise NothingToCorrect("This listing shares no key with another one of its checkpoint.")
    _write(listing, shared, KeyCorrection.Verb.REFUSE, reason, by)
    _apply([listing])


@transaction.atomic
def put_together(listing: Listing, other: Listing, reason: str, by: Any) -> None:
    """Make two listings one checkpoint: give both the same key.

    Raises NothingToCorrect if they are one already.
    """
    one_writer_at_a_time()
    if listing.pretrained_id == other.pretrained_id:
        raise NothingToCorrect("The two are one checkpoint already.")
    key = f"staff:{min(listing.pk, other.pk)}={max(listing.pk, other.pk)}"
    for one in (listing, other):
        _write(one, [key], KeyCorrection.Verb.ADD, reason, by)
    _apply([listing, other])


@transaction.atomic
def withdraw(corrections: Iterable[KeyCorrection]) -> None:
    """Take corrections back: what the sources state counts again."""
    one_writer_at_a_time()
    touched: list[Listing] = []
    for correction in corrections:
        touched += Listing.objects.filter(
            source=correction.source_id, external_id=correction.external_id
        )
        correction.delete()
    _apply(touched)


def shared_keys(listing: Listing) -> list[str]:
    """The keys that count for the listing and for another listing of its checkpoint."""
    own = IdentityKey.objects.filter(listing=listing).values("key")
    others = IdentityKey.objects.filter(listing__pretrained=listing.pretrained_id, key__in=own)
    return sorted(set(others.exclude(listing=listing).values_list("key", flat=True)))


def _write(listing: Listing, keys: Sequence[str], verb: str, reason: str, by: Any) -> None:
    decided = {"verb": verb, "reason": reason[:MOST_REASON], "by": by, "at": timezone.now()}
    for key in keys:
        KeyCorrection.objects.update_or_create(
            source=listing.source, external_id=listing.external_id, key=key, defaults=decided
        )


def _apply(listings: Sequence[Listing]) -> None:
    """Let the keys that count now decide about these listings and those they stood or stand with."""
    restore_keys(Listing.objects.filter(pk__in=[listing.pk for listing in listings]))
    touched: set[int] = set()
    for pretrained in {listing.pretrained_id for listing in listings}:
        touched |= split(pretrained)
    into = _sharing(listings)
    merge(into)
    resolve_pretrained((touched | set(into.values())) - into.keys())


def _sharing(listings: Sequence[Listing]) -> dict[int, int]:
    """Which checkpoints share a key with these listings: each with the earliest it belongs to."""
    own = IdentityKey.objects.filter(listing__in=[listing.pk for listing in listings]).values("key")
    by_key: dict[str, set[int]] = defaultdict(set)
    rows = IdentityKey.objects.filter(key__in=own).values_list("key", "listing__pretrained")
    for key, pretrained in rows:
        by_key[key].add(pretrained)
    into: dict[int, int] = {}
    for pks in by_key.values():
        kept = min(into.get(pk, pk) for pk in pks)
        into |= {pk: kept for pk in pks if pk != kept}
    return {late: _last(late, into) for late in into}


def _last(pk: int, into: dict[int, int]) -> int:
    while pk in into:
        pk = into[pk]
    return pk
