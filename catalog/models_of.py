"""The checkpoints that another thing's page points to: how many there are, the first of them, and where all are."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.db.models import F
from django.urls import reverse

from catalog import vocabulary
from catalog.models import PretrainedModel
from catalog.querysets import PretrainedModelQuerySet
from catalog.tallies import tally

SHOWN = 10


@dataclass(frozen=True)
class ModelsOf:
    """`rows` are the best of `total`; `url` shows all of them on the browse page."""

    rows: Sequence[PretrainedModel]
    total: int
    url: str

    @property
    def has_more(self) -> bool:
        return self.total > len(self.rows)


def models_of(rows: PretrainedModelQuerySet, **filters: str) -> ModelsOf:
    """The published ones among `rows`, which are what the browse page finds with `filters`. Two queries."""
    published = rows.published()
    best = published.order_by(F("top1").desc(nulls_last=True), "slug").only(*FIELDS)[:SHOWN]
    shown = list(best)
    total = len(shown) if len(shown) < SHOWN else published.count()
    return ModelsOf(shown, total, browse_url(**filters))


def tasks_of(rows: PretrainedModelQuerySet, **filters: str) -> list[tuple[str, int, str]]:
    """(task in words, published models, where they are), most first; one query."""
    found = tally(rows.published(), "task")
    return [
        (
            vocabulary.task(task) or "unknown",
            number,
            browse_url(**filters, task=task or "unknown"),
        )
        for task, number in found.items()
    ]


def browse_url(**filters: Any) -> str:
    """The address of the browse page with these filters; `_` in a name stands for `-`."""
    query = urlencode(
        {name.replace("_", "-"): value for name, value in filters.items()}, safe=".,:/"
    )
    return f"{reverse('catalog:browse')}?{query}"


FIELDS = (
    "slug", "name", "task", "top1", "parameters", "size_bytes", "input_size", "license",
    "commercial_use", "sources", "datasets",
)  # fmt: skip
