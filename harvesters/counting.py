"""How many records of each kind a source lists, counted once at the end of a run."""

from typing import NamedTuple

from django.db.models import Count, Max, Model, Q

from catalog.models import (
    DatasetListing,
    Leaderboard,
    Listing,
    PaperListing,
    RepositoryListing,
    Speed,
)

# Every table with a source's records of things.
LISTED: dict[str, type[Model]] = {
    "models": Listing,
    "papers": PaperListing,
    "repositories": RepositoryListing,
    "data sets": DatasetListing,
    "leaderboards": Leaderboard,
    "speeds": Speed,
}


class Counted(NamedTuple):
    """What a source lists: `counts` by kind of record, without kinds that it has none of.

    `gone` and `absent` (those that it never had) are of all kinds. `listings` is how many listings of models
    there are, those included, and `listings_to` the highest primary key among them.
    """

    counts: dict[str, int]
    gone: int
    absent: int
    listings: int
    listings_to: int


def count_listed(source: str, listings: int = 0, listings_to: int = 0) -> Counted:
    """Count what a source lists; of its listings of models only those after `listings_to`, known to be so many.

    Counting three million takes seconds. New ones have higher keys than all before, and none is ever deleted.
    """
    counts: dict[str, int] = {}
    gone = absent = 0
    for kind, table in LISTED.items():
        own = table._default_manager.filter(source=source)
        lost = own.filter(gone_since__isnull=False).aggregate(
            gone=Count("pk", filter=~Q(content_hash="")),
            absent=Count("pk", filter=Q(content_hash="")),
        )
        gone, absent = gone + lost["gone"], absent + lost["absent"]
        if table is Listing:
            found = own.filter(pk__gt=listings_to).aggregate(new=Count("pk"), last=Max("pk"))
            listings, listings_to = listings + found["new"], found["last"] or listings_to
            counts[kind] = listings - lost["gone"] - lost["absent"]
        else:
            counts[kind] = own.filter(gone_since=None).count()
    return Counted({k: n for k, n in counts.items() if n}, gone, absent, listings, listings_to)
