"""Why several listings are one checkpoint: the identity keys that they share, as sentences."""

from collections.abc import Sequence
from dataclasses import dataclass

from catalog.keys import written_before
from catalog.models import Listing

# What it means that two listings share a key of this kind; the first one named is the strongest.
RULES = {
    "sha256": "both publish a file with the SHA-256 {}",
    "weights": "both name the weights file {}",
    "hub": "both name the Hub repository {}",
    "hub-number": "both are the Hub repository with the number {}, which stays when it is renamed",
    "timm": "both name timm's checkpoint {}",
    "torchvision": "both name torchvision's weights {}",
    "staff": "staff of this site found that they are the same ({})",
}
_ANY = "both name {}"
# One key stands for both files, so it does not tell which of the two a listing names.
_WRITTEN_AGAIN = "name weights files that torchvision wrote again, as is believed with the same weights: {} or, before, {}"


@dataclass(frozen=True)
class Join:
    """A listing and what makes it the same checkpoint as an earlier one; the first has no `other`."""

    listing: Listing
    other: Listing | None
    reasons: tuple[str, ...]


def joins_of(listings: Sequence[Listing]) -> list[Join]:
    """Each listing of one checkpoint (its keys that count prefetched), in order, with the listing before it that it shares keys with.

    One that shares none with those before it was in the catalogue before its link to them was stated;
    it is compared with those after it.
    """
    return [
        _join(listing, listings[:at], listings[at + 1 :]) for at, listing in enumerate(listings)
    ]


def sentence(key: str) -> str:
    """What it means to share this key: `both name the weights file https://...`."""
    kind, _, rest = key.partition(":")
    if older := written_before(key):
        return _WRITTEN_AGAIN.format(rest, older)
    return RULES.get(kind, _ANY).format(rest or key)


def _join(listing: Listing, before: Sequence[Listing], after: Sequence[Listing]) -> Join:
    own = _keys(listing)
    for other in (*before, *(after if before else ())):
        shared = own & _keys(other)
        if shared:
            ordered = sorted(shared, key=_strength)
            return Join(listing, other, tuple(sentence(key) for key in ordered))
    return Join(listing, None, ())


def _keys(listing: Listing) -> set[str]:
    return {row.key for row in listing.keys_that_count.all()}


def _strength(key: str) -> tuple[int, str]:
    kind = key.partition(":")[0]
    kinds = list(RULES)
    return (kinds.index(kind) if kind in kinds else len(kinds), key)
