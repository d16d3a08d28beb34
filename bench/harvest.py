"""How far a harvest is from the least that Postgres needs: `python -m bench.harvest [COPIES]`.

The floor is COPY of the same normalised rows into one table without indexes, in the same run. Printed are
records per second and the ratio to the floor, for a first harvest, for one in which nothing changed, and
for one in which 1 % did. Works in a database of its own, which is dropped at the end.
"""

import json
import os
import resource
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402

from catalog.records import Fact, ModelRecord, Rejected, normalise  # noqa: E402
from harvesters.engine import harvest  # noqa: E402
from harvesters.sources.base import Page, Start  # noqa: E402
from harvesters.sources.timm import read_configurations, record_of  # noqa: E402

_PAGE = 500


class Copies:
    """timm's real records, `copies` times under other names; `changed` is the share that is different."""

    name = "bench"
    title = "Bench"
    homepage = ""
    kind = "hub"
    bases = ()
    has_increments = False
    is_complete = True

    def __init__(self, copies: int, changed: float = 0) -> None:
        self._originals = [record_of(entry) for entry in read_configurations()]
        self._copies, self._changed = copies, changed

    @property
    def total(self) -> int:
        return self._copies * len(self._originals)

    def pages(self, http: object, start: Start) -> Iterator[Page]:  # noqa: ARG002 - no network
        for first in range(int(start.cursor or 0), self.total, _PAGE):
            end = min(first + _PAGE, self.total)
            yield Page(
                json.dumps([first, end]).encode(), str(end) if end < self.total else "", self.total
            )

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        yield from self.between(*json.loads(page.body))

    def between(self, start: int, end: int) -> Iterator[ModelRecord]:
        for number in range(start, min(end, self.total)):
            copy, index = divmod(number, len(self._originals))
            yield self._copy(self._originals[index], copy, number)

    def _copy(self, original: ModelRecord, copy: int, number: int) -> ModelRecord:
        differs = self._changed and number % round(1 / self._changed) == 0
        facts = {**original.facts, "parameters": Fact(number + 1 if differs else number)}
        keys = tuple(f"{copy} {key}" for key in original.identity_keys)
        name = f"{original.external_id}-{copy}"
        return replace(original, external_id=name, facts=facts, identity_keys=keys)


def copy_floor(source: Copies) -> float:
    """Seconds that COPY takes to write the same normalised rows into one table without indexes."""
    took = 0.0
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE floor (external_id text, url text, facts jsonb, evaluations jsonb,"
            " papers jsonb, identity_keys text[])"
        )
        for start in range(0, source.total, _PAGE):
            rows = [row_of(record) for record in source.between(start, start + _PAGE)]
            begun = time.perf_counter()
            with cursor.copy("COPY floor FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            took += time.perf_counter() - begun
    return took


def row_of(record: ModelRecord) -> list[object]:
    clean = normalise(record)
    facts = {name: vars(fact) for name, fact in clean.facts.items()}
    details = [json.dumps([vars(d) for d in part]) for part in (clean.evaluations, clean.papers)]
    return [clean.external_id, clean.url, json.dumps(facts), *details, list(clean.identity_keys)]


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def main() -> None:
    copies = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    source = Copies(copies)
    floor = copy_floor(source)
    print(f"{source.total:,} records; floor (COPY): {floor:.2f} s, {source.total / floor:,.0f}/s")
    walks = {"first": source, "unchanged": source, "1 % changed": Copies(copies, 0.01)}
    for name, walked in walks.items():
        took = seconds(lambda walked=walked: harvest(walked))  # type: ignore[misc]
        rate = source.total / took
        print(f"{name:12} {took:6.1f} s  {rate:8,.0f}/s  {took / floor:5.2f} x floor")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")


if __name__ == "__main__":
    connection.settings_dict["TEST"]["NAME"] = "bench_harvest"
    name = connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        main()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
