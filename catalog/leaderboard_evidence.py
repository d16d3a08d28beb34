"""What stands behind the rows of one page of a leaderboard: paper -> code -> weights -> score, and who says so.

Seven queries, however many rows there are.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import Count

from catalog.leaderboards import Row
from catalog.models import (
    Listing,
    Paper,
    PaperLink,
    PaperListing,
    PaperRepository,
    PretrainedModel,
    PublishedResult,
    RepositoryListing,
)
from catalog.models_of import browse_url


@dataclass(frozen=True)
class Said:
    """Who says something, when it was last seen there, and how it is known; `at` None where that is unknown."""

    by: str
    at: datetime | None = None
    note: str = ""


@dataclass(frozen=True)
class Code:
    """A repository, by its page here or by an address elsewhere.

    `is_official` is None where nobody says whether it is the authors'; `is_own` if the checkpoint's source names it.
    """

    name: str
    said: Said
    is_official: bool | None = None
    url: str = ""
    is_own: bool = False


@dataclass
class Shown:
    """One row with its edges. `introduced` checkpoints in the catalogue are of this paper's architecture."""

    row: Row
    rank: int
    papers: list[tuple[Paper, Said]] = field(default_factory=list)
    paper_title: str = ""
    paper_url: str = ""
    code: list[Code] = field(default_factory=list)
    weights: list[Code] = field(default_factory=list)
    introduced: int = 0
    models_url: str = ""

    @property
    def main_code(self) -> Code | None:
        """The authors' repository or the checkpoint's own: anybody may have written the others."""
        return next((code for code in self.code if code.is_official or code.is_own), None)

    @property
    def score(self) -> Said:
        return Said(self.row.source, self.row.seen, self.row.note)


def with_evidence(rows: Sequence[Row], first: int) -> list[Shown]:
    """The rows of one page, numbered from `first`, with everything that their edges rest on."""
    shown = [Shown(row, first + place) for place, row in enumerate(rows)]
    of_checkpoints = [one for one in shown if one.row.has_weights]
    of_papers = {one.row.pk: one for one in shown if not one.row.has_weights}
    _add_links(of_checkpoints)
    _add_results(of_papers)
    _add_listed_code(of_checkpoints)
    _add_code_of_papers(shown)
    _count_introduced(of_papers.values())
    for one in shown:
        one.code = _official_first(one.code)
    return shown


def _add_links(shown: Iterable[Shown]) -> None:
    by_owner = {one.row.pretrained_id: one for one in shown}
    links = PaperLink.objects.filter(pretrained__in=list(by_owner))
    order = list(PaperLink.Role.values)
    found = links.select_related("paper", "listing__source").defer(
        "paper__abstract", "paper__search_vector", "listing__facts"
    )
    for link in sorted(found, key=lambda link: (order.index(link.role), link.pk)):
        one = by_owner[link.pretrained_id]
        if all(paper.pk != link.paper_id for paper, _ in one.papers):
            note = ", ".join(filter(None, (link.get_role_display(), link.note)))
            said = Said(link.listing.source.title, link.listing.last_seen, note)
            one.papers.append((link.paper, said))


def _add_results(shown: dict[int, Shown]) -> None:
    results = (
        PublishedResult.objects.filter(pk__in=list(shown))
        .select_related("paper")
        .defer("paper__abstract", "paper__search_vector")
    )
    for result in results:
        one = shown[result.pk]
        said = Said(one.row.source, one.row.seen, "reports this result")
        one.paper_title, one.paper_url = result.paper_title, result.paper_url
        if result.paper:
            one.papers.append((result.paper, said))
        for link in result.code_urls:
            kind = one.weights if link.get("kind") == "weights" else one.code
            kind.append(Code(link.get("title") or link["url"], one.score, url=link["url"]))


def _add_listed_code(shown: Iterable[Shown]) -> None:
    """The repositories that a checkpoint's own sources name."""
    by_owner = {one.row.pretrained_id: one for one in shown}
    listed = Listing.objects.filter(
        pretrained__in=list(by_owner), facts__has_key="repositories", gone_since=None
    ).order_by("pk")
    for owner, by, at, fact in listed.values_list(
        "pretrained_id", "source__title", "last_seen", "facts__repositories"
    ):
        for name in fact["value"]:
            by_owner[owner].code.append(Code(name, Said(by, at, fact.get("note", "")), is_own=True))


def _add_code_of_papers(shown: Sequence[Shown]) -> None:
    papers = {paper.pk for one in shown for paper, _ in one.papers}
    links = list(
        PaperRepository.objects.filter(paper__in=papers)
        .select_related("source")
        .order_by("-is_official", "pk")
        .values_list(
            "paper_id", "repository__full_name", "is_official", "framework", "note",
            "source", "source__title", "stated_by",
        )
    )  # fmt: skip
    seen = _last_seen({(source, stated) for *_, source, _, stated in links})
    by_paper: dict[int, list[Code]] = defaultdict(list)
    for paper, name, official, framework, note, source, title, stated in links:
        said = Said(title, seen.get((source, stated)), ", ".join(filter(None, (framework, note))))
        by_paper[paper].append(Code(name, said, official))
    for one in shown:
        for named, _ in one.papers:
            one.code += by_paper[named.pk]


def _last_seen(statements: set[tuple[str, str]]) -> dict[tuple[str, str], datetime]:
    """When each (source, external id) was last seen, as a paper's or a repository's listing."""
    names = {stated for _, stated in statements}
    found: dict[tuple[str, str], datetime] = {}
    tables: tuple[Any, ...] = (PaperListing, RepositoryListing)
    for table in tables:
        rows = table.objects.filter(external_id__in=names)
        for source, name, at in rows.values_list("source", "external_id", "last_seen"):
            if (source, name) in statements:
                found[source, name] = at
    return found


def _count_introduced(shown: Iterable[Shown]) -> None:
    """How many checkpoints of the catalogue a paper introduces: its architecture, not its score."""
    papers = {paper.pk for one in shown for paper, _ in one.papers}
    links = PaperLink.objects.filter(
        paper__in=papers,
        role=PaperLink.Role.INTRODUCES,
        pretrained__in=PretrainedModel.objects.published().values("pk"),
    )
    counted = (
        links.order_by().values_list("paper").annotate(number=Count("pretrained", distinct=True))
    )
    numbers = dict(counted)
    for one in shown:
        for paper, _ in one.papers:
            one.introduced = numbers.get(paper.pk, 0)
            one.models_url = browse_url(paper=paper.key)


def _official_first(code: list[Code]) -> list[Code]:
    """Each repository once, the authors' own first."""
    ordered = sorted(code, key=lambda one: one.is_official is not True)
    return list({one.url or one.name: one for one in reversed(ordered)}.values())[::-1]
