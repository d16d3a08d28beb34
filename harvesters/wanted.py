"""What sources that only look things up are to look up: what others name, the most wanted first."""

from collections.abc import Collection
from datetime import timedelta

from django.db import connection
from django.db.models import Exists, F, Max, OuterRef, Q, Subquery, TextField, Value
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Now

from catalog.models import (
    Listing,
    Paper,
    PaperLink,
    PaperListing,
    PretrainedModel,
    Repository,
    RepositoryListing,
)
from harvesters.models import RejectedRecord

_ARXIV_ID = r"^(\d{4}\.\d{4,5}|[a-z-]+/\d{7})$"
_PAPERS_KEPT = timedelta(days=30)  # arXiv changes comments and versions, but seldom
_REPOSITORIES_KEPT = timedelta(days=7)  # what is pushed in between the search brings
_REFUSALS_KEPT = timedelta(days=30)


def papers(most: int) -> list[str]:
    """The arXiv ids that somebody names: those never looked up first, then those not for 30 days.

    Papers of checkpoints come first, then those that nobody has told anything of. What the daily reading
    of whole categories brought is not looked up again.
    """
    asked = PaperListing.objects.filter(source="arxiv", paper=OuterRef("pk"))
    read = PaperListing.objects.filter(source="arxiv-oai", paper=OuterRef("pk"))
    named = PaperLink.objects.filter(paper=OuterRef("pk"))
    found = (
        Paper.objects.filter(~Exists(read), key__regex=_ARXIV_ID)
        .annotate(asked=Subquery(asked.values("paper").annotate(at=Max("last_seen")).values("at")))
        .filter(Q(asked=None) | Q(asked__lt=Now() - _PAPERS_KEPT))
        .annotate(is_named=Exists(named), is_told_of=~Q(title=""))
        .order_by(F("asked").asc(nulls_first=True), "-is_named", "is_told_of", "pk")
    )
    return list(found.values_list("key", flat=True)[:most])


def repositories(most: int) -> list[tuple[str, str]]:
    """The repositories to look up at GitHub: (full name, external id of the listing from there or "").

    Those never looked up come first, among them those of checkpoints and those that publish weights; then
    the others, the longest ago first.
    """
    source = "github-repositories"
    listings = RepositoryListing.objects.filter(source=source, repository=OuterRef("pk"))
    refused = RejectedRecord.objects.filter(
        source=source, external_id=OuterRef("full_name"), last_seen__gt=Now() - _REFUSALS_KEPT
    )
    found = (
        Repository.objects.filter(~Exists(refused), renamed_to=None)
        .annotate(
            asked=Subquery(listings.order_by("-last_seen").values("last_seen")[:1]),
            listed_as=Subquery(listings.order_by("-last_seen").values("external_id")[:1]),
            is_named=Exists(PretrainedModel.objects.filter(repositories=OuterRef("pk"))),
        )
        .filter(Q(asked=None) | Q(asked__lt=Now() - _REPOSITORIES_KEPT))
        .order_by(
            F("asked").asc(nulls_first=True),
            "-is_named",
            F("publishes_weights").desc(nulls_last=True),
            "pk",
        )
    )
    rows = found.values_list("full_name", "listed_as")[:most]
    return [(name, listed_as or "") for name, listed_as in rows]


def keys_at_paperswithcode(slugs: Collection[str]) -> dict[str, str]:
    """The keys of the papers that the Papers with Code archive lists by these names of theirs."""
    listed = PaperListing.objects.filter(source="paperswithcode", external_id__in=slugs)
    return dict(listed.values_list("external_id", "paper__key"))


_HUB_KEPT = timedelta(days=30)  # the security scan finds new things in old files
_REFUSED_FOR = timedelta(days=7)


def hub_details(most: int) -> list[str]:
    """The models of the Hugging Face Hub whose files and card are not known as they are now.

    The most downloaded first. What the Hub refused is left alone for a week. Once a run all checkpoints are
    read for it: an index of downloads would cost more (0066).
    """
    source = "huggingface-details"
    fresh = Listing.objects.filter(
        source=source, external_id=OuterRef("external_id"), last_seen__gt=Now() - _HUB_KEPT
    ).annotate(known=Coalesce(KT("facts__revision__value"), Value(""), output_field=TextField()))
    refused = RejectedRecord.objects.filter(
        source=source, external_id=OuterRef("external_id"), last_seen__gt=Now() - _REFUSED_FOR
    )
    found = (
        Listing.objects.filter(source="huggingface", gone_since=None)
        .annotate(
            stated=Coalesce(KT("facts__revision__value"), Value(""), output_field=TextField())
        )
        .filter(~Exists(fresh.filter(known=OuterRef("stated"))), ~Exists(refused))
        .order_by(F("pretrained__downloads").desc(nulls_last=True), "pk")
    )
    return list(found.values_list("external_id", flat=True)[:most])


def hub_datasets(most: int) -> list[str]:
    """The ids of data sets that models of the Hub name, the most named first, each once in 30 days."""
    with connection.cursor() as cursor:
        days = {"kept": _HUB_KEPT.days, "refused": _REFUSED_FOR.days}
        cursor.execute(_NAMED_DATASETS, {"source": "huggingface-datasets", "most": most, **days})
        return [name for (name,) in cursor.fetchall()]


_NAMED_DATASETS = """
    WITH named AS (
        SELECT stage ->> 'hub_id' AS id, count(*) AS times
        FROM catalog_listing, jsonb_array_elements(facts -> 'training' -> 'value') AS stage
        WHERE source_id = 'huggingface' AND gone_since IS NULL AND facts ? 'training'
        GROUP BY 1
    )
    SELECT named.id FROM named
    WHERE named.id ~ '^[A-Za-z0-9_.-]{1,120}(/[A-Za-z0-9_.-]{1,120})?$' AND NOT EXISTS (
        SELECT FROM catalog_datasetlisting AS known
        WHERE source_id = %(source)s AND external_id = named.id AND last_seen > now() - make_interval(days => %(kept)s)
    ) AND NOT EXISTS (
        SELECT FROM harvesters_rejectedrecord AS refused
        WHERE source_id = %(source)s AND external_id = named.id AND last_seen > now() - make_interval(days => %(refused)s)
    )
    ORDER BY times DESC, named.id LIMIT %(most)s
"""


def hub_papers(most: int) -> list[str]:
    """The arXiv ids that checkpoints name and the Hub was not asked for in the last 30 days."""
    source = "huggingface-papers"
    fresh = PaperListing.objects.filter(
        source=source, paper=OuterRef("pk"), last_seen__gt=Now() - _HUB_KEPT
    )
    named = PaperLink.objects.filter(paper=OuterRef("pk"))
    refused = RejectedRecord.objects.filter(
        source=source, external_id=OuterRef("key"), last_seen__gt=Now() - _REFUSED_FOR
    )
    found = Paper.objects.filter(
        Exists(named), ~Exists(fresh), ~Exists(refused), key__regex=r"^\d{4}\.\d{4,5}$"
    )
    return list(found.order_by("-pk").values_list("key", flat=True)[:most])
