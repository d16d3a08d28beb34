"""Evaluation tables of Papers with Code: nested tasks made flat, values as text made numbers.

Format: https://github.com/paperswithcode/sota-extractor (`{task, subtasks, datasets: [{dataset, subdatasets,
sota: {metrics, rows}}]}`).
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.aliases import dataset_slug, task_slug
from catalog.cleaning import InvalidRecord, clean_text, clean_url, day
from catalog.metrics import is_possible
from catalog.records import Fact
from catalog.reference_records import (
    DatasetRecord,
    LeaderboardRecord,
    PublishedResultRecord,
    paper_key,
)

_DEEPEST = 20
_MOST_LINKS = 30
_NUMBER = re.compile(
    r"[~≈]?\s*([-+]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d+)?(?:e[-+]?\d{1,2})?)\s*(%|[kmbt](?=\W|$))?"
    r"\s*(?:±\s*[\d.]+\s*%?|\+/-\s*[\d.]+)?\s*(?:\([^)]*\))?[*+†‡]*",
    re.IGNORECASE,
)
_STEPS = {"k": 10**3, "m": 10**6, "b": 10**9, "t": 10**12}
_ARXIV = re.compile(
    r"https?://(?:www\.)?arxiv\.org/(?:abs|pdf|html)/(\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})"
)
# Where a table has no title, it often has an address or a citation in its place.
_NO_TITLE = re.compile(
    r"https?://|\bwww\.|^\W*[\w'’.-]+(?: (?:and|&) [\w'’.-]+)? et al\b", re.IGNORECASE
)
_DOI = re.compile(r"https?://(?:dx\.)?doi\.org/(10\.[!-~]{1,240})")
_PWC = re.compile(r"https?://(?:www\.)?paperswithcode\.com/paper/([\w-]{1,230})", re.IGNORECASE)


class Flattened:
    """The tables of a tree of tasks, each with an id of its own; `tasks` and `rows` count what came by.

    The same table hangs below several tasks of the tree: it is given once. Another one by the same name
    gets a number. Both need the whole walk from its beginning, which is why this keeps what it has seen.
    """

    def __init__(self) -> None:
        self.tasks = self.rows = 0
        self._seen: dict[str, dict[str, str]] = {}
        self._described: set[str] = set()

    def of(self, task: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
        """Every table of a task and of the tasks below it; what is no task is given as it is."""
        if not isinstance(task, dict) or depth > _DEEPEST:
            yield {"id": f"task {self.tasks}", "entry": task}
            return
        self.tasks += 1
        name = clean_text(str(task.get("task") or ""))
        for dataset in _list(task.get("datasets")):
            yield from self._of_dataset(dataset, task, name, "", depth)
        for below in _list(task.get("subtasks")):
            yield from self.of(below, depth + 1)

    def _of_dataset(
        self, dataset: Any, task: Mapping[str, Any], name: str, above: str, depth: int
    ) -> Iterator[dict[str, Any]]:
        if not isinstance(dataset, dict) or depth > _DEEPEST:
            yield {"id": f"{name} / {above}"[:240], "entry": dataset}
            return
        own = clean_text(str(dataset.get("dataset") or dataset.get("subdataset") or ""))
        title = f"{above}: {own}" if above and own else above or own
        sota = dataset.get("sota")
        if isinstance(sota, dict) and sota.get("rows"):
            described = {
                "task": name,
                "dataset": title,
                "description": dataset.get("description"),
                "links": dataset.get("dataset_links"),
                "categories": task.get("categories"),
                "sota": sota,
            }
            if known_as := self._named(f"{name} / {title}"[:240], described):
                self.rows += len(_list(sota.get("rows")))
                slug = slug_of(title)
                first = slug not in self._described
                self._described.add(slug)
                yield {"id": known_as, "first": first, **described}
        for below in _list(dataset.get("subdatasets")):
            yield from self._of_dataset(below, task, name, title, depth + 1)

    def _named(self, name: str, table: Mapping[str, Any]) -> str:
        """The table's id; empty if it has come before."""
        content = hashlib.sha256(
            json.dumps(table, sort_keys=True, default=str).encode()
        ).hexdigest()
        known = self._seen.setdefault(name, {})
        if content in known:
            return ""
        known[content] = name if not known else f"{name} ({len(known) + 1})"
        return known[content]


def paper_slugs(table: Mapping[str, Any]) -> set[str]:
    """The papers that a table names by their page at Papers with Code."""
    rows = _list(table.get("sota", {}).get("rows"))
    found = (slug_in(row.get("paper_url")) for row in rows if isinstance(row, dict))
    return {slug for slug in found if slug}


