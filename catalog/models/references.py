"""What checkpoints point to and what has a page of its own: papers, repositories, data sets.

Each is what `catalog.references` made of the listings that sources gave of it; empty or null means unknown.
"""

import re

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.urls import reverse

from catalog.keys import LONGEST_ID
from catalog.models.sources import Sighted, Source


class Paper(models.Model):
    """A paper. `key` is its arXiv id without version (`1512.03385`), else `doi:...`, else `title:...`."""

    key = models.CharField(unique=True, max_length=250)
    title = models.CharField(max_length=500, blank=True)
    abstract = models.TextField(blank=True)
    authors = ArrayField(models.CharField(max_length=200), default=list)
    categories = ArrayField(models.CharField(max_length=40), default=list)
    tasks = ArrayField(models.CharField(max_length=100), default=list)
    methods = ArrayField(models.CharField(max_length=100), default=list)
    published = models.DateField(null=True)
    updated = models.DateField(null=True, help_text="its latest version")
    versions = models.JSONField(default=list, help_text='[{"version": "v1", "date": ...}]')
    venue = models.CharField(max_length=300, blank=True, help_text="conference or journal")
    doi = models.CharField(max_length=200, blank=True)
    comment = models.TextField(blank=True, help_text="of its authors, as arXiv shows it")
    url = models.URLField(max_length=500, blank=True)
    search_vector = SearchVectorField(null=True)

    class Meta:
        indexes = [
            # Papers page: full-text search.
            GinIndex(fields=["search_vector"], name="paper_search"),
        ]

    def __str__(self) -> str:
        if self.title or not self.key.startswith("title:"):
            return self.title or (f"arXiv:{self.key}" if self.arxiv_id else self.key)
        if self.key.startswith("title:paperswithcode-"):
            return "Untitled paper"  # the rest of the key is the name of its page there
        words, _, year = self.key.removeprefix("title:").rpartition("-")
        return f"{words.replace('-', ' ').capitalize()} ({year})"

    def get_absolute_url(self) -> str:
        return reverse("catalog:paper", args=[self.key])

    @property
    def arxiv_id(self) -> str:
        """Its arXiv id without version, empty if it is not on arXiv."""
        return self.key if re.fullmatch(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}", self.key) else ""

    @property
    def arxiv_url(self) -> str:
        return f"https://arxiv.org/abs/{self.arxiv_id}" if self.arxiv_id else ""

    @property
    def doi_url(self) -> str:
        return f"https://doi.org/{self.doi}" if self.doi else ""


class SimilarPapers(models.Model):
    """The papers whose words are most like those of one paper; worked out in the background."""

    paper = models.OneToOneField(
        Paper, primary_key=True, on_delete=models.CASCADE, related_name="similar"
    )
    others = ArrayField(models.BigIntegerField(), help_text="primary keys, the most similar first")
    scores = ArrayField(models.FloatField(), help_text="cosine of each, 0 to 1")
    worked_out = models.DateTimeField()


class PaperListing(Sighted):
    """One source's record of a paper."""

    paper = models.ForeignKey(Paper, on_delete=models.PROTECT, related_name="listings")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="paper_listing_once_per_source"
            )
        ]


