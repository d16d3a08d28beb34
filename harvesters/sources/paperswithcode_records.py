"""What the entries of the Papers with Code archive say: papers, their repositories, data sets, tables."""

import json
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from catalog.aliases import task_slug
from catalog.cleaning import InvalidRecord
from catalog.keys import repository_name
from catalog.records import Fact, Rejected
from catalog.reference_records import DatasetRecord, PaperRecord, RepositoryMention, paper_key
from harvesters.sources.base import Record
from harvesters.sources.paperswithcode_tables import (
    address_of,
    date_of,
    described_dataset,
    key_of,
    leaderboard,
    paper_slugs,
    slug_in,
    slug_of,
    words_of,
)

_ARXIV_ID = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?")
_FRAMEWORKS = {"tf": "tensorflow", "none": ""}
Entry = dict[str, Any]


def records_of(part: str, entry: Entry, papers: Mapping[str, str]) -> Iterator[Record]:
    """The records of one entry; `papers` maps names of papers there to keys. Raises whatever a bad one causes."""
    return _RECORDS[part](entry, papers)


def papers_named(part: str, entry: Entry) -> Collection[str]:
    """The papers that an entry names only by their page there."""
    return _NAMED[part](entry)


def _paper(entry: Entry, papers: Mapping[str, str]) -> Iterator[Record]:
    slug, date = slug_in(entry["paper_url"]), date_of(entry.get("date"))
    if not slug:
        raise InvalidRecord(f"paper_url is no paper's page: {entry['paper_url']!r:.80}")
    title = entry.get("title") if isinstance(entry.get("title"), str) else None
    methods = entry.get("methods")
    named = (
        [m.get("name") for m in methods if isinstance(m, dict)] if isinstance(methods, list) else []
    )
    facts = {
        "title": title,
        "abstract": entry.get("abstract") if isinstance(entry.get("abstract"), str) else None,
        "authors": words_of(entry.get("authors")),
        "tasks": words_of(entry.get("tasks"))[:200],
        "methods": words_of(named)[:500],
        "published": date or None,
        "venue": next(iter(words_of([entry.get("proceeding"), entry.get("conference")])), None),
    }
    yield PaperRecord(
        external_id=slug,
        key=_key(entry.get("arxiv_id"), entry.get("url_abs"), slug, title or "", date),
        url=address_of(entry.get("url_abs")) or address_of(entry["paper_url"]),
        facts={name: Fact(value) for name, value in facts.items() if value},
    )


def _code(entry: Entry, papers: Mapping[str, str]) -> Iterator[Record]:
    """One record of a paper's repositories, apart from that of the paper: another file states them."""
    slug = slug_in(entry["paper_url"])
    if not slug:
        raise InvalidRecord(f"paper_url is no paper's page: {entry['paper_url']!r:.80}")
    mentions = []
    for link in entry["links"]:
        name = repository_name(str(link.get("repo_url")))
        if name:
            mentions.append(_mention(name, link))
        else:
            alone = {**entry, "links": [link], "id": f"{slug} -> {link.get('repo_url')}"}
            yield rejected("links", alone, f"no repository on GitHub: {link.get('repo_url')!r:.80}")
    if mentions:
        # Of two links to one repository the last one is kept: the official one.
        mentions.sort(key=lambda mention: bool(mention.is_official))
        yield _linked(slug, entry["links"], mentions, papers)


def _linked(
    slug: str, links: list[Entry], mentions: list[RepositoryMention], papers: Mapping[str, str]
) -> PaperRecord:
    first, title = links[0], str(links[0].get("paper_title") or "")
    arxiv_id = next((link["paper_arxiv_id"] for link in links if link.get("paper_arxiv_id")), "")
    key = _key(arxiv_id, first.get("paper_url_abs"), slug)
    return PaperRecord(
        external_id=f"{slug}/code",
        key=papers.get(slug, key) if not arxiv_id else key,
        url=address_of(first.get("paper_url_abs")) or address_of(first.get("paper_url")),
        facts={"title": Fact(title)} if title else {},
        repositories=tuple(mentions),
    )


def _mention(name: str, link: Entry) -> RepositoryMention:
    framework = str(link.get("framework") or "")
    places = [
        word
        for word, flag in (
            ("in the paper", "mentioned_in_paper"),
            ("on GitHub", "mentioned_in_github"),
        )
        if _flag(link.get(flag))
    ]
    return RepositoryMention(
        name,
        _flag(link.get("is_official")),
        _FRAMEWORKS.get(framework, framework),
        f"named {' and '.join(places)}" if places else "",
    )


def _flag(value: Any) -> bool | None:
    # Tables made from the archive say "true" as text.
    return (
        value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    )


def _key(arxiv_id: Any, url: Any, slug: str, title: str = "", date: str = "") -> str:
    """A paper's key by what is known of it; what nothing identifies elsewhere goes by its name there."""
    if isinstance(arxiv_id, str) and _ARXIV_ID.fullmatch(arxiv_id):
        return paper_key(arxiv_id=arxiv_id)
    own_name = re.sub(r"[^a-z0-9-]", "-", slug)
    return key_of(str(url or ""), {}, title, date) or f"title:paperswithcode-{own_name}"


def _dataset(entry: Entry, papers: Mapping[str, str]) -> Iterator[Record]:
    name, tasks = entry["name"], entry.get("tasks")
    named = [t.get("task") for t in tasks if isinstance(t, dict)] if isinstance(tasks, list) else []
    variants = words_of([entry.get("full_name"), *words_of(entry.get("variants"))])
    description = entry.get("description")
    facts = {
        "title": name,
        "aliases": [one for one in variants if one != name][:200],
        "description": description if isinstance(description, str) else None,
        "homepage": address_of(entry.get("homepage")),
        "tasks": list(dict.fromkeys(task_slug(name) for name in words_of(named)))[:200],
        "modalities": words_of(entry.get("modalities"))[:50],
        "languages": [word[:20] for word in words_of(entry.get("languages"))],
        "introduced": date_of(entry.get("introduced_date")),
    }
    yield DatasetRecord(
        external_id=f"datasets/{name}",
        slug=slug_of(name),
        url=address_of(entry.get("url")),
        facts={key: Fact(value) for key, value in facts.items() if value},
        paper=key_of(_introduced_by(entry), papers),
    )


def _introduced_by(entry: Entry) -> str:
    paper = entry.get("paper")
    return str(paper.get("url") or "") if isinstance(paper, dict) else ""


def _table(entry: Entry, papers: Mapping[str, str]) -> Iterator[Record]:
    yield leaderboard(entry, papers)
    if described := described_dataset(entry):
        yield described


def rejected(part: str, entry: Any, reason: str) -> Rejected:
    stated = entry if isinstance(entry, dict) else {}
    name = next((str(stated[k]) for k in ("id", "paper_url", "url", "name") if stated.get(k)), "")
    alone = json.dumps({"part": part, "entries": [entry], "papers": {}})
    return Rejected(f"{part}: {name}"[:250], reason, alone)


_NAMED: dict[str, Callable[[Entry], Collection[str]]] = {
    "": lambda _: (),
    "papers": lambda _: (),
    "links": lambda entry: [slug_in(entry["paper_url"])],
    "datasets": lambda entry: [slug_in(_introduced_by(entry))],
    "tables": paper_slugs,
}
_RECORDS: dict[str, Callable[[Entry, Mapping[str, str]], Iterator[Record]]] = {
    "papers": _paper,
    "links": _code,
    "datasets": _dataset,
    "tables": _table,
}
