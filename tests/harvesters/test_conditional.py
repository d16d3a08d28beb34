"""Conditional requests: what the server calls unchanged comes from what was kept."""

import gzip
from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import Settings

from harvesters.http import Http, HttpError
from harvesters.http_cache import forget_unused
from harvesters.models import HttpCache
from harvesters.sources.base import Base
from tests.harvesters.conftest import LocalServer

pytestmark = pytest.mark.django_db
WEAK = 'W/"abc"'


def ask(server: LocalServer, **options: object) -> tuple[bytes, bool]:
    with Http(server.url) as http:
        answer = http.get(f"{server.url}/a", conditional=True, **options)  # type: ignore[arg-type]
    return answer.body, answer.is_unchanged


def test_an_unchanged_answer_comes_from_what_was_kept(server: LocalServer) -> None:
    server.replies((200, {"ETag": WEAK}, b"fine"), (304, {}, b""))
    assert ask(server) == (b"fine", False)
    assert ask(server) == (b"fine", True)
    assert "If-None-Match" not in server.asked[0][1]
    assert server.asked[1][1]["If-None-Match"] == WEAK


def test_a_date_does_where_there_is_no_tag(server: LocalServer) -> None:
    changed = "Sat, 21 Nov 2026 10:00:00 GMT"
    server.replies((200, {"Last-Modified": changed}, b"fine"), (304, {}, b""))
    ask(server)
    ask(server)
    assert server.asked[1][1]["If-Modified-Since"] == changed


def test_what_came_packed_is_kept_unpacked(server: LocalServer) -> None:
    packed = gzip.compress(b"fine")
    server.replies((200, {"ETag": WEAK, "Content-Encoding": "gzip"}, packed), (304, {}, b""))
    ask(server)
    assert ask(server) == (b"fine", True)


def test_a_changed_answer_takes_the_place_of_the_kept_one(server: LocalServer) -> None:
    server.replies((200, {"ETag": WEAK}, b"old"), (200, {"ETag": '"2"'}, b"new"), (304, {}, b""))
    assert [ask(server) for _ in range(3)] == [(b"old", False), (b"new", False), (b"new", True)]
    assert HttpCache.objects.count() == 1


def test_the_link_to_the_next_page_is_kept_too(server: LocalServer) -> None:
    links = {"ETag": WEAK, "Link": '</b>; rel="next"'}
    server.replies((200, links, b"fine"), (304, {}, b""))
    ask(server)
    with Http(server.url) as http:
        answer = http.get(f"{server.url}/a", conditional=True)
        assert http.next_link(answer) == f"{server.url}/b"


@pytest.mark.parametrize("body", [b"x" * 8_000_001, b"no tag"])
def test_what_is_too_large_or_has_no_tag_is_not_kept(server: LocalServer, body: bytes) -> None:
    server.replies((200, {} if body == b"no tag" else {"ETag": WEAK}, body))
    ask(server)
    assert not HttpCache.objects.exists()


def test_other_headers_are_another_question(server: LocalServer) -> None:
    server.replies((200, {"ETag": WEAK}, b"fine"))
    ask(server)
    ask(server, headers={"Accept": "text/plain"})
    assert "If-None-Match" not in server.asked[1][1]
    assert server.asked[1][1]["Accept"] == "text/plain"


def test_an_ordinary_request_neither_keeps_nor_uses(server: LocalServer) -> None:
    server.replies((200, {"ETag": WEAK}, b"fine"), (304, {}, b""))
    with Http(server.url) as http:
        http.get(f"{server.url}/a")
        with pytest.raises(HttpError, match="answered 304"):
            http.get(f"{server.url}/a")
    assert not HttpCache.objects.exists()


def test_a_token_is_not_written_down_with_the_answer(server: LocalServer) -> None:
    server.replies((200, {"ETag": WEAK}, b"fine"))
    with Http(Base(server.url, {"Authorization": "Bearer secret"})) as http:
        http.get(f"{server.url}/a", conditional=True)
    assert server.asked[0][1]["Authorization"] == "Bearer secret"
    assert "secret" not in str(HttpCache.objects.values())


def test_what_nobody_asked_for_in_90_days_is_forgotten(server: LocalServer) -> None:
    server.replies((200, {"ETag": WEAK}, b"fine"))
    ask(server)
    assert forget_unused() == 0
    HttpCache.objects.update(asked_at=timezone.now() - timedelta(days=91))
    assert forget_unused() == 1


def test_settings_name_no_private_host_by_default(settings: Settings) -> None:
    assert settings.HARVEST_PRIVATE_HOSTS == []
