"""What the pages of one class and of one list of classes say."""

from dataclasses import dataclass
from functools import cached_property

from django.core.paginator import Page, Paginator
from django.db.models import F, Q

from catalog.classes.outputs import lists_with, outputs_of
from catalog.classes.search import matches
from catalog.models import (
    ClassLabel,
    Dataset,
    LabelSet,
    LabelSetClass,
    LabelSetListing,
    PretrainedModel,
)
from catalog.models_of import ModelsOf, models_of

PER_PAGE = 100
_MOST_LISTS = 50
_MOST_NAMESAKES = 8


@dataclass(frozen=True)
class KnownAs:
    """That a list has a class, as which outputs."""

    label_set: LabelSet
    indexes: list[int]


class ClassPage:
    """The page of `label`."""

    def __init__(self, label: ClassLabel) -> None:
        self.label = label

    @cached_property
    def known_as(self) -> list[KnownAs]:
        """The first lists that have it, the largest first; one query."""
        rows = self.label.outputs.select_related("label_set").order_by(
            F("label_set__size").desc(), "label_set__key", "index"
        )
        found: dict[int, KnownAs] = {}
        for row in rows[:_MOST_LISTS]:
            found.setdefault(row.label_set_id, KnownAs(row.label_set, [])).indexes.append(row.index)
        return list(found.values())

    @cached_property
    def models(self) -> ModelsOf:
        lists = lists_with(ClassLabel.objects.filter(pk=self.label.pk))
        keys = list(lists.values_list("key", flat=True))
        return models_of(
            PretrainedModel.objects.filter(label_set__in=keys), **{"class": self.label.key}
        )

    @cached_property
    def datasets(self) -> list[Dataset]:
        return list(Dataset.objects.filter(slug__in=self.label.datasets).order_by("slug"))

    @cached_property
    def namesakes(self) -> list[ClassLabel]:
        """Other classes that one of its names may mean as well."""
        same = ClassLabel.objects.filter(spoken__overlap=self.label.spoken)
        others = same.exclude(pk=self.label.pk).defer("search_vector").order_by("name", "key")
        return list(others[:_MOST_NAMESAKES])


class LabelSetPage:
    """The page of a list of classes: those of its outputs whose class the words find, a page of them at a time."""

    def __init__(self, label_set: LabelSet, words: str, number: str) -> None:
        self.label_set = label_set.same_as or label_set
        self.stated = label_set
        self.words = words
        rows = outputs_of(label_set.key).select_related("label").defer("label__search_vector")
        if words:
            found = ClassLabel.objects.filter(matches(words))
            rows = rows.filter(Q(label__in=found) | _output(words))
        self.outputs: Page[LabelSetClass] = Paginator(rows, PER_PAGE).get_page(number)

    @cached_property
    def datasets(self) -> list[Dataset]:
        named = {*self.label_set.datasets, *self.stated.datasets}
        return list(Dataset.objects.filter(slug__in=named).order_by("slug"))

    @cached_property
    def listings(self) -> list[LabelSetListing]:
        """Who tells it, under whichever names."""
        lists = [self.label_set.pk, *self.label_set.others.values_list("pk", flat=True)]
        rows = LabelSetListing.objects.filter(label_set__in=lists).select_related("source")
        return list(rows.defer("facts").order_by("source__title", "pk")[:_MOST_LISTS])

    @cached_property
    def models(self) -> ModelsOf:
        keys = [self.label_set.key, *self.label_set.others.values_list("key", flat=True)]
        return models_of(
            PretrainedModel.objects.filter(label_set__in=keys), labels=self.label_set.key
        )


def _output(words: str) -> Q:
    """The output of this number, where one was typed."""
    typed = words.strip()
    return (
        Q(index=int(typed))
        if typed.isascii() and typed.isdigit() and len(typed) < 7
        else Q(pk__in=[])
    )
