"""Everything the page of one paper says, put together from a constant number of queries."""

from dataclasses import dataclass
from functools import cached_property

from catalog import chain, stated
from catalog.evidence import told_and_absent
from catalog.models import (
    Dataset,
    Paper,
    PaperLink,
    PaperListing,
    PaperRepository,
    PretrainedModel,
    PublishedResult,
    SimilarPapers,
)
from catalog.models_of import FIELDS, browse_url

_MOST_MODELS = 10
_MOST_RESULTS = 60


@dataclass(frozen=True)
class SimilarPaper:
    """Another paper, and how alike their words are: the cosine of their tf-idf vectors, 0 to 1."""

    paper: Paper
    score: float


class PaperPage:
    """The page of `paper`."""

    def __init__(self, paper: Paper) -> None:
        self.paper = paper
        rows = PaperListing.objects.filter(paper=paper).select_related("source")
        self.listings, self.absences = told_and_absent(rows.order_by("pk"))

    @cached_property
    def fields(self) -> list[stated.SaidOf]:
        return stated.said(self.listings, stated.PAPER_LABELS)

    @property
    def disagreements(self) -> list[stated.SaidOf]:
        return [field for field in self.fields if field.disagrees]

    @cached_property
    def repositories(self) -> list[chain.LinkedRepository]:
        links = PaperRepository.objects.filter(paper=self.paper).select_related("source")
        rows = links.select_related("source", "repository", "paper")
        return chain.linked_repositories(
            rows.defer("repository__search_vector", "paper__search_vector", "paper__abstract")
        )

    @property
    def shown_repositories(self) -> list[chain.LinkedRepository]:
        return self.repositories[: chain.MOST]

    @cached_property
    def total_models(self) -> int:
        links = PaperLink.objects.filter(paper=self.paper)
        return PretrainedModel.objects.published().filter(pk__in=links.values("pretrained")).count()

    @property
    def models_url(self) -> str:
        return browse_url(paper=self.paper.key)

    @cached_property
    def models(self) -> list[chain.LinkedModel]:
        """The first of them: those that it introduces, then those trained by its recipe, each the best first."""
        rows = chain.ranked_by_role(PretrainedModel.objects.filter(paper_links__paper=self.paper))
        wanted = list(rows.only(*FIELDS)[:_MOST_MODELS])
        links = PaperLink.objects.filter(paper=self.paper, pretrained__in=wanted)
        found = chain.linked_models(wanted, links)
        chain.add_scores(found)
        return found

    @cached_property
    def results(self) -> list[PublishedResult]:
        """Rows of leaderboards that name the paper, by data set and place."""
        rows = PublishedResult.objects.filter(paper=self.paper).select_related(
            "leaderboard__dataset", "leaderboard__source"
        )
        ordered = rows.order_by("leaderboard__dataset__slug", "leaderboard", "row", "pk")
        return list(ordered.defer("leaderboard__facts")[:_MOST_RESULTS])

    @property
    def result_edges(self) -> list[tuple[PublishedResult, chain.Edge]]:
        return [(result, chain.published_edge(result)) for result in self.results]

    @cached_property
    def datasets(self) -> list[Dataset]:
        """Data sets that the paper introduces."""
        return list(Dataset.objects.filter(paper=self.paper).only("slug", "title").order_by("slug"))

    @cached_property
    def similar(self) -> list[SimilarPaper]:
        """Two queries."""
        found = SimilarPapers.objects.filter(paper=self.paper).first()
        if found is None:
            return []
        papers = Paper.objects.only("key", "title", "authors", "published").in_bulk(found.others)
        return [
            SimilarPaper(papers[pk], score)
            for pk, score in zip(found.others, found.scores, strict=True)
            if pk in papers
        ]

    @cached_property
    def chain(self) -> list[chain.Step]:
        """Paper -> code -> weights -> score; the paper is the one whose page this is."""
        year = str(self.paper.published.year) if self.paper.published else ""
        this = chain.Edge(str(self.paper), self.paper.get_absolute_url(), year)
        return [
            chain.Step("Paper", [this], ""),
            chain.code_step(self.repositories),
            chain.weights_step(self.models, self.total_models),
            chain.score_step(self.models, self.results),
        ]
