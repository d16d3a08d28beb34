"""Ways to narrow checkpoints down; each reads aloud and can be chained."""

from typing import Self

from django.db import models

from catalog import search


class PretrainedModelQuerySet(models.QuerySet["PretrainedModel"]):  # type: ignore[name-defined]
    """Narrowing of `PretrainedModel`."""

    def published(self) -> Self:
        """Checkpoints that stand for themselves: neither merged into another, nor gone from every source,
        nor known from measurements alone."""
        return self.filter(merged_into=None, gone_since=None).exclude(sources=[])

    def matching(self, words: str) -> Self:
        """Checkpoints in whose name, architecture, family or other words all of these occur."""
        return self.filter(search.matches(words))

    def newest_first(self) -> Self:
        """Those that came into the catalogue last, first."""
        return self.order_by("-created_at", "slug")
