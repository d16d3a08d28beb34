"""manage.py completions: gather what the search box proposes, as the queue does every hour."""

import time
from typing import Any

from django.core.management.base import BaseCommand

from catalog.completions import gather_everything
from catalog.models import Completion, Word


class Command(BaseCommand):
    help = "Gathers the values, papers, models and words that the search box proposes."

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        gather_everything()
        took = time.monotonic() - began
        keys, words = Completion.objects.count(), Word.objects.count()
        self.stdout.write(f"{keys:,} keys and {words:,} words gathered in {took:.1f} s.")
