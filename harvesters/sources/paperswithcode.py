"""The archive of Papers with Code: papers, their repositories, data sets, tables of published results.

The site was closed in July 2025; its last dumps lie on the Hub: https://huggingface.co/pwc-archive,
CC BY-SA 4.0. Their fields: https://github.com/paperswithcode/paperswithcode-data. The table of methods is
not read: what a paper uses stands with the paper.
"""

import json
import re
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.aliases import task_slug
from catalog.cleaning import InvalidRecord
from catalog.keys import repository_name
from catalog.records import Fact, Rejected
from catalog.reference_records import DatasetRecord, PaperRecord, RepositoryMention, paper_key
from harvesters.sources.base import Base, Page, Record, Start
from harvesters.sources.paperswithcode_archive import PARTS, Archive, Folder, Hub, entries
from harvesters.sources.paperswithcode_tables import (
    Flattened,
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

if TYPE_CHECKING:
    from harvesters.http import Http

_PAGE = 500
_TABLES, _ROWS = 100, 2_000  # on one page
_ARXIV_ID = re.compile(r"(?:\d{4}\.\d{4,5}|[a-z-]+(?:\.[A-Z]{2})?/\d{7})(?:v\d+)?")
_FRAMEWORKS = {"tf": "tensorflow", "none": ""}
_NOT_SET = (
    "PWC_ARCHIVE is not set, so nothing was read: name a folder with the dumps of Papers with Code,"
    " or https://huggingface.co to fetch them (1.5 GB)"
)
Entry = dict[str, Any]
# Slugs of papers there -> keys of papers here, as far as they have been listed.
KeysOf = Callable[[Collection[str]], Mapping[str, str]]


class PapersWithCode:
    """`archive` is a folder or a base URL, empty for none; `redirects` are where that sends for its files."""

    name = "paperswithcode"
    title = "Papers with Code, CC BY-SA 4.0"  # the attribution that its licence asks for
    homepage = "https://huggingface.co/pwc-archive"
    kind = "papers"
    has_increments = True  # an archive that did not change is not read again
    is_complete = True

    def __init__(self, archive: str, redirects: Collection[str], keys_of: KeysOf) -> None:
        self._archive, self._keys_of = archive, keys_of
        is_remote = archive.startswith(("http://", "https://"))
        self.bases = tuple(Base(url) for url in (archive, *redirects)) if is_remote else ()

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        """Part by part, in the archive's order; the cursor is `archive:part:entries read of it`."""
        if not self._archive:
            yield Page(b"{}", missing=_NOT_SET)
            return
        archive = Hub(self._archive, http) if self.bases else Folder(Path(self._archive))
        signature = archive.signature()
        if start.watermark == signature and not start.cursor:
            yield Page(b"{}", watermark=signature)
            return
        missing = _missing(archive)
        of_archive, _, place = start.cursor.partition(":")
        chunks = _chunks(archive, place if of_archive == signature else "")
        here, _, entries_here = next(chunks, ("", 0, []))
        for part, offset, chunk in chunks:
            following = f"{signature}:{part}:{offset}"
            yield Page(
                self._body(here, entries_here), following, watermark=signature, missing=missing
            )
            here, entries_here = part, chunk
        yield Page(self._body(here, entries_here), watermark=signature, missing=missing)

    def _body(self, part: str, chunk: list[Any]) -> bytes:
        # Asked only now: the page before this one has been written.
        known = (entry for entry in chunk if isinstance(entry, dict))
        slugs = {slug for entry in known for slug in _NAMED[part](entry) if slug}
        papers = dict(self._keys_of(slugs)) if slugs else {}
        return json.dumps({"part": part, "entries": chunk, "papers": papers}, default=str).encode()

    def records(self, page: Page) -> Iterator[Record]:
        body = json.loads(page.body)
        for entry in body.get("entries", ()):
            try:
                yield from _RECORDS[body["part"]](entry, body["papers"])
            except (AttributeError, InvalidRecord, KeyError, TypeError, ValueError) as problem:
                yield _rejected(body["part"], entry, str(problem))


def _missing(archive: Archive) -> str:
    absent = [PARTS[part][0] for part in PARTS if not archive.files(part)]
    return f"The archive has no {', no '.join(absent)}" if absent else ""


def _chunks(archive: Archive, place: str) -> Iterator[tuple[str, int, list[Entry]]]:
    """(part, entries of it before these, what makes one page) from a place such as `links:500` on."""
    begin, _, offset = place.partition(":")
    order = list(PARTS)
    for part in order[order.index(begin) if begin in order else 0 :]:
        skip = int(offset) if part == begin and offset.isdigit() else 0
        for chunk in _CUT[part](islice(_MADE[part](_stream(archive, part)), skip, None)):
            yield part, skip, chunk
            skip += len(chunk)


def _stream(archive: Archive, part: str) -> Iterator[Any]:
    for file in archive.files(part):
        with archive.opened(file) as path:
            yield from entries(path)


def _by_paper(links: Iterator[Any]) -> Iterator[Entry]:
    """The links of each paper together; the file has them in the order in which they were found.

    They are sorted on disk, for a paper's links may lie anywhere among the 300,161.
    """
    with closing(sqlite3.connect("")) as database:  # a temporary file of its own
        database.execute("CREATE TABLE link (paper TEXT, row TEXT)")
        database.executemany(
            "INSERT INTO link VALUES (?, ?)",
            (
                (str(link.get("paper_url")) if isinstance(link, dict) else "", json.dumps(link))
                for link in links
            ),
        )
        rows = database.execute("SELECT paper, row FROM link ORDER BY paper, rowid")
        for paper, found in groupby(rows, key=lambda row: str(row[0])):
            yield {"paper_url": paper, "links": [json.loads(row) for _, row in found]}


def _tables(tasks: Iterator[Any]) -> Iterator[Entry]:
    flattened = Flattened()
    return (table for task in tasks for table in flattened.of(task))


def _by_number(items: Iterator[Entry]) -> Iterator[list[Entry]]:
    while chunk := list(islice(items, _PAGE)):
        yield chunk


def _by_rows(tables: Iterator[Entry]) -> Iterator[list[Entry]]:
    chunk: list[Entry] = []
    rows = 0
    for table in tables:
        chunk.append(table)
        rows += len(table.get("sota", {}).get("rows", ()))
        if len(chunk) >= _TABLES or rows >= _ROWS:
            yield chunk
            chunk, rows = [], 0
    if chunk:
        yield chunk


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
    slug, links = slug_in(entry["paper_url"]), entry["links"]
    if not slug:
        raise InvalidRecord(f"paper_url is no paper's page: {entry['paper_url']!r:.80}")
    mentions = []
    for link in links:
        name = repository_name(str(link.get("repo_url")))
        if name:
            mentions.append(_mention(name, link))
        else:
            alone = {**entry, "links": [link], "id": f"{slug} -> {link.get('repo_url')}"}
            yield _rejected(
                "links", alone, f"no repository on GitHub: {link.get('repo_url')!r:.80}"
            )
    if mentions:
        # Of two links to one repository the last one is kept: the official one.
        mentions.sort(key=lambda mention: bool(mention.is_official))
        first = links[0]
        title = str(first.get("paper_title") or "")
        arxiv_id = next(
            (link["paper_arxiv_id"] for link in links if link.get("paper_arxiv_id")), ""
        )
        key = _key(arxiv_id, first.get("paper_url_abs"), slug)
        yield PaperRecord(
            external_id=f"{slug}/code",
            key=papers.get(slug, key) if not arxiv_id else key,
            url=address_of(first.get("paper_url_abs")) or address_of(entry["paper_url"]),
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


def _rejected(part: str, entry: Any, reason: str) -> Rejected:
    stated = entry if isinstance(entry, dict) else {}
    name = next((str(stated[k]) for k in ("id", "paper_url", "url", "name") if stated.get(k)), "")
    alone = json.dumps({"part": part, "entries": [entry], "papers": {}})
    return Rejected(f"{part}: {name}"[:250], reason, alone)


_MADE: dict[str, Callable[[Iterator[Any]], Iterator[Entry]]] = {
    "papers": iter,
    "links": _by_paper,
    "datasets": iter,
    "tables": _tables,
}
_CUT = {part: _by_rows if part == "tables" else _by_number for part in PARTS}
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
