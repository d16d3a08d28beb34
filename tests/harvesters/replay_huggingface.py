"""The Hugging Face Hub's API over any set of models, in its wire format.

`GET /_moment/3` makes it the Hub of another recorded moment, `GET /_moment` tells which. Hashes, the result of
the security scan and data sets are synthetic: no answer with them was recorded. A file of weights is there
where what was recorded tells its size, by numbers and their type.
"""

import base64
import hashlib
import json
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlencode

from tests.harvesters.replay import Asked, Reply
from tests.harvesters.replay_huggingface_data import MOMENTS, Item, Recordings
from tests.harvesters.replay_huggingface_files import siblings_of, with_blob

_DEFAULT = (
    "_id", "id", "likes", "trendingScore", "private", "downloads", "tags", "pipeline_tag",
    "library_name", "createdAt", "modelId",
)  # fmt: skip
EXPANDABLE = {
    "author", "baseModels", "cardData", "childrenModelCount", "config", "createdAt", "disabled",
    "downloads", "downloadsAllTime", "evalResults", "gated", "gguf", "inference",
    "inferenceProviderMapping", "lastModified", "library_name", "likes", "mask_token",
    "model-index", "pipeline_tag", "private", "resourceGroup", "safetensors", "sha", "siblings",
    "spaces", "tags", "transformersInfo", "trendingScore", "usedStorage", "widgetData",
}  # fmt: skip
_SORTS = {"lastModified": "", "createdAt": "", "downloads": 0, "likes": 0, "trendingScore": 0}


