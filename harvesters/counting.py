"""How many records of each kind a source lists, counted once at the end of a run."""

from django.db.models import Count, Model, Q

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


def count_listed(source: str) -> tuple[dict[str, int], int, int]:
    """({kind of record: how many are listed}, how many of all kinds are gone, how many were never there).

    Kinds without any are left out.
    """
    counts: dict[str, int] = {}
    gone = absent = 0
    for kind, table in LISTED.items():
        was_never_there = Q(gone_since__isnull=False, content_hash="")
        is_gone = Q(gone_since__isnull=False) & ~Q(content_hash="")
        is_listed = Q(gone_since=None)
        found = table._default_manager.filter(source=source).aggregate(
            listed=Count("pk", filter=is_listed),
            gone=Count("pk", filter=is_gone),
            absent=Count("pk", filter=was_never_there),
        )
        counts[kind] = found["listed"]
        gone, absent = gone + found["gone"], absent + found["absent"]
    return {kind: count for kind, count in counts.items() if count}, gone, absent
