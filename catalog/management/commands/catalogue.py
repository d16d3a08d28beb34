"""manage.py catalogue --as-of DAY: what the catalogue said at the end of a day, as CSV on standard output."""

import csv
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog import history


class Command(BaseCommand):
    help = "Writes every checkpoint with what was known of it at the end of a day (UTC) as CSV."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", required=True, metavar="DAY", help="such as 2026-10-01")

    def handle(self, *args: Any, **options: Any) -> None:
        day = history.read_day(options["as_of"])
        if day is None:
            raise CommandError(f"{options['as_of']!r} is no day up to today; write 2026-10-01.")
        rows = csv.writer(self.stdout)
        rows.writerow(("address", *history.COLUMNS, "changed since"))
        for past in history.all_past(history.end_of(day)):
            values = (past.values[name] for name in history.COLUMNS)
            rows.writerow((past.pretrained.slug, *values, " ".join(sorted(past.since))))
