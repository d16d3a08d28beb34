"""A web server on 127.0.0.1 that answers as a test tells it to."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest

from harvesters.sources import SOURCES
from tests.harvesters.replay import ReplayServer, recorded

Reply = tuple[int, dict[str, str], bytes]


@dataclass
class LocalServer:
    """`answer(path)` gives (status, headers, body); what was asked stands in `asked`."""

    url: str = ""
    answer: Callable[[str], Reply] = lambda path: (404, {}, b"")
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    drip: float = 0  # seconds between two bytes of a body

    @property
    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def replies(self, *replies: Reply) -> None:
        """Give these answers one after the other, the last one for ever."""
        left = list(replies)
        self.answer = lambda path: left.pop(0) if len(left) > 1 else left[0]


@pytest.fixture(autouse=True)
def _registry_stays_as_it_is() -> Iterator[None]:
    """Taking sources out and putting them back, as monkeypatch does, would change their order."""
    kept = dict(SOURCES)
    yield
    if list(SOURCES) != list(kept):
        SOURCES.clear()
        SOURCES.update(kept)


@pytest.fixture
def server() -> Iterator[LocalServer]:
    local = LocalServer()

    class Handler(BaseHTTPRequestHandler):
        disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

        def do_GET(self) -> None:
            local.asked.append((self.path, dict(self.headers)))
            status, headers, body = local.answer(self.path)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            for part in (body[n : n + 1] for n in range(len(body))) if local.drip else (body,):
                self.wfile.write(part)
                time.sleep(local.drip)

        def log_message(self, *_: object) -> None: ...

    running = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    local.url = f"http://127.0.0.1:{running.server_port}"
    Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    yield local
    running.shutdown()
    running.server_close()


@pytest.fixture
def replay(shared: Path) -> Iterator[ReplayServer]:
    """The server that replays every source's recorded answers."""
    with ReplayServer(recorded(shared / "data")) as running:
        Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield running
        running.shutdown()
