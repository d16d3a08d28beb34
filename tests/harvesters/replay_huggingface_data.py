"""The recorded models of the Hugging Face Hub, in the form in which its API answers.

Recorded: names, downloads, tasks and commits of the whole Hub of 2022; TheBloke's models at five moments;
cards of 2023; pages of 2026; complete records of one model tree. Synthetic: the `_id` and dates of records
that came without, and the records of timm's repositories, made of timm's own table.
"""

import csv
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

Item = dict[str, Any]
MOMENTS = (
    "2023-08-23T04:00:00.000Z", "2023-11-02T20:36:00.000Z", "2024-04-21T19:35:00.000Z",
    "2024-04-21T20:35:00.000Z", "2024-04-21T21:35:00.000Z",
)  # fmt: skip
_SUMMER_2022 = "2022-07-01T00:00:00.000Z"
_SPRING_2023 = "2023-03-31T00:00:00.000Z"


class Recordings:
    """The recorded models; `at(n)` is the Hub as it was at the n-th of `MOMENTS`, everything else unchanged."""

    def __init__(self, data: Path) -> None:
        self._hub, self._data = data / "huggingface", data
        self._others: dict[str, Item] | None = None
        self.cards: dict[str, str] = {}
        self._snapshots: list[dict[str, Item]] = []

    def at(self, moment: int) -> list[Item]:
        if self._others is None:
            self._others = {}
            for item in (
                *self._of_2022(), *self._with_cards(), *self._of_timm(), *self._of_2026(), *self._of_one_tree(),
            ):  # fmt: skip
                self._others[item["id"]] = {**self._others.get(item["id"], {}), **item}
            self._snapshots = list(self._of_thebloke())
        return [complete(i) for i in {**self._others, **self._snapshots[moment]}.values()]

    def names_of_2022(self) -> list[str]:
        return [item["id"] for item in self._of_2022()]

    def _of_2022(self) -> Iterator[Item]:
        path = self._hub / "whole_hub_2022" / "models_with_downloads.derived.csv.gz"
        with gzip.open(path, "rt", encoding="utf-8") as table:
            for row in csv.DictReader(table):
                task = {"pipeline_tag": row["task"]} if row["task"] not in ("", "NA") else {}
                yield {
                    "id": row["model"], "downloads": int(row["downloads"]), "sha": row["sha"],
                    "private": row["private"] == "True", "lastModified": _SUMMER_2022,
                    "tags": [*task.values(), "region:us"], **task,
                }  # fmt: skip

    def _with_cards(self) -> Iterator[Item]:
        for line in (self._hub / "jarvis_p0_models.jsonl").read_text("utf-8").splitlines():
            row = json.loads(line)
            card = row["meta"] if isinstance(row["meta"], dict) else {}
            front = yaml.dump(card, Dumper=yaml.CSafeDumper, allow_unicode=True, sort_keys=False)
            self.cards[row["id"]] = f"---\n{front}---\n{row['description']}"
            yield {
                "id": row["id"], "downloads": row["downloads"], "likes": row["likes"],
                "pipeline_tag": row["pipeline_tag"], "cardData": card, "tags": _tags_of(card),
                "lastModified": _SPRING_2023,
            }  # fmt: skip

    def _of_2026(self) -> Iterator[Item]:
        for row in _json(self._hub / "list_models_200" / "2026-06-29_833ac079.json"):
            yield {
                "id": row["id"], "pipeline_tag": row["task"], "library_name": row["library"],
                "downloads": row["downloads"], "likes": row["likes"], "tags": row["tags"],
                "lastModified": "2026-06-29T00:00:00.000Z",
            }  # fmt: skip
        for name in ("api_models_default_2026-04.json", "api_models_2026-08_scout.json"):
            for item in _json(self._hub / name):
                yield {**item, "lastModified": item["createdAt"]}

    def _of_one_tree(self) -> Iterator[Item]:
        folder = self._hub / "model_info_full"
        usual = csv.field_size_limit(10**8)
        try:
            table = folder / "Mistral-Small-24B-Base-2501_finetunes_20250405_001816.csv"
            with table.open() as file:
                serialised = [row["metadata"] for row in csv.DictReader(file)]
        finally:
            csv.field_size_limit(usual)  # it is the whole process's, and other tests count on it
        serialised += [row["metadata"] for row in _json(folder / "model_data.json")["models"]]
        yield from (_from_client(json.loads(text)) for text in serialised if text)

    def _of_timm(self) -> Iterator[Item]:
        """Synthetic: what the table of the library says of each of its repositories."""
        for entry in _json(self._data / "timm" / "export_pretrained_cfgs_timm-1.0.31.json")[
            "pretrained"
        ]:
            name = entry.get("hf_hub_id") or ""
            if not name.startswith("timm/"):
                continue
            license_ = [f"license:{entry['license']}"] if entry.get("license") else []
            papers = entry.get("paper_ids") or []
            papers = [papers] if isinstance(papers, str) else papers
            task = (
                "image-classification" if entry.get("num_classes") else "image-feature-extraction"
            )
            yield {
                "id": name, "library_name": "timm", "pipeline_tag": task, "downloads": _number(name) % 90_000,
                "likes": _number(name) % 40, "lastModified": "2025-01-21T00:00:00.000Z",
                "createdAt": "2023-04-05T00:00:00.000Z", "sha": _hex(f"sha {name}", 40),
                "tags": ["timm", "pytorch", "safetensors", task, *license_, *papers_of(papers), "region:us"],
            }  # fmt: skip

    def _of_thebloke(self) -> Iterator[dict[str, Item]]:
        """Per moment its models; `lastModified` (synthetic) is the first moment at which it was as it is."""
        before: dict[str, Item] = {}
        paths = sorted((self._hub / "api_models_author_TheBloke").iterdir())
        for moment, path in zip(MOMENTS, paths, strict=True):
            found = {}
            for item in _json(path):
                old = before.get(item["id"], {})
                is_same = all(old.get(key) == item.get(key) for key in ("tags", "pipeline_tag"))
                modified = old["lastModified"] if is_same else moment
                found[item["id"]] = {**item, "lastModified": modified}
            yield found
            before = found


