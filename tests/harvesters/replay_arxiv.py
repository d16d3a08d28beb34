"""arXiv's two interfaces, as recorded: papers by id from the Atom answers, records by set from the OAI ones."""

import json
import re
from pathlib import Path

from tests.harvesters.replay import Asked, Reply, Route

XML = {"Content-Type": "application/xml; charset=utf-8"}
PER_PAGE = 5  # the real server sends up to 2,000
_ENTRY = re.compile(r"<entry>.*?</entry>", re.DOTALL)
_RECORD = re.compile(r"<record>.*?</record>", re.DOTALL)
_FEED = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns="http://www.w3.org/2005/Atom">
<id>https://arxiv.org/api/recorded</id>
<opensearch:itemsPerPage>{asked}</opensearch:itemsPerPage>
<opensearch:totalResults>{found}</opensearch:totalResults>
<opensearch:startIndex>0</opensearch:startIndex>
{entries}
</feed>"""
# Synthetic: what was recorded of the Atom interface, in the form of the other one.
_LISTED = """<record><header><identifier>oai:arXiv.org:{id}</identifier><datestamp>{updated}</datestamp>{sets}</header>
<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>{id}</id><created>{created}</created><updated>{updated}</updated>
<authors>{authors}</authors><title>{title}</title><categories>{categories}</categories><comments>{comments}</comments>
<abstract>{abstract}</abstract></arXiv></metadata></record>"""
_LIST = """<?xml version="1.0" encoding="UTF-8"?>
<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
<responseDate>2018-08-20T00:00:00Z</responseDate>
{content}
</OAI-PMH>"""


def recorded_entries(folder: Path) -> dict[str, str]:
    """Every entry of the recorded Atom answers by its id without version."""
    texts = [_sent(json.loads(f.read_text())["body"]) for f in folder.glob("atom_api/*.json")]
    texts += [file.read_text() for file in folder.glob("atom_xml/*.xml")]
    found = {}
    for entry in (entry for text in texts for entry in _ENTRY.findall(text)):
        paper = re.search(r"<id>http://arxiv\.org/abs/(.+?)v\d+</id>", entry)
        if paper:
            found[paper[1]] = entry
    return found


def _sent(body: str) -> str:
    """The recording took the bytes for Latin-1; these are the letters that were sent."""
    return body.encode("latin-1").decode()


def atom(folder: Path) -> Route:
    """Answers `id_list` from what was recorded; an unknown id is left out, a malformed one spoils the answer."""
    entries = recorded_entries(folder)
    refusal = _sent(json.loads(next(folder.glob("atom_api/id_abc_*")).read_text())["body"])

    def route(asked: Asked) -> Reply:
        ids = [re.sub(r"v\d+$", "", one) for one in asked.value("id_list").split(",")]
        if any(re.search(r"[^a-z0-9./-]|^[a-z]*$", one) for one in ids):
            return 400, XML, refusal.encode()
        found = [entries[one] for one in ids if one in entries]
        body = _FEED.format(asked=len(ids), found=len(found), entries="\n".join(found))
        return 200, XML, body.encode()

    return route


def recorded_records(folder: Path) -> list[str]:
    """The recorded records in arXiv's own format, by datestamp, each once."""
    texts = [file.read_text() for file in sorted(folder.glob("oai_pmh_arXiv_format/*.xml"))]
    found = {}
    for record in (record for text in texts for record in _RECORD.findall(text)):
        found[value(record, "identifier")] = record
    return sorted(found.values(), key=lambda record: value(record, "datestamp"))


def listed(arxiv_id: str, entry: str) -> str:
    """An entry of the Atom interface as the OAI one lists it, in its sets of computer science and statistics."""
    categories = re.findall(r'<category[^>]*term="([^"]+)"', entry)
    archives = [name.split(".") for name in categories if re.match(r"(cs|eess|stat)\.", name)]
    names = [name.rpartition(" ") for name in re.findall(r"<name>([^<]*)</name>", entry)]
    return _LISTED.format(
        id=arxiv_id,
        created=value(entry, "published")[:10],
        updated=value(entry, "updated")[:10],
        sets="".join(f"<setSpec>{top}:{top}:{rest}</setSpec>" for top, rest in archives),
        authors="".join(
            f"<author><keyname>{last}</keyname><forenames>{first}</forenames></author>"
            for first, _, last in names
        ),
        title=value(entry, "title"),
        categories=" ".join(categories),
        comments=value(entry, "arxiv:comment"),
        abstract=value(entry, "summary"),
    )


def value(record: str, name: str) -> str:
    found = re.search(f"<{name}>([^<]*)</{name}>", record)
    return found[1] if found else ""


def oai(folder: Path) -> Route:
    """Answers ListRecords by `set` and `from`, page by page; a token is the set, the day and an offset."""
    records = recorded_records(folder)
    records += [listed(*item) for item in recorded_entries(folder).items()]
    records.sort(key=lambda record: value(record, "datestamp"))

    def route(asked: Asked) -> Reply:
        token = asked.value("resumptionToken")
        if token and len(asked.query) != 2:
            return 200, XML, _error("badArgument")
        name, since, offset = (
            token.split("|") if token else (asked.value("set"), asked.value("from"), "0")
        )
        found = [
            record for record in records
            if f"<setSpec>{name}</setSpec>" in record and value(record, "datestamp") >= since
        ]  # fmt: skip
        if not found:
            return 200, XML, _error("noRecordsMatch")
        end = int(offset) + PER_PAGE
        following = f"{name}|{since}|{end}" if end < len(found) else ""
        content = (
            f"<ListRecords>{''.join(found[int(offset) : end])}"
            f'<resumptionToken cursor="{offset}" completeListSize="{len(found)}">{following}'
            "</resumptionToken></ListRecords>"
        )
        return 200, XML, _LIST.format(content=content).encode()

    return route


def _error(code: str) -> bytes:
    return _LIST.format(content=f'<error code="{code}"/>').encode()
