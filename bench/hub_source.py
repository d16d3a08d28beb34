"""The least that reads the generated hub as a source: for the bench of the engine and the catalogue."""

import json
from collections.abc import Iterator
from typing import Any

from catalog.records import Fact, ModelRecord, PaperMention, Rejected
from harvesters.http import Http
from harvesters.sources.base import Base, Page, Start

EXPAND = (
    "author", "baseModels", "cardData", "createdAt", "disabled", "downloads", "downloadsAllTime",
    "gated", "gguf", "lastModified", "library_name", "likes", "model-index", "pipeline_tag",
    "safetensors", "sha", "tags", "usedStorage",
)  # fmt: skip
_BYTES = {"F32": 4, "BF16": 2, "F16": 2}
_FORMATS = ("safetensors", "gguf", "pytorch", "onnx")


class GeneratedHub:
    name, title, homepage, kind = "bench", "Generated hub", "", "hub"
    has_increments = is_complete = True

    def __init__(self, url: str, total: int, page: int = 1000) -> None:
        self._url, self._total, self._page = url, total, page

    @property
    def bases(self) -> tuple[Base, ...]:
        return (Base(self._url),)

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        sort = "lastModified&direction=-1" if start.watermark else "createdAt&direction=1"
        expand = "".join(f"&expand={name}" for name in EXPAND)
        url = start.cursor or f"{self._url}/api/models?limit={self._page}&sort={sort}{expand}"
        watermark = start.next_watermark
        while url:
            answer = http.get(url)
            times = [item["lastModified"] for item in json.loads(answer.body)]
            watermark = watermark if watermark > max(times) else max(times)
            is_old = bool(start.watermark) and times[-1] < start.watermark
            url = "" if is_old else http.next_link(answer)
            expected = None if start.watermark else self._total
            yield Page(answer.body, url, expected, watermark=watermark)

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        return map(_record, json.loads(page.body))


def _record(item: dict[str, Any]) -> ModelRecord:
    name, tags = item["id"], item["tags"]
    tagged: dict[str, list[str]] = {"base_model": [], "dataset": [], "arxiv": [], "license": []}
    plain = []
    for tag in tags:
        kind, colon, value = tag.partition(":")
        if colon and kind in tagged:
            tagged[kind].append(value)
        else:
            plain.append(tag)
    weights = item.get("safetensors", {})
    facts: dict[str, Any] = {
        "name": name.partition("/")[2],
        "organization": item["author"],
        "task": item.get("pipeline_tag"),
        "libraries": [item["library_name"]] if "library_name" in item else None,
        "license": tagged["license"][0] if tagged["license"] else None,
        "training": [{"stage": "", "dataset": d, "method": ""} for d in tagged["dataset"]] or None,
        "parameters": weights.get("total"),
        "size_bytes": sum(_BYTES[k] * n for k, n in weights["parameters"].items()) if weights else None,
        "downloads": item["downloads"],
        "likes": item["likes"],
        "created": item["createdAt"],
        "updated_at": item["lastModified"],
        "revision": item["sha"],
        "gated": item["gated"] or None,
        "disabled": item["disabled"],
        "tags": plain,
        "languages": item["cardData"].get("language"),
        "formats": [tag for tag in plain if tag in _FORMATS] or None,
        "metrics": {"downloads, all time": item["downloadsAllTime"], "storage": item["usedStorage"]},
        "loading": {"transformers": {"hub_id": name}} if item.get("library_name") == "transformers" else None,
    }  # fmt: skip
    parents = [value for value in tagged["base_model"] if value.count(":") == 1]
    relation, _, parent = parents[0].partition(":") if parents else ("", "", "")
    return ModelRecord(
        external_id=name,
        url=f"https://huggingface.co/{name}",
        facts={key: Fact(value) for key, value in facts.items() if value is not None},
        papers=tuple(PaperMention(arxiv_id) for arxiv_id in tagged["arxiv"]),
        identity_keys=(f"hub:{name}",),
        parent=(f"hub:{parent}", relation) if parent else None,
    )
