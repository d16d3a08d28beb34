"""Everything the page of one architecture says, put together from a constant number of queries."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property

from django.db.models import Count, F, Q

from catalog import chain
from catalog.evidence import naming_listings, of_paper_link, says
from catalog.models import (
    Architecture,
    Listing,
    Paper,
    PaperLink,
    PretrainedModel,
    Repository,
    Speed,
)
from catalog.models_of import FIELDS, browse_url

_MOST_MODELS = 100
_MOST_SIBLINGS = 40
_MOST_SPEEDS = 300
_CHAINED = 10


class ArchitecturePage:
    """The page of `architecture`."""

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture

    @cached_property
    def models(self) -> list[PretrainedModel]:
        """Its checkpoints, the best first, those that are gone last."""
        rows = PretrainedModel.objects.filter(architecture=self.architecture, merged_into=None)
        listed = rows.exclude(sources=[]).order_by(
            F("gone_since").asc(nulls_first=True), F("top1").desc(nulls_last=True), "slug"
        )
        return list(listed.only(*FIELDS, "gone_since", "top5", "gmacs", "year")[:_MOST_MODELS])

    @cached_property
    def total_models(self) -> int:
        published = PretrainedModel.objects.published()
        return published.filter(architecture=self.architecture).count()

    @property
    def models_url(self) -> str:
        return browse_url(architecture=self.architecture.name)

    @property
    def live_models(self) -> list[PretrainedModel]:
        return [row for row in self.models if row.gone_since is None]

    @cached_property
    def siblings(self) -> list[Architecture]:
        """Others of its family with the number of their checkpoints, most first."""
        if not self.architecture.family:
            return []
        live = Q(checkpoints__merged_into=None, checkpoints__gone_since=None)
        rows = Architecture.objects.filter(family=self.architecture.family)
        counted = rows.exclude(pk=self.architecture.pk).annotate(
            number=Count("checkpoints", filter=live)
        )
        return list(counted.filter(number__gt=0).order_by("-number", "name")[: _MOST_SIBLINGS + 1])

    @property
    def shown_siblings(self) -> list[Architecture]:
        return self.siblings[:_MOST_SIBLINGS]

    @property
    def family_url(self) -> str:
        return browse_url(family=self.architecture.family)

    @cached_property
    def speeds(self) -> list[Speed]:
        """By kind, device, precision and resolution; what is gone comes last."""
        rows = Speed.objects.filter(architecture=self.architecture).select_related("source")
        return list(
            rows.order_by(
                F("gone_since").asc(nulls_first=True), "kind", "device", "precision", "layout",
                "input_size", "batch_size", "pk",
            )[:_MOST_SPEEDS]
        )  # fmt: skip

    @property
    def best_speeds(self) -> list[Speed]:
        """Per kind and device the quickest that is still listed, the quickest device first.

        Only at the input size most were measured at: a smaller picture is quicker everywhere.
        """
        size, _ = Counter(speed.input_size for speed in self.speeds).most_common(1)[0]
        best: dict[tuple[str, str], Speed] = {}
        for speed in (speed for speed in self.speeds if speed.input_size == size):
            known = best.setdefault((speed.kind, speed.device), speed)
            if not speed.gone_since and speed.images_per_second > known.images_per_second:
                best[speed.kind, speed.device] = speed
        return sorted(best.values(), key=lambda speed: (speed.kind, -speed.images_per_second))

    # Paper -> code -> weights -> score

    @cached_property
    def papers(self) -> list[chain.Edge]:
        """Papers that introduce it or describe how its checkpoints are trained, with who says so."""
        links = PaperLink.objects.filter(
            pretrained__architecture=self.architecture,
            pretrained__merged_into=None,
            role__in=(PaperLink.Role.INTRODUCES, PaperLink.Role.RECIPE),
        ).select_related("paper", "listing__source")  # fmt: skip
        slim = links.defer("listing__facts", "paper__search_vector", "paper__abstract")  # fmt: skip
        # Every checkpoint says the same: once per source is enough.
        once = ("role", "paper__key", "listing__source")
        return _paper_edges(list(slim.order_by(*once, "pk").distinct(*once)))

    @cached_property
    def repositories(self) -> list[chain.Edge]:
        """Repositories that its checkpoints name, with who says so."""
        pks = [row.pk for row in self.live_models]
        rows = Repository.objects.filter(checkpoints__in=pks).distinct()
        found = list(rows.only("full_name", "stars").order_by("full_name")[:_CHAINED])
        return _repository_edges(found, pks)

    @cached_property
    def chained(self) -> list[chain.LinkedModel]:
        """The best checkpoints with the listings that say whose instance they are."""
        best = self.live_models[: chain.SHOWN]
        listings = Listing.objects.filter(pretrained__in=best, gone_since=None)
        found = {row.pk: chain.LinkedModel(row) for row in best}
        for listing in listings.select_related("source").defer("facts").order_by("pk"):
            one = found[listing.pretrained_id]
            # The name is worth saying only where it is another one there.
            note = "" if listing.external_id == one.pretrained.name else listing.external_id
            one.says.append(says(listing, "is one, as listed by", note))
        chain.add_scores(list(found.values()))
        return list(found.values())

    @cached_property
    def chain(self) -> list[chain.Step]:
        return [
            chain.step_of("Paper", self.papers, "No source names its paper."),
            chain.step_of("Code", self.repositories, "No source names a repository."),
            chain.weights_step(self.chained, self.total_models),
            chain.score_step(self.chained),
        ]


def _paper_edges(links: Sequence[PaperLink]) -> list[chain.Edge]:
    papers: dict[int, tuple[Paper, list[PaperLink]]] = {}
    for link in links:
        papers.setdefault(link.paper_id, (link.paper, []))[1].append(link)
    return [
        chain.Edge(
            str(paper),
            paper.get_absolute_url(),
            str(paper.published.year) if paper.published else "",
            [of_paper_link(link) for link in its_links],
        )
        for paper, its_links in papers.values()
    ]


def _repository_edges(repositories: Sequence[Repository], pks: Sequence[int]) -> list[chain.Edge]:
    said = naming_listings(pks, repositories)
    first = {repository: evidence for (repository, _), evidence in reversed(said.items())}
    return [
        chain.Edge(
            repository.full_name,
            repository.get_absolute_url(),
            f"{repository.stars:,} stars" if repository.stars is not None else "",
            first.get(repository.pk, []),
        )
        for repository in repositories
    ]
