"""Who says that two things belong together: a paper and its code, a checkpoint and its paper."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import F

from catalog.claim_text import Origin
from catalog.claims import Claim
from catalog.models import (
    Listing,
    PaperLink,
    PaperListing,
    PaperRepository,
    Repository,
    RepositoryListing,
    Sighted,
)

Key = tuple[str, str]  # source, external id there
_Told = TypeVar("_Told", bound=Sighted)


@dataclass(frozen=True)
class Evidence:
    """`words` say how the two belong together, `note` how the source knows it; `origin` is who says so and when."""

    words: str
    origin: Origin
    note: str = ""


def says(listing: Sighted, words: str, note: str = "") -> Evidence:
    """Evidence that a listing gives; its source must be loaded."""
    return Evidence(words, origin_of(listing), note)


def origin_of(listing: Sighted) -> Origin:
    """Who keeps the listing, and when it was last seen there."""
    # An origin reads of a listing what every source's record of anything has.
    return Origin(Claim("", "", "", listing.source_id, listing.last_seen, listing))  # type: ignore[arg-type]


def of_paper_link(link: PaperLink) -> Evidence:
    return says(link.listing, link.get_role_display(), link.note)


def stating_listings(links: Iterable[PaperRepository]) -> Mapping[Key, Sighted]:
    """The listings that state these links, of the paper or of the repository; two queries."""
    keys = {(link.source_id, link.stated_by) for link in links}
    found: dict[Key, Sighted] = {}
    for table in (RepositoryListing, PaperListing):
        rows = table.objects.filter(
            source__in={source for source, _ in keys}, external_id__in={name for _, name in keys}
        )
        for row in rows.select_related("source").defer("facts"):
            if (row.source_id, row.external_id) in keys:
                found[row.source_id, row.external_id] = row
    return found


def of_repository_link(link: PaperRepository, listings: Mapping[Key, Sighted]) -> Evidence:
    """What one source says about a paper and a repository; `listings` come from `stating_listings`."""
    words = {True: "code of its authors", False: "somebody else's code", None: "named together"}
    told = words[link.is_official] + (f", {link.framework}" if link.framework else "")
    listing = listings.get((link.source_id, link.stated_by))
    if listing is None:
        return Evidence(
            told, Origin(None), link.note or f"a listing of {link.source_id} that is no more"
        )
    return says(listing, told, link.note)


def naming_listings(
    pks: Iterable[int], repositories: Iterable[Repository]
) -> dict[tuple[int, int], list[Evidence]]:
    """Per repository and checkpoint who says that they belong together, by any of its names; two queries."""
    by_name = {repository.full_name: repository.pk for repository in repositories}
    former = Repository.objects.filter(renamed_to__in=by_name.values())
    by_name |= {
        row.full_name: row.renamed_to_id or row.pk for row in former.only("full_name", "renamed_to")
    }
    rows = Listing.objects.filter(pretrained__in=list(pks)).select_related("source").defer("facts")
    found: dict[tuple[int, int], list[Evidence]] = {}
    for row in rows.order_by("pk").annotate(
        named=F("facts__repositories__value"), note=F("facts__repositories__note")
    ):
        for repository in {by_name[name] for name in row.named or [] if name in by_name}:
            told = says(row, "names it as the code", row.note or "")
            found.setdefault((repository, row.pretrained_id), []).append(told)
    return found


def told_and_absent(listings: Iterable[_Told]) -> tuple[list[_Told], list[_Told]]:
    """Those that say something, and those that only say that their source has no such thing."""
    found = list(listings)
    told = [listing for listing in found if not listing.was_never_there]
    return told, [listing for listing in found if listing.was_never_there]