class HubReplay:
    """`models(moment)` gives the models, `cards` their card texts, `renamed` maps old names to new ones,
    `configs` are the contents of config.json."""

    def __init__(
        self,
        models: Callable[[int], Iterable[Item]],
        cards: Mapping[str, str] | None = None,
        renamed: Mapping[str, str] | None = None,
        papers: Sequence[Item] = (),
        datasets: Mapping[str, Item] | None = None,
        configs: Mapping[str, Any] | None = None,
    ) -> None:
        self._configs = configs or {}
        self._models, self.renamed = models, dict(renamed or {})
        # An empty one may be filled only once the models are asked for.
        self.cards = {} if cards is None else cards
        self._papers, self._datasets = papers, datasets
        self._requests = 0
        self.become(0)

    def become(self, moment: int) -> None:
        """Be the Hub as it was at this moment."""
        self.moment = moment
        self._sorted: dict[tuple[str, bool], list[tuple[Any, str, Item]]] = {}
        self._by_name: dict[str, Item] = {}

    def __call__(self, asked: Asked) -> Reply:
        self._requests += 1
        path = unquote(asked.path)
        if path.startswith("/_moment"):
            return self._become(path)
        if path == "/api/models":
            return self._conditional(asked, self._list(asked))
        if path.startswith("/api/models/"):
            return self._conditional(asked, self._model(path.removeprefix("/api/models/"), asked))
        if path.startswith("/api/datasets/"):
            return self._dataset(path.removeprefix("/api/datasets/"))
        if path == "/api/daily_papers":
            return self._daily(asked)
        if path.startswith("/api/papers/"):
            return self._paper(path.removeprefix("/api/papers/"))
        if path.endswith("/config.json") and "/resolve/" in path:
            return self._config(path.lstrip("/").partition("/resolve/")[0])
        if path.endswith("/README.md") and "/resolve/" in path:
            return self._card(path.lstrip("/").partition("/resolve/")[0])
        return self._refuse(
            404, "EntryNotFound", "Sorry, we can't find the page you are looking for."
        )

    # Lists

    def _list(self, asked: Asked) -> Reply:
        sort, limit = asked.value("sort", "trendingScore"), asked.value("limit", "1000")
        expand, ascending = asked.values("expand"), asked.value("direction") == "1"
        if sort not in _SORTS or not limit.isdecimal() or not set(expand) <= EXPANDABLE:
            return self._refuse(400, "", "Invalid query parameter")
        if expand and {"full", "config", "cardData"} & {name for name, _ in asked.query}:
            return self._refuse(400, "", "expand cannot be combined with full, config or cardData")
        models, start = self._in_order(sort, ascending=ascending), 0
        if asked.value("cursor"):
            try:
                start = _after(
                    models, json.loads(base64.b64decode(asked.value("cursor"))), ascending
                )
            except (KeyError, TypeError, ValueError):
                return self._refuse(400, "", "Invalid cursor")
        wanted, found, size = _conditions(asked), [], min(int(limit), 1000)
        for at in range(start, len(models)):
            if all(condition(models[at][2]) for condition in wanted):
                if len(found) == size:
                    break
                found.append(models[at])
        else:
            at = len(models)
        shown = [self._shown(item, expand) for _, _, item in found]
        return (
            200,
            self._headers(asked, found[-1] if at < len(models) and found else None),
            _body(shown),
        )

    def _in_order(self, sort: str, *, ascending: bool) -> list[tuple[Any, str, Item]]:
        if (sort, ascending) not in self._sorted:
            keyed = [
                (item.get(sort) or _SORTS[sort], item["_id"], item) for item in self.models.values()
            ]
            keyed.sort(key=lambda entry: entry[:2], reverse=not ascending)
            self._sorted[sort, ascending] = keyed
        return self._sorted[sort, ascending]

    @property
    def models(self) -> dict[str, Item]:
        if not self._by_name:
            self._by_name = {item["id"]: item for item in self._models(self.moment)}
        return self._by_name

    @staticmethod
    def _shown(item: Item, expand: Sequence[str]) -> Item:
        names = ("_id", "id", *expand) if expand else _DEFAULT
        return {name: item[name] for name in dict.fromkeys(names) if name in item}

    # One thing

    def _model(self, name: str, asked: Asked) -> Reply:
        if name in self.renamed:
            query = f"?{urlencode(asked.query)}" if asked.query else ""
            return (
                307,
                {"Location": f"{asked.base}/api/models/{quote(self.renamed[name])}{query}"},
                b"",
            )
        item = self.models.get(name)
        if item is None:
            return self._refuse(401, "RepoNotFound", "Repository not found")
        if item.get("disabled"):
            return self._refuse(403, "", "Access to this resource is disabled.")
        answer = {**item, "siblings": item.get("siblings") or siblings_of(item)}
        if asked.value("blobs") == "true":
            blobs = (with_blob(item, file) for file in answer["siblings"])
            answer["siblings"] = [blob for blob in blobs if blob]
        if asked.value("securityStatus") == "true":
            answer.setdefault("securityRepoStatus", {"scansDone": True, "filesWithIssues": []})
        return 200, self._headers(asked), _body(answer)

    def _card(self, name: str) -> Reply:
        text = self.cards.get(name)
        if text is None:
            return self._refuse(404, "EntryNotFound", "Entry not found")
        return (
            200,
            {"Content-Type": "text/plain; charset=utf-8"},
            text.encode(errors="surrogatepass"),
        )

    def _config(self, name: str) -> Reply:
        if name not in self._configs:
            return self._refuse(404, "EntryNotFound", "Entry not found")
        return 200, {"Content-Type": "text/plain; charset=utf-8"}, _body(self._configs[name])

    def _dataset(self, name: str) -> Reply:
        """Synthetic: of every data set that a model names the same few facts, or those that were given."""
        if self._datasets is not None:
            item = self._datasets.get(name)
        else:
            named = any(f"dataset:{name}" in model["tags"] for model in self.models.values())
            item = _synthetic_dataset(name) if named else None
        if item is None:
            return self._refuse(401, "RepoNotFound", "Repository not found")
        return 200, {"Content-Type": "application/json; charset=utf-8"}, _body(item)

    def _daily(self, asked: Asked) -> Reply:
        day, page, limit = (
            asked.value("date"),
            int(asked.value("p", "0")),
            int(asked.value("limit", "50")),
        )
        found = [
            p for p in self._papers if not day or p["paper"]["submittedOnDailyAt"].startswith(day)
        ]
        return 200, self._headers(asked), _body(found[page * limit : (page + 1) * limit])

    def _paper(self, name: str) -> Reply:
        found = next(
            (entry["paper"] for entry in self._papers if entry["paper"]["id"] == name), None
        )
        if found is None:
            return self._refuse(404, "", "Paper not found")
        linked = [i for i in self.models.values() if f"arxiv:{name}" in i["tags"]]
        shown = [self._shown(item, ()) for item in linked[:10]]
        answer = {**found, "linkedModels": shown, "numTotalModels": len(linked)}
        return 200, {"Content-Type": "application/json; charset=utf-8"}, _body(answer)

    # Answers

    def _become(self, path: str) -> Reply:
        number = path.removeprefix("/_moment").strip("/")
        if number:
            self.become(int(number) % len(MOMENTS))
        return (
            200,
            {"Content-Type": "text/plain"},
            f"{self.moment} {MOMENTS[self.moment]}\n".encode(),
        )

    def _headers(self, asked: Asked, last: tuple[Any, str, Item] | None = None) -> dict[str, str]:
        links = ['</.well-known/ai-catalog.json>; rel="ai-catalog"', '</.well-known/api-catalog>; rel="api-catalog"']  # fmt: skip
        if last:
            cursor = base64.b64encode(
                json.dumps({"key": last[0], "_id": last[1]}).encode()
            ).decode()
            query = [pair for pair in asked.query if pair[0] != "cursor"]
            address = f"{asked.base}/api/models?{urlencode([*query, ('cursor', cursor)])}"
            links.append(f'<{address}>; rel="next"')
        return {
            "Content-Type": "application/json; charset=utf-8",
            "Link": ", ".join(links),
            "RateLimit": f'"api";r={max(1, 500 - self._requests % 500)};t=212',
            "RateLimit-Policy": '"fixed window";"api";q=500;w=300',
        }

    @staticmethod
    def _conditional(asked: Asked, reply: Reply) -> Reply:
        status, headers, body = reply
        tag = f'W/"{hashlib.sha1(body, usedforsecurity=False).hexdigest()[:27]}"'
        if status == 200 and asked.headers.get("If-None-Match") == tag:
            return 304, {**headers, "ETag": tag}, b""
        return status, {**headers, "ETag": tag}, body

    @staticmethod
    def _refuse(status: int, code: str, message: str) -> Reply:
        headers = {"Content-Type": "application/json; charset=utf-8", "X-Error-Message": message}
        return (
            status,
            {**headers, **({"X-Error-Code": code} if code else {})},
            _body({"error": message}),
        )


