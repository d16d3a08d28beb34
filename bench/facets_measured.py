"""The figures of one size, for `bench.facets`, which starts this with the right database and index."""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Sequence
from itertools import chain
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

import numpy as np  # noqa: E402
from django.conf import settings  # noqa: E402
from django.test import Client  # noqa: E402

from bench.browse_requests import Request, Requests  # noqa: E402
from bench.facets_compared import identical, others  # noqa: E402
from bench.facets_processes import fresh, freshness  # noqa: E402
from bench.facets_timed import Timed, bytes_touched  # noqa: E402
from bench.facets_written import Figures, line, percentile, say, seconds  # noqa: E402
from bench.narrow_table import Narrow  # noqa: E402
from catalog.facets import read, results  # noqa: E402
from catalog.facets.models import MODELS  # noqa: E402
from catalog.index.current import current, directory  # noqa: E402
from catalog.models import PretrainedModel  # noqa: E402

_FILTERED = {"one broad filter", "three filters", "ranges", "exclude", "text", "text and filters", "narrow"}  # fmt: skip


def plain_static_files() -> None:
    """Nobody gathers static files for a benchmark, so their names carry no hashes."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    settings.ALLOWED_HOSTS = ["*"]
    warnings.filterwarnings("ignore", "No directory at")


# --- The index and the pages out of it ------------------------------------------------------------------


def built() -> Figures:
    """Build the index in a process of its own, as `manage.py index` does."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    took = seconds(lambda: subprocess.run([sys.executable, "manage.py", "index"], check=True))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    size = sum(file.stat().st_size for file in directory(MODELS).rglob("*") if file.is_file())
    figures = {"build_s": took, "build_mb": after.ru_maxrss / 1e3, "index_mb": size / 1e6}
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    say(f"index built in {took:,.1f} s ({cpu:,.1f} s of its processor), peak {figures['build_mb']:,.0f} MB,"
        f" {figures['index_mb']:,.0f} MB of files")  # fmt: skip
    return figures


def pages(requests: Sequence[Request], client: Client) -> Figures:
    """Every request once: the whole page, and of it what the index took."""
    took: dict[str, list[float]] = defaultdict(list)
    index: dict[str, list[float]] = defaultdict(list)
    busy: list[float] = []
    bare = [seconds(_bare) for _ in range(20)]
    for request in requests:
        url = f"/models/?{request.query}"
        begun, used = time.perf_counter(), time.process_time()
        answer = client.get(url)
        took[request.kind].append(time.perf_counter() - begun)
        busy.append(time.process_time() - used)
        assert answer.status_code == 200, (url, answer.status_code)
        index[request.kind].append(Timed.took)
    say("\nwhole request, and of it counts and order out of the index: number, p50 and p95 in ms")
    line("30 bare rows, for comparison", bare)
    for kind in took:
        line(kind, took[kind])
        line("    of it the index", index[kind])
    whole, part = (list(chain.from_iterable(each.values())) for each in (took, index))
    line("ALL", whole, f"{np.median(whole) / np.median(bare):.1f} times 30 bare rows")
    line("    of it the index", part)
    line("    processor time of this process", busy)
    figures = {"page": whole, "index": part, "busy": busy}
    return {f"{n}_p{p}": 1e3 * percentile(v, p) for n, v in figures.items() for p in (50, 95)}


def _bare() -> list[PretrainedModel]:
    return list(PretrainedModel.objects.order_by("slug").defer("search_vector")[:30])


def memory_traffic(requests: Sequence[Request]) -> Figures:
    """Bytes that the index reads for a request, against what memory can give in that time."""
    view = current(MODELS)
    if view is None:
        return {}
    block = np.ones(256 * 2**20, dtype=np.uint8)
    target = np.empty_like(block)
    best = min(seconds(lambda: np.copyto(target, block)) for _ in range(5))
    bandwidth = 2 * block.nbytes / best
    touched, took = [], []
    for request in requests:
        touched.append(bytes_touched(view, read(request.query)))
        results.results(read(request.query))
        took.append(Timed.took)
    least = [number / bandwidth for number in touched]
    say(f"\nmemory: copying gives {bandwidth / 1e9:.1f} GB/s; a request touches"
        f" {np.median(touched) / 1e6:.1f} MB (median), {percentile(touched, 95) / 1e6:.1f} MB (p95):"
        f" {1e3 * np.median(least):.2f} and {1e3 * percentile(least, 95):.2f} ms of bandwidth, of"
        f" {1e3 * np.median(took):.1f} and {1e3 * percentile(took, 95):.1f} ms that it takes")  # fmt: skip
    return {"touched_mb": float(np.median(touched)) / 1e6, "bandwidth_gb": bandwidth / 1e9}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("outcome", type=Path)
    for name in ("requests", "sample", "identical", "limit"):
        parser.add_argument(f"--{name}", type=int)
    arguments = parser.parse_args()
    plain_static_files()
    rows = MODELS.rows().count()
    say(f"\n=== {rows:,} models; {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    figures: Figures = {"models": rows, **built()}
    assert current(MODELS), "the index that was just built does not answer"
    results.Asked = Timed  # type: ignore[misc, assignment]
    asked = Requests().draw(arguments.requests)
    client = Client(headers={"accept-encoding": "gzip"})
    client.get("/models/")
    figures |= pages(asked, client)
    chance = random.Random(1)  # noqa: S311 - the same sample every time
    filtered = [request for request in asked if request.kind in _FILTERED]
    sample = chance.sample(filtered, min(arguments.sample, len(filtered)))
    figures |= memory_traffic(sample)
    figures |= fresh([request.query for request in chance.sample(asked, min(100, len(asked)))])
    narrow = Narrow()
    say(f"\nthe narrow table of the best plain SQL was made in {seconds(narrow.make):,.1f} s")
    figures |= others(narrow, sample, arguments.limit)
    figures |= identical(
        narrow, chance.sample(asked, min(arguments.identical, len(asked))), arguments.limit
    )
    figures |= freshness()
    say(f"load {os.getloadavg()[0]:.1f}")
    arguments.outcome.write_text(json.dumps(figures, indent=1))
