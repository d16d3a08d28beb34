"""A small real source for tests of the engine: it serves what it is given, page by page."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from catalog.records import Fact, ModelRecord, Rejected
from harvesters.http import Http
from harvesters.sources.base import Page, Start, Unreachable


def record(name: str, **facts: Any) -> ModelRecord:
    keys = facts.pop("keys", ())
    return ModelRecord(
        external_id=name,
        url=f"https://example.org/{name}",
        facts={"name": Fact(name), **{key: Fact(value) for key, value in facts.items()}},
        identity_keys=tuple(keys),
    )


class Shelf:
    """Pages of names; a name may be (name, parameters). Cursors are page numbers."""

    name = "shelf"
    title = "Shelf"
    homepage = "https://example.org"
    kind = "hub"
    bases = ()
    has_increments = False
    is_complete = True

    def __init__(self, pages: Sequence[Sequence[Any]], breaks_at: int | None = None) -> None:
        self._pages = pages
        self._breaks_at = breaks_at

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        for number in range(int(start.cursor or 0), len(self._pages)):
            if number == self._breaks_at:
                raise Unreachable("The shelf does not answer.")
            following = str(number + 1) if number + 1 < len(self._pages) else ""
            body = json.dumps([number, self._pages[number]]).encode()
            yield Page(body, following, sum(map(len, self._pages)), "1")

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for item in json.loads(page.body)[1]:
            name, parameters = item if isinstance(item, list) else (item, 1)
            if parameters == "broken":
                yield Rejected(name, "it is broken", json.dumps(item))
            else:
                yield record(name, parameters=parameters)


def count_read_without_torch(module: str, source: str) -> int:
    """How many records a source has in a Python without torch; fails if it imports what it reads."""
    code = (
        "import sys\n"
        "sys.modules['torch'] = None\n"
        "import django\n"
        "django.setup()\n"
        f"from harvesters.sources.{module} import {source} as Read\n"
        "from harvesters.sources.base import Start\n"
        "print(sum(len(list(Read().records(page))) for page in Read().pages(None, Start())))\n"
        "assert not {'timm', 'torchvision'} & set(sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout)