def recorded_hub(data: Path) -> HubReplay:
    """The Hub of the recorded data, cards and papers with it."""
    recordings = Recordings(data)
    return HubReplay(recordings.at, recordings.cards, papers=recorded_papers(data))


def recorded_papers(data: Path) -> list[Item]:
    """The daily papers of two days, as they came."""
    folder = data / "huggingface" / "daily_papers"
    files = ("daily_papers_2026-06_30.json", "daily_papers_2026-08_30.json")
    return [entry for name in files for entry in json.loads((folder / name).read_bytes())]


def _conditions(asked: Asked) -> list[Callable[[Item], bool]]:
    def has(tag: str) -> Callable[[Item], bool]:
        return lambda i: tag in i["tags"] or tag in (i.get("pipeline_tag"), i.get("library_name"))

    wanted = [has(tag) for tag in (*asked.values("filter"), *asked.values("pipeline_tag"))]
    author, search = asked.value("author"), asked.value("search").lower()
    if author:
        wanted.append(lambda item: item["id"].partition("/")[0] == author)
    if search:
        wanted.append(lambda item: search in item["id"].lower())
    return wanted


def _after(models: list[tuple[Any, str, Item]], cursor: Item, ascending: bool) -> int:
    """Where a walk goes on: behind the place of the cursor, whether or not its model is still there."""
    place = (cursor["key"], cursor["_id"])
    if ascending:
        return bisect_right(models, place, key=lambda entry: entry[:2])
    backwards = models[::-1]
    return len(models) - bisect_left(backwards, place, key=lambda entry: entry[:2])


def _synthetic_dataset(name: str) -> Item:
    number = int(hashlib.sha256(name.encode()).hexdigest()[:6], 16)
    card = {"license": "cc-by-4.0", "pretty_name": name.rpartition("/")[2], "task_categories": ["image-classification"]}  # fmt: skip
    return {
        "_id": f"{number:024x}", "id": name, "author": name.partition("/")[0], "private": False, "gated": False,
        "downloads": number, "likes": number % 100, "lastModified": "2026-01-01T00:00:00.000Z",
        "description": "Synthetic, for no answer about a data set was recorded.", "cardData": card,
        "tags": ["license:cc-by-4.0", "size_categories:1K<n<10K", "modality:image", "region:us"],
        "usedStorage": number * 100,
    }  # fmt: skip


def _body(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")
