"""What the columns of papers, repositories and data sets are, worked out again from their listings.

Nothing else writes them. Of several sources the first in `TRUST` that states a field is believed.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from django.db import models
from django.utils.text import slugify

from catalog.aliases import task_slug
from catalog.bulk import defaults, update_rows
from catalog.licenses import find_license
from catalog.models import (
    Dataset,
    DatasetListing,
    Paper,
    PaperListing,
    Repository,
    RepositoryListing,
    Sighted,
)
from catalog.repository_traits import describe_repositories
from catalog.words import index_words

# Who keeps the thing itself comes before who only tells of it.
TRUST = (
    "arxiv",
    "github",
    "huggingface-datasets",
    "huggingface-papers",
    "paperswithcode",
)
# Two ways to ask the same site: the newer answer is believed.
_SAME_VOICE = {"arxiv-oai": "arxiv", "github-repositories": "github"}
_PAPER = (
    "title", "abstract", "authors", "categories", "tasks", "methods", "published", "updated",
    "versions", "venue", "doi", "comment",
)  # fmt: skip
_REPOSITORY = (
    "github_id", "description", "homepage", "language", "topics", "stars", "forks", "created",
    "pushed_at", "is_archived", "publishes_weights", "weights_files",
)  # fmt: skip
_DATASET = (
    "title", "description", "homepage", "size_bytes", "examples", "size_category", "tasks",
    "modalities", "languages", "downloads", "likes", "introduced",
)  # fmt: skip
Facts = Mapping[str, Any]


def resolve_papers(pks: Iterable[int]) -> None:
    """Write the columns of these papers again, with their words for the search."""
    wanted = sorted(set(pks))
    _resolve(Paper, PaperListing, "paper_id", wanted, _paper)
    index_words(Paper, wanted)


def resolve_repositories(pks: Iterable[int]) -> None:
    """Write the columns of these repositories again, with what they do and their words for the search."""
    wanted = sorted(set(pks))
    _resolve(Repository, RepositoryListing, "repository_id", wanted, _repository)
    describe_repositories(wanted)


def resolve_datasets(pks: Iterable[int]) -> None:
    """Write the columns of these data sets again."""
    _resolve(Dataset, DatasetListing, "dataset_id", sorted(set(pks)), _dataset)


def _paper(facts: Facts, listings: list[Sighted]) -> dict[str, Any]:
    plain = _plain(Paper, _PAPER, facts)
    return {
        **plain,
        "url": next((listing.url for listing in listings if listing.url), ""),
        # Slugs, as the search box writes them; the listings keep the names.
        "tasks": list(dict.fromkeys(task_slug(name) for name in plain["tasks"])),
        "methods": list(dict.fromkeys(slugify(name)[:100] for name in plain["methods"])),
    }


def _repository(facts: Facts, listings: list[Sighted]) -> dict[str, Any]:
    found = find_license(facts["license"]) if facts.get("license") else None
    return {**_plain(Repository, _REPOSITORY, facts), "license": found.id if found else ""}


def _dataset(facts: Facts, listings: list[Sighted]) -> dict[str, Any]:
    text = facts.get("license", "")
    found = find_license(text) if text else None
    stated = [item.facts.get("aliases", {}).get("value", []) for item in listings]
    aliases = dict.fromkeys(alias for one in stated for alias in one)
    return {
        **_plain(Dataset, _DATASET, facts),
        "license": found.id if found else "",
        "license_text": text,
        "aliases": list(aliases),
    }


def _plain(table: type[models.Model], names: Iterable[str], facts: Facts) -> dict[str, Any]:
    defaults_of = defaults(table)
    return {name: facts[name] if name in facts else defaults_of[name] for name in names}


def _resolve(
    table: type[models.Model],
    listing: type[Sighted],
    owner: str,
    pks: list[int],
    columns: Callable[[Facts, list[Sighted]], dict[str, Any]],
) -> None:
    by_owner: dict[int, list[Sighted]] = {}
    found = listing._default_manager.filter(**{f"{owner}__in": pks}).order_by("pk")
    for row in found:
        by_owner.setdefault(getattr(row, owner), []).append(row)
    rows = []
    for pk, listings in by_owner.items():
        listings.sort(key=by_trust)
        facts: dict[str, Any] = {}
        for one in listings:
            for name, fact in one.facts.items():
                if fact["value"] not in (None, "", []):
                    facts.setdefault(name, fact["value"])
        rows.append({"id": pk, **columns(facts, listings)})
    update_rows(table, rows)


def by_trust(listing: Sighted) -> tuple[bool, int, float]:
    """The sort key that puts who is believed first; what is gone comes last."""
    voice = _SAME_VOICE.get(listing.source_id, listing.source_id)
    known = TRUST.index(voice) if voice in TRUST else len(TRUST)
    return (listing.gone_since is not None, known, -listing.last_seen.timestamp())
