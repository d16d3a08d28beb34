"""The list of papers: what it can be narrowed by and what its table shows."""

from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog import words
from catalog.facets.counted import number_of
from catalog.facets.kinds import ArrayFacet, HasFacet, Range
from catalog.facets.sets import Column, FacetSet
from catalog.facets.units import YEARS
from catalog.models import Paper, PaperLink, PaperRepository, PublishedResult
from catalog.vocabulary import TASKS, spoken

_LABELS = {
    "code": "Code",
    "official-code": "Code of its authors",
    "models": "Models listed here",
    "results": "Results on leaderboards",
    "abstract": "An abstract",
    "unknown": "None of these",
}


def _exists(others: QuerySet[Any, Any]) -> Q:
    return Q(Exists(others.filter(paper=OuterRef("pk"))))


def _slim(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    return rows.only(
        "key", "title", "authors", "published", "updated", "categories", "tasks"
    ).annotate(
        code_count=number_of(PaperRepository.objects.all(), "paper", "repository"),
        model_count=number_of(PaperLink.objects.all(), "paper", "pretrained"),
        result_count=number_of(PublishedResult.objects.all(), "paper", "leaderboard"),
    )


def _category(typed: str) -> str:
    """As arXiv writes it: cs.CV, stat.ML, but cond-mat.mes-hall."""
    archive, dot, subject = typed.strip().lower().partition(".")
    return f"{archive}{dot}{subject.upper() if len(subject) == 2 else subject}"


PAPERS = FacetSet(
    route="catalog:papers",
    title="Papers",
    noun=("paper", "papers"),
    placeholder="residual learning has:models year:2015..",
    example="has:code",
    long_example="residual learning has:models task:image-classification year:2015.. -category:cs.CL",
    rows=lambda: Paper.objects.all(),
    slim=_slim,
    matches=words.paper_matches,
    relevance=lambda text: words.relevance(text, "title"),
    facets=(
        HasFacet(
            "has",
            "Has",
            labels=_LABELS,
            conditions={
                "code": lambda: _exists(PaperRepository.objects.all()),
                "official-code": lambda: _exists(PaperRepository.objects.filter(is_official=True)),
                "models": lambda: _exists(PaperLink.objects.all()),
                "results": lambda: _exists(PublishedResult.objects.all()),
                "abstract": lambda: ~Q(abstract=""),
            },
        ),
        ArrayFacet("task", "Task", column="tasks", labels=TASKS, unlisted=spoken),
        ArrayFacet("category", "Category at arXiv", column="categories", spelling=_category),
        ArrayFacet("method", "Method", column="methods", folded=True),
    ),
    ranges=(Range("year", "Year", "published__year", YEARS, 1990, 2030, bins=20),),
    name_column=Column("title", "Paper", "title", "title"),
    columns={
        column.name: column
        for column in (
            Column("published", "Published", "published", "published", descending=True),
            Column("updated", "Last version", "updated", "updated", descending=True),
            Column("models", "Models", "", numeric=True),
            Column("code", "Repositories", "", numeric=True),
            Column("results", "Leaderboards", "", numeric=True),
            Column("category", "Category", "categories"),
            Column("task", "Task", "tasks"),
        )
    },
    default_columns=("published", "models", "code", "results", "category"),
    sorts={
        "": "Relevance or newest first",
        "-published": "Newest first",
        "published": "Oldest first",
        "-updated": "Latest version first",
        "updated": "Longest unchanged",
        "title": "Title",
        "-title": "Title, backwards",
    },
    default_sort="-published",
    tie=("-published", "-key"),
    table="catalog/_paper_table.html",
)
