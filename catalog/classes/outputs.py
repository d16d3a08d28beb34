"""What a model's outputs stand for, in order, and which lists have a class."""

from collections.abc import Collection
from typing import Any

from django.db.models import F, Q, QuerySet
from django.db.models.functions import Coalesce

from catalog.classes.search import called
from catalog.models import ClassLabel, LabelSet, LabelSetClass


def class_names(label_set: str) -> list[str]:
    """The names of a list's classes in the order of the outputs, by its key; outputs without a class are left out.

    One query; empty where nobody has told the list.
    """
    rows = outputs_of(label_set).values_list("label__name", flat=True)
    return list(rows)


def names_of_small(label_sets: Collection[str], most: int) -> dict[str, list[str]]:
    """The same of each of these lists that has at most so many outputs; two queries."""
    small = LabelSet.objects.filter(key__in=list(label_sets), size__lte=most)
    rows = small.annotate(known=Coalesce("same_as", "pk")).values_list("key", "known")
    keys: dict[int, list[str]] = {}
    for key, known in rows:
        keys.setdefault(known, []).append(key)
    found: dict[str, list[str]] = {}
    outputs = LabelSetClass.objects.filter(label_set__in=keys).order_by("label_set", "index")
    for known, name in outputs.values_list("label_set", "label__name"):
        for key in keys[known]:
            found.setdefault(key, []).append(name)
    return found


def outputs_of(label_set: str) -> QuerySet[LabelSetClass]:
    """The outputs of a list, by its key, that stand for a class; of one that says the same as another, of that."""
    own = LabelSet.objects.filter(key=label_set).values(known=Coalesce("same_as", "pk"))
    return LabelSetClass.objects.filter(label_set__in=own).order_by("index")


def lists_with(classes: QuerySet[ClassLabel]) -> QuerySet[LabelSet]:
    """The lists that have any of these classes, and those that say the same as one of them."""
    having = LabelSetClass.objects.filter(label__in=classes).values("label_set")
    return LabelSet.objects.filter(Q(pk__in=having) | Q(same_as__in=having))


def named(values: Collection[str]) -> QuerySet[ClassLabel]:
    """The classes that an address names: by key, or by a name that may stand for several (`crane`)."""
    wanted = Q(key__in=list(values))
    for value in values:
        wanted |= called(value)
    return ClassLabel.objects.filter(wanted)


def knowing(values: Collection[str]) -> Q:
    """Models whose list has one of the classes that these values name."""
    lists = lists_with(named(values)).values("key")
    # The second half says nothing new, but lets Postgres use the index, which leaves out models without a list.
    return Q(label_set__in=lists) & ~Q(label_set="")


def following(keys: Collection[str]) -> Q:
    """Models whose outputs follow one of these lists, or one that says the same."""
    known = LabelSet.objects.filter(Q(key__in=keys) | Q(others__key__in=keys))
    lists = LabelSet.objects.filter(Q(pk__in=known) | Q(same_as__in=known)).values("key")
    return Q(label_set__in=lists) & ~Q(label_set="")


def titles_of(keys: Collection[str]) -> dict[str, str]:
    """What lists are called, by key; a key that is none is its own title."""
    found = dict(LabelSet.objects.filter(key__in=list(keys)).values_list("key", "title"))
    return {key: found.get(key) or key for key in keys}


def words_of(values: Collection[str]) -> dict[str, str]:
    """What a filter calls each value: the class's name where it is a key, else the value as it was typed."""
    names: dict[str, Any] = dict(
        ClassLabel.objects.filter(key__in=list(values)).values_list("key", F("name"))
    )
    return {value: names.get(value) or value.replace("-", " ") for value in values}
