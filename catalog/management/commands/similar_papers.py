"""manage.py similar_papers: which papers are like which, by the words of their titles and abstracts."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.alone import AlreadyAtWork
from catalog.similar import find_similar


class Command(BaseCommand):
    help = "Compares papers that are new or have changed with all others; --full compares all of them again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--full", action="store_true", help="compare all papers again")

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        try:
            compared = find_similar(full=options["full"])
        except AlreadyAtWork as problem:
            raise CommandError(str(problem)) from problem
        except ImportError as problem:
            raise CommandError(
                f"{problem}: papers are compared with scikit-learn; script/bootstrap web installs it."
            ) from problem
        self.stdout.write(f"{compared:,} papers compared in {time.monotonic() - began:.1f} s.")
