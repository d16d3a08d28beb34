"""GitHub's search and look-ups over recorded repositories, with room for synthetic ones in the same wire format."""

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.harvesters.replay import Asked, Reply, Route

JSON = {"Content-Type": "application/json; charset=utf-8"}
SHOWN = 1_000
Item = dict[str, Any]


def exchanges(file: Path) -> list[tuple[str, int, Any]]:
    """(path, status, body) of each recorded exchange: ten lines and an empty one."""
    lines = file.read_text().split("\n")
    blocks = [lines[n : n + 10] for n in range(0, len(lines) - 9, 11)]
    return [(b[4], int(b[7]), json.loads(b[9]) if b[9] else None) for b in blocks]


def headers_of(file: Path, number: int) -> dict[str, str]:
    """The response headers of one recorded exchange."""
    return dict(ast.literal_eval(file.read_text().split("\n")[11 * number + 8]))


def recorded_items(folder: Path) -> dict[str, Item]:
    """Every recorded repository by its lower-case full name, the latest one it was recorded by."""
    by_number = {item["id"]: item for item in _recordings(folder)}
    return {item["full_name"].lower(): item for item in by_number.values()}


def renames(folder: Path) -> dict[str, int]:
    """Former names, as recorded, and the number of the repository that each leads to."""
    present = recorded_items(folder)
    earlier = {item["full_name"].lower(): item["id"] for item in _recordings(folder)}
    moved = {
        one["path"]: one["response"]["url"]
        for one in _octokit(folder, "rename")
        if one["status"] == 301
    }
    earlier |= {
        path.removeprefix("/repos/"): int(url.rsplit("/", 1)[1]) for path, url in moved.items()
    }
    return {name: number for name, number in earlier.items() if name not in present}


def _recordings(folder: Path) -> list[Item]:
    """Earlier ones first."""
    replay = folder / "pygithub_replay"
    found = [i for e in exchanges(replay / "Search.testSearchRepos.txt") for i in e[2]["items"]]
    found += [one["response"] for kind in ("get", "rename") for one in _octokit(folder, kind)]
    found += [e[2] for e in exchanges(replay / "Repository.setUp.txt")]
    found += json.loads((folder / "search_2026-03_paper-search.json").read_text())["body"]["items"]
    return [item for item in found if "full_name" in item]


def _octokit(folder: Path, kind: str) -> list[Item]:
    file = next((folder / "octokit_fixtures").glob(f"*__{kind}-repository__*"))
    return [one for one in json.loads(file.read_text()) if one["method"] == "get"]


def publisher(number: int, created: str, **changes: Any) -> Item:
    """A synthetic repository that publishes weights."""
    name = f"synthetic-publishers/net-{number}"
    return {
        "id": 900_000_000 + number, "full_name": name, "private": False, "fork": False,
        "html_url": f"https://github.com/{name}", "description": f"synthetic {number}",
        "homepage": None, "language": "Python", "license": {"key": "mit", "spdx_id": "MIT"},
        "topics": ["image-classification", "pretrained-models", "pytorch"], "archived": False,
        "stargazers_count": number % 997, "forks_count": number % 89, "created_at": created,
        "pushed_at": "2026-03-01T00:00:00Z", "score": 1.0,
    } | changes  # fmt: skip


def github(folder: Path, more: Iterable[Item] = ()) -> Route:
    """The API below one prefix: `search/repositories`, `repos/...`, `repositories/<number>`."""
    items = recorded_items(folder) | {item["full_name"].lower(): item for item in more}
    moved = renames(folder)
    by_number = {item["id"]: item for item in items.values()}

    def route(asked: Asked) -> Reply:
        if asked.path == "/search/repositories":
            return search(asked, items.values())
        if asked.path.startswith("/repositories/"):
            return _conditional(asked, by_number.get(int(asked.path.rsplit("/", 1)[1])))
        _, _, owner, name, *rest = asked.path.lower().split("/")
        if rest == ["releases"]:
            return _conditional(asked, releases(folder).get(f"{owner}/{name}", []))
        if f"{owner}/{name}" in moved:
            url = f"{asked.base}/repositories/{moved[f'{owner}/{name}']}"
            return 301, {**JSON, "Location": url}, b'{"message":"Moved Permanently"}'
        return _conditional(asked, items.get(f"{owner}/{name}"))

    return route


def demonstration(folder: Path) -> Route:
    """The same with a few synthetic publishers; a name that was not recorded is answered, and says so.

    Not found would be a false statement about a repository that exists.
    """
    publishers = [publisher(n, f"2024-{n % 12 + 1:02}-01T00:00:00Z") for n in range(24)]
    answers = github(folder, publishers)

    def route(asked: Asked) -> Reply:
        reply = answers(asked)
        name = asked.path.removeprefix("/repos/")
        if reply[0] != 404 or name.count("/") != 1:
            return reply
        number = int(hashlib.sha256(name.lower().encode()).hexdigest()[:10], 16)
        said = "synthetic: what GitHub says of it was not recorded"
        item = {"id": number, "full_name": name, "description": said, "private": False}
        return _conditional(asked, {**item, "html_url": f"https://github.com/{name}"})

    return route


def releases(folder: Path) -> Mapping[str, list[Item]]:
    """The recorded release with its asset."""
    recorded = exchanges(folder / "pygithub_replay" / "GitRelease.testGetRelease.txt")[0][2]
    return {"rickrickston123/repotest": [recorded]}


def search(asked: Asked, items: Iterable[Item]) -> Reply:
    """What GitHub finds of `items`; of the words of `q` those that these tests use count."""
    page, per_page = int(asked.value("page", "1")), int(asked.value("per_page", "30"))
    if page * per_page > SHOWN:
        return 422, JSON, b'{"message":"Only the first 1000 search results are available"}'
    found = sorted((i for i in items if _matches(i, asked.value("q"))), key=lambda i: i["id"])
    shown = found[(page - 1) * per_page : page * per_page]
    headers = {**JSON, "X-RateLimit-Remaining": "29", "X-RateLimit-Resource": "search"}
    if page * per_page < min(len(found), SHOWN):
        following = urlencode({**dict(asked.query), "page": page + 1})
        headers["Link"] = f'<{asked.base}{asked.path}?{following}>; rel="next"'
    body = {"total_count": len(found), "incomplete_results": False, "items": shown}
    return 200, headers, json.dumps(body).encode()


def _matches(item: Item, q: str) -> bool:
    text = f"{item['full_name']} {item.get('description')} {item.get('topics')}".lower()
    return all(_fits(item, text, word) for word in re.findall(r'"[^"]*"|\S+', q))


def _fits(item: Item, text: str, word: str) -> bool:
    name, _, value = word.partition(":")
    created, pushed = item.get("created_at") or "", item.get("pushed_at") or ""
    if name == "created":
        low, high = value.split("..")
        return low <= created <= high
    if name == "pushed":
        return pushed >= value.removeprefix(">=")
    if name == "topic":
        return value in (item.get("topics") or ())
    if name == "stars":
        return item["stargazers_count"] >= int(value.removeprefix(">="))
    if name == "language":
        return (item.get("language") or "").lower() == value.lower()
    return name in ("in", "fork", "archived") or word.strip('"').lower() in text


def _conditional(asked: Asked, body: Any) -> Reply:
    if body is None:
        return 404, JSON, b'{"message":"Not Found"}'
    written = json.dumps(body).encode()
    tag = f'W/"{hashlib.sha256(written).hexdigest()}"'
    if asked.headers.get("If-None-Match") == tag:
        return 304, {"ETag": tag}, b""
    return 200, {**JSON, "ETag": tag}, written
