"""The index beside plain SQL and DuckDB: what they take, and whether they say the same."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
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
    """The index beside the best plain SQL, DuckDB and the site's own plain SQL: each request by all in turn."""
    peer = loaded(Path(settings.INDEX_DIR))
    took: dict[str, list[float]] = defaultdict(list)
    over = wrong = 0
    with limited(limit), connection.cursor() as cursor:
        for request in sample:
            filters = read(request.query)
            mine = Asked(filters)
            took["index"].append(mine.took)
            answers = {"best plain SQL": lambda f=filters: narrow.counts(f, cursor)}
            if peer and not filters.words:
                answers["DuckDB"] = lambda f=filters: narrow.counts(f, peer)
            for name, answer in answers.items():
                found, spent = tried(answer)
                over += found is None
                took[name].append(spent)
                took[f"{name}, times the index"].append(spent / mine.took)
                wrong += found is not None and shown(filters, found) != shown(filters, mine.counts)
        for request in sample[:: max(1, len(sample) // 5)][:5]:
            found, spent = tried(lambda q=request.query: count_in_postgres(read(q)))
            over += found is None
            took["the site's own plain SQL"].append(spent)
            filters = read(request.query)
            wrong += found is not None and shown(filters, found) != shown(filters, count(filters))
    say("\nthe counts of the same filtered requests, alternately: number, p50 and p95 in ms")
    for name, values in took.items():
        if "times" not in name:
            line(name, values)
    ratios = {name: float(np.median(v)) for name, v in took.items() if "times" in name}
    for name, ratio in ratios.items():
        say(f"  {name}: {ratio:,.0f} (median of the ratios)")
    say(f"  counts that differ: {wrong}; statements over {limit} s: {over} (counted as {limit} s)")
    return {"sql_ratio": ratios.get("best plain SQL, times the index"),
            "peer_ratio": ratios.get("DuckDB, times the index"), "differ": wrong}  # fmt: skip


class Asked:
    """The index's counts of some filters, and how long they and the page's order took."""

    def __init__(self, filters: Filters) -> None:
        begun = time.perf_counter()
        self.counts = count(filters)
        self.took = time.perf_counter() - begun


def tried(work: Callable[[], Counts]) -> tuple[Counts | None, float]:
    """What it gives, None where it took too long, and the seconds."""
    begun = time.perf_counter()
    try:
        found = work()
    except OperationalError:
        return None, time.perf_counter() - begun
    return found, time.perf_counter() - begun


def shown(filters: Filters, counts: Counts) -> tuple[object, ...]:
    """All of the counts that a page shows."""
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
