"""The list of repositories: what it can be narrowed by and what its table shows."""

from collections.abc import Collection
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from catalog import words
from catalog.facets.counted import number_of
from catalog.facets.declarations import license_groups, license_names
from catalog.facets.kinds import ArrayFacet, Facet, FlagFacet, HasFacet, LinkFacet, Range, SlugFacet
from catalog.facets.sets import Column, FacetSet
from catalog.facets.units import COUNT, YEARS
from catalog.models import PaperRepository, PretrainedModel, Repository
from catalog.repository_traits import FRAMEWORKS
from catalog.vocabulary import TASKS, spoken

_LABELS = {
    "weights": "Pretrained weights",
    "files": "Weight files in its releases",
    "models": "Models listed here",
    "papers": "A paper",
    "unknown": "None of these",
}
_LANGUAGES = {
    "c": "C",
    "c++": "C++",
    "cuda": "Cuda",
    "javascript": "JavaScript",
    "jupyter-notebook": "Jupyter Notebook",
    "lua": "Lua",
    "matlab": "MATLAB",
    "python": "Python",
    "rust": "Rust",
    "typescript": "TypeScript",
}
_NAMED_BY = PretrainedModel.repositories.through


def _models() -> QuerySet[Any, Any]:
    return _NAMED_BY.objects.filter(
        pretrainedmodel__merged_into=None, pretrainedmodel__gone_since=None
    )


def _has_models() -> Q:
    return Q(Exists(_models().filter(repository=OuterRef("pk"))))


def _has_files() -> Q:
    return ~Q(weights_files=[])


def _has_papers() -> Q:
    return Q(Exists(PaperRepository.objects.filter(repository=OuterRef("pk"))))


def _slim(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    shown = rows.only(
        "full_name", "description", "language", "license", "stars", "forks", "pushed_at", "topics",
        "tasks", "frameworks", "is_archived",
    )  # fmt: skip
    return shown.annotate(
        model_count=number_of(_models(), "repository", "pretrainedmodel"),
        paper_count=number_of(PaperRepository.objects.all(), "repository", "paper"),
    )


def _of_owners(names: Collection[str]) -> QuerySet[Any, Any]:
    found = Q(pk__in=[])
    for name in names:
        found |= Q(full_name__startswith=f"{name}/")
    return Repository.objects.filter(found).values("pk")


REPOSITORIES = FacetSet(
    route="catalog:repositories",
    title="Repositories",
    noun=("repository", "repositories"),
    placeholder="stars>=50 language:python has:weights",
    example="has:weights",
    long_example="convnext stars>=50 language:python topic:image-classification has:weights pushed:2023..",
    rows=lambda: Repository.objects.filter(renamed_to=None),
    slim=_slim,
    matches=words.matches,
    relevance=lambda text: words.relevance(text, "full_name"),
    facets=(
        HasFacet(
            "has",
            "Has",
            labels=_LABELS,
            conditions={
                "weights": lambda: Q(publishes_weights=True) | _has_files() | _has_models(),
                "files": _has_files,
                "models": _has_models,
                "papers": _has_papers,
            },
        ),
        ArrayFacet("task", "Task", column="tasks", labels=TASKS, unlisted=spoken),
        ArrayFacet("framework", "Framework", column="frameworks", labels=FRAMEWORKS),
        SlugFacet("language", "Language", labels=_LANGUAGES),
        ArrayFacet("topic", "Topic", column="topics"),
        Facet("license", "Licence of the code", labels=license_names, groups=license_groups),
        FlagFacet("archived", "Archived", column="is_archived", folded=True),
    ),
    links=(LinkFacet("owner", "Owner", owners=_of_owners),),
    ranges=(
        Range("stars", "Stars", "stars", COUNT, 1, 1e6, log=True),
        Range("forks", "Forks", "forks", COUNT, 1, 1e5, log=True, folded=True),
        Range("pushed", "Year of the last push", "pushed_at__year", YEARS, 2010, 2030, bins=20),
    ),
    name_column=Column("name", "Repository", "full_name", "name"),
    columns={
        column.name: column
        for column in (
            Column("stars", "Stars", "stars", "stars", numeric=True, descending=True),
            Column("forks", "Forks", "forks", "forks", numeric=True, descending=True),
            Column("models", "Models", "", numeric=True),
            Column("papers", "Papers", "", numeric=True),
            Column("task", "Task", "tasks"),
            Column("framework", "Framework", "frameworks"),
            Column("language", "Language", "language"),
            Column("license", "Code licence", "license"),
            Column("pushed", "Last push", "pushed_at", "pushed", descending=True),
            Column("topic", "Topics", "topics"),
        )
    },
    default_columns=("stars", "models", "papers", "task", "framework", "license", "pushed"),
    sorts={
        "": "Relevance or most stars",
        "-stars": "Most stars",
        "stars": "Fewest stars",
        "-forks": "Most forks",
        "forks": "Fewest forks",
        "-pushed": "Latest push",
        "pushed": "Longest without a push",
        "name": "Name",
        "-name": "Name, backwards",
    },
    default_sort="-stars",
    tie=("-stars", "full_name"),
    table="catalog/_repository_table.html",
)
