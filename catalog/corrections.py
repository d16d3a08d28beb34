"""What staff decide about which listings describe the same checkpoint; every later harvest keeps to it.

A correction is about one identity key of one listing (`KeyCorrection`): a key that is refused joins the
listing to nobody any more, a key that is added joins it to whoever has the same one. The listings of one
repository of a hub move together: which weights lie in it is one question, whoever lists it.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from catalog.bulk import one_writer_at_a_time
from catalog.identity import merge, restore_keys
from catalog.models import IdentityKey, KeyCorrection, Listing
from catalog.resolve import resolve_pretrained
from catalog.split import split

MOST_REASON = 500
_BY_STAFF = "staff:"


class NothingToCorrect(Exception):
    """The correction would change nothing; the message says why."""


@transaction.atomic
def take_out(listing: Listing, reason: str, by: Any) -> list[Listing]:
    """Part the listing, and those of the same repository, from its checkpoint; returns them.

    Every key that they share with others there is refused: theirs, but for a key that names their own
    repository, which is refused to the others that name it. Raises NothingToCorrect if they share none.
    """
    one_writer_at_a_time()
    leaving = same_repository(listing)
    shared = shared_keys(listing)
    if not shared:
        raise NothingToCorrect(_nothing_shared(leaving))
    own = set().union(*map(_own_keys, leaving))
    staying = _others(leaving).filter(keys_that_count__key__in=own).distinct()
    parted = list(staying.select_related("source"))
    _refuse(leaving, set(shared) - own, reason, by)
    _refuse(parted, own, reason, by)
    _keep_together(parted, own, reason, by)
    _apply([*leaving, *parted])
    return leaving


@transaction.atomic
def put_together(listing: Listing, other: Listing, reason: str, by: Any) -> None:
    """Make two listings one checkpoint: give both the same key.

    Raises NothingToCorrect if they are one already.
    """
    one_writer_at_a_time()
    if listing.pretrained_id == other.pretrained_id:
        raise NothingToCorrect("The two are one checkpoint already.")
    key = f"{_BY_STAFF}{min(listing.pk, other.pk)}={max(listing.pk, other.pk)}"
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


def same_repository(listing: Listing) -> list[Listing]:
    """The listing and those of its checkpoint that list the same repository of a hub."""
    own = _own_keys(listing)
    near = Listing.objects.filter(pretrained=listing.pretrained_id).order_by("pk")
    return [
        one
        for one in near.select_related("source").defer("facts")
        if one.pk == listing.pk or own & _own_keys(one)
    ]


def shared_keys(listing: Listing) -> list[str]:
    """The keys that count for the listing, or one of the same repository, and for another of its checkpoint."""
    leaving = same_repository(listing)
    mine = IdentityKey.objects.filter(listing__in=[one.pk for one in leaving]).values("key")
    theirs = IdentityKey.objects.filter(listing__in=_others(leaving).values("pk"), key__in=mine)
    return sorted(set(theirs.values_list("key", flat=True)))


def made_about(listing: Listing) -> QuerySet[KeyCorrection]:
    """What was decided about the listing and those of the same repository, each decision whole."""
    own: set[str] = set()
    about = Q()
    for one in same_repository(listing):
        own |= _own_keys(one)
        about |= Q(source=one.source_id, external_id=one.external_id)
    added = KeyCorrection.objects.filter(about, key__startswith=_BY_STAFF)
    joint = set(added.values_list("key", flat=True)) | {_BY_STAFF + key for key in own}
    keys = own | joint | {key.removeprefix(_BY_STAFF) for key in joint}
    return KeyCorrection.objects.filter(about | Q(key__in=keys))


def _own_keys(listing: Listing) -> set[str]:
    """The keys that name the repository of a hub that the listing is of; another may name it, too."""
    named = f"hub:{listing.external_id}"
    return {key for key in listing.identity_keys if key == named or key.startswith("hub-number:")}


def _others(leaving: Sequence[Listing]) -> QuerySet[Listing]:
    near = Listing.objects.filter(pretrained=leaving[0].pretrained_id)
    return near.exclude(pk__in=[one.pk for one in leaving])


def _nothing_shared(leaving: Sequence[Listing]) -> str:
    if len(leaving) > 1:
        return "All that share a key with this listing are of the same repository."
    return "This listing shares no key with another one of its checkpoint."


def _refuse(listings: Iterable[Listing], keys: Iterable[str], reason: str, by: Any) -> None:
    for one in listings:
        stated = set(one.keys_that_count.values_list("key", flat=True))
        _write(one, sorted(stated & set(keys)), KeyCorrection.Verb.REFUSE, reason, by)


def _keep_together(staying: Sequence[Listing], own: Iterable[str], reason: str, by: Any) -> None:
    """Join those again that only what they are refused now made one."""
    for key in own:
        naming = [one for one in staying if key in one.identity_keys]
        for one in naming if len(naming) > 1 else ():
            _write(one, [_BY_STAFF + key], KeyCorrection.Verb.ADD, reason, by)


def _write(listing: Listing, keys: Iterable[str], verb: str, reason: str, by: Any) -> None:
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
