"""What a source was asked for and does not have: its listing is marked gone, so that it is not asked each time."""

from collections.abc import Mapping
from datetime import datetime

from django.db import models

from catalog.bulk import insert_rows
from catalog.models import Paper, PaperListing, Repository, RepositoryListing, Sighted, Source
from catalog.outcome import Outcome
from catalog.reference_columns import resolve_papers, resolve_repositories
from catalog.reference_records import GoneRecord


def note_gone(source: Source, records: Mapping[str, GoneRecord], now: datetime) -> Outcome:
    """Mark the listings gone. Where the source never had one and somebody names the thing, an empty one is made.

    `last_seen` of such a listing is when the source was asked for it last.
    """
    papers = {name: record.paper for name, record in records.items() if record.paper}
    repositories = {name: r.repository for name, r in records.items() if r.repository}
    outcome, touched = _mark(PaperListing, Paper, "key", source, papers, now)
    resolve_papers(touched)
    more, touched = _mark(RepositoryListing, Repository, "full_name", source, repositories, now)
    resolve_repositories(touched)
    outcome.add(more)
    return outcome


def _mark(
    listing: type[Sighted],
    owner: type[models.Model],
    key: str,
    source: Source,
    asked: Mapping[str, str],
    now: datetime,
) -> tuple[Outcome, list[int]]:
    """What became of the listings `asked` for (owner's key by external id), and the owners to work out again."""
    column = f"{owner._meta.model_name}_id"
    found = listing._default_manager.filter(source=source, external_id__in=list(asked))
    known = set(found.values_list("external_id", flat=True))
    vanished = found.filter(gone_since=None)
    touched = list(vanished.values_list(column, flat=True))
    updated = vanished.update(gone_since=now)
    found.update(last_seen=now)
    missing = {name: value for name, value in asked.items() if name not in known}
    owners = owner._default_manager.filter(**{f"{key}__in": list(missing.values())})
    by_key = dict(owners.values_list(key, "pk"))
    new = {name: by_key[value] for name, value in missing.items() if value in by_key}
    insert_rows(listing, [_empty(source, name, column, pk, now) for name, pk in new.items()])
    # That there is none is nothing new in the catalogue.
    return Outcome(0, updated, len(asked) - updated), touched


def _empty(source: Source, name: str, column: str, pk: int, now: datetime) -> dict[str, object]:
    moments = dict.fromkeys(("first_seen", "last_seen", "changed_at", "gone_since"), now)
    texts = dict.fromkeys(("url", "version", "content_hash"), "")
    return {
        "source_id": source.pk, "external_id": name, column: pk, "facts": {}, **texts, **moments,
    }  # fmt: skip
