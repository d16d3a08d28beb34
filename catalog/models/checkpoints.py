"""Checkpoints and the listings that describe them.

"Model" alone means a Django model; one published checkpoint is a `PretrainedModel`.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.urls import reverse

from catalog.classes.naming import LONGEST_KEY
from catalog.keys import LONGEST_ID
from catalog.models.references import Paper, Repository
from catalog.models.sources import Sighted
from catalog.querysets import PretrainedModelQuerySet

LONGEST_SLUG = 50 + 1 + LONGEST_ID  # <source>/<external id>


class Architecture(models.Model):
    """A network without its weights, e.g. `resnet50`; checkpoints are trained instances of it."""

    name = models.CharField(unique=True, max_length=200)
    family = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:architecture", args=[self.name])


class Verdict(models.TextChoices):
    """May I? `unclear` covers an unknown licence as well as one whose terms need reading."""

    YES = "yes", "yes"
    NO = "no", "no"
    UNCLEAR = "unclear", "unclear"


class PretrainedModel(models.Model):
    """One checkpoint: one set of weights that can be loaded.

    Every column below `architecture` is a resolved value: what `catalog.resolve` made of the facts of
    the checkpoint's listings by a written order of trust. Null or empty means unknown.
    """

    slug = models.CharField(
        max_length=LONGEST_SLUG, help_text="<source>/<external id> of its first listing"
    )
    merged_into = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="merged_from",
        db_index=False,
    )
    architecture = models.ForeignKey(
        Architecture, null=True, blank=True, on_delete=models.PROTECT, related_name="checkpoints"
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="children",
        db_index=False,
    )
    parent_relation = models.CharField(
        max_length=20, blank=True, help_text="quantized, fine-tuned, ..."
    )

    name = models.CharField(max_length=LONGEST_ID)
    sources = ArrayField(models.CharField(max_length=50), default=list)
    task = models.CharField(max_length=60, blank=True)
    libraries = ArrayField(models.CharField(max_length=60), default=list)
    datasets = ArrayField(
        models.CharField(max_length=100), default=list, help_text="training data, every stage"
    )
    training = models.JSONField(
        default=list, help_text='stages in order: [{"stage", "dataset", "method"}]'
    )
    family = models.CharField(max_length=100, blank=True)
    organization = models.CharField(max_length=100, blank=True)

    license = models.CharField(max_length=100, blank=True, help_text="id in catalog/licenses.toml")
    license_open = models.BooleanField(null=True)
    commercial_use = models.CharField(
        max_length=10, choices=Verdict.choices, default=Verdict.UNCLEAR
    )
    redistribution = models.CharField(
        max_length=10, choices=Verdict.choices, default=Verdict.UNCLEAR
    )
    fine_tuning = models.CharField(max_length=10, choices=Verdict.choices, default=Verdict.UNCLEAR)

    parameters = models.BigIntegerField(null=True)
    size_bytes = models.BigIntegerField(null=True, help_text="bytes of the weights file")
    gmacs = models.FloatField(
        null=True, help_text="10^9 multiply-accumulates at the input size, batch 1"
    )
    activations = models.BigIntegerField(
        null=True, help_text="elements that all layers put out at the input size, batch 1"
    )
    input_size = models.IntegerField(null=True, help_text="pixels, longer side")
    num_classes = models.IntegerField(null=True, help_text="0: no classifier, features only")
    label_set = models.CharField(
        max_length=LONGEST_KEY,
        blank=True,
        help_text="key of a LabelSet: what its outputs stand for",
    )
    top1 = models.FloatField(null=True, help_text="percent, ImageNet-1k validation, headline value")
    top5 = models.FloatField(null=True, help_text="percent, ImageNet-1k validation, headline value")
    year = models.IntegerField(null=True, help_text="of the paper that introduces the architecture")
    downloads = models.BigIntegerField(
        null=True, help_text="as the hub that publishes it counts them; Hugging Face: last 30 days"
    )
    likes = models.BigIntegerField(null=True)
    updated_at = models.DateTimeField(null=True, help_text="last change where it is published")
    revision = models.CharField(max_length=64, blank=True, help_text="commit of what was listed")
    gated = models.CharField(
        max_length=10, blank=True, help_text="who may fetch it must first: auto, manual"
    )
    tags = ArrayField(models.CharField(max_length=100), default=list)
    languages = ArrayField(models.CharField(max_length=20), default=list)
    formats = ArrayField(
        models.CharField(max_length=30), default=list, help_text="safetensors, onnx, gguf ..."
    )
    preprocessing = models.JSONField(
        default=dict, help_text="input_size [C,H,W], interpolation, crop_pct, mean, std ..."
    )
    loading = models.JSONField(
        default=dict, help_text="per library, what its load line needs; see catalog.records"
    )

    papers: "models.ManyToManyField[Paper, PaperLink]" = models.ManyToManyField(
        Paper, through="PaperLink", related_name="checkpoints"
    )
    repositories = models.ManyToManyField(Repository, related_name="checkpoints")

    search_vector = SearchVectorField(null=True)
    gone_since = models.DateTimeField(null=True, help_text="every listing has vanished")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(
        null=True, help_text="when a resolved value last became another one"
    )

    objects = PretrainedModelQuerySet.as_manager()

    class Meta:
        constraints = [
            # Not unique=True: that brings a second index for LIKE, and every index is paid 3,000,000 times.
            models.UniqueConstraint(fields=["slug"], name="pretrained_slug_once")
        ]
        indexes = [
            # Model page: what was made from it. Merging: which were merged into it.
            models.Index(
                fields=["parent"],
                name="pretrained_parent",
                condition=models.Q(parent__isnull=False),
            ),
            models.Index(
                fields=["merged_into"],
                name="pretrained_merged",
                condition=models.Q(merged_into__isnull=False),
            ),
            # Browse and class page: which know a class, and how many, without a look at the rows. Most of a hub
            # states no list.
            models.Index(
                fields=["label_set", "id"],
                name="pretrained_label_set",
                condition=models.Q(merged_into=None, gone_since=None)
                & ~models.Q(sources=[])
                & ~models.Q(label_set=""),
            ),
            # Browse: which need how much memory. Few rows have activations, so few pay for it.
            models.Index(
                fields=["activations"],
                name="pretrained_activations",
                condition=models.Q(activations__isnull=False),
            ),
            # Browse: which have an architecture that was measured at their own input size. Most say no size.
            models.Index(
                fields=["architecture", "input_size"],
                name="pretrained_measurable",
                condition=models.Q(input_size__isnull=False),
            ),
            # Plots of lists and of a model's page, and what nothing beats: few checkpoints have a score.
            models.Index(
                fields=["top1"],
                name="pretrained_top1",
                condition=models.Q(top1__isnull=False),
            ),
            # Browse: full-text search and prefix matching.
            GinIndex(fields=["search_vector"], name="pretrained_search"),
            # Browse: facets that hold several values per checkpoint.
            GinIndex(fields=["sources"], name="pretrained_sources"),
            GinIndex(fields=["libraries"], name="pretrained_libraries"),
            GinIndex(fields=["datasets"], name="pretrained_datasets"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("catalog:model", args=[self.slug])


class Listing(Sighted):
    """One source's record of a checkpoint. Never deleted: one that vanishes upstream is marked gone.

    `facts` maps a field of `catalog.records.FIELDS` to {"value": ..., "note": how the source knows it}.
    A claim on a model page is one such fact with this listing's source and date.
    """

    pretrained = models.ForeignKey(
        PretrainedModel, on_delete=models.PROTECT, related_name="listings"
    )
    identity_keys = ArrayField(
        models.CharField(max_length=600),
        default=list,
        help_text="as the source states them; those that count are rows of IdentityKey",
    )
    parent_key = models.CharField(
        max_length=600,
        blank=True,
        help_text="identity key of the checkpoint this one was made from",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="listing_once_per_source"
            )
        ]
        indexes = [
            # Resolve: whose parent has just been listed?
            models.Index(
                fields=["parent_key"], name="listing_parent_key", condition=~models.Q(parent_key="")
            ),
            # End of a harvest: how many of a source are gone?
            models.Index(
                fields=["source"],
                name="listing_gone",
                condition=models.Q(gone_since__isnull=False),
            ),
        ]


class IdentityKey(models.Model):
    """A key that counts for a listing: two listings that share one describe the same checkpoint.

    What a source states, less what staff refused, plus what staff added; written by `catalog.identity`.
    """

    pk = models.CompositePrimaryKey("key", "listing_id")
    key = models.CharField(max_length=600)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="keys_that_count")


class PaperLink(models.Model):
    """How a checkpoint is connected to a paper, and who says so."""

    class Role(models.TextChoices):
        INTRODUCES = "introduces", "introduces the architecture"
        RECIPE = "recipe", "describes the training"
        MENTIONED = "mentioned", "named by the source"

    pretrained = models.ForeignKey(
        PretrainedModel, on_delete=models.CASCADE, related_name="paper_links"
    )
    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="links")
    listing = models.ForeignKey(
        Listing, on_delete=models.CASCADE, related_name="paper_links", db_index=False
    )
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MENTIONED)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "paper"], name="paper_once_per_listing")
        ]
