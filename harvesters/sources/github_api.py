"""What both readers of GitHub have in common: how it is asked, and what it says of a repository.

Manual: https://docs.github.com/en/rest/repos/repos. The licence that it names is that of the code: weights
often have another one.
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from catalog.cleaning import InvalidRecord, clean_url
from catalog.keys import arxiv_ids
from catalog.records import Fact
from catalog.reference_records import RepositoryRecord
from harvesters.sources.base import Base, Unreachable

_VERSION = "2022-11-28"  # of the API; supported at least until March 2028
_NO_LICENSE = (None, "", "NOASSERTION")


def github_base(url: str, token: str, pace: float) -> Base:
    """GitHub's API with what it wants to be told with every request."""
    headers = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": _VERSION}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return Base(url, headers, pace, setting="GITHUB_API_URL")


def parse(body: bytes, kind: type, what: str) -> Any:
    """The JSON in `body`; raises Unreachable if it is none, or not of that kind."""
    try:
        value = json.loads(body)
    except (RecursionError, ValueError) as problem:
        raise Unreachable(f"GitHub sent something else than {what}: {problem}.") from problem
    if not isinstance(value, kind):
        raise Unreachable(f"GitHub sent something else than {what}.")
    return value


def repository_record(
    item: Mapping[str, Any],
    weights_files: Sequence[Mapping[str, Any]] = (),
    publishes_weights: Fact | None = None,
    former_names: Sequence[str] = (),
) -> RepositoryRecord:
    """What GitHub says of a repository, in a search or alone; raises KeyError, TypeError, ValueError."""
    facts = _stated(item) | {
        "publishes_weights": publishes_weights or Fact(None),
        "weights_files": Fact(list(weights_files) or None),
    }
    return RepositoryRecord(
        external_id=str(item["id"]),
        full_name=item["full_name"].lower(),
        url=item.get("html_url") or "",
        facts=facts,
        papers=tuple(arxiv_ids(f"{item.get('description')} {item.get('homepage')}")),
        former_names=tuple(former_names),
    )


def _stated(item: Mapping[str, Any]) -> dict[str, Fact]:
    license_id = (item.get("license") or {}).get("spdx_id")
    return {
        "github_id": Fact(item["id"]),
        "description": Fact(item.get("description")),
        "homepage": Fact(_address(item.get("homepage"))),
        "license": Fact(None if license_id in _NO_LICENSE else license_id, "of the code"),
        "language": Fact(item.get("language")),
        "topics": Fact(item.get("topics")),
        "stars": Fact(item.get("stargazers_count")),
        "forks": Fact(item.get("forks_count")),
        "created": Fact(item.get("created_at")),
        "pushed_at": Fact(item.get("pushed_at")),
        "is_archived": Fact(item.get("archived")),
    }


def _address(homepage: Any) -> str | None:
    """A homepage that is an address, also `www.example.org`; people write sentences there, too."""
    if not isinstance(homepage, str):
        return None
    written = homepage.strip()
    if "." not in written or re.match(r"(?!https?:)[a-z][a-z0-9+-]*:", written, re.IGNORECASE):
        return None
    try:
        return clean_url(written if "://" in written else f"https://{written}")
    except InvalidRecord:
        return None