def leaderboard(table: Mapping[str, Any], papers: Mapping[str, str]) -> LeaderboardRecord:
    """The record of one flat table; `papers` maps slugs to keys. Raises InvalidRecord."""
    if "sota" not in table:
        raise InvalidRecord("expected a task or data set with tables, got something else")
    sota, slug = table["sota"], slug_of(table["dataset"])
    if not slug:
        raise InvalidRecord(f"no name of a data set: {table['dataset']!r:.80}")
    if not isinstance(sota["rows"], list):
        raise InvalidRecord("rows: expected a list")
    description, categories = table.get("description"), words_of(table.get("categories"))
    facts = {"description": Fact(description if isinstance(description, str) else None)}
    return LeaderboardRecord(
        external_id=table["id"],
        dataset=slug,
        dataset_title=table["dataset"],
        task=table["task"],
        metrics=tuple(words_of(sota.get("metrics"))),
        facts={**facts, "categories": Fact(categories or None)},
        results=tuple(
            result
            for number, row in enumerate(sota["rows"])
            for result in _results(number, row, papers)
        ),
    )


def described_dataset(table: Mapping[str, Any]) -> DatasetRecord | None:
    """What a table says about its data set; only the first table of each is asked."""
    slug, description = slug_of(table["dataset"]), table.get("description")
    links = list(_links(table.get("links"), "data set"))
    if not table["first"]:
        return None
    return DatasetRecord(
        external_id=f"tables/{slug}",
        slug=slug,
        facts={
            "title": Fact(table["dataset"]),
            "description": Fact(description if isinstance(description, str) else None),
            "homepage": Fact(links[0]["url"] if links else None),
            "tasks": Fact([task_slug(table["task"])] if table["task"] else None),
        },
    )


def slug_of(name: str) -> str:
    """The slug of a data set by its name there: no owner stands before a slash (`CNN / Daily Mail`)."""
    return dataset_slug(name.replace("/", " "))[:100].strip("-.+_")


def slug_in(url: Any) -> str:
    """The slug of a paper's page at Papers with Code; empty for any other address."""
    found = _PWC.match(url) if isinstance(url, str) else None
    return found[1].lower() if found else ""


def key_of(url: str, papers: Mapping[str, str], title: str = "", date: str = "") -> str:
    """The key of a paper by its address, which may stand in its title; else by title and year.

    Empty if neither identifies it.
    """
    if found := _ARXIV.match(url):
        return paper_key(arxiv_id=found[1])
    if slug_in(url) in papers:
        return papers[slug_in(url)]
    if found := _DOI.match(url):
        return paper_key(doi=found[1])
    named = set(_ARXIV.findall(title))
    if len(named) == 1:
        return paper_key(arxiv_id=named.pop())
    is_title = date and not _NO_TITLE.search(title)
    return paper_key(title=title, year=int(date[:4])) if is_title else ""


def number_of(text: str) -> float | None:
    """The number that a value's text begins with, if it says one and no second one.

    `90.2%` -> 90.2, `20.0 ± 1.2` -> 20.0, `65M` -> 65,000,000; `-`, `1.2/3.4` and words -> None.
    """
    plain = text.replace("\ufeff", "").replace("−", "-").replace("**", "").strip()
    found = _NUMBER.fullmatch(plain)
    if not found or not any(sign.isdigit() for sign in found[1]):
        return None
    value = float(found[1].replace(",", "")) * _STEPS.get((found[2] or "").lower(), 1)
    return value if abs(value) <= 1e15 else None


def _results(number: int, row: Any, papers: Mapping[str, str]) -> Iterator[PublishedResultRecord]:
    if not isinstance(row, dict):
        raise InvalidRecord(f"row {number}: expected an object")
    url, title = address_of(row.get("paper_url")), str(row.get("paper_title") or "")
    date = date_of(row.get("paper_date"))
    extra = row.get("uses_additional_data")
    links = (*_links(row.get("code_links"), "code"), *_links(row.get("model_links"), "weights"))
    metrics = row.get("metrics")
    for metric, value in metrics.items() if isinstance(metrics, dict) else ():
        if value is None or isinstance(
            value, dict | list
        ):  # Parquet fills in the metrics of others
            continue
        yield PublishedResultRecord(
            row=number,
            model_name=str(row.get("model_name") or ""),
            metric=str(metric),
            text=str(value),
            value=_value_of(str(metric), str(value)),
            paper=key_of(url, papers, title, date),
            paper_title=title,
            paper_url=url,
            date=date,
            uses_additional_data=extra if isinstance(extra, bool) else None,
            code_urls=links[:_MOST_LINKS],
        )


def _value_of(metric: str, text: str) -> float | None:
    value = number_of(text)
    return value if value is not None and is_possible(metric, value) else None


def _links(value: Any, kind: str) -> Iterator[dict[str, str]]:
    for link in _list(value):
        url = address_of(link.get("url")) if isinstance(link, dict) else ""
        if url:
            yield {"title": str(link.get("title") or "")[:200], "url": url, "kind": kind}


def address_of(value: Any) -> str:
    """An http(s) address, empty for anything else."""
    try:
        return clean_url(value)
    except InvalidRecord:
        return ""


def date_of(value: Any) -> str:
    """A day as `2026-01-31`, empty for anything else."""
    try:
        return day(value)
    except InvalidRecord:
        return ""


def words_of(value: Any) -> list[str]:
    """The texts of a list; empty for anything else."""
    return [item for item in _list(value) if isinstance(item, str)]


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
