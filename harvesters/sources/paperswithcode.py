"""The archive of Papers with Code: papers, their repositories, data sets, tables of published results.

The site was closed in July 2025; its last dumps lie on the Hub: https://huggingface.co/pwc-archive,
CC BY-SA 4.0. Their fields: https://github.com/paperswithcode/paperswithcode-data. The table of methods is
not read: what a paper uses stands with the paper.
"""

import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing
from itertools import groupby, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from catalog.cleaning import InvalidRecord
from harvesters.sources.base import Base, NotSetUp, Page, Record, Start
from harvesters.sources.paperswithcode_archive import PARTS, Archive, Folder, Hub, entries
from harvesters.sources.paperswithcode_records import Entry, papers_named, records_of, rejected
from harvesters.sources.paperswithcode_tables import Flattened

if TYPE_CHECKING:
    from harvesters.http import Http

_PAGE = 500
_TABLES, _ROWS = 100, 2_000  # on one page
_NOT_SET = (
    "PWC_ARCHIVE is not set: name a folder with the dumps of Papers with Code,"
    " or https://huggingface.co to fetch them (1.5 GB)."
)
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
            raise NotSetUp(_NOT_SET)
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
        slugs = {slug for entry in known for slug in papers_named(part, entry) if slug}
        papers = dict(self._keys_of(slugs)) if slugs else {}
        return json.dumps({"part": part, "entries": chunk, "papers": papers}, default=str).encode()

    def records(self, page: Page) -> Iterator[Record]:
        body = json.loads(page.body)
        for entry in body.get("entries", ()):
            try:
                yield from records_of(body["part"], entry, body["papers"])
            except (AttributeError, InvalidRecord, KeyError, TypeError, ValueError) as problem:
                yield rejected(body["part"], entry, str(problem))


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


_MADE: dict[str, Callable[[Iterator[Any]], Iterator[Entry]]] = {
    "papers": iter,
    "links": _by_paper,
    "datasets": iter,
    "tables": _tables,
}
_CUT = {part: _by_rows if part == "tables" else _by_number for part in PARTS}
