"""Keeps services running: prefixed output, restarts with growing pauses, an orderly stop.

One thread and one loop: a process that dies with its parent is tied to the thread that started it,
and forking is safe only where no other thread runs.
"""

import os
import selectors
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self, TextIO

from config.embedded.child import CRASHES_ALLOWED, STEADY_SECONDS, Child, Service, describe_end
from config.embedded.environment import Refused
from config.embedded.orphans import remember

COLOURS = (36, 32, 33, 35, 34, 31)
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(Exception):
    """Somebody asked for the end, by signal `number`: Ctrl-C, SIGTERM, a closed terminal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Supervisor:
    """Use as a context manager; what runs inside is stopped on the way out, whatever happens."""

    def __init__(self, run_folder: Path, voice: TextIO | None = None) -> None:
        self.children: dict[str, Child] = {}
        self.run_folder = run_folder
        self.requests: list[int] = []
        self.stopping = False
        self.voice = voice or sys.stdout

    def __enter__(self) -> Self:
        self.before = {number: signal.signal(number, self._on_signal) for number in STOP_SIGNALS}
        # Wakes the loop up; without a handler of Python's, SIGCHLD would be ignored silently.
        self.before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self.waker, theirs = os.pipe()
        os.set_blocking(self.waker, False)
        os.set_blocking(theirs, False)
        signal.set_wakeup_fd(theirs, warn_on_full_buffer=False)
        self.waker_end = theirs
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        signal.set_wakeup_fd(-1)
        os.close(self.waker)
        os.close(self.waker_end)
        for number, handler in self.before.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self.requests.append(number)

    def start(self, *services: Service) -> None:
        """Start services; they are restarted when they end."""
        for service in services:
            child = self.children[service.name] = Child(service)
            child.start()
        self._remember()

    def run_to_end(self, service: Service) -> int:
        """Start a step that ends by itself, and wait for it. Returns its exit status."""
        self.start(service)
        child = self.children[service.name]
        self.wait_until(lambda: child.process is None)
        del self.children[service.name]
        return child.status or 0

    def wait_until(
        self, condition: Callable[[], bool], seconds: float = float("inf"), failure: str = ""
    ) -> None:
        """Keep everything going until `condition` holds.

        Raises StopRequested when asked to stop, Refused(failure) after `seconds`.
        """
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise Refused(failure)
            self.turn()

    def turn(self, longest: float = 0.1) -> None:
        """Wait a moment for output, an end, or a request, and deal with it."""
        with selectors.DefaultSelector() as selector:
            selector.register(self.waker, selectors.EVENT_READ)
            for child in self.children.values():
                if child.output >= 0:
                    selector.register(child.output, selectors.EVENT_READ)
            selector.select(longest)
        with suppress(BlockingIOError):
            os.read(self.waker, 4096)
        for child in list(self.children.values()):
            self._tend(child)
        if self.requests and not self.stopping:
            raise StopRequested(self.requests[-1])

    def _tend(self, child: Child) -> None:
        ended = child.reap()
        for line in child.lines():
            self.say(line, child.service.name)
        if ended:
            child.close_output()
            self._after_end(child)
        elif child.restart_at is not None and child.restart_at <= time.monotonic():
            child.start()
            self._remember()

    def _after_end(self, child: Child) -> None:
        if self.stopping or child.service.once:
            return
        name, end = child.service.name, describe_end(child.status or 0)
        pause = child.pause_before_restart()
        if pause is None:
            raise Refused(
                f"{name} {end}, for the {CRASHES_ALLOWED}th time within {STEADY_SECONDS:.0f} s. "
                f"Its last lines above say why"
            )
        child.restart_at = time.monotonic() + pause
        self.say(f"{name} {end}; starting it again in {pause:g} s")

    def stop(self, *names: str) -> None:
        """Stop the named services, or all: the site's parts first, then what they stand on."""
        self.stopping = True
        patience = max(1, len(self.requests))
        chosen = [child for name, child in self.children.items() if not names or name in names]
        base = [child for child in chosen if child.service.name in ("postgres", "valkey")]
        for group in ([child for child in chosen if child not in base], base):
            for child in group:
                child.ask_to_stop()
            while any(child.process for child in group):
                self.turn()
                for child in group:
                    impatient = len(self.requests) > patience
                    if impatient or (child.kill_at and child.kill_at < time.monotonic()):
                        child.kill()
        self._remember()
        self.stopping = False

    def say(self, line: str, name: str = "server") -> None:
        """Print a line with its speaker's name in front."""
        prefix = f"{name:<9}|"
        if self.voice.isatty():
            colour = COLOURS[sum(name.encode()) % len(COLOURS)]
            prefix = f"\033[{colour}m{prefix}\033[0m"
        try:
            print(prefix, line, file=self.voice, flush=True)
        except OSError:  # nobody listens any more (a closed pipe or terminal): stop in order
            self.requests.append(signal.SIGHUP)
            self.voice = open(os.devnull, "w")  # noqa: SIM115

    def _remember(self) -> None:
        running = [child for child in self.children.values() if child.process]
        remember(
            self.run_folder,
            [(c.service.name, c.process.pid, c.service.stop_signal) for c in running if c.process],
        )