def papers_of(papers: list[str]) -> list[str]:
    return [f"arxiv:{paper.removeprefix('arXiv:')}" for paper in papers if "http" not in paper]


def complete(item: Item) -> Item:
    """With what every answer carries; `_id` is synthetic where none was recorded."""
    name = item["id"]
    owner = {"author": name.partition("/")[0]} if "/" in name else {}
    return {
        "_id": _hex(f"id {name}", 24), "likes": 0, "downloads": 0, "private": False, "tags": [], "gated": False,
        "disabled": False, "createdAt": "2022-03-02T23:29:04.000Z", "modelId": name,
        "sha": _hex(f"sha {name}", 40), **owner, **{key: v for key, v in item.items() if v is not None},
    }  # fmt: skip


def _from_client(info: Item) -> Item:
    """A record of the Python client as the answer it was made from."""
    card = yaml.load(info.get("card_data") or "", Loader=yaml.CSafeLoader) or {}
    tagged = [tag.split(":", 2)[1:] for tag in info["tags"] if tag.startswith("base_model:")]
    related = [pair for pair in tagged if len(pair) == 2]
    parents = [{"_id": _hex(f"id {parent}", 24), "id": parent} for _, parent in related]
    files = re.findall(r"rfilename='([^']+)'", " ".join(map(str, info.get("siblings") or [])))
    keep = (
        "id", "author", "sha", "private", "gated", "disabled", "downloads", "likes", "library_name",
        "pipeline_tag", "tags", "config", "safetensors", "gguf",
    )  # fmt: skip
    return {
        **{key: info.get(key) for key in keep},
        "lastModified": _moment(info["last_modified"]), "createdAt": _moment(info["created_at"]),
        "cardData": card, "model-index": info.get("model_index"), "usedStorage": info.get("used_storage"),
        "transformersInfo": info.get("transformers_info"), "siblings": [{"rfilename": f} for f in files],
        **({"baseModels": {"relation": related[0][0], "models": parents}} if related else {}),
    }  # fmt: skip


def _tags_of(card: Item) -> list[str]:
    """The tags that the Hub makes of a card."""
    tags = [str(tag) for tag in _list(card.get("tags"))]
    tags += [str(language) for language in _list(card.get("language"))]
    tags += [f"dataset:{name}" for name in _list(card.get("datasets"))]
    tags += [f"license:{name}" for name in _list(card.get("license"))]
    return [*tags, *(["model-index"] if card.get("model-index") else []), "region:us"]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _moment(text: str) -> str:
    return f"{text[:19].replace(' ', 'T')}.000Z"


def _json(path: Path) -> Any:
    return json.loads(path.read_bytes())


def _hex(text: str, length: int) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:length]


def _number(text: str) -> int:
    return int(_hex(text, 8), 16)
