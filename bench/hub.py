"""A generated hub in the wire format of the Hugging Face Hub: `python -m bench.hub [--models 3000000]`.

Answers `GET /api/models` page by page, with the cursor in the `Link` header and exactly the fields that
`expand` asks for. Everything follows from a model's number, so that two processes serve the same hub and
nothing need be kept; `--changed 0.01` serves it a day later, with that share of the models different and
at the front of `sort=lastModified`. The skew is that of the recorded data: half of all models have no
licence or no task, a few organisations and tags are in very many of them and most in hardly any.
"""

import argparse
import base64
import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from bench.hub_models import ORDINARY, Hub

_MOST = 1000


class Server(ThreadingHTTPServer):
    """The hub on 127.0.0.1; `port` 0 takes a free one."""

    daemon_threads = True

    def __init__(self, hub: Hub, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.hub = hub

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        asked = parse_qs(parts.query)
        if parts.path != "/api/models":
            return self._answer(404, b'{"error":"Not found"}')
        unknown = set(asked) - {"sort", "direction", "limit", "cursor", "expand"}
        if unknown:
            return self._answer(400, json.dumps({"error": f"not here: {sorted(unknown)}"}).encode())
        return self._page(asked)

    def _page(self, asked: dict[str, list[str]]) -> None:
        hub = self.server.hub
        limit = max(1, min(_MOST, int(asked.get("limit", ["1000"])[0])))
        first = _position(asked["cursor"][0]) if "cursor" in asked else 0
        sort = asked.get("sort", ["trendingScore"])[0]
        is_ascending = asked.get("direction", ["-1"])[0] == "1"
        fields = tuple(asked.get("expand", ORDINARY))
        end = min(first + limit, hub.total)
        body = hub.page(first, end, sort, is_ascending, fields)
        link = ""
        if end < hub.total:
            following = {**asked, "cursor": [_cursor(end)]}
            link = f'<{self.server.url}/api/models?{urlencode(following, doseq=True)}>; rel="next"'
        self._answer(200, body, link)

    def _answer(self, status: int, body: bytes, link: str = "") -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("RateLimit", '"api";r=999999;t=300')
        if link:
            self.send_header("Link", link)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


def _cursor(position: int) -> str:
    return base64.b64encode(json.dumps({"position": position}).encode()).decode()


def _position(cursor: str) -> int:
    return int(json.loads(base64.b64decode(cursor))["position"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=3_000_000)
    parser.add_argument("--changed", type=float, default=0, help="share, e.g. 0.01")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--expand", default="", help="fields to make all bodies with beforehand")
    arguments = parser.parse_args()
    hub = Hub(arguments.models, arguments.changed)
    if arguments.expand:
        hub.warm_up(tuple(arguments.expand.split(",")))
    with Server(hub, arguments.port) as server:
        print(server.url, flush=True)
        server.serve_forever()


if __name__ == "__main__":
    main()
