"""What a page of models costs at 0.3, 1, 3 and 10 million: `script/bench facets [--models N ...] [--requests 500]`.

Per size: the generated catalogue (bench/catalogue.py; a database that is there is taken), its index, a mix of different
requests (bench/browse_requests.py) through Django without network, then the same answers by plain SQL and by DuckDB in the
same run, compared with the index's. Each size is measured by a process of its own and kept under var/bench, so that a
run that was broken off goes on with `--models` of what is left; the last lines say how time and memory grow.
"""

import argparse
import json
import os
import subprocess
import sys
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from bench.catalogue import use  # noqa: E402
from config.settings import env  # noqa: E402

SIZES = [300_000, 1_000_000, 3_000_000, 10_000_000]
FOLDER = settings.VAR_DIR / "bench"
_GROWTH = (
    ("page p50, ms", "page_p50"), ("page p95, ms", "page_p95"), ("index p50, ms", "index_p50"),
    ("index p95, ms", "index_p95"), ("build, s", "build_s"), ("build, peak MB", "build_mb"),
    ("index, MB", "index_mb"), ("web process, PSS MB", "pss_mb"), ("first answer, s", "first_s"),
    ("a change shows, s", "shows_s"), ("plain SQL, times the index", "sql_ratio"),
    ("DuckDB, times the index", "peer_ratio"),
)  # fmt: skip


def measured(models: int, database: str, arguments: argparse.Namespace) -> dict[str, Any]:
    """The figures of one size, by a process of its own."""
    use(models, database)
    connection.close()
    outcome = FOLDER / f"facets-{models}.json"
    outcome.parent.mkdir(parents=True, exist_ok=True)
    code = "from bench.facets_measured import main; main()"
    command = [sys.executable, "-c", code, str(outcome)]
    command += [f"--requests={arguments.requests}", f"--sample={arguments.sample}"]
    command += [f"--identical={arguments.identical}", f"--limit={arguments.limit}"]
    subprocess.run(command, env=_environment(database), check=True)
    figures: dict[str, Any] = json.loads(outcome.read_text())
    return figures


def _environment(database: str) -> dict[str, str]:
    """The settings under which that database is served, out of an index of its own."""
    parts = urlsplit(env.str("DATABASE_URL"))
    return {
        **os.environ,
        "DATABASE_URL": urlunsplit(parts._replace(path=f"/{database}")),
        "DATABASE_POOL": "",
        "DEBUG": "",
        "INDEX_DIR": str(FOLDER / database),
        # Only a change is followed here; the rest of the time nobody looks after the index.
        "INDEX_MAX_AGE": str(10**9),
    }


def grown(figures: dict[int, dict[str, Any]]) -> None:
    print("\n" + f"{'how it grows':32}" + "".join(f"{size:>14,}" for size in figures))
    for title, name in _GROWTH:
        row = "".join(f"{_written(found.get(name)):>14}" for found in figures.values())
        print(f"{title:32}{row}")


def _written(value: Any) -> str:
    return "–" if value is None else f"{value:,.1f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, nargs="+", default=SIZES)
    parser.add_argument("--requests", type=int, default=500)
    parser.add_argument(
        "--sample", type=int, default=40, help="requests that plain SQL and the peer answer, too"
    )
    parser.add_argument(
        "--identical", type=int, default=200, help="requests compared with plain SQL"
    )
    parser.add_argument("--limit", type=int, default=60, help="seconds that a statement may take")
    parser.add_argument("--database", default="bench_facets", help="the size is added to it")
    arguments = parser.parse_args()
    figures = {}
    for models in arguments.models:
        figures[models] = measured(models, f"{arguments.database}_{models}", arguments)
    if len(figures) > 1:
        grown(figures)


if __name__ == "__main__":
    main()
