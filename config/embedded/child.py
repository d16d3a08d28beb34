"""One program under supervision: how it is started, heard, and ended with everything it started."""

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from config.embedded.privileges import die_with

LONGEST_LINE = 16_384  # bytes; what is longer is broken up
STEADY_SECONDS = 60.0
CRASHES_ALLOWED = 5
LONGEST_PAUSE = 8.0


@dataclass(frozen=True)
class Service:
    """A program and how it wants to be treated."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals | None = None
    """What it gets when the supervisor is killed; `stop_signal` unless said otherwise."""
    stop_seconds: float = 10.0
    """How long after `stop_signal` it is killed."""
    before: Callable[[], None] = lambda: None
    """Called in the supervisor before each start: clears what a crash left."""
    enter: Callable[[], None] | None = None
    """Called in the child before exec."""
    once: bool = False
    """A step that ends by itself: not restarted, whatever its exit status."""


@dataclass
class Child:
    """A service's process, while there is one, and what became of those before."""

    service: Service
    process: subprocess.Popen[bytes] | None = None
    crashes: deque[float] = field(default_factory=deque)
    restart_at: float | None = None
    status: int | None = None
    kill_at: float | None = None
    unfinished: bytes = b""
    output: int = -1

    def start(self) -> None:
        """Start the program in a session of its own, its output in a pipe that we read."""
        self.service.before()
        self.restart_at = self.kill_at = self.status = None
        self.output, theirs = os.pipe()
        os.set_blocking(self.output, False)
        try:
            self.process = subprocess.Popen(
                self.service.command,
                env=dict(self.service.environment),
                stdin=subprocess.DEVNULL,
                stdout=theirs,
                stderr=theirs,
                start_new_session=True,
                preexec_fn=partial(self._before_exec, os.getpid()),
            )
        finally:
            os.close(theirs)

    def _before_exec(self, supervisor: int) -> None:
        if self.service.enter:
            self.service.enter()  # first: a change of identity forgets the wish made next
        die_with(supervisor, self.service.death_signal or self.service.stop_signal)

    def lines(self) -> list[str]:
        """What the program has written since the last call, in whole lines."""
        while self.output >= 0:
            try:
                chunk = os.read(self.output, 65_536)
            except BlockingIOError:
                break
            if not chunk:
                self.close_output()
                break
            self.unfinished += chunk
        *whole, self.unfinished = self.unfinished.split(b"\n")
        if self.output < 0 or len(self.unfinished) > LONGEST_LINE:
            whole, self.unfinished = [*whole, self.unfinished], b""
        return [line.decode(errors="replace").rstrip() for line in whole if line.strip()]

    def close_output(self) -> None:
        if self.output >= 0:
            os.close(self.output)
            self.output = -1

    def ask_to_stop(self) -> None:
        """Send the stop signal and set the time at which patience ends."""
        self.restart_at = None
        if self.process:
            with suppress(ProcessLookupError):
                self.process.send_signal(self.service.stop_signal)
            self.kill_at = time.monotonic() + self.service.stop_seconds

    def kill(self) -> None:
        """Kill the program and whatever it started in its session."""
        if self.process:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def reap(self) -> bool:
        """Whether the program has ended since the last call; then nothing of it is left."""
        if self.process is None:
            return False
        status = self.process.poll()
        if status is None:
            return False
        self.kill()  # granian's worker outlives its parent and keeps the port
        self.status, self.process = status, None
        return True

    def pause_before_restart(self) -> float | None:
        """Seconds to wait after a crash that has just happened; None when there were too many."""
        now = time.monotonic()
        self.crashes.append(now)
        while self.crashes[0] < now - STEADY_SECONDS:
            self.crashes.popleft()
        if len(self.crashes) >= CRASHES_ALLOWED:
            return None
        return min(LONGEST_PAUSE, 0.5 * 2 ** (len(self.crashes) - 1))


def describe_end(status: int) -> str:
    """An exit status in words: "was killed by SIGKILL", "ended with status 1"."""
    if status < 0:
        return f"was killed by {signal.Signals(-status).name}"
    return f"ended with status {status}"
