"""Pages that hold a JSON list of entries, each of which becomes one record."""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from catalog.records import Rejected
from harvesters.sources.base import Page, Record


def records_of_entries(
    page: Page, make: Callable[[Mapping[str, Any]], Record], name: str = "name"
) -> Iterator[Record]:
    """`make` of every entry; one that it does not understand comes as `Rejected`, named by its `name`."""
    for entry in json.loads(page.body):
        try:
            yield make(entry)
        except (
            AttributeError,
            IndexError,
            KeyError,
            OverflowError,
            TypeError,
            ValueError,
        ) as problem:
            called = entry.get(name) if isinstance(entry, dict) else None
            yield Rejected(str(called or "")[:250], f"{problem!r:.200}", json.dumps([entry]))
