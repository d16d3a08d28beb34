"""What was measured: results of checkpoints, results that papers publish, speeds of architectures."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from catalog.keys import LONGEST_ID
from catalog.models.checkpoints import Architecture, Listing, PretrainedModel
from catalog.models.references import Dataset, Paper
from catalog.models.sources import Sighted


class Evaluation(models.Model):
    """One measured result of a checkpoint, at one input size, as one listing states it."""

    pretrained = models.ForeignKey(
        PretrainedModel, on_delete=models.CASCADE, related_name="evaluations"
    )
    listing = models.ForeignKey(
        Listing, on_delete=models.CASCADE, related_name="evaluations", db_index=False
    )
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
        indexes = [
            # Data set page: the rows of one leaderboard. Data sets page: which have one.
            models.Index(fields=["dataset", "metric"], name="evaluation_board"),
        ]


class Leaderboard(Sighted):
    """One source's table of published results: one task on one data set."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="leaderboards")
    task = models.CharField(max_length=150, blank=True, help_text="as the source names it")
    metrics = ArrayField(
        models.CharField(max_length=100), default=list, help_text="the first one ranks"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="leaderboard_once_per_source"
            )
        ]


class PublishedResult(models.Model):
    """One value of one row of a leaderboard: a model by the name its paper gives it, without weights."""

    leaderboard = models.ForeignKey(Leaderboard, on_delete=models.CASCADE, related_name="results")
    row = models.IntegerField(help_text="place in the source's own table, from 0")
    model_name = models.CharField(max_length=300)
    metric = models.CharField(max_length=100)
    value = models.FloatField(null=True, help_text="in the metric's own unit; null: not a number")
    text = models.CharField(max_length=100, help_text="the value as the source writes it")
    paper = models.ForeignKey(
        Paper, null=True, blank=True, on_delete=models.SET_NULL, related_name="results"
    )
    paper_title = models.CharField(max_length=300, blank=True, help_text="as the source writes it")
    paper_url = models.URLField(max_length=500, blank=True)
    date = models.DateField(null=True)
    uses_additional_data = models.BooleanField(null=True)
    code_urls = models.JSONField(default=list, help_text='[{"title", "url"}]')
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["leaderboard", "row", "metric"], name="published_result_once_per_row"
            )
        ]


class Speed(models.Model):
    """How fast an architecture ran on one device, as one source measured it.

    Of all that were measured at one input size on one device, one `counts`: see `catalog.speeds`.
    """

    class Kind(models.TextChoices):
        INFERENCE = "inference", "inference"
        TRAINING = "training", "training"

    source = models.ForeignKey("catalog.Source", on_delete=models.PROTECT, related_name="speeds")
    external_id = models.CharField(max_length=LONGEST_ID)
    architecture = models.ForeignKey(Architecture, on_delete=models.PROTECT, related_name="speeds")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    device = models.CharField(max_length=100)
    precision = models.CharField(max_length=30, blank=True, help_text="float32, amp, bfloat16 ...")
    layout = models.CharField(max_length=10, blank=True, help_text="nchw or nhwc")
    is_compiled = models.BooleanField(null=True)
    software = models.CharField(max_length=100, blank=True, help_text="torch 2.9.1, CUDA 13.0")
    input_size = models.IntegerField(null=True, help_text="pixels, longer side")
    batch_size = models.IntegerField(null=True)
    images_per_second = models.FloatField()
    date = models.DateField(null=True, help_text="when it was measured or published")
    url = models.URLField(max_length=500, blank=True)
    note = models.CharField(max_length=300, blank=True)
    content_hash = models.CharField(max_length=64)
    last_seen = models.DateTimeField()
    gone_since = models.DateTimeField(null=True)
    counts = models.BooleanField(
        default=False,
        db_default=False,
        help_text="the one that stands for its architecture, input size and device",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "external_id"], name="speed_once_per_source"),
            # Browse: which models run how fast on the device that was chosen.
            models.UniqueConstraint(
                fields=["device", "architecture", "input_size"],
                condition=models.Q(counts=True),
                include=["images_per_second"],
                name="speed_that_counts",
            ),
        ]
