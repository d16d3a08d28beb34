"""What is published: checkpoints, the listings that describe them, and what they point to.

"Model" alone means a Django model; one published checkpoint is a `PretrainedModel`.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.urls import reverse

from catalog.querysets import PretrainedModelQuerySet


class Source(models.Model):
    """A place that publishes facts about checkpoints, such as timm or torchvision."""

    class Kind(models.TextChoices):
        LIBRARY = "library", "library"
        HUB = "hub", "hub"
        FOLDER = "folder", "folder"
        MEASUREMENT = "measurement", "measurement"

    name = models.CharField(primary_key=True, max_length=50)
    title = models.CharField(max_length=100)
    homepage = models.URLField(blank=True, max_length=500)
    kind = models.CharField(max_length=20, choices=Kind.choices)

    def __str__(self) -> str:
        return self.title


class Architecture(models.Model):
    """A network without its weights, e.g. `resnet50`; checkpoints are trained instances of it."""

    name = models.CharField(unique=True, max_length=200)
    family = models.CharField(max_length=100, blank=True)

    def __str__(self) -> str:
        return self.name


class Paper(models.Model):
    """A paper, known by its arXiv id without version (`1512.03385`)."""

    arxiv_id = models.CharField(unique=True, max_length=30)
    title = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return self.title or f"arXiv:{self.arxiv_id}"


class Repository(models.Model):
    """A source-code repository, known by its lower-case GitHub full name (`facebookresearch/convnext`)."""

    full_name = models.CharField(unique=True, max_length=200)

    def __str__(self) -> str:
        return self.full_name


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
        unique=True, max_length=300, help_text="<source>/<external id> of its first listing"
    )
    merged_into = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged_from"
    )
    architecture = models.ForeignKey(
        Architecture, null=True, blank=True, on_delete=models.PROTECT, related_name="checkpoints"
    )
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.SET_NULL, related_name="children"
    )
    parent_relation = models.CharField(
        max_length=20, blank=True, help_text="quantized, fine-tuned, ..."
    )

    name = models.CharField(max_length=300)
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
    top1 = models.FloatField(null=True, help_text="percent, ImageNet-1k validation, headline value")
    top5 = models.FloatField(null=True, help_text="percent, ImageNet-1k validation, headline value")
    year = models.IntegerField(null=True, help_text="of the paper that introduces the architecture")
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

    search_text = models.TextField(blank=True, help_text="words of the full-text index")
    search_vector = SearchVectorField(null=True)
    gone_since = models.DateTimeField(null=True, help_text="every listing has vanished")
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(
        null=True, help_text="when a resolved value last became another one"
    )

    objects = PretrainedModelQuerySet.as_manager()

    class Meta:
        indexes = [
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


class Listing(models.Model):
    """One source's record of a checkpoint. Never deleted: one that vanishes upstream is marked gone.

    `facts` maps a field of `catalog.records.FIELDS` to {"value": ..., "note": how the source knows it}.
    A claim on a model page is one such fact with this listing's source and date.
    """

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="listings")
    external_id = models.CharField(max_length=250)
    pretrained = models.ForeignKey(
        PretrainedModel, on_delete=models.PROTECT, related_name="listings"
    )
    url = models.URLField(max_length=500, blank=True)
    version = models.CharField(
        max_length=60, blank=True, help_text="of what was read, e.g. timm 1.0.31"
    )
    facts = models.JSONField(default=dict)
    identity_keys = ArrayField(
        models.CharField(max_length=600),
        default=list,
        help_text="two listings that share one describe the same checkpoint",
    )
    parent_key = models.CharField(
        max_length=600,
        blank=True,
        help_text="identity key of the checkpoint this one was made from",
    )
    content_hash = models.CharField(max_length=64)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    changed_at = models.DateTimeField(help_text="when the content last became another one")
    gone_since = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="listing_once_per_source"
            )
        ]
        indexes = [
            # Upsert: which checkpoint do these identity keys belong to?
            GinIndex(fields=["identity_keys"], name="listing_identity_keys"),
            # Resolve: whose parent has just been listed?
            models.Index(
                fields=["parent_key"], name="listing_parent_key", condition=~models.Q(parent_key="")
            ),
            # End of a walk: which listings of this source were not seen?
            models.Index(fields=["source", "last_seen"], name="listing_last_seen"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}/{self.external_id}"


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
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="paper_links")
    role = models.CharField(max_length=20, choices=Role.choices, default=Role.MENTIONED)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["listing", "paper"], name="paper_once_per_listing")
        ]


class Evaluation(models.Model):
    """One measured result of a checkpoint, at one input size, as one listing states it."""

    pretrained = models.ForeignKey(
        PretrainedModel, on_delete=models.CASCADE, related_name="evaluations"
    )
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="evaluations")
    dataset = models.CharField(max_length=100)
    metric = models.CharField(max_length=60, help_text="top1, top5, box_map, miou, epe, ...")
    value = models.FloatField(help_text="in the metric's own unit; accuracies in percent")
    input_size = models.IntegerField(null=True, help_text="pixels, longer side")
    crop_pct = models.FloatField(null=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["listing", "dataset", "metric", "input_size", "crop_pct"],
                nulls_distinct=False,
                name="evaluation_once_per_listing",
            )
        ]
