"""Where facts come from, and what every source's record of anything has in common."""

from django.db import models

from catalog.keys import LONGEST_ID


class Source(models.Model):
    """A place that publishes facts, such as timm, the Hugging Face Hub or arXiv."""

    class Kind(models.TextChoices):
        LIBRARY = "library", "library"
        HUB = "hub", "hub"
        FOLDER = "folder", "folder"
        MEASUREMENT = "measurement", "measurement"
        PAPERS = "papers", "papers"
        REPOSITORIES = "repositories", "repositories"
        DATASETS = "datasets", "data sets"

    name = models.CharField(primary_key=True, max_length=50)
    title = models.CharField(max_length=100)
    homepage = models.URLField(blank=True, max_length=500)
    kind = models.CharField(max_length=20, choices=Kind.choices)

    def __str__(self) -> str:
        return self.title


class Sighted(models.Model):
    """One source's record of one thing. Never deleted: what vanishes upstream is marked gone.

    `facts` maps a field's name to {"value": ..., "note": how the source knows it}. A claim on a page is
    one such fact with this record's source and date.
    """

    # Each table's constraint on (source, external_id) begins with it: an index of its own adds nothing.
    source = models.ForeignKey(
        Source, on_delete=models.PROTECT, related_name="%(class)ss", db_index=False
    )
    external_id = models.CharField(max_length=LONGEST_ID)
    url = models.URLField(max_length=500, blank=True)
    version = models.CharField(
        max_length=60, blank=True, help_text="of what was read, e.g. timm 1.0.31"
    )
    facts = models.JSONField(default=dict)
    content_hash = models.CharField(max_length=64)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    changed_at = models.DateTimeField(help_text="when the content last became another one")
    gone_since = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.source_id}/{self.external_id}"

    @property
    def was_never_there(self) -> bool:
        """Whether the source was asked for it and said that it has no such thing, at `last_seen`."""
        return not self.content_hash
