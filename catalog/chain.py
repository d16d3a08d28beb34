"""Paper -> code -> weights -> score: what leads from an idea to a number, every step with who says so.

A chain shows the few that matter most; the sections of the page below hold all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from django.db.models import Case, F, IntegerField, Min, QuerySet, Value, When

from catalog import vocabulary
from catalog.evidence import Evidence, of_paper_link, of_repository_link, says, stating_listings
from catalog.models import (
    Evaluation,
    Paper,
    PaperLink,
    PaperRepository,
    PretrainedModel,
    PublishedResult,
    Repository,
)
from catalog.querysets import PretrainedModelQuerySet
from catalog.related import score_of

SHOWN = 4
MOST = 50


@dataclass(frozen=True)
class Edge:
    """One thing that a step leads to; `url` is an address of this site, `detail` a few words about it."""

    title: str
    url: str
    detail: str = ""
    says: Sequence[Evidence] = ()


@dataclass(frozen=True)
class Step:
    """One of the four; `more` things are not shown; `nothing` is said where there are none."""

    title: str
    edges: Sequence[Edge]
    nothing: str
    more: int = 0


@dataclass
class LinkedRepository:
    """A repository of a paper, or the other way round, with everything that is said about it."""

    repository: Repository
    paper: Paper
    is_official: bool | None = None  # None: nobody says whose code it is
    frameworks: list[str] = field(default_factory=list)
    says: list[Evidence] = field(default_factory=list)


@dataclass
class LinkedModel:
    """A checkpoint with everything that is said about why it stands here, and its headline result."""

    pretrained: PretrainedModel
    says: list[Evidence] = field(default_factory=list)
    score: "Edge | None" = None


def linked_repositories(links: Iterable[PaperRepository]) -> list[LinkedRepository]:
    """Papers with repositories, each pair once: those of the authors first, then by stars. Two queries."""
    links = list(links)
    listings = stating_listings(links)
    found: dict[tuple[int, int], LinkedRepository] = {}
    for link in links:
        pair = (link.paper_id, link.repository_id)
        linked = found.setdefault(pair, LinkedRepository(link.repository, link.paper))
        if link.is_official is not None:
            linked.is_official = bool(linked.is_official) or link.is_official
        linked.frameworks += {link.framework} - {"", *linked.frameworks}
        linked.says.append(of_repository_link(link, listings))
    return sorted(
        found.values(), key=lambda one: (not one.is_official, -(one.repository.stars or 0))
    )


def ranked_by_role(rows: PretrainedModelQuerySet) -> PretrainedModelQuerySet:
    """The published ones among checkpoints that are joined with `paper_links`: introduced ones first, each the
    best first."""
    places = [
        When(paper_links__role=role, then=Value(place)) for place, role in enumerate(PaperLink.Role)
    ]
    rank = Min(Case(*places, output_field=IntegerField()))
    return (
        rows.published()
        .annotate(rank=rank)
        .order_by("rank", F("top1").desc(nulls_last=True), "slug")
    )


def linked_models(rows: Sequence[PretrainedModel], links: QuerySet[PaperLink]) -> list[LinkedModel]:
    """These checkpoints with what the links of a paper say about them; one query."""
    found = {row.pk: LinkedModel(row) for row in rows}
    for link in links.select_related("listing__source").defer("listing__facts").order_by("pk"):
        found[link.pretrained_id].says.append(of_paper_link(link))
    return list(found.values())


def add_scores(models: Sequence[LinkedModel]) -> None:
    """Give each checkpoint its headline result with who states it; one query."""
    rows = Evaluation.objects.filter(pretrained__in=[one.pretrained.pk for one in models])
    results: dict[int, list[Evaluation]] = {}
    for row in rows.select_related("listing__source").defer("listing__facts"):
        results.setdefault(row.pretrained_id, []).append(row)
    for one in models:
        one.score = _headline(one.pretrained, results.get(one.pretrained.pk, []))


def step_of(title: str, edges: Sequence[Edge], nothing: str) -> Step:
    """The first of these edges, and how many are left."""
    return Step(title, edges[:SHOWN], nothing, len(edges[SHOWN:]))


def paper_step(papers: Sequence[LinkedRepository]) -> Step:
    edges = [
        Edge(str(one.paper), one.paper.get_absolute_url(), _year(one.paper), one.says)
        for one in papers
    ]
    return step_of("Paper", edges, "No source names a paper.")


def code_step(repositories: Sequence[LinkedRepository]) -> Step:
    edges = [
        Edge(
            one.repository.full_name,
            one.repository.get_absolute_url(),
            _stars(one.repository),
            one.says,
        )
        for one in repositories
    ]
    return step_of("Code", edges, "No source names a repository.")


def weights_step(models: Sequence[LinkedModel], total: int) -> Step:
    edges = [
        Edge(
            one.pretrained.name,
            one.pretrained.get_absolute_url(),
            ", ".join(
                vocabulary.label(vocabulary.SOURCES, name) for name in one.pretrained.sources
            ),
            one.says,
        )
        for one in models[:SHOWN]
    ]
    return Step("Weights", edges, "No source lists a checkpoint.", total - len(edges))


def score_step(models: Sequence[LinkedModel], results: Sequence[PublishedResult] = ()) -> Step:
    """What the checkpoints of the step before reach, then what the paper itself claims."""
    edges = [one.score for one in models[:SHOWN] if one.score]
    published = [published_edge(result) for result in results]
    room = max(SHOWN - len(edges), 2 if published else 0)
    shown = [*edges, *published[:room]]
    rest = len(edges) + len(published) - len(shown)
    return Step("Score", shown, "No source publishes a result.", rest)


def published_edge(result: PublishedResult) -> Edge:
    """What a leaderboard says of a paper; its leaderboard with data set and source must be loaded."""
    board = result.leaderboard
    told = says(board, "published result", result.note)
    title = f"{result.metric} {result.text} on {board.dataset}"
    return Edge(title, board.dataset.get_absolute_url(), result.model_name, [told])


def _headline(pretrained: PretrainedModel, results: Sequence[Evaluation]) -> Edge | None:
    score = score_of(pretrained, results)
    if score is None:
        return None
    metric = vocabulary.label(vocabulary.METRICS, score.metric)
    dataset = vocabulary.label(vocabulary.DATASETS, score.dataset)
    unit = "" if score.metric.endswith("epe") else " %"
    wanted = (score.dataset, score.metric, score.value)
    stated = [r for r in results if (r.dataset, r.metric, r.value) == wanted]
    size = next((f"at {r.input_size} px" for r in stated if r.input_size), "")
    return Edge(
        f"{metric} {score.value:.2f}{unit} on {dataset}",
        f"{pretrained.get_absolute_url()}#measurements",
        ", ".join(filter(None, (pretrained.name, size))),
        [
            says(result.listing, "measured" if _is_remeasured(result) else "stated", result.note)
            for result in stated
        ],
    )


def _is_remeasured(result: Evaluation) -> bool:
    return result.listing.source.kind == "measurement"


def _year(paper: Paper) -> str:
    return str(paper.published.year) if paper.published else ""


def _stars(repository: Repository) -> str:
    return f"{repository.stars:,} stars" if repository.stars is not None else ""
