"""What was read when: runs, where the next one goes on, and what could not be understood."""

from django.db import models

from catalog.keys import LONGEST_ID
from catalog.models import Source


class HarvestRun(models.Model):
    """One walk through a source. `seen = created + updated + unchanged + rejected` at every moment."""

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"
        PARTIAL = (
            "partial",
            "partial",
        )  # stopped on the way; the next run goes on from the checkpoint
        UNREACHABLE = "unreachable", "unreachable"  # the source did not answer at all
        NOT_SET_UP = "not set up", "not set up"  # a setting that it cannot be read without is empty
        FAILED = "failed", "failed"

    class Kind(models.TextChoices):
        FULL = "full", "full"
        INCREMENTAL = "incremental", "what changed"

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="runs")
    kind = models.CharField(max_length=20, choices=Kind.choices, default=Kind.FULL)
    state = models.CharField(max_length=20, choices=State.choices, default=State.RUNNING)
    limit = models.IntegerField(null=True, help_text="records after which it was told to stop")
    started_at = models.DateTimeField()
    heartbeat_at = models.DateTimeField(help_text="last page committed")
    ended_at = models.DateTimeField(null=True)
    expected = models.IntegerField(null=True, help_text="records the source announces, if it does")
    pages = models.IntegerField(default=0)
    seen = models.IntegerField(default=0)
    created = models.IntegerField(default=0)
    updated = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    rejected = models.IntegerField(default=0)
    gone = models.IntegerField(default=0)
    message = models.CharField(max_length=500, blank=True)

    class Meta:
        indexes = [
            # The sources page shows each source's latest runs.
            models.Index(fields=["source", "-started_at"], name="run_latest"),
        ]

    @property
    def seconds(self) -> float:
        """How long it took, or has taken until its last page."""
        return ((self.ended_at or self.heartbeat_at) - self.started_at).total_seconds()

    @property
    def rate(self) -> float | None:
        """Records per second, None where there were none or no time passed."""
        return self.seen / self.seconds if self.seen and self.seconds > 0 else None


class Checkpoint(models.Model):
    """Where a source's next run goes on; written in the same transaction as the rows of its page."""

    source = models.OneToOneField(
        Source, primary_key=True, on_delete=models.CASCADE, related_name="checkpoint"
    )
    run = models.ForeignKey(HarvestRun, null=True, on_delete=models.SET_NULL)
    cursor = models.TextField(blank=True, help_text="empty: the last walk was completed")
    kind = models.CharField(
        max_length=20, choices=HarvestRun.Kind.choices, default=HarvestRun.Kind.FULL
    )
    watermark = models.CharField(
        max_length=100, blank=True, help_text="what the last completed walk has covered"
    )
    next_watermark = models.CharField(
        max_length=100, blank=True, help_text="the same of the walk under way"
    )
    walk_started_at = models.DateTimeField(
        help_text="a completed walk marks listings gone that were last seen before"
    )
    updated_at = models.DateTimeField()
    not_before = models.DateTimeField(
        null=True, help_text="the source asked to be left alone until then"
    )
    since = models.CharField(
        max_length=100, blank=True, help_text="a watermark that somebody gave this walk alone"
    )
    stuck = models.IntegerField(
        default=0, help_text="runs in a row that could not understand the page at the cursor"
    )
    taken = models.IntegerField(
        default=0, help_text="records that the walk under way took, in all of its runs"
    )
    completed_at = models.DateTimeField(null=True, help_text="end of the last completed walk")
    full_at = models.DateTimeField(null=True, help_text="end of the last completed full walk")
    # Counting three million rows takes seconds, so it is done at the end of a run, not for a page.
    counts = models.JSONField(default=dict, help_text='{"models": listed, "papers": listed, ...}')
    gone = models.IntegerField(default=0, help_text="records that the source has no more")
    absent = models.IntegerField(
        default=0, help_text="what the source was asked for, since others name it, and never had"
    )
    listings = models.BigIntegerField(
        default=0, help_text="listings of models, gone ones too, of which increments count on"
    )
    listings_to = models.BigIntegerField(default=0, help_text="highest primary key among those")


class RejectedRecord(models.Model):
    """A record that could not be understood, kept raw with its reason until it can."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="rejected")
    external_id = models.CharField(max_length=LONGEST_ID)
    run = models.ForeignKey(HarvestRun, null=True, on_delete=models.SET_NULL)
    reason = models.CharField(max_length=500)
    group = models.CharField(
        max_length=200,
        blank=True,
        help_text="the reason without what differs from record to record",
    )
    raw = models.TextField(
        help_text="the body of a page with this entry alone, or a record as JSON"
    )
    is_record = models.BooleanField(
        default=False, help_text="the source understood it, the catalogue could not store it"
    )
    version = models.CharField(max_length=60, blank=True, help_text="of what was read")
    attempts = models.IntegerField(default=1)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="rejected_once_per_source"
            )
        ]
        indexes = [
            # A source's page counts and lists its rejected records by reason.
            models.Index(fields=["source", "group"], name="rejected_by_reason"),
        ]


class Schedule(models.Model):
    """When a source is read by itself. Staff may change it; a run's end plans the next one."""

    class Every(models.IntegerChoices):
        HOUR = 1, "hour"
        SIX_HOURS = 6, "6 hours"
        DAY = 24, "day"
        THREE_DAYS = 72, "3 days"
        WEEK = 168, "week"
        MONTH = 720, "30 days"

    source = models.OneToOneField(
        Source, primary_key=True, on_delete=models.CASCADE, related_name="schedule"
    )
    every = models.IntegerField(
        choices=Every.choices, null=True, blank=True, help_text="empty: only when somebody asks"
    )
    full_every = models.IntegerField(
        choices=Every.choices, null=True, blank=True,
        help_text="how often everything is read again, not only what changed; empty: never",
    )  # fmt: skip
    paused = models.BooleanField(default=False)
    next_due = models.DateTimeField(null=True, blank=True)
    claimed_until = models.DateTimeField(
        null=True, editable=False, help_text="it was sent to a worker, who has until then to begin"
    )

    class Meta:
        indexes = [
            # The watch looks for what is due, every minute.
            models.Index(fields=["next_due"], name="schedule_due"),
        ]

    def __str__(self) -> str:
        return f"{self.source_id}, {self.get_every_display() or 'by hand'}"


class HostPace(models.Model):
    """When a host that asks for a pace may be asked again, by any process of any machine of the site."""

    host = models.CharField(primary_key=True, max_length=255)
    free_at = models.DateTimeField()


class HttpCache(models.Model):
    """An answer that a server may later call unchanged; `key` is the hash of what was asked."""

    key = models.CharField(primary_key=True, max_length=64)
    url = models.CharField(max_length=2000)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [
            # Deletion of what nobody asks for any more.
            models.Index(fields=["asked_at"], name="http_cache_age"),
        ]


class Lookup(models.Model):
    """That somebody opened a model's page, so that its hub was asked for what its list does not tell."""

    external_id = models.CharField(primary_key=True, max_length=LONGEST_ID)
    asked_at = models.DateTimeField()

    class Meta:
        indexes = [
            # How many were asked for within the hour, and deletion of the old ones.
            models.Index(fields=["asked_at"], name="lookup_age"),
        ]
