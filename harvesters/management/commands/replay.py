"""manage.py replay: try rejected records again, without the network."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from harvesters.engine import AlreadyRunning
from harvesters.replaying import replay
from harvesters.sources import SOURCES


class Command(BaseCommand):
    help = "Tries the rejected records of sources again from what was kept of them: replay timm."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sources", nargs="*", metavar="SOURCE", help=", ".join(SOURCES))
        parser.add_argument("--all", action="store_true", help="every source")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["all"] and options["sources"]:
            raise CommandError("Name sources or give --all, not both.")
        names = list(SOURCES) if options["all"] else options["sources"]
        unknown = [name for name in names if name not in SOURCES]
        if unknown or not names:
            wrong = f"No source {unknown[0]!r}" if unknown else "Name a source or --all"
            raise CommandError(f"{wrong}; there are: {', '.join(SOURCES)}.")
        for name in names:
            try:
                self.stdout.write(f"{name}: {replay(name)}")
            except AlreadyRunning as problem:
                raise CommandError(str(problem)) from problem
