"""manage.py index: build the facet index, or keep it up with Postgres until it is stopped."""

import signal
import subprocess
import sys
import threading
import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError, connection

from catalog.alone import AlreadyAtWork
from catalog.facets.models import MODELS
from catalog.index.following import rebuild, refresh
from catalog.index.state import state_of


class Command(BaseCommand):
    help = (
        "Builds the facet index anew. With --follow, keeps it up with Postgres until it is stopped."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        what = parser.add_mutually_exclusive_group()
        what.add_argument("--follow", action="store_true", help="look for changes for ever")
        what.add_argument("--check", action="store_true", help="only say how the index is")
        parser.add_argument(
            "--every", type=float, default=10, help="seconds between looks (default: 10)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["follow"]:
            return Follower(self, options["every"]).run()
        if options["check"]:
            return self._check()
        began = time.monotonic()
        try:
            number = rebuild(MODELS)
        except AlreadyAtWork as reason:
            raise CommandError(str(reason)) from None
        self.stdout.write(f"{number:,} models indexed in {time.monotonic() - began:.1f} s.")
        return None

    def _check(self) -> None:
        state = state_of(MODELS)
        if state.problem:
            raise CommandError(f"{state.words}.")
        self.stdout.write(f"{state.words}.")


class Follower:
    """Takes up changes here; a new base, which takes long, is built by a process of its own."""

    def __init__(self, command: Command, every: float) -> None:
        self._command, self._every = command, every
        self._stopped = threading.Event()
        self._building: subprocess.Popen[bytes] | None = None

    def run(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stopped.set())
        while not self._stopped.is_set():
            try:
                self._look()
            except (DatabaseError, OSError, ValueError, KeyError) as problem:
                # Postgres restarts, disks fill up: the index that is there goes on answering.
                self._command.stderr.write(f"The index could not be looked after: {problem}")
                connection.close()
            self._stopped.wait(self._every)
        if self._building and self._building.poll() is None:
            self._building.terminate()
            self._building.wait()

    def _look(self) -> None:
        found = refresh(MODELS)
        if found.rows:
            self._command.stdout.write(
                f"{found.rows:,} models have changed since the index was built."
            )
        if self._building and self._building.poll() is not None:
            self._building = None
        if found.is_due and not self._building:
            self._command.stdout.write("Building the index anew.")
            manage = [sys.executable, str(settings.BASE_DIR / "manage.py"), "index"]
            self._building = subprocess.Popen(manage)
