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
# What is no failure of a run through all sources: nobody asked for this one, and its schedule will.
_LEFT_FOR_LATER = (HarvestRun.State.PARTIAL, HarvestRun.State.NOT_SET_UP)


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
        "is read here when it is named, and stays paused; --all, --if-empty and --background leave it alone. "
        "Exits with 0 when all was read, or as far as somebody wished; with 1 when a source failed or did not "
        "answer, or when a named one broke off, was not set up or not started; with 130 after Ctrl-C."
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
        are_named = bool(options["sources"])
        if options["if_empty"]:
            names = self._never_read(names, are_named=are_named)
        ordered = services.in_order(names if are_named else self._without_paused(names))
        if options["background"]:
            self._make_due(ordered, wishes, are_named=are_named)
            return
        is_alone = are_named and len(ordered) == 1
        try:
            went = [
                self._harvest(name, wishes, is_named=are_named, is_alone=is_alone)
                for name in ordered
            ]
        except KeyboardInterrupt:
            raise CommandError(
                "Stopped; the next run goes on from the last page.", returncode=_INTERRUPTED
            ) from None
        if not all(went):
            raise CommandError("Not everything could be read; the lines above say why.")

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

    def _never_read(self, names: list[str], *, are_named: bool) -> list[str]:
        left = services.never_read(names)
        before = [name for name in names if name not in left]
        if before and are_named:
            has = "has" if len(before) == 1 else "have"
            self.stdout.write(f"{', '.join(before)} {has} been read before; left alone.")
        elif not left:
            self.stdout.write("Every source has been read before; nothing was harvested.")
        return left

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

    def _harvest(self, name: str, wishes: Wishes, *, is_named: bool, is_alone: bool) -> bool:
        """Read one source; returns whether that is a success by what `help` says of the status."""
        was_paused = not services.not_paused([name])
        if was_paused:
            self.stdout.write(
                f"{name} is paused: it is read because you named it, and stays paused."
            )
        try:
            run = services.harvest_source(name, wishes)
        except (AlreadyRunning, AskedToWait) as problem:
            if is_alone:
                raise CommandError(str(problem)) from problem
            self.stdout.write(f"{name}: {problem}")
            return not is_named
        if is_alone and run.state == HarvestRun.State.NOT_SET_UP:
            raise CommandError(run.message)
        self.stdout.write(f"{name}: {summary(run)}")
        is_broken_off = run.state == HarvestRun.State.PARTIAL
        is_by_wish = is_broken_off and not was_paused and not services.not_paused([name])
        is_later = not is_named and run.state in _LEFT_FOR_LATER
        return run.state == HarvestRun.State.DONE or is_by_wish or is_later
