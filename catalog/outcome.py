"""What became of the records that were handed to the catalogue, and records written down to be tried again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import date, datetime
from typing import Any

from catalog import records, reference_records
from catalog.prepared import Prepared
from catalog.records import ModelRecord, Rejected
from catalog.reference_records import ReferenceRecord

# Every class a record is made of, by its name in what `reject` writes.
_CLASSES: dict[str, type] = {
    name: found
    for module in (records, reference_records)
    for name, found in vars(module).items()
    if isinstance(found, type) and is_dataclass(found) and found is not Rejected
}

_DEEPEST = 25  # levels of lists and mappings, more than catalog.cleaning.clean_json takes


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
    """`record` as something that was refused, with all it says kept for a later try: see `restore`."""
    record = record.record if isinstance(record, Prepared) else record
    try:
        raw = json.dumps(_plain(record), ensure_ascii=False, indent=2)
    except (RecursionError, TypeError, ValueError) as problem:
        raw = f"It cannot be written down: {problem}"
    return Rejected(str(record.external_id), reason, raw)


def restore(raw: str) -> ModelRecord | ReferenceRecord:
    """The record that `reject` wrote down; raises ValueError if it is none or could not be written whole."""
    try:
        record = _again(json.loads(raw))
    except (KeyError, TypeError, RecursionError) as problem:
        raise ValueError(f"no record can be made of it: {problem!r}") from problem
    if not isinstance(record, ModelRecord | ReferenceRecord):
        raise ValueError("it is no record")  # noqa: TRY004 - of what was written, not of an argument
    return record


def _plain(value: Any, depth: int = 0) -> Any:
    """`value` in what JSON knows; anything else is tagged with what it was."""
    if value is None or isinstance(value, str | bool | float):
        return value
    if isinstance(value, int):
        # Python refuses to write 5,000 decimal digits.
        return value if abs(value) < 2**63 else {"@": "int", "hex": hex(value)}
    if isinstance(value, date):
        return {"@": type(value).__name__, "iso": value.isoformat()}
    if depth > _DEEPEST:
        # No record is as deep, and going on like this would exhaust Python's stack before JSON's.
        return {"@": "json", "text": json.dumps(value)}
    if is_dataclass(value):
        # Not asdict(): it would turn the facts within into nameless mappings.
        named = {entry.name: _plain(getattr(value, entry.name), depth) for entry in fields(value)}
        return {"@": type(value).__name__, **named}
    return _plain_collection(value, depth + 1)


def _plain_collection(value: Any, depth: int) -> Any:
    if isinstance(value, list):
        return [_plain(item, depth) for item in value]
    if isinstance(value, tuple):
        return {"@": "tuple", "items": [_plain(item, depth) for item in value]}
    if isinstance(value, Mapping):
        if all(isinstance(key, str) for key in value) and "@" not in value:
            return {key: _plain(item, depth) for key, item in value.items()}
        pairs = [[_plain(key, depth), _plain(item, depth)] for key, item in value.items()]
        return {"@": "dict", "items": pairs}
    return {"@": "lost", "shown": f"{value!r:.1000}"}


def _again(value: Any) -> Any:
    if isinstance(value, list):
        return [_again(item) for item in value]
    if not isinstance(value, dict):
        return value
    match value.get("@"):
        case None:
            return {key: _again(item) for key, item in value.items()}
        case "dict":
            return {_again(key): _again(item) for key, item in value["items"]}
        case "tuple":
            return tuple(_again(item) for item in value["items"])
        case "datetime":
            return datetime.fromisoformat(value["iso"])
        case "date":
            return date.fromisoformat(value["iso"])
        case "json":
            return json.loads(value["text"])
        case "int":
            return int(value["hex"], 16)
        case name:
            named = {key: _again(item) for key, item in value.items() if key != "@"}
            return _CLASSES[name](**named)
