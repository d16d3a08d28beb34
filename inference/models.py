"""One checkpoint on one uploaded image: a state machine that always ends."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from catalog.models import PretrainedModel


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
    visitor = models.CharField(max_length=64, help_text="who uploaded: a random id in the session")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL
    )
    address = models.GenericIPAddressField(
        null=True, help_text="for the rate limit; cleared on expiry"
    )
    image = models.CharField(max_length=200, help_text="storage key; empty once expired")
    image_name = models.CharField(max_length=200, blank=True)

    state = models.CharField(max_length=12, choices=State.choices, default=State.QUEUED)
    times = models.JSONField(default=dict, help_text="state -> ISO time it was entered, UTC")
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField(help_text="when image and result are deleted")

    # The lease: who works on it until when. Postgres's clock only.
    worker = models.CharField(max_length=100, blank=True)
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
        ]

    def get_absolute_url(self) -> str:
        return reverse("inference:trial", args=[self.id])

    @property
    def has_ended(self) -> bool:
        return self.state in self.ENDED
