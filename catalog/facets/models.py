"""The list of models: what it can be narrowed by and what its table shows."""

from collections.abc import Collection
from typing import Any

from django.db.models import QuerySet

from catalog import ranking, search, spelling
from catalog.facets.axes import COSTS, SCORES
from catalog.facets.classes import ClassFacet, LabelsFacet
from catalog.facets.columns import COLUMNS, DEFAULT_COLUMNS, NAME, SORTS
from catalog.facets.declarations import FACETS, RANGES
from catalog.facets.kinds import LinkFacet
from catalog.facets.on_machine import Machine, on
from catalog.facets.sets import FacetSet
from catalog.meaning.fusion import by_meaning
from catalog.models import PaperLink, PretrainedModel
from catalog.organizations import name_of_rows

_FIELDS = (
    "slug", "name", "task", "family", "organization", "sources", "libraries", "datasets", "license",
    "commercial_use", "parameters", "size_bytes", "gmacs", "input_size", "top1", "top5", "year",
    "architecture__name", "downloads", "likes", "updated_at",
)  # fmt: skip


def _slim(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    named = rows.annotate(organization_name=name_of_rows())
    return named.select_related("architecture").only(*_FIELDS)


def _of_papers(keys: Collection[str]) -> QuerySet[Any, Any]:
    return PaperLink.objects.filter(paper__key__in=keys).values("pretrained")


def _of_repositories(names: Collection[str]) -> QuerySet[Any, Any]:
    links = PretrainedModel.repositories.through.objects
    return links.filter(repository__full_name__in=names).values("pretrainedmodel")


_ANYWHERE = FacetSet(
    route="catalog:browse",
    title="Models",
    noun=("model", "models"),
    placeholder="resnet size<100MB license:open",
    example="size<100MB",
    long_example="resnet size<100MB license:open -task:image-segmentation top1>=80",
    rows=lambda: PretrainedModel.objects.published(),
    slim=_slim,
    matches=search.matches,
    relevance=ranking.relevance,
    facets=FACETS,
    ranges=RANGES,
    links=(
        LinkFacet("paper", "Paper", owners=_of_papers),
        LinkFacet("repository", "Repository", owners=_of_repositories),
        ClassFacet("class", "Knows the class"),
        LabelsFacet("labels", "Class list"),
    ),
    name_column=NAME,
    columns=COLUMNS,
    default_columns=DEFAULT_COLUMNS,
    sorts=SORTS,
    sort_paths={"added": "created_at"},
    default_sort="-top1",
    by_meaning=by_meaning,
    tie=("-top1", "slug"),
    table="catalog/_table.html",
    views=("table", "cards", "plot"),
    suggest=spelling.did_you_mean,
    costs=COSTS,
    scores=SCORES,
    expression=search.expression,
    ranked_texts=ranking.texts,
    static_order=ranking.static_order,
)
MODELS = on(_ANYWHERE, Machine())
