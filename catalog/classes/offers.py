"""What a search for models says about classes: "1,437 models know the class bee-eater"."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Func, IntegerField, OuterRef, Q, Subquery

from catalog import terms
from catalog.classes.naming import squashes
from catalog.classes.search import called
from catalog.models import ClassLabel, LabelSet, LabelSetClass, PretrainedModel
from catalog.models_of import browse_url

_MOST = 3


@dataclass(frozen=True)
class Offer:
    """A class that was typed as words, how many models know it, and where they are."""

    label: ClassLabel
    models: int
    url: str


def offers(words: str) -> Sequence[Offer]:
    """The classes that are called so and known to models, by their first name before a synonym; one query, none without words."""
    if not words:
        return []
    # "dog" is a dog before it is an andiron.
    first = Q(spoken__0__in=squashes(terms.wanted(words)))
    rows = ClassLabel.objects.filter(called(words)).annotate(models=_models(), is_first=first)
    shown = rows.order_by("-is_first", "-models", "key").only("key", "name", "definition")[:_MOST]
    return [
        Offer(label, label.models, browse_url(**{"class": label.key}))
        for label in shown
        if label.models
    ]


def _models() -> Subquery:
    """How many published models know the row's class: counted in the index on their lists."""
    having = LabelSetClass.objects.filter(label=OuterRef(OuterRef(OuterRef("pk"))))
    own = having.values("label_set")
    lists = LabelSet.objects.filter(Q(pk__in=own) | Q(same_as__in=own)).values("key")
    known = PretrainedModel.objects.published().filter(label_set__in=lists).exclude(label_set="")
    counted = known.order_by().annotate(number=Func("label_set", function="COUNT")).values("number")
    return Subquery(counted, output_field=IntegerField())
