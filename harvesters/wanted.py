"""What sources that only look things up are to look up: what others name, the most wanted first."""

from collections.abc import Collection
from datetime import timedelta

from django.db.models import Exists, F, Max, OuterRef, Q, Subquery
from django.db.models.functions import Now

from catalog.models import Paper, PaperLink, PaperListing

_ARXIV_ID = r"^(\d{4}\.\d{4,5}|[a-z-]+/\d{7})$"
_PAPERS_KEPT = timedelta(days=30)  # arXiv changes comments and versions, but seldom


def papers(most: int) -> list[str]:
    """The arXiv ids that somebody names: those never looked up first, then those not for 30 days.

    Papers of checkpoints come first. What the daily reading of whole categories brought is
    not looked up again.
    """
    asked = PaperListing.objects.filter(source="arxiv", paper=OuterRef("pk"))
    read = PaperListing.objects.filter(source="arxiv-oai", paper=OuterRef("pk"))
    named = PaperLink.objects.filter(paper=OuterRef("pk"))
    found = (
        Paper.objects.filter(~Exists(read), key__regex=_ARXIV_ID)
        .annotate(asked=Subquery(asked.values("paper").annotate(at=Max("last_seen")).values("at")))
        .filter(Q(asked=None) | Q(asked__lt=Now() - _PAPERS_KEPT))
        .annotate(is_named=Exists(named))
        .order_by(F("asked").asc(nulls_first=True), "-is_named", "pk")
    )
    return list(found.values_list("key", flat=True)[:most])


def keys_at_paperswithcode(slugs: Collection[str]) -> dict[str, str]:
    """The keys of the papers that the Papers with Code archive lists by these names of theirs."""
    listed = PaperListing.objects.filter(source="paperswithcode", external_id__in=slugs)
    return dict(listed.values_list("external_id", "paper__key"))
