"""The way outside: patient with what passes, clear about what does not, and only to the source's own host."""

import gzip
import socket
import time
import tracemalloc
from collections.abc import Iterator

import pytest
import stamina
from pytest_django import Settings

from harvesters.http import Http, HttpError, NotAllowed
from harvesters.sources.base import Base
from tests.harvesters.conftest import LocalServer

OK = (200, {}, b"fine")


@pytest.fixture
def http(server: LocalServer) -> Iterator[Http]:
    with Http(server.url, limit=1_000, patience=5) as client:
        yield client


@pytest.fixture
def no_waiting() -> Iterator[None]:
    with stamina.set_testing(testing=True, attempts=5):
        yield


def test_an_answer_comes_with_its_body_and_headers(http: Http, server: LocalServer) -> None:
    server.replies((200, {"X-Here": "yes"}, b"fine"))
    answer = http.get(f"{server.url}/a", {"limit": "2"})
    assert (answer.body, answer.headers["x-here"]) == (b"fine", "yes")
    assert server.paths == ["/a?limit=2"]


def test_the_user_agent_names_a_contact(server: LocalServer, settings: Settings) -> None:
    settings.HARVEST_CONTACT = "me@example.org"
    server.replies(OK)
    with Http(server.url) as http:
        http.get(f"{server.url}/a")
    assert server.asked[0][1]["User-Agent"] == "modelscout/0.1 (+me@example.org)"


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
@pytest.mark.usefixtures("no_waiting")
def test_a_passing_failure_is_tried_again(http: Http, server: LocalServer, status: int) -> None:
    server.replies((status, {}, b""), (status, {}, b""), OK)
    assert http.get(f"{server.url}/a").body == b"fine"
    assert len(server.asked) == 3


@pytest.mark.usefixtures("no_waiting")
def test_after_five_tries_it_gives_up_and_says_what_came(http: Http, server: LocalServer) -> None:
    server.replies((503, {}, b""))
    with pytest.raises(HttpError, match="could not be read: it answered 503"):
        http.get(f"{server.url}/a")
    assert len(server.asked) == 5


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
def test_a_refusal_is_not_tried_again(http: Http, server: LocalServer, status: int) -> None:
    server.replies((status, {}, b""))
    with pytest.raises(HttpError, match=f"answered {status}") as refused:
        http.get(f"{server.url}/a")
    assert len(server.asked) == 1
    assert refused.value.is_gone is (status in (404, 410))


def test_retry_after_in_seconds_is_obeyed(http: Http, server: LocalServer) -> None:
    server.replies((429, {"Retry-After": "1"}, b""), OK)
    start = time.monotonic()
    http.get(f"{server.url}/a")
    assert time.monotonic() - start >= 1


def test_a_server_that_wants_to_be_left_alone_for_long_is(http: Http, server: LocalServer) -> None:
    server.replies((429, {"Retry-After": "3600"}, b""))
    with pytest.raises(HttpError, match="to be asked again after 3600 s") as asked:
        http.get(f"{server.url}/a")
    assert (asked.value.wait, len(server.asked)) == (3600, 1)


def test_an_exhausted_limit_of_githubs_is_a_wait_and_not_a_refusal(
    http: Http, server: LocalServer
) -> None:
    reset = str(int(time.time()) + 1800)
    server.replies((403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, b""))
    with pytest.raises(HttpError) as asked:
        http.get(f"{server.url}/a")
    assert 1790 < (asked.value.wait or 0) < 1810
    assert len(server.asked) == 1


def test_the_last_answer_of_an_allowance_is_used_and_the_next_is_not_asked_for(
    http: Http, server: LocalServer
) -> None:
    server.replies((200, {"RateLimit": '"api";r=0;t=280'}, b"fine"))
    assert http.get(f"{server.url}/a").body == b"fine"
    with pytest.raises(HttpError, match="used up its allowance") as asked:
        http.get(f"{server.url}/b")
    assert 270 < (asked.value.wait or 0) < 282
    assert server.paths == ["/a"]


def test_a_short_allowance_is_waited_for(http: Http, server: LocalServer) -> None:
    server.replies((200, {"RateLimit": '"api";r=0;t=0'}, b"fine"), OK)
    started = time.monotonic()
    http.get(f"{server.url}/a")
    http.get(f"{server.url}/b")
    assert time.monotonic() - started >= 0.9


@pytest.mark.usefixtures("no_waiting")
def test_nobody_listening_ends_with_a_sentence() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with Http(url) as http, pytest.raises(HttpError, match="could not be read"):
        http.get(f"{url}/a")


@pytest.mark.parametrize(
    "url",
    ["http://127.0.0.1:1/a", "http://example.org/a", "file:///etc/passwd", "http://[", "ftp://127.0.0.1"],
)  # fmt: skip
def test_another_host_is_never_asked(http: Http, server: LocalServer, url: str) -> None:
    with pytest.raises(NotAllowed):
        http.get(url)
    assert server.asked == []


