"""manage.py meanings: what models are about, as vectors; beat does the same step by step."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from catalog.alone import AlreadyAtWork
from catalog.meaning.encoder import NoEncoder
from catalog.meaning.making import make_meanings


class Command(BaseCommand):
    help = (
        "Makes vectors of what is said of models that are new or have changed, until none is left."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        began, texts = time.monotonic(), 0
        try:
            while (made := make_meanings()).looked_at:
                texts += made.texts
                self.stdout.write(
                    f"{texts:,} texts became vectors in {time.monotonic() - began:.0f} s."
                )
        except (AlreadyAtWork, NoEncoder) as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write("Nothing is left to do.")
