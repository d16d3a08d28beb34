"""manage.py search_words: write again by which words checkpoints are found, after the cutting of names has changed."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from catalog.models import PretrainedModel
from catalog.search import refresh_search

# Rows in one transaction: harvests and pages go on between two of them.
BATCH = 5_000


class Command(BaseCommand):
    help = "Cuts the names of all checkpoints again and writes the search columns that differ."

    def handle(self, *args: Any, **options: Any) -> None:
        began, last, seen, written = time.monotonic(), 0, 0, 0
        every = PretrainedModel.objects.order_by("pk").values_list("pk", flat=True)
        while pks := list(every.filter(pk__gt=last)[:BATCH]):
            written += refresh_search(pks)
            last, seen = pks[-1], seen + len(pks)
        took = time.monotonic() - began
        self.stdout.write(
            f"{seen:,} checkpoints in {took:.1f} s: {written:,} are found otherwise now."
        )
