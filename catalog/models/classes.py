"""What the outputs of a classifier stand for: lists of classes in the order of the outputs, and the classes.

Each list is what `catalog.classes.writing` made of the listings that sources gave of it.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.urls import reverse

from catalog.classes.naming import LONGEST_KEY, LONGEST_NAME, WORDNET_ID
from catalog.models.sources import Sighted


class ClassLabel(models.Model):
    """One class that models can name, e.g. the bee-eater.

    Lists that state WordNet ids mean the same class by the same id; of all others the same class is what has
    the same name. A crane that flies and a crane that lifts are two, because WordNet says so.
    """

    key = models.CharField(
        unique=True,
        max_length=LONGEST_KEY,
        help_text="its WordNet id (n01828970), else what catalog.classes.naming makes of its name",
    )
    name = models.CharField(max_length=LONGEST_NAME)
    synonyms = ArrayField(models.CharField(max_length=LONGEST_NAME), default=list)
    definition = models.TextField(blank=True)
    spoken = ArrayField(
        models.CharField(max_length=LONGEST_NAME),
        default=list,
        help_text="name and synonyms without blanks and signs: beeeater",
    )
    label_sets = ArrayField(
        models.CharField(max_length=LONGEST_KEY), default=list, help_text="keys of those with it"
    )
    datasets = ArrayField(
        models.CharField(max_length=150), default=list, help_text="of these lists"
    )
    search_vector = SearchVectorField(null=True)

    class Meta:
        indexes = [
            # Classes page: search by the beginnings of words.
            GinIndex(fields=["search_vector"], name="class_search"),
            # Browse page: are the words that were typed a class?
            GinIndex(fields=["spoken"], name="class_spoken"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:class", args=[self.key])

    @property
    def wordnet_id(self) -> str:
        """`n01828970`; empty of a class that is known by its name only."""
        return self.key if WORDNET_ID.fullmatch(self.key) else ""

    @property
    def wordnet_url(self) -> str:
        """Its page at Princeton; ImageNet's ids are those of WordNet 3.0."""
        offset = self.wordnet_id.removeprefix("n")
        return f"http://wordnet-rdf.princeton.edu/pwn30/{offset}-n" if offset else ""


class LabelSet(models.Model):
    """The classes that the outputs of a classifier stand for, in the order of the outputs.

    A list of names that says the same as one of WordNet ids, output by output, is `same_as` that and has no
    rows of its own.
    """

    key = models.CharField(unique=True, max_length=LONGEST_KEY)
    title = models.CharField(max_length=200, blank=True)
    size = models.IntegerField(default=0, help_text="outputs, with those that stand for no class")
    has_ids = models.BooleanField(default=False, help_text="its classes are stated by WordNet id")
    datasets = ArrayField(
        models.CharField(max_length=150),
        default=list,
        help_text="slugs of data sets of its classes",
    )
    same_as = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="others"
    )

    def __str__(self) -> str:
        return self.title or self.key

    def get_absolute_url(self) -> str:
        return reverse("catalog:label_set", args=[self.key])


class LabelSetClass(models.Model):
    """That an output of a classifier with this list stands for a class."""

    label_set = models.ForeignKey(
        LabelSet, on_delete=models.CASCADE, related_name="classes", db_index=False
    )
    index = models.IntegerField(help_text="of the output, from 0")
    label = models.ForeignKey(ClassLabel, on_delete=models.CASCADE, related_name="outputs")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["label_set", "index"], name="class_once_per_output")
        ]

    def __str__(self) -> str:
        return f"{self.index}: {self.label_id}"


class LabelSetListing(Sighted):
    """One source's record of a list of classes."""

    label_set = models.ForeignKey(LabelSet, on_delete=models.PROTECT, related_name="listings")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="label_set_listing_once_per_source"
            )
        ]
