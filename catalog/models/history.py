"""What changed when, and what staff decided about who is the same."""

from django.conf import settings
from django.db import models
from django.utils import timezone

from catalog.keys import LONGEST_ID
from catalog.models.checkpoints import PretrainedModel
from catalog.models.sources import Source


class Change(models.Model):
    """One resolved value of a checkpoint became another one; written by `catalog.resolve`."""

    pretrained = models.ForeignKey(
        PretrainedModel, on_delete=models.CASCADE, related_name="changes"
    )
    field = models.CharField(max_length=60, help_text="a column of PretrainedModel")
    old = models.JSONField(null=True)
    new = models.JSONField(null=True)
    at = models.DateTimeField()
    now_by = models.ForeignKey(
        Source,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="who is believed since then, where that is all that changed",
    )

    class Meta:
        indexes = [
            # The model page and the catalogue as of a date: one checkpoint's changes in order.
            models.Index(fields=["pretrained", "at"], name="change_of_pretrained"),
            # The feed: what changed last.
            models.Index(fields=["-at"], name="change_latest"),
        ]


class KeyCorrection(models.Model):
    """A decision of staff about one identity key of one listing; it outlives every later harvest.

    `refuse` undoes a join: the key does not count for this listing any more. `add` joins: listings that
    are given the same key describe the same checkpoint.
    """

    class Verb(models.TextChoices):
        REFUSE = "refuse", "does not identify it"
        ADD = "add", "identifies it too"

    source = models.ForeignKey(Source, on_delete=models.PROTECT, related_name="+")
    external_id = models.CharField(max_length=LONGEST_ID)
    key = models.CharField(max_length=600)
    verb = models.CharField(max_length=10, choices=Verb.choices)
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id", "key"], name="correction_once_per_key"
            )
        ]