class Repository(models.Model):
    """A source-code repository, known by its lower-case GitHub full name (`facebookresearch/convnext`)."""

    full_name = models.CharField(unique=True, max_length=200)
    github_id = models.BigIntegerField(unique=True, null=True, help_text="stays when it is renamed")
    description = models.TextField(blank=True)
    homepage = models.URLField(max_length=500, blank=True)
    license = models.CharField(
        max_length=100, blank=True, help_text="of the code; id in catalog/licenses.toml"
    )
    language = models.CharField(max_length=60, blank=True, help_text="programming language")
    topics = ArrayField(models.CharField(max_length=60), default=list)
    stars = models.IntegerField(null=True)
    forks = models.IntegerField(null=True)
    created = models.DateTimeField(null=True)
    pushed_at = models.DateTimeField(null=True)
    is_archived = models.BooleanField(null=True)
    publishes_weights = models.BooleanField(
        null=True, help_text="found as, or known to be, a publisher of pretrained models"
    )
    weights_files = models.JSONField(
        default=list,
        help_text='of its releases: [{"release", "name", "bytes", "downloads", "url", "sha256"?}]',
    )
    renamed_to = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="former_names"
    )
    tasks = ArrayField(
        models.CharField(max_length=60),
        default=list,
        help_text="of the checkpoints that name it, and those that its topics name",
    )
    frameworks = ArrayField(
        models.CharField(max_length=60),
        default=list,
        help_text="of its checkpoints, in its topics, name or description, or stated with a paper",
    )
    search_vector = SearchVectorField(null=True)

    class Meta:
        indexes = [
            # Repositories page: full-text search.
            GinIndex(fields=["search_vector"], name="repository_search"),
        ]

    def __str__(self) -> str:
        return self.full_name

    def get_absolute_url(self) -> str:
        return reverse("catalog:repository", args=[self.full_name])

    @property
    def github_url(self) -> str:
        return f"https://github.com/{self.full_name}"


class RepositoryListing(Sighted):
    """One source's record of a repository; the external id is its stable number where there is one."""

    repository = models.ForeignKey(Repository, on_delete=models.PROTECT, related_name="listings")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="repository_listing_once_per_source"
            )
        ]


class PaperRepository(models.Model):
    """That a repository implements a paper, and which listing of the paper or repository says so."""

    paper = models.ForeignKey(Paper, on_delete=models.CASCADE, related_name="repository_links")
    repository = models.ForeignKey(Repository, on_delete=models.CASCADE, related_name="paper_links")
    source = models.ForeignKey(Source, on_delete=models.PROTECT)
    stated_by = models.CharField(
        max_length=LONGEST_ID, help_text="external id of the listing that states it, at its source"
    )
    is_official = models.BooleanField(null=True)
    framework = models.CharField(max_length=30, blank=True)
    note = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "stated_by", "paper", "repository"],
                name="paper_repository_once_per_statement",
            )
        ]


class Organization(models.Model):
    """How an organisation writes its own name, where its slug does not say it: `thebloke`, TheBloke."""

    slug = models.CharField(primary_key=True, max_length=100)
    name = models.CharField(max_length=100)

    def __str__(self) -> str:
        return self.name


class Dataset(models.Model):
    """A data set that models are trained or tested on, known by a slug of `catalog.vocabulary.DATASETS`
    or made from its name (`imagenet-1k`)."""

    slug = models.CharField(unique=True, max_length=150)
    title = models.CharField(max_length=200, blank=True)
    aliases = ArrayField(
        models.CharField(max_length=200), default=list, help_text="ids and names at its sources"
    )
    description = models.TextField(blank=True)
    homepage = models.URLField(max_length=500, blank=True)
    license = models.CharField(max_length=100, blank=True, help_text="id in catalog/licenses.toml")
    license_text = models.CharField(max_length=200, blank=True, help_text="as its source writes it")
    size_bytes = models.BigIntegerField(null=True)
    examples = models.BigIntegerField(null=True, help_text="rows, pictures, clips ...")
    size_category = models.CharField(
        max_length=30, blank=True, help_text="as the hub rounds it: 1M<n<10M"
    )
    tasks = ArrayField(models.CharField(max_length=100), default=list)
    modalities = ArrayField(models.CharField(max_length=60), default=list)
    languages = ArrayField(models.CharField(max_length=20), default=list)
    downloads = models.BigIntegerField(null=True)
    likes = models.BigIntegerField(null=True)
    introduced = models.DateField(null=True)
    paper = models.ForeignKey(
        Paper, null=True, blank=True, on_delete=models.SET_NULL, related_name="datasets"
    )

    def __str__(self) -> str:
        return self.title or self.slug

    def get_absolute_url(self) -> str:
        return reverse("catalog:dataset", args=[self.slug])


class DatasetListing(Sighted):
    """One source's record of a data set."""

    dataset = models.ForeignKey(Dataset, on_delete=models.PROTECT, related_name="listings")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], name="dataset_listing_once_per_source"
            )
        ]
