"""What each licence lets you do with the weights: the table in `licenses.toml`, read and checked once.

How a verdict is chosen stands in docs/decisions/0050-licence-verdicts.md.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

TABLE = Path(__file__).with_suffix(".toml")
GROUPS = ("permissive", "copyleft", "non-commercial", "custom", "unknown")
USES = {
    "commercial": "Commercial use",
    "redistribution": "Redistribution",
    "fine_tuning": "Fine-tuning",
}
VERDICTS = ("yes", "no", "unclear")
_FIELDS = {"id", "name", "spdx", "aliases", "url", "group", "open", "terms", *USES}


@dataclass(frozen=True)
class License:
    """One licence. `open` is None where nobody can know; a verdict is "yes", "no" or "unclear".

    `reasons` says per use (`commercial`, `redistribution`, `fine_tuning`) in one sentence why.
    """

    id: str
    name: str
    spdx: str
    aliases: tuple[str, ...]
    url: str
    group: str
    open: bool | None
    commercial: str
    redistribution: str
    fine_tuning: str
    reasons: Mapping[str, str] = field(hash=False)

    @property
    def uses(self) -> list[tuple[str, str, str, str]]:
        """(use, its label, verdict, reason) in the page's order."""
        return [(use, label, getattr(self, use), self.reasons[use]) for use, label in USES.items()]


def find_license(text: str | None) -> License | None:
    """The licence that an id, an SPDX id, a name or an address stands for; None if the table has none.

    >>> find_license("https://github.com/facebookresearch/SWAG/blob/main/LICENSE").id
    'cc-by-nc-4.0'
    """
    return _names().get(_plain(text)) if text else None


def read_licenses(text: str) -> dict[str, License]:
    """The table by id; raises ImproperlyConfigured with the entry and the field if anything is wrong."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise ImproperlyConfigured(f"licenses.toml is no TOML: {problem}") from problem
    terms = table.get("terms", {})
    for name, block in terms.items():
        for use in USES:
            _verdict(f"terms.{name}", use, block.get(use))
    found: dict[str, License] = {}
    for position, entry in enumerate(table.get("license", []), start=1):
        license_ = _license(position, entry, terms)
        if license_.id in found:
            raise ImproperlyConfigured(f"licenses.toml: {license_.id} stands there twice")
        found[license_.id] = license_
    return found


def names_of(licenses: Mapping[str, License]) -> dict[str, License]:
    """Every spelling that `find_license` understands; raises ImproperlyConfigured if two licences share one."""
    found: dict[str, License] = {}
    for license_ in licenses.values():
        for name in {_plain(text) for text in (license_.id, license_.spdx, *license_.aliases)}:
            other = found.setdefault(name, license_) if name else license_
            if other is not license_:
                raise ImproperlyConfigured(
                    f"licenses.toml: {name!r} stands for {other.id} and for {license_.id}"
                )
    for license_ in licenses.values():
        # Some addresses hold two versions of a text, so an address only counts where it is nobody else's.
        found.setdefault(_plain(license_.name), license_)
        found.setdefault(_plain(license_.url), license_)
    return found


def _license(
    position: int, entry: Mapping[str, Any], terms: Mapping[str, Mapping[str, Any]]
) -> License:
    name = entry.get("id") or f"entry {position}"
    for mistake in _mistakes(entry, terms):
        raise ImproperlyConfigured(f"licenses.toml: {name}{mistake}")
    uses = {
        use: _verdict(name, use, entry.get(use, terms[entry["terms"]].get(use))) for use in USES
    }
    return License(
        id=entry["id"],
        name=entry["name"],
        spdx=entry.get("spdx", ""),
        aliases=tuple(entry.get("aliases", ())),
        url=entry["url"],
        group=entry["group"],
        open=entry.get("open"),
        reasons={use: reason for use, (_, reason) in uses.items()},
        **{use: verdict for use, (verdict, _) in uses.items()},
    )


def _mistakes(entry: Mapping[str, Any], terms: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for key in entry.keys() - _FIELDS:
        yield f" has the unknown field {key!r}"
    for key in ("id", "name", "url", "group", "terms"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            yield f" needs the text {key!r}"
    if entry["id"] != entry["id"].lower():
        yield ": the id is written in lower case"
    if not entry["url"].startswith("https://"):
        yield ": url must begin with https://"
    if entry["group"] not in GROUPS:
        yield f": group is one of {', '.join(GROUPS)}"
    if entry["terms"] not in terms:
        yield f": there is no [terms.{entry['terms']}]"
    if not isinstance(entry.get("open"), bool | None):
        yield ": open is true, false or left out"


def _verdict(name: str, use: str, value: Any) -> tuple[str, str]:
    match value:
        case [str(verdict), str(reason)] if verdict in VERDICTS and reason.strip().endswith("."):
            return verdict, reason
    raise ImproperlyConfigured(
        f"licenses.toml: {name}: {use} is a pair of a verdict ({', '.join(VERDICTS)}) and a sentence"
    )


def _plain(text: str) -> str:
    text = " ".join(text.lower().split()).removeprefix("license:").rstrip("/")
    return re.sub(r"^https?://(www\.)?", "", text)


@cache
def _names() -> dict[str, License]:
    return names_of(LICENSES)


LICENSES: dict[str, License] = read_licenses(TABLE.read_text(encoding="utf-8"))
