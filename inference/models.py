"""One checkpoint on one image: a state machine that always ends; and who is there to work on it."""

import uuid
from datetime import timedelta
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.urls import reverse

from catalog.models import PretrainedModel
from inference import examples


class TrialQuerySet(models.QuerySet["Trial"]):
    """Narrowing of `Trial`."""

    def open(self) -> Self:
        """Those that have not ended."""
        return self.filter(state__in=[Trial.State.QUEUED, *Trial.WORKING])

    def examples(self) -> Self:
        """Finished ones on an example picture: nobody's upload, so anybody may see them."""
        return self.filter(state=Trial.State.DONE).exclude(example="")


class Trial(models.Model):
    """A trial. The row is the truth; the Celery message only says that there may be something to do."""

    class State(models.TextChoices):
        QUEUED = "queued", "queued"
        FETCHING = "fetching", "fetching"
        LOADING = "loading", "loading"
        RUNNING = "running", "running"
        DONE = "done", "done"
        FAILED = "failed", "failed"
        CANCELLED = "cancelled", "cancelled"

    WORKING = (State.FETCHING, State.LOADING, State.RUNNING)
    ENDED = (State.DONE, State.FAILED, State.CANCELLED)

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    pretrained = models.ForeignKey(PretrainedModel, on_delete=models.PROTECT, related_name="trials")
    visitor = models.CharField(
        max_length=64, blank=True, help_text="who started it: a random id in the session"
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    address = models.GenericIPAddressField(
        null=True, help_text="for the rate limit; cleared on expiry"
    )
    image = models.CharField(
        max_length=200,
        blank=True,
        help_text="storage key of the pixels as PNG; empty for an example",
    )
    preview = models.CharField(
        max_length=200, blank=True, help_text="storage key of a small WebP for the page"
    )
    image_name = models.CharField(max_length=200, blank=True, help_text="as the visitor named it")
    example = models.CharField(
        max_length=60, blank=True, help_text="name in inference.examples, when nothing was uploaded"
    )

    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    times = models.JSONField(default=dict, help_text="state -> ISO time it was entered, UTC")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(help_text="when image and result are deleted")

    # The lease: who works on it until when. Postgres's clock only.
    worker = models.CharField(
        max_length=200, blank=True, help_text="token of one attempt: <worker>|<pid>|<random>"
    )
    lease_until = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)
    cancel_requested = models.BooleanField(default=False)

    fetched_bytes = models.BigIntegerField(null=True)
    fetch_total_bytes = models.BigIntegerField(null=True)
    error_code = models.CharField(max_length=40, blank=True)
    error = models.CharField(max_length=500, blank=True, help_text="a sentence a person can act on")
    result = models.JSONField(
        null=True,
        help_text="predictions, timings in ms, device, precision, preprocessing, reproduce; see "
        "inference.runtime.predict",
    )

    objects = TrialQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="trial_ended_has_end",
                condition=Q(state__in=["done", "failed", "cancelled"], ended_at__isnull=False)
                | Q(state__in=["queued", "fetching", "loading", "running"], ended_at=None),
            ),
            models.CheckConstraint(
                name="trial_done_has_result",
                condition=~Q(state="done") | Q(result__isnull=False),
            ),
            models.CheckConstraint(
                name="trial_failed_has_reason", condition=~Q(state="failed") | ~Q(error="")
            ),
            models.CheckConstraint(
                name="trial_one_picture",
                condition=Q(image="", preview="") ^ Q(example=""),
            ),
        ]
        indexes = [
            # Sweeper and queue position: the few trials that have not ended.
            models.Index(
                fields=["created_at"],
                name="trial_open",
                condition=Q(state__in=["queued", "fetching", "loading", "running"]),
            ),
            # Rate limit: how many trials has this visitor, this address started lately?
            models.Index(fields=["visitor", "created_at"], name="trial_by_visitor"),
            models.Index(fields=["address", "created_at"], name="trial_by_address"),
            # Model page: an example's result that is already there.
            models.Index(
                fields=["pretrained", "-ended_at"],
                name="trial_finished_example",
                condition=Q(state="done") & ~Q(example=""),
            ),
            # Expiry.
            models.Index(fields=["expires_at"], name="trial_expiry"),
        ]

    def get_absolute_url(self) -> str:
        return reverse("inference:trial", args=[self.id])

    @property
    def example_title(self) -> str:
        return examples.title_of(self.example)

    @property
    def example_path(self) -> str:
        """Of the example picture among the static files."""
        return examples.static_path(self.example)

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED


class InferenceWorkerQuerySet(models.QuerySet["InferenceWorker"]):
    """Narrowing of `InferenceWorker`."""

    def live(self) -> Self:
        """Those heard of within the last seconds, by Postgres's clock."""
        return self.filter(last_seen__gt=Now() - timedelta(seconds=InferenceWorker.SILENT_SECONDS))


class InferenceWorker(models.Model):
    """A worker that takes trials, as it last described itself."""

    BEAT_SECONDS = 2
    SILENT_SECONDS = 15

    name = models.CharField(primary_key=True, max_length=150, help_text="Celery's node name")
    last_seen = models.DateTimeField()
    device = models.CharField(
        max_length=100, blank=True, help_text="cpu, cuda:0 ...; empty until its runtime is up"
    )
    loaded = models.JSONField(default=list, help_text="keys of the checkpoints in memory")
    on_disk = models.JSONField(default=list, help_text="keys of the weights in its cache")

    objects = InferenceWorkerQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name
