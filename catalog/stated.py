"""What every source says about a paper or a repository, field by field, who is believed first."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalog.claim_text import Origin
from catalog.evidence import origin_of
from catalog.licenses import find_license
from catalog.models import Sighted
from catalog.reference_columns import by_trust

PAPER_LABELS = {
    "title": "Title",
    "authors": "Authors",
    "published": "Published",
    "updated": "Last version",
    "versions": "Versions",
    "venue": "Venue",
    "categories": "Categories",
    "tasks": "Tasks",
    "methods": "Methods",
    "doi": "DOI",
    "comment": "Comment",
    "license": "Licence of the text",
    "upvotes": "Upvotes",
}
REPOSITORY_LABELS = {
    "description": "Description",
    "homepage": "Homepage",
    "license": "Licence of the code",
    "language": "Language",
    "topics": "Topics",
    "stars": "Stars",
    "forks": "Forks",
    "created": "Created",
    "pushed_at": "Last push",
    "is_archived": "Archived",
    "publishes_weights": "Publishes weights",
}
_LONGEST = 300


@dataclass(frozen=True)
class Said:
    """One value as one source states it, as text."""

    text: str
    note: str
    origin: Origin
    wins: bool


@dataclass(frozen=True)
class SaidOf:
    """All that is said about one field, the winner first."""

    label: str
    claims: Sequence[Said]
    disagrees: bool


def said(listings: Iterable[Sighted], labels: Mapping[str, str]) -> list[SaidOf]:
    """Every field with a label that anybody states, in the labels' order; sources must be loaded."""
    trusted = sorted(listings, key=by_trust)
    found = []
    for field, label in labels.items():
        stating = [
            one for one in trusted if one.facts.get(field, {}).get("value") not in (None, "", [])
        ]
        if stating:
            claims = [_said(one, field, wins=one is stating[0]) for one in stating]
            found.append(SaidOf(label, claims, _disagree(field, stating)))
    return found


def _said(listing: Sighted, field: str, *, wins: bool) -> Said:
    fact = listing.facts[field]
    return Said(_text(fact["value"])[:_LONGEST], fact.get("note", ""), origin_of(listing), wins)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, list):
        return ", ".join(_text(item) for item in value)
    if isinstance(value, dict):
        return " ".join(_text(item) for item in value.values())
    return str(value)


def _disagree(field: str, stating: Sequence[Sighted]) -> bool:
    same = _COMPARABLE.get(field)
    values = [one.facts[field]["value"] for one in stating if not one.gone_since]
    return same is not None and any(same(values[0]) != same(value) for value in values[1:])


def _letters(value: Any) -> str:
    return "".join(filter(str.isalnum, str(value).casefold()))


def _license(value: Any) -> str:
    found = find_license(str(value))
    return found.id if found else _letters(value)


# Only fields of which there is one truth; counts of stars change from day to day.
_COMPARABLE: dict[str, Callable[[Any], str]] = {
    **dict.fromkeys(("title", "published", "doi", "is_archived"), _letters),
    "license": _license,
}
