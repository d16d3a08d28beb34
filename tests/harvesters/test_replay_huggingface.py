"""The replayed Hub answers as the real one: what clients of it may rely on in tests and on a machine without a network."""

import json
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx2

from tests.harvesters.hub_for_tests import model
from tests.harvesters.replay import Asked, Reply
from tests.harvesters.replay_huggingface import HubReplay

BASE = "http://127.0.0.1:1/hf"
MODELS = [
    model(
        f"{'ab'[n % 2]}/m{n:02}", likes=n, tags=["x"] if n < 6 else ["y"], pipeline_tag="fill-mask"
    )
    for n in range(12)
]


def ask(path: str, *query: tuple[str, str], hub: HubReplay | None = None, **headers: str) -> Reply:
    return (hub or HubReplay(lambda _: MODELS))(Asked(path, query, headers, BASE))


def names(reply: Reply) -> list[str]:
    return [item["id"] for item in json.loads(reply[2])]


def links(reply: Reply) -> dict[Any, Any]:
    return httpx2.Response(200, headers=reply[1]).links


def test_the_links_lead_to_the_end_whatever_vanishes_on_the_way() -> None:
    there = list(MODELS)
    hub = HubReplay(lambda _: there)
    first = ask("/api/models", ("sort", "likes"), ("limit", "5"), hub=hub)
    assert names(first) == [f"{'ab'[n % 2]}/m{n:02}" for n in (11, 10, 9, 8, 7)]
    assert set(links(first)) == {"next", "api-catalog", "ai-catalog"}
    there.remove(MODELS[7])
    hub.become(0)
    following = parse_qsl(urlsplit(links(first)["next"]["url"]).query)
    second = ask("/api/models", *following, hub=hub)
    assert names(second)[0] == "a/m06"
    last = ask("/api/models", *parse_qsl(urlsplit(links(second)["next"]["url"]).query), hub=hub)
    assert names(last) == ["b/m01", "a/m00"]
    assert "next" not in links(last)


def test_filters_author_and_search_narrow_together() -> None:
    found = ask(
        "/api/models", ("filter", "x"), ("filter", "fill-mask"), ("author", "a"), ("search", "M0")
    )
    assert sorted(names(found)) == ["a/m00", "a/m02", "a/m04"]


def test_expand_gives_those_fields_and_nothing_else() -> None:
    [item] = json.loads(ask("/api/models", ("limit", "1"), ("expand", "likes"))[2])
    assert set(item) == {"_id", "id", "likes"}
    assert ask("/api/models", ("expand", "nonsense"))[0] == 400
    assert ask("/api/models", ("expand", "likes"), ("full", "true"))[0] == 400
    assert ask("/api/models", ("cursor", "nonsense"))[0] == 400


def test_an_unchanged_answer_is_304_and_names_the_limit() -> None:
    status, headers, _ = ask("/api/models")
    assert (status, headers["ETag"][:3]) == (200, 'W/"')
    assert headers["RateLimit"].startswith('"api";r=')
    assert ask("/api/models", **{"If-None-Match": headers["ETag"]})[0] == 304


def test_what_is_not_there_is_refused_as_the_hub_refuses() -> None:
    status, headers, _ = ask("/api/models/no/such")
    assert (status, headers["X-Error-Code"]) == (401, "RepoNotFound")
    hub = HubReplay(lambda _: MODELS, renamed={"old/one": "a/m00"})
    status, headers, _ = ask("/api/models/old/one", ("blobs", "true"), hub=hub)
    assert (status, headers["Location"]) == (307, f"{BASE}/api/models/a/m00?blobs=true")


def test_cards_that_are_only_read_with_the_models_are_there() -> None:
    cards: dict[str, str] = {}
    hub = HubReplay(lambda _: MODELS, cards)
    cards["a/m00"] = "# It knows birds"
    assert ask("/a/m00/resolve/main/README.md", hub=hub)[2] == b"# It knows birds"
