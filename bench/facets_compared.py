"""The index beside plain SQL and DuckDB: what they take, and whether they say the same."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import OperationalError, connection

from bench.browse_requests import Request
from bench.duckdb_peer import loaded
from bench.facets_written import Figures, line, say
from bench.narrow_table import Narrow
from catalog.facets import count, panels, read, results
from catalog.facets.counts import Counts
from catalog.facets.filters import Filters
from catalog.facets.models import MODELS
from catalog.facets.results import PER_PAGE
from catalog.facets.statement import count_in_postgres


@contextmanager
def limited(limit: int) -> Iterator[None]:
    """Postgres as it is best for this: no compiling, room to sort, both cores; a statement ends after `limit` seconds."""
    given = {"statement_timeout": f"'{limit}s'", "jit": "off", "work_mem": "'256MB'",
             "max_parallel_workers_per_gather": "2"}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("; ".join(f"SET {name} = {value}" for name, value in given.items()))
        try:
            yield
        finally:
            cursor.execute("; ".join(f"RESET {name}" for name in given))


def others(narrow: Narrow, sample: Sequence[Request], limit: int) -> Figures:
    """The counts of the same requests by the index, the best plain SQL, DuckDB and the site's own plain SQL."""
    peer = loaded(Path(settings.INDEX_DIR))
    every = [read(request.query) for request in sample]
    mine = {place: tried(lambda f=filters: count(f)) for place, filters in enumerate(every)}
    say(
        "\nthe counts of the same filtered requests by each, one after the other: number, p50 and p95 in ms"
    )
    line("index", [spent for _, spent in mine.values()])
    wordless = [place for place, filters in enumerate(every) if peer and not filters.words]
    few = range(0, len(every), max(1, len(every) // 5))[:5]
    with limited(limit), connection.cursor() as cursor:
        answers: dict[str, tuple[Iterable[int], Callable[[Filters], Counts]]] = {
            "best plain SQL": (range(len(every)), lambda f: narrow.counts(f, cursor)),
            "DuckDB": (wordless, lambda f: narrow.counts(f, peer)),
            "the site's own plain SQL": (few, count_in_postgres),
        }
        ratios = {
            name: _beside(name, {place: every[place] for place in places}, answer, mine)
            for name, (places, answer) in answers.items()
        }
    return {"sql_ratio": ratios["best plain SQL"], "peer_ratio": ratios["DuckDB"]}


def _beside(
    name: str,
    asked: Mapping[int, Filters],
    answer: Callable[[Filters], Counts],
    mine: Mapping[int, tuple[Counts | None, float]],
) -> float | None:
    """How many times as long as the index another one takes, at the median; says where they differ."""
    theirs = {place: tried(lambda f=filters: answer(f)) for place, filters in asked.items()}
    if not theirs:
        return None
    ratio = float(np.median([spent / mine[place][1] for place, (_, spent) in theirs.items()]))
    over = sum(found is None for found, _ in theirs.values())
    differ = [
        place
        for place, (found, _) in theirs.items()
        if found and shown(asked[place], found) != shown(asked[place], mine[place][0])
    ]
    more = f"{ratio:,.0f} times the index; {len(differ)} differ, {over} were stopped"
    line(name, [spent for _, spent in theirs.values()], more)
    return ratio


def tried(work: Callable[[], Counts]) -> tuple[Counts | None, float]:
    """What it gives, None where it took too long, and the seconds."""
    begun = time.perf_counter()
    try:
        found = work()
    except OperationalError:
        return None, time.perf_counter() - begun
    return found, time.perf_counter() - begun


def shown(filters: Filters, counts: Counts | None) -> tuple[object, ...]:
    """All of the counts that a page shows."""
    assert counts
    ranges = {r.name for r in MODELS.stored_ranges}
    bars = {name: list(numbers) for name, numbers in counts.bars.items() if name in ranges}
    unknown = {name: number for name, number in counts.unknown.items() if name in ranges}
    return counts.total, panels.facet_panels(filters, counts), bars, unknown


def identical(narrow: Narrow, requests: Sequence[Request], limit: int) -> Figures:
    """Totals, counts and rows of pages, compared with plain SQL's."""
    differ, over = [], 0
    with limited(limit), connection.cursor() as cursor:
        for request in requests:
            found = results.results(read(request.query))
            filters = found.filters
            try:
                same = shown(filters, narrow.counts(filters, cursor)) == shown(
                    filters, found.counts
                )
                slugs = _slugs(narrow, filters, cursor)
            except OperationalError:
                over += 1
                continue
            if not same or slugs != [row.slug for row in found.rows]:
                differ.append(f"{'counts' if not same else 'rows'}: {request.query}")
    say(
        f"\ncompared with plain SQL: {len(requests)} requests, {len(differ)} differ, {over} not in {limit} s"
    )
    for one in differ[:10]:
        say(f"  {one}")
    return {"compared": len(requests), "different": len(differ)}


def _slugs(narrow: Narrow, filters: Filters, cursor: Any) -> list[str]:
    if MODELS.default_order(filters.words) or filters.sort:
        return narrow.page(filters, cursor)
    start = (filters.page - 1) * PER_PAGE
    rows = filters.sorted(filters.apply(MODELS.rows())).values_list("slug", flat=True)
    return list(rows[start : start + PER_PAGE])
