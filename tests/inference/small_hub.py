"""A Hub of one repository, `local/digits`, with the project's own checkpoint; every fault is a switch.

Only what `hf_hub_download` asks for: HEAD and GET of /local/digits/resolve/<revision>/<file>.
"""

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "1234567890abcdef1234567890abcdef12345678"
REPO = "local/digits"


class SmallHub(ThreadingHTTPServer):
    """`faults` may be changed at any moment."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.files = {path.name: path.read_bytes() for path in folder.iterdir()}
        self.heal()
        self.asked: list[str] = []

    def heal(self) -> None:
        """No faults."""
        self.head_delay = self.body_delay = 0.0
        self.status, self.error_code = 0, ""
        self.cuts = 0
        self.wrong_hash = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is what some tests want."""


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: SmallHub

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def log_message(self, *args: object) -> None:
        """Quiet."""

    def _answer(self) -> None:
        hub, name = self.server, self.path.rsplit("/", 1)[-1]
        hub.asked.append(f"{self.command} {self.path}")
        if self.command == "HEAD":
            time.sleep(hub.head_delay)
        if hub.status:
            return self._refuse(hub.status, hub.error_code)
        if not self.path.startswith(f"/{REPO}/resolve/"):
            return self._refuse(404, "RepoNotFound")
        if name not in hub.files:
            return self._refuse(404, "EntryNotFound")
        return self._send(name, hub.files[name])

    def _refuse(self, status: int, code: str) -> None:
        self.send_response(status)
        self.send_header("X-Error-Code", code)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _send(self, name: str, content: bytes) -> None:
        hub = self.server
        begin = int((self.headers.get("Range") or "bytes=0-").split("=")[1].split("-")[0])
        digest = hashlib.sha256(content).hexdigest()
        etag = "0" * 64 if hub.wrong_hash and name.endswith(".safetensors") else digest
        self.send_response(206 if begin else 200)
        self.send_header("Content-Length", str(len(content) - begin))
        if begin:
            self.send_header("Content-Range", f"bytes {begin}-{len(content) - 1}/{len(content)}")
        self.send_header("ETag", f'"{etag}"')
        self.send_header("X-Repo-Commit", COMMIT)
        self.end_headers()
        if self.command == "GET":
            self._body(content[begin:])

    def _body(self, content: bytes) -> None:
        hub = self.server
        middle = len(content) // 2
        self.wfile.write(content[:middle])
        self.wfile.flush()
        if hub.cuts and len(content) > 10_000:
            hub.cuts -= 1
            self.connection.shutdown(2)
            self.close_connection = True
            return
        time.sleep(hub.body_delay if len(content) > 10_000 else 0)
        self.wfile.write(content[middle:])


@contextmanager
def serving(folder: Path) -> Iterator[SmallHub]:
    """Serves the repository until the block ends."""
    with SmallHub(folder) as hub:
        threading.Thread(target=hub.serve_forever, args=(0.02,), daemon=True).start()
        yield hub
        hub.shutdown()
