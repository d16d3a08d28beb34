"""Every source on one local server, replaying recorded answers: `python -m tests.harvesters.replay [PORT]`.

Each route serves one host of the outside world below a prefix; the settings that lead a site there are
printed at the start. Answers come from the recorded data beside the project, unchanged but for addresses
of the server itself; what could not be recorded is made up in the exact wire format and says `synthetic`.
"""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

Reply = tuple[int, dict[str, str], bytes]
NOT_FOUND: Reply = (404, {"Content-Type": "text/plain"}, b"no such thing was recorded")


@dataclass(frozen=True)
class Asked:
    """One request: `path` below the route's prefix, `query` in order, `base` the route's own address."""

    path: str
    query: tuple[tuple[str, str], ...]
    headers: Mapping[str, str]
    base: str

    def value(self, name: str, default: str = "") -> str:
        return dict(self.query).get(name, default)

    def values(self, name: str) -> list[str]:
        return [value for key, value in self.query if key == name]


Route = Callable[[Asked], Reply]


def files_below(folder: Path) -> Route:
    """A route that serves the files of a folder by their path below it."""

    def route(asked: Asked) -> Reply:
        file = (folder / asked.path.lstrip("/")).resolve()
        if not file.is_relative_to(folder.resolve()) or not file.is_file():
            return NOT_FOUND
        return 200, {"Content-Type": "application/octet-stream"}, file.read_bytes()

    return route


class ReplayServer(ThreadingHTTPServer):
    """Answers GET by the longest prefix in `routes`; `asked` keeps every path with its query."""

    daemon_threads = True

    def __init__(self, routes: Mapping[str, Route], port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.routes = dict(sorted(routes.items(), key=lambda item: -len(item[0])))
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: ReplayServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # else each answer waits 40 ms for an acknowledgement

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        status, headers, body = self._reply()
        self.send_response(status)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def _reply(self) -> Reply:
        parts = urlsplit(self.path)
        for prefix, route in self.server.routes.items():
            if parts.path.startswith(prefix):
                query = tuple(parse_qsl(parts.query, keep_blank_values=True))
                below = parts.path.removeprefix(prefix)
                base = self.server.url + prefix
                return route(Asked(below, query, dict(self.headers), base))
        return NOT_FOUND

    def log_message(self, *_: object) -> None: ...


def recorded(data: Path) -> dict[str, Route]:
    """The routes over the folder of recorded data, by prefix; each source's own module adds its line."""
    from tests.harvesters import (
        replay_arxiv,
        replay_github,
        replay_huggingface,
        replay_libraries,
        replay_metafiles,
        replay_paperswithcode,
    )

    return {
        "/arxiv": replay_arxiv.atom(data / "arxiv"),
        "/github": replay_github.demonstration(data / "github"),
        "/hf": replay_huggingface.recorded_hub(data),
        "/oai": replay_arxiv.oai(data / "arxiv"),
        "/codeload/pytorch/hub": replay_libraries.tarball_of(
            data / "pytorch_hub" / "cards", "hub-master", replay_libraries.HUB_COMMIT
        ),
        **replay_metafiles.codeload(data, "/codeload"),
        "/pwc": replay_paperswithcode.archive(data / "paperswithcode"),
        "/raw/huggingface/pytorch-image-models/main": files_below(data / "timm"),
        "/raw/keras-team/keras-io/master": replay_libraries.one_file(
            data / "keras" / "applications_table_2022-01.md"
        ),
        "/raw/onnx/models/main": replay_libraries.onnx_models(data / "onnx_zoo"),
    }


# The settings that lead a site to the routes above and nowhere else, by the prefix that each stands for.
SETTINGS = {
    "ARXIV_API_URL": "/arxiv",
    "GITHUB_API_URL": "/github",
    "GITHUB_CODELOAD_URL": "/codeload",
    "ARXIV_OAI_URL": "/oai",
    "HF_ENDPOINT": "/hf",
    "PWC_ARCHIVE": "/pwc",
    "RAW_GITHUB_URL": "/raw",
    # Of these nothing was recorded: what they are asked for is not there, and nothing leaves the machine.
    "KAGGLE_URL": "/kaggle",
    "MODELSCOPE_ENDPOINT": "/modelscope",
    "PYPI_FILES_URL": "/pypi",
    "TORCHVISION_WEIGHTS_URL": "/weights",
}
# What a site must be told besides to be brought what was recorded: by itself it asks for the last 90 days.
OTHER_SETTINGS = {"HARVEST_ARXIV_SINCE": "2007-01-01"}


def main() -> None:
    from tests.recorded import SHARED

    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8765
    with ReplayServer(recorded(SHARED / "data"), port) as server:
        addresses = {name: server.url + prefix for name, prefix in SETTINGS.items()}
        print(
            *(f"{name}={value}" for name, value in (addresses | OTHER_SETTINGS).items()), sep="\n"
        )
        server.serve_forever()


if __name__ == "__main__":
    main()
