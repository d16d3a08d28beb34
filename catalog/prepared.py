"""A record with all that can be worked out about it without the database, in plain values.

It is made once per record, for long walks in a process of its own (harvesters/reader.py); what is left to
do with it takes turns with everything else that is written.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

import orjson

from catalog.bulk import defaults, line_of
from catalog.columns import resolve_alone
from catalog.models import PretrainedModel, Source
from catalog.records import (
    EvaluationRecord,
    Fact,
    ModelRecord,
    PaperMention,
    normalise,
    written,
)
from catalog.search import words_of

# Columns of a checkpoint's row that are known only when it is written; they come first in its line.
LATER = ("id", "architecture_id", "parent_id", "created_at", "changed_at")


class Alone(NamedTuple):
    """The checkpoint that a record makes if nothing else describes it.

    `line` are the columns `alone_columns()` of its row as COPY takes them; `architecture` is a name with
    its `family`, `parent` an identity key, `datasets` are slugs.
    """

    architecture: str
    family: str
    parent: str
    repositories: tuple[str, ...]
    datasets: tuple[str, ...]
    line: str


class Prepared(NamedTuple):
    """A normalised record, written down: `facts` is their JSON, `content_hash` that of all it says."""

    external_id: str
    url: str
    facts: str
    content_hash: str
    evaluations: tuple[EvaluationRecord, ...]
    papers: tuple[PaperMention, ...]
    identity_keys: tuple[str, ...]
    alone: Alone

    @property
    def record(self) -> ModelRecord:
        """The normalised record again."""
        return ModelRecord(
            external_id=self.external_id,
            url=self.url,
            facts={name: Fact(**fact) for name, fact in orjson.loads(self.facts).items()},
            evaluations=self.evaluations,
            papers=self.papers,
            identity_keys=self.identity_keys,
        )


def prepare(record: ModelRecord, source: Source) -> Prepared:
    """The record of this source made storable; raises InvalidRecord, naming the field, if it cannot be."""
    clean = normalise(record)
    facts, content_hash = written(clean)
    return Prepared(
        clean.external_id,
        clean.url,
        facts,
        content_hash,
        clean.evaluations,
        clean.papers,
        clean.identity_keys,
        _alone(clean, source),
    )


def words(source: Source, record: ModelRecord, columns: Mapping[str, Any]) -> str:
    """By which words a checkpoint is found that has this listing only."""
    is_measured = source.kind == Source.Kind.MEASUREMENT
    return words_of(columns, [] if is_measured else [columns["name"], record.external_id])


@cache
def alone_columns() -> tuple[str, ...]:
    """The columns that `Alone.line` gives, in order."""
    return tuple(name for name in defaults(PretrainedModel) if name not in LATER)


def _alone(clean: ModelRecord, source: Source) -> Alone:
    columns = resolve_alone(clean, source)
    row = {
        **_blank(),
        **columns,
        "slug": f"{source.pk}/{clean.external_id}",
        "search_vector": words(source, clean, columns),
    }
    return Alone(
        columns["architecture"],
        columns["family"],
        columns["parent"],
        tuple(columns["repositories"]),
        tuple(columns["datasets"]),
        line_of(PretrainedModel, alone_columns(), row),
    )


@cache
def _blank() -> dict[str, Any]:
    return defaults(PretrainedModel)
