"""What became of the records that were handed to the catalogue."""

import json
from dataclasses import dataclass, field, is_dataclass
from typing import Any

from catalog.records import Rejected


@dataclass
class Outcome:
    """What became of the records; every record is counted once."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    rejected: list[Rejected] = field(default_factory=list)

    def add(self, other: "Outcome") -> None:
        self.created += other.created
        self.updated += other.updated
        self.unchanged += other.unchanged
        self.rejected += other.rejected


def reject(record: Any, reason: str) -> Rejected:
    """`record` as something that was refused, with all it says kept for a later try."""
    try:
        raw = json.dumps(vars(record), default=_plain, ensure_ascii=False, indent=2)
    except (RecursionError, TypeError, ValueError) as problem:
        raw = f"It cannot be written down: {problem}"
    return Rejected(str(record.external_id), reason, raw)


def _plain(value: object) -> object:
    """A fact, result or paper as its fields; whatever else JSON does not know as Python writes it."""
    return vars(value) if is_dataclass(value) else repr(value)
