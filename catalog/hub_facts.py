"""What a hub counts and says of a checkpoint beside what it is: use, access, revision, scan, tags."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog.claim_text import Origin
from catalog.claims import Claim
from catalog.languages import LANGUAGES
from catalog.vocabulary import label

_MOST_TAGS = 40
_MOST_LANGUAGES = 12
_MOST_ISSUES = 10
_GATES = {
    "auto": "Gated: accept the publisher's terms on its page first.",
    "manual": "Gated: the publisher must let you in first.",
}


@dataclass(frozen=True)
class HubFact:
    """A line of the section: `values` are shown as a list where there are several."""

    label: str
    values: list[str]
    origin: Origin
    is_code: bool = False
    verdict: str = ""


def hub_facts(claims: Mapping[str, Sequence[Claim]]) -> list[HubFact]:
    """The facts that somebody states, in the page's order; empty if no hub says anything."""
    found = []
    for field, title, write in _FIELDS:
        claim = claims[field][0] if claims.get(field) else None
        values = write(claim.value) if claim else []
        if claim and values:
            verdict = _verdict(claim.value) if field == "security" else ""
            found.append(HubFact(title, values, Origin(claim), field == "revision", verdict))
    return found


def _count(value: Any) -> list[str]:
    return [f"{value:,}"]


def _day(value: Any) -> list[str]:
    moment = datetime.fromisoformat(value)
    return [f"{moment.day} {moment:%b %Y}"]


def _languages(codes: Any) -> list[str]:
    names = [label(dict(LANGUAGES), code) for code in codes]
    return _first(names, _MOST_LANGUAGES, "languages")


def _tags(tags: Any) -> list[str]:
    return _first(list(tags), _MOST_TAGS, "tags")


def _parents(parents: Any) -> list[str]:
    """Those of a merge; a single one stands where the checkpoint comes from."""
    named = [
        f"{p.get('id', '')} ({p.get('relation') or 'base'})" for p in parents if isinstance(p, dict)
    ]
    return _first(named, _MOST_TAGS, "models") if len(named) > 1 else []


def _security(scan: Any) -> list[str]:
    issues = [i for i in scan.get("issues", ()) if isinstance(i, dict)]
    if issues:
        named = [f"{issue.get('path', '')}: {issue.get('level', '')}" for issue in issues]
        return _first(named, _MOST_ISSUES, "files")
    return ["no issue found"] if scan.get("scanned") else ["not scanned"]


def _verdict(scan: Any) -> str:
    """As the words beside it: "no" where a file has an issue, "unclear" where nothing was scanned."""
    if scan.get("issues"):
        return "no"
    return "yes" if scan.get("scanned") else "unclear"


def _first(values: list[str], most: int, what: str) -> list[str]:
    more = len(values) - most
    return [*values[:most], *([f"and {more:,} more {what}"] if more > 0 else [])]


_FIELDS: tuple[tuple[str, str, Callable[[Any], list[str]]], ...] = (
    ("downloads", "Downloads", _count),
    ("likes", "Likes", _count),
    ("gated", "Access", lambda value: [_GATES.get(value, value)]),
    ("disabled", "State", lambda value: ["disabled by the hub"] if value else []),
    ("security", "Security scan", _security),
    ("created", "Published", _day),
    ("updated_at", "Last changed", _day),
    ("revision", "Revision", lambda value: [value]),
    ("base_models", "Merged from", _parents),
    ("languages", "Languages", _languages),
    ("tags", "Tags", _tags),
)
