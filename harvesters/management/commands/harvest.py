"""manage.py harvest: read sources into the catalogue, here or in the background."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalog.models import Source
from harvesters import services, tasks
from harvesters.about import about
from harvesters.clock import database_now
from harvesters.engine import AlreadyRunning, AskedToWait, Wishes, summary
from harvesters.models import HarvestRun
from harvesters.sources import SOURCES

_INTERRUPTED = 130  # what a shell reports after Ctrl-C
_FIRST_DAY = date(1990, 1, 1)  # nothing that is read is older


def _takes_dates(name: str) -> bool:
    harvested = SOURCES[name]()
    return harvested.has_increments and about(harvested).is_dated


def _day(given: str) -> date:
    try:
        day = date.fromisoformat(given)
    except ValueError as problem:
        raise CommandError(
            f"--since takes a date such as 2026-11-01, not {given!r:.40}."
        ) from problem
    today = database_now().date()
    if not _FIRST_DAY <= day <= today:
        raise CommandError(
            f"--since takes a day from {_FIRST_DAY} to today, {today} in UTC, not {day}."
        )
    return day


class Command(BaseCommand):
    help = (
        "Reads sources into the catalogue: harvest timm torchvision, or harvest --all. A source that staff paused "
        "is read here when it is named, and stays paused; --all, --if-empty and --background leave it alone."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("sources", nargs="*", metavar="SOURCE", help=", ".join(SOURCES))
        parser.add_argument("--all", action="store_true", help="every source, the quick ones first")
        parser.add_argument(
            "--if-empty", action="store_true", help="only what was never read to its end"
        )
        parser.add_argument("--background", action="store_true", help="through the queue")
        parser.add_argument(
            "--since", metavar="DATE", help="only what changed since then, such as 2026-11-01"
        )
        parser.add_argument(
            "--limit", type=int, metavar="N", help="stop after N records; the next run goes on"
        )
        parser.add_argument(
            "--full", action="store_true", help="begin anew and read everything, not only changes"
        )
        parser.add_argument(
            "--accept-gone",
            action="store_true",
            help="believe the source that what it no longer lists is gone, however much that is",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = self._names(options)
        wishes = self._wishes(names, options)
        if options["if_empty"]:
            names = services.never_read(names)
            if not names:
                self.stdout.write("Every source has been read before; nothing was harvested.")
        ordered = services.in_order(names if options["sources"] else self._without_paused(names))
        if options["background"]:
            self._make_due(ordered, wishes, are_named=bool(options["sources"]))
            return
        try:
            states = [self._harvest(name, wishes, is_alone=len(ordered) == 1) for name in ordered]
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped; the next run goes on from the last page.", returncode=_INTERRUPTED
            ) from None
        if HarvestRun.State.FAILED in states:
            raise CommandError("A harvest failed; the lines above say why.")

    def _names(self, options: dict[str, Any]) -> list[str]:
        unknown = [name for name in options["sources"] if name not in SOURCES]
        if unknown:
            raise CommandError(f"No source {unknown[0]!r}; there are: {', '.join(SOURCES)}.")
        if options["all"] and options["sources"]:
            raise CommandError("Name sources or give --all, not both.")
        if options["all"] or (options["if_empty"] and not options["sources"]):
            return list(SOURCES)
        if not options["sources"]:
            raise CommandError(f"Name a source or --all; there are: {', '.join(SOURCES)}.")
        return list(options["sources"])

    def _wishes(self, names: list[str], options: dict[str, Any]) -> Wishes:
        since, limit = options["since"] or "", options["limit"]
        if limit is not None and limit < 1:
            raise CommandError(f"--limit takes a number from 1, not {limit}.")
        if since and options["full"]:
            raise CommandError("--since and --full contradict each other; give one of them.")
        if since:
            since = _day(since).isoformat()
            whole = [name for name in names if not _takes_dates(name)]
            if whole:
                raise CommandError(
                    f"{', '.join(whole)} cannot be asked for what changed; leave --since out."
                )
        if options["accept_gone"] and not options["full"]:
            raise CommandError("--accept-gone takes a walk through everything: give --full too.")
        return Wishes(
            since=since, limit=limit, full=options["full"], accepts_gone=options["accept_gone"]
        )

    def _without_paused(self, names: list[str]) -> list[str]:
        """Who named no source did not wish for a paused one."""
        kept = services.not_paused(names)
        if len(kept) < len(names):
            left = ", ".join(name for name in names if name not in kept)
            self.stdout.write(f"Paused, so left alone: {left}.")
        return kept

    def _make_due(self, names: list[str], wishes: Wishes, *, are_named: bool) -> None:
        if wishes != Wishes():
            raise CommandError(
                "--since, --limit, --full and --accept-gone work without --background only."
            )
        services.add_schedules()
        sources, due, refusals = Source.objects.in_bulk(names), [], []
        for name in names:
            try:
                services.ask_for_run(sources[name])
                due.append(name)
            except services.NotStarted as problem:
                refusals.append(str(problem))
        if are_named and refusals and not due:
            raise CommandError(" ".join(refusals))
        for refusal in refusals:
            self.stdout.write(refusal)
        if due:
            tasks.watch.delay()
            self.stdout.write(f"Due now: {', '.join(due)}. Progress is shown on /sources/.")

    def _harvest(self, name: str, wishes: Wishes, *, is_alone: bool) -> str:
        if not services.not_paused([name]):
            self.stdout.write(
                f"{name} is paused: it is read because you named it, and stays paused."
            )
        try:
            run = services.harvest_source(name, wishes)
        except (AlreadyRunning, AskedToWait) as problem:
            if is_alone:
                raise CommandError(str(problem)) from problem
            self.stdout.write(f"{name}: {problem}")
            return ""
        if is_alone and run.state == HarvestRun.State.NOT_SET_UP:
            raise CommandError(run.message)
        self.stdout.write(f"{name}: {summary(run)}")
        return run.state
