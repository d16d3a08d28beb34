"""The list of data sets: what it can be narrowed by and what its table shows."""

import re
from typing import Any

from django.db.models import (
    Case,
    Exists,
    F,
    Func,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.expressions import OrderBy
from django.db.models.functions import Coalesce

from catalog import terms
from catalog.facets.counted import number_of
from catalog.facets.declarations import license_groups, license_names
from catalog.facets.kinds import ArrayFacet, Facet, HasFacet, Range
from catalog.facets.sets import Column, FacetSet
from catalog.facets.units import COUNT, MEGABYTES, YEARS
from catalog.models import Dataset, Evaluation, Leaderboard, PretrainedModel
from catalog.vocabulary import TASKS, spoken

_LABELS = {
    "leaderboard": "A leaderboard",
    "weights": "Results of models with weights",
    "description": "A description",
    "unknown": "None of these",
}


def _has_published() -> Q:
    return Q(Exists(Leaderboard.objects.filter(dataset=OuterRef("pk"), gone_since=None)))


def _has_evaluations() -> Q:
    return Q(Exists(Evaluation.objects.filter(dataset=OuterRef("slug"))))


def _matches(words: str) -> Q:
    """Every word occurs in its name, in another name of it, or in what is said about it."""
    return terms.narrowed(words, _holds)


def _holds(term: terms.Term) -> Q:
    # Not `term.chunks`: here accents are kept on both sides.
    parts = re.findall(r"[^\W_]+", term.text)
    if term.is_phrase:
        return _anywhere("iregex", r"\m" + r"[^[:alnum:]]+".join(parts) + r"\M")
    return Q(*(_anywhere("icontains", part) for part in parts))


def _anywhere(lookup: str, text: str) -> Q:
    columns = ("slug", "title", "description", "aliases")
    return Q(*((f"{column}__{lookup}", text) for column in columns), _connector=Q.OR)


def _relevance(words: str) -> list[OrderBy]:
    """Those whose name is the words first, then those whose name begins with them."""
    plain = terms.wanted(words)
    if not plain:
        return []
    named = Case(
        When(slug__iexact=plain, then=Value(0)),
        When(Q(slug__istartswith=plain) | Q(title__istartswith=plain), then=Value(1)),
        default=Value(2),
        output_field=IntegerField(),
    )
    return [named.asc(), F("downloads").desc(nulls_last=True)]


def _slim(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    shown = rows.only(
        "slug", "title", "license", "license_text", "size_bytes", "examples", "size_category",
        "tasks", "introduced", "downloads", "likes",
    )  # fmt: skip
    published = Leaderboard.objects.filter(gone_since=None)
    return shown.annotate(
        board_count=number_of(published, "dataset"), model_count=_number_of_models()
    )


def _number_of_models() -> Coalesce:
    """Published models trained on the row's data set."""
    own = Func(OuterRef("slug"), template="ARRAY[%(expressions)s]::varchar[]")
    named = PretrainedModel.objects.published().filter(datasets__contains=own)
    counted = named.order_by().annotate(number=Func("pk", function="COUNT")).values("number")
    return Coalesce(Subquery(counted, output_field=IntegerField()), 0)


DATASETS = FacetSet(
    route="catalog:datasets",
    title="Data sets",
    noun=("data set", "data sets"),
    placeholder="imagenet has:leaderboard license:open",
    example="has:leaderboard",
    long_example="imagenet has:leaderboard task:image-classification license:open size<100GB",
    rows=lambda: Dataset.objects.all(),
    slim=_slim,
    matches=_matches,
    relevance=_relevance,
    facets=(
        HasFacet(
            "has",
            "Has",
            labels=_LABELS,
            conditions={
                "leaderboard": lambda: _has_published() | _has_evaluations(),
                "weights": _has_evaluations,
                "description": lambda: ~Q(description=""),
            },
        ),
        ArrayFacet("task", "Task", column="tasks", labels=TASKS, unlisted=spoken),
        Facet("license", "Licence", labels=license_names, groups=license_groups),
        ArrayFacet("modality", "Modality", column="modalities"),
        ArrayFacet("language", "Language", column="languages", folded=True),
    ),
    ranges=(
        Range("size", "Size", "size_bytes", MEGABYTES, 1e5, 1e13, log=True),
        Range("examples", "Examples", "examples", COUNT, 100, 1e9, log=True, folded=True),
        Range("year", "Year", "introduced__year", YEARS, 1990, 2030, bins=20, folded=True),
    ),
    name_column=Column("name", "Data set", "slug", "name"),
    columns={
        column.name: column
        for column in (
            Column("models", "Models", "", numeric=True),
            Column("boards", "Tables of papers", "", numeric=True),
            Column("task", "Task", "tasks"),
            Column("license", "Licence", "license"),
            Column("size", "Size MB", "size_bytes", "size", numeric=True),
            Column("examples", "Examples", "examples", "examples", numeric=True, descending=True),
            Column("introduced", "Introduced", "introduced", "introduced", descending=True),
            Column(
                "downloads", "Downloads", "downloads", "downloads", numeric=True, descending=True
            ),
            Column("likes", "Likes", "likes", "likes", numeric=True, descending=True),
        )
    },
    default_columns=(
        "models",
        "boards",
        "task",
        "license",
        "size",
        "examples",
        "introduced",
        "downloads",
    ),
    sorts={
        "": "Most downloads first",
        "likes": "Fewest likes",
        "-likes": "Most likes",
        "downloads": "Fewest downloads",
        "-downloads": "Most downloads",
        "size": "Smallest first",
        "-size": "Largest first",
        "examples": "Fewest examples",
        "-examples": "Most examples",
        "introduced": "Oldest first",
        "-introduced": "Newest first",
        "name": "Name",
        "-name": "Name, backwards",
    },
    default_sort="-downloads",
    tie=("slug",),
    table="catalog/_dataset_table.html",
)
