"""A server that misbehaves in every way known of hubs, and the table of what harvesting makes of each.

`play` harvests a shelf of 20 things on 5 pages while the fault lasts, then again after it has passed;
tests/harvesters/test_faults.py holds the results to the table, `script/bench faults` prints it.
"""

import gzip
import json
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from catalog.models import Listing
from catalog.records import ModelRecord, Rejected
from harvesters.engine import harvest
from harvesters.http import Http
from harvesters.models import Checkpoint, HarvestRun, RejectedRecord
from harvesters.sources.base import Base, Page, Start
from tests.harvesters.sources_for_tests import record

PAGES, PER_PAGE = 5, 4
NAMES = [f"model-{number:02}" for number in range(PAGES * PER_PAGE)]
Json = dict[str, Any]
OK_HEADERS = {"Content-Type": "application/json"}


@dataclass
class Given:
    """One answer: what it says, and how it is sent."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(OK_HEADERS))
    body: bytes = b""
    seconds_per_byte: float = 0
    cut_after: int | None = None  # bytes, then the connection is reset


def page_of(number: int) -> Json:
    """The right answer: four things, and the number of the next page."""
    names = NAMES[number * PER_PAGE : (number + 1) * PER_PAGE]
    items = [{"name": name, "parameters": 1} for name in names]
    return {"items": items, "next": number + 1 if number + 1 < PAGES else None, "of": len(NAMES)}


def right(number: int) -> Given:
    return Given(body=json.dumps(page_of(number)).encode())


def changed(number: int, change: Callable[[Json], None]) -> Given:
    page = page_of(number)
    change(page)
    return Given(body=json.dumps(page).encode())


# Which answer is given to the asked page; `before` says how often that page was asked for before.
Answer = Callable[[int, int], Given]


def at_page(number: int, wrong: Given, times: int | None = None) -> Answer:
    """`wrong` for this page, the first `times` that it is asked for, or always."""

    def answer(page: int, before: int) -> Given:
        is_wrong = page == number and (times is None or before < times)
        return wrong if is_wrong else right(page)

    return answer


def instead(number: int, change: Callable[[Json], None]) -> Answer:
    return lambda page, before: changed(page, change) if page == number else right(page)


def _http_date(seconds: float) -> str:
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def _odd_types(page: Json) -> None:
    page["items"][0] = {"name": 7, "parameters": 1}
    page["items"][1]["parameters"] = "12"
    page["items"][2] = None


def _unknown_fields(page: Json) -> None:
    page["new"] = {"in": 2027}
    for item in page["items"]:
        item["colour"] = ["green", None, {"deep": 1}]


def _first_page_again(page: Json) -> None:
    page["items"] = page_of(0)["items"]


def _back_to_the_start(page: Json) -> None:
    page["next"] = 1


_HTML = b"<!doctype html><html><title>Down for maintenance</title></html>"


@dataclass(frozen=True)
class Fault:
    """`state` and `said` are what the run under the fault must end with; `lost` are things it hides."""

    name: str
    answer: Answer
    state: str
    said: str = ""
    rejected: int = 0
    unseen: int = 0  # of the 20 things, by the end of that run


FAULTS = (
    Fault("429 without Retry-After, twice", at_page(2, Given(429), 2), "done"),
    Fault("429, Retry-After: 1", at_page(2, Given(429, {"Retry-After": "1"}), 1), "done"),
    Fault(
        "429, Retry-After as a date in an hour",
        at_page(2, Given(429, {"Retry-After": _http_date(3600)})),
        "partial", "asked to wait until", unseen=12,
    ),
    Fault(
        "429, allowance used up for ten minutes",
        at_page(2, Given(429, {"RateLimit": '"api";r=0;t=600'})),
        "partial", "asked to wait until", unseen=12,
    ),
    Fault(
        "403, GitHub's limit used up for half an hour",
        at_page(0, Given(403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + 1800)})),
        "partial", "asked to wait until", unseen=20,
    ),
    Fault("429 for ever", at_page(2, Given(429)), "partial", "answered 429", unseen=12),
    Fault("500 three times", at_page(2, Given(500), 3), "done"),
    Fault("503 for ever", at_page(2, Given(503)), "partial", "answered 503", unseen=12),
    Fault("503 from the first page on", at_page(0, Given(503)), "unreachable", "answered 503", unseen=20),
    Fault(
        "a body that drips",
        at_page(2, Given(body=right(2).body, seconds_per_byte=0.02)),
        "partial", "took longer than", unseen=12,
    ),
    Fault("JSON cut in the middle, once", at_page(2, Given(body=right(2).body[:60]), 1), "done"),
    Fault(
        "JSON cut in the middle, for ever",
        at_page(2, Given(body=right(2).body[:60])), "failed", "JSONDecodeError", unseen=12,
    ),
    Fault("wrong types in three entries", instead(2, _odd_types), "done", rejected=3, unseen=3),
    Fault("unknown fields", instead(2, _unknown_fields), "done"),
    Fault("a page that repeats an earlier one", instead(2, _first_page_again), "done", unseen=4),
    Fault("a cursor that loops", instead(2, _back_to_the_start), "failed", "goes in circles", unseen=12),
    Fault("HTML instead of JSON, once", at_page(2, Given(body=_HTML), 1), "done"),
    Fault(
        "HTML instead of JSON, for ever",
        at_page(2, Given(body=_HTML)), "failed", "HTML by its looks", unseen=12,
    ),
    Fault("a token refused", at_page(0, Given(401)), "unreachable", "answered 401", unseen=20),
    Fault("a page that is not there any more", at_page(2, Given(404)), "partial", "answered 404", unseen=12),
    Fault("connection reset within a body, once", at_page(2, Given(body=right(2).body, cut_after=30), 1), "done"),
    Fault(
        "connection reset within a body, for ever",
        at_page(2, Given(body=right(2).body, cut_after=30)), "partial", "could not be read", unseen=12,
    ),
    Fault(
        "damaged gzip, once",
        at_page(2, Given(200, {"Content-Encoding": "gzip"}, gzip.compress(right(2).body)[:40]), 1), "done",
    ),
    Fault(
        "a bomb of gzip",
        at_page(2, Given(200, {"Content-Encoding": "gzip"}, gzip.compress(bytes(80_000_000)))),
        "partial", "larger than", unseen=12,
    ),
    Fault(
        "a redirect to itself",
        at_page(2, Given(302, {"Location": "/2"})), "partial", "redirects more than", unseen=12,
    ),
    Fault(
        "a redirect to another host",
        at_page(2, Given(302, {"Location": "http://169.254.169.254/latest"})),
        "partial", "own host", unseen=12,
    ),
)  # fmt: skip


class Server(ThreadingHTTPServer):
    """Serves the pages at /0, /1, ... as `answer` says."""

    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer, self.asked = answer, [0] * PAGES

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def handle_error(self, *_: object) -> None: ...


class _Handler(BaseHTTPRequestHandler):
    server: Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        page = int(self.path.strip("/"))
        given = self.server.answer(page, self.server.asked[page])
        self.server.asked[page] += 1
        self.send_response(given.status)
        for name, value in {"Content-Length": str(len(given.body)), **given.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        if given.cut_after is not None:
            self._reset_after(given.body[: given.cut_after])
        elif given.seconds_per_byte:
            for at in range(len(given.body)):
                self.wfile.write(given.body[at : at + 1])
                time.sleep(given.seconds_per_byte)
        else:
            self.wfile.write(given.body)

    def _reset_after(self, body: bytes) -> None:
        self.wfile.write(body)
        self.wfile.flush()
        # Closing with a linger of zero sends RST instead of FIN.
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.shutdown(socket.SHUT_RD)
        self.close_connection = True
        self.connection.close()

    def log_message(self, *_: object) -> None: ...


@contextmanager
def serving(answer: Answer) -> Iterator[Server]:
    server = Server(answer)
    Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class FaultyShelf:
    """The source that reads the server; the cursor is the number of a page."""

    name = "faulty"
    title = "A faulty shelf"
    homepage = ""
    kind = "hub"
    has_increments = False
    is_complete = True

    def __init__(self, url: str) -> None:
        self.bases = (Base(url),)

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        cursor = start.cursor or "0"
        while cursor:
            answer = http.get(f"{self.bases[0].url}/{cursor}")
            cursor = self._next(answer.body)
            yield Page(answer.body, cursor)

    def _next(self, body: bytes) -> str:
        try:
            following = json.loads(body)["next"]
        except ValueError:
            return ""  # records() will say what is wrong with it
        return "" if following is None else str(following)

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for item in json.loads(page.body)["items"]:
            alone = json.dumps({"items": [item], "next": None})
            try:
                yield record(item["name"], parameters=item["parameters"])
            except TypeError as problem:
                yield Rejected("", f"not an entry: {problem}", alone)


@dataclass
class Seen:
    """What came of a fault: the run under it, the run after it, and what the catalogue held."""

    under: HarvestRun
    after: HarvestRun
    listed_under: int
    requests: int
    rejected: int


def play(fault: Fault) -> Seen:
    """Harvest under the fault, then once more (the wait that was asked for forgotten) after it has passed."""
    with serving(fault.answer) as server:
        under = harvest(FaultyShelf(server.url))
        requests, listed = sum(server.asked), Listing.objects.filter(gone_since=None).count()
        rejected = RejectedRecord.objects.count()
        server.answer = lambda page, before: right(page)
        Checkpoint.objects.update(not_before=None)
        after = harvest(FaultyShelf(server.url))
    return Seen(under, after, listed, requests, rejected)
