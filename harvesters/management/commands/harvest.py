"""manage.py harvest: read sources into the catalogue, here or in the background."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from harvesters import services, tasks
from harvesters.engine import AlreadyRunning, summary
from harvesters.models import HarvestRun
from harvesters.sources import SOURCES


class Command(BaseCommand):
    help = "Reads sources into the catalogue: harvest timm torchvision, or harvest --all."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sources", nargs="*", metavar="SOURCE", help=", ".join(SOURCES))
        parser.add_argument("--all", action="store_true", help="every source, the quick ones first")
        parser.add_argument(
            "--if-empty", action="store_true", help="only what was never read to its end"
        )
        parser.add_argument("--background", action="store_true", help="through the queue")

    def handle(self, *args: Any, **options: Any) -> None:
        names = self._names(options)
        if options["if_empty"]:
            names = services.never_read(names)
        if not names:
            self.stdout.write("Every source has been read before; nothing was harvested.")
            return
        quick, slow = services.in_order(names)
        if options["background"]:
            self._send([*quick, *slow])
            return
        states = [self._harvest(name) for name in (*quick, *slow)]
        if HarvestRun.State.FAILED in states:
            raise CommandError("A harvest failed; the lines above say why.")

    def _names(self, options: dict[str, Any]) -> list[str]:
        unknown = [name for name in options["sources"] if name not in SOURCES]
        if unknown:
            raise CommandError(f"No source {unknown[0]!r}; there are: {', '.join(SOURCES)}.")
        if options["all"] or (options["if_empty"] and not options["sources"]):
            return list(SOURCES)
        if not options["sources"]:
            raise CommandError(f"Name a source or --all; there are: {', '.join(SOURCES)}.")
        return list(options["sources"])

    def _send(self, names: list[str]) -> None:
        if set(names) == set(SOURCES):
            tasks.harvest_all.delay()
        else:
            for name in names:
                tasks.harvest.delay(name)
        self.stdout.write(f"Queued: {', '.join(names)}. Progress is shown on /sources/.")

    def _harvest(self, name: str) -> str:
        try:
            run = services.harvest_source(name)
        except AlreadyRunning as problem:
            raise CommandError(str(problem)) from problem
        self.stdout.write(f"{name}: {summary(run)}")
        return run.state
