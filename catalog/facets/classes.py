"""The list of classes: what it can be narrowed by, and the facet by which models are asked for one."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import (
    Case,
    F,
    Func,
    IntegerField,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.expressions import Combinable

from catalog.classes import outputs, search
from catalog.facets.kinds import ArrayFacet, Facet, LinkFacet
from catalog.facets.sets import Column, FacetSet
from catalog.models import ClassLabel, PretrainedModel
from catalog.vocabulary import DATASETS


def _models(found: Q) -> QuerySet[Any, Any]:
    return PretrainedModel.objects.filter(found).values("pk")


@dataclass(frozen=True)
class ClassFacet(LinkFacet):
    """Models that know a class, by its key (`n01828970`) or by a name of it (`bee-eater`)."""

    owners: Callable[[Collection[str]], QuerySet[Any, Any]] = field(
        kw_only=True, default=lambda values: _models(outputs.knowing(values))
    )

    def having(self, values: Collection[str]) -> Q:
        # A column of the row itself says it: no way round by primary keys.
        return outputs.knowing(values)

    def words(self, values: Collection[str]) -> Mapping[str, str]:
        return outputs.words_of(values)


@dataclass(frozen=True)
class LabelsFacet(LinkFacet):
    """Models whose outputs follow a list of classes, or one that says the same."""

    owners: Callable[[Collection[str]], QuerySet[Any, Any]] = field(
        kw_only=True, default=lambda values: _models(outputs.following(values))
    )

    def having(self, values: Collection[str]) -> Q:
        return outputs.following(values)

    def words(self, values: Collection[str]) -> Mapping[str, str]:
        return outputs.titles_of(values)


@dataclass(frozen=True)
class ListFacet(LinkFacet):
    """Classes of a list, by its key."""

    owners: Callable[[Collection[str]], QuerySet[Any, Any]] = field(
        kw_only=True,
        default=lambda keys: ClassLabel.objects.filter(label_sets__overlap=list(keys)).values("pk"),
    )

    def words(self, values: Collection[str]) -> Mapping[str, str]:
        return outputs.titles_of(values)


@dataclass(frozen=True)
class DescribedFacet(Facet):
    """Classes that WordNet tells apart and describes, and those that are known by their name only."""

    only: tuple[str, ...] = ("yes", "no")

    def having(self, values: Collection[str]) -> Q:
        found = Q(pk__in=[])
        for value in values:
            found |= ~Q(definition="") if value == "yes" else Q(definition="")
        return found

    def expression(self) -> Combinable:
        return Case(
            When(definition="", then=Value("no")), default=Value("yes"), output_field=TextField()
        )


def _slim(rows: QuerySet[Any, Any]) -> QuerySet[Any, Any]:
    lists = Func(F("label_sets"), function="cardinality", output_field=IntegerField())
    return rows.defer("search_vector", "spoken").annotate(list_count=lists)


CLASSES = FacetSet(
    route="catalog:classes",
    title="Classes",
    noun=("class", "classes"),
    placeholder="bee-eater",
    example="dataset:coco",
    long_example='"electric locomotive" OR forklift dataset:imagenet-1k',
    rows=lambda: ClassLabel.objects.all(),
    slim=_slim,
    matches=search.matches,
    relevance=search.relevance,
    facets=(
        ArrayFacet("dataset", "Data set", column="datasets", labels=DATASETS),
        DescribedFacet("described", "Described by WordNet"),
    ),
    ranges=(),
    # Asked for by links: counting 22,000 classes under five lists each takes longer than all else on the page.
    links=(ListFacet("list", "Class list"),),
    name_column=Column("name", "Class", "name", "name"),
    columns={
        column.name: column
        for column in (
            Column("definition", "What it is", "definition"),
            Column("datasets", "Data sets", "datasets"),
            Column("lists", "Class lists", "", numeric=True),
            Column("models", "Models", ""),
        )
    },
    default_columns=("definition", "datasets", "models"),
    sorts={"": "Relevance or name", "name": "Name", "-name": "Name, backwards"},
    default_sort="name",
    tie=("key",),
    table="catalog/_class_table.html",
    suggest=search.suggest,
)