def test_a_redirect_within_the_host_is_followed(http: Http, server: LocalServer) -> None:
    server.replies((302, {"Location": "/b"}, b""), OK)
    assert http.get(f"{server.url}/a").url == f"{server.url}/b"


@pytest.mark.parametrize("away", ["http://example.org/", "//example.org/b", "http://127.0.0.1:1/"])
def test_a_redirect_to_another_host_is_refused(http: Http, server: LocalServer, away: str) -> None:
    server.replies((302, {"Location": away}, b""))
    with pytest.raises(NotAllowed, match="own host"):
        http.get(f"{server.url}/a")


def test_redirects_that_never_end_are_left(http: Http, server: LocalServer) -> None:
    server.replies((302, {"Location": "/b"}, b""))
    with pytest.raises(HttpError, match="redirects more than"):
        http.get(f"{server.url}/a")


def test_a_body_over_the_limit_is_refused(http: Http, server: LocalServer) -> None:
    server.replies((200, {}, b"x" * 1_001))
    with pytest.raises(HttpError, match=r"larger than 1,000 bytes"):
        http.get(f"{server.url}/a")


def test_a_body_that_drips_is_not_waited_for(server: LocalServer) -> None:
    server.replies((200, {}, b"x" * 50))
    server.drip = 0.05
    with Http(server.url, patience=0.2) as http, pytest.raises(HttpError, match="took longer than"):
        http.get(f"{server.url}/a")


def test_a_link_to_the_next_page_is_found_among_others(http: Http, server: LocalServer) -> None:
    links = '</api>; rel="api-catalog", </a?cursor=2>; rel="next"'
    server.replies((200, {"Link": links}, b""), OK)
    answer = http.get(f"{server.url}/a")
    assert http.next_link(answer) == f"{server.url}/a?cursor=2"
    assert http.next_link(http.get(f"{server.url}/a")) == ""


def test_a_link_to_another_host_is_refused(http: Http, server: LocalServer) -> None:
    server.replies((200, {"Link": '<https://example.org/a>; rel="next"'}, b""))
    with pytest.raises(NotAllowed):
        http.next_link(http.get(f"{server.url}/a"))


def test_each_host_gets_its_own_headers_only(server: LocalServer) -> None:
    other = server.url.replace("127.0.0.1", "localhost")
    server.replies(OK)
    token = {"Authorization": "Bearer secret"}
    with Http(Base(server.url, token), Base(other)) as http:
        http.get(f"{server.url}/a")
        http.get(f"{other}/b")
    assert [asked.get("Authorization") for _, asked in server.asked] == ["Bearer secret", None]


def test_a_token_does_not_follow_a_redirect_to_the_other_host(server: LocalServer) -> None:
    other = server.url.replace("127.0.0.1", "localhost")
    server.replies((302, {"Location": f"{other}/b"}, b""), OK)
    with Http(Base(server.url, {"Authorization": "Bearer secret"}), Base(other)) as http:
        assert http.get(f"{server.url}/a").url == f"{other}/b"
    assert [asked.get("Authorization") for _, asked in server.asked] == ["Bearer secret", None]


def test_a_bomb_is_left_at_the_limit(http: Http, server: LocalServer) -> None:
    bomb = gzip.compress(bytes(100_000_000))
    server.replies((200, {"Content-Encoding": "gzip"}, bomb))
    tracemalloc.start()
    with pytest.raises(HttpError, match=r"larger than 1,000 bytes"):
        http.get(f"{server.url}/a")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10_000_000


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (gzip.compress(b"x" * 500)[:20], "breaks off"),
        (b"plain text", "damaged"),
        (gzip.compress(b"x" * 500)[:-8] + bytes(8), "damaged"),
    ],
    ids=["cut", "plain", "wrong sum"],
)
@pytest.mark.usefixtures("no_waiting")
def test_a_damaged_body_is_asked_for_again_and_never_taken(
    http: Http, server: LocalServer, body: bytes, said: str
) -> None:
    server.replies((200, {"Content-Encoding": "gzip"}, body))
    with pytest.raises(HttpError, match=said):
        http.get(f"{server.url}/a")
    assert len(server.asked) == 5


def test_a_body_in_several_packed_parts_comes_whole(http: Http, server: LocalServer) -> None:
    parts = gzip.compress(b"fi") + gzip.compress(b"ne")
    server.replies((200, {"Content-Encoding": "gzip"}, parts))
    assert http.get(f"{server.url}/a").body == b"fine"


def test_an_encoding_that_was_not_asked_for_is_refused(http: Http, server: LocalServer) -> None:
    server.replies((200, {"Content-Encoding": "br, gzip"}, b"x"))
    with pytest.raises(HttpError, match="was not asked for"):
        http.get(f"{server.url}/a")


def test_a_failure_names_the_address_in_short_and_the_reason(
    http: Http, server: LocalServer
) -> None:
    server.replies((403, {}, b""))
    with pytest.raises(HttpError) as problem:
        http.get(f"{server.url}/{'p' * 300}", {"ids": "1," * 500})
    assert str(problem.value).endswith("… answered 403")
    assert len(str(problem.value)) < 180
