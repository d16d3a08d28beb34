"""A server of `script/server` in a folder of its own, and ways to look at its processes."""

import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from pathlib import Path

import psutil
import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(condition: Callable[[], object], seconds: float = 30) -> None:
    """Returns when `condition` holds; fails after `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"did not happen within {seconds} s"
        time.sleep(0.05)


class Server:
    """`python -m config.embedded serve`, its output, and what it started."""

    def __init__(self, var: Path, *arguments: str, **variables: str) -> None:
        self.var = var
        self.port = int(variables.get("PORT") or free_port())
        self.lines: list[str] = []
        self.seen: dict[int, psutil.Process] = {}
        ours = {"VAR_DIR": str(var), "PORT": str(self.port), "ENV_FILE": os.devnull}
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY")
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "config.embedded", "serve", *arguments],
            cwd=ROOT,
            env=kept | ours | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        self.lines.extend(iter(self.process.stdout.readline, ""))

    @property
    def output(self) -> str:
        return "".join(self.lines)

    def page(self, path: str = "readyz") -> int:
        """The status that a page answers with; 0 when nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/{path}", timeout=5) as page:
                return int(page.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    def wait_until_ready(self) -> None:
        """Until everything has been started and the first steps are done."""
        wait_for(lambda: "is ready at" in self.output or self.process.poll() is not None, 60)
        assert self.process.poll() is None, self.output
        wait_for(lambda: self.named("celery", "beat") and self.settled(), 30)

    def settled(self) -> bool:
        return not self.named("config.embedded.begin") and not self.named("config.embedded.prepare")

    def everything(self) -> list[psutil.Process]:
        """All processes below the supervisor, those of earlier calls included while they live."""
        with suppress(psutil.Error):
            for process in psutil.Process(self.process.pid).children(recursive=True):
                self.seen[process.pid] = process
        return [process for process in self.seen.values() if is_alive(process)]

    def named(self, *words: str) -> list[psutil.Process]:
        """Running processes of this server with all of the words in their command line."""
        return [
            process
            for process in self.everything()
            if all(word in " ".join(command_line(process)) for word in words)
        ]

    def wait_for_exit(self, seconds: float = 20) -> int:
        status = self.process.wait(seconds)
        self.reader.join(5)
        return status


def is_alive(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.Error:
        return False


def command_line(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


@pytest.fixture(scope="module")
def servers() -> Iterator[Callable[..., Server]]:
    """Starts servers; whatever is left of them when the module is done is killed."""
    started: list[Server] = []

    def start(*arguments: object, **variables: str) -> Server:
        server = Server(*arguments, **variables)  # type: ignore[arg-type]
        started.append(server)
        return server

    yield start
    for server in started:
        for process in [*server.everything(), server.process]:
            with suppress(psutil.Error):
                process.kill()
        server.process.wait(10)
