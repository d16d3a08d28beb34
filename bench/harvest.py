"""How far a harvest is from the least that Postgres needs: `script/bench harvest [--models 3000000]`.

A generated hub (bench/hub.py) is harvested in full and then, a day later, once more for the 1 % that has
changed. The floor is COPY of the same normalised records into one table without indexes, in the same run and
in one transaction; what it takes to fetch and read them is not counted there. A second one is COPY of all
that the harvest makes of them, listings and checkpoints, into one such table. Each walk is a process of
its own that says its memory on the way. Works in a database of its own, which is dropped at the end
or, with `--keep NAME`, left under that name for other benchmarks on the same server.
"""

import argparse
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402
from psycopg import sql  # noqa: E402

from bench.watched import PAGE, Watched  # noqa: E402
from catalog.models import Listing, PretrainedModel  # noqa: E402
from catalog.records import ModelRecord, normalise  # noqa: E402
from harvesters.engine import harvest  # noqa: E402
from harvesters.http import Http  # noqa: E402
from harvesters.sources.base import Start  # noqa: E402
from harvesters.sources.huggingface import EXPAND, HuggingFace  # noqa: E402

DATABASE = "bench_harvest"
PARTS = ("reading", "writing", "of_postgres")  # whose processor time a walk takes


@contextmanager
def hub(models: int, changed: float = 0, port: int = 0) -> Iterator[str]:
    command = [sys.executable, "-m", "bench.hub", f"--models={models}", f"--changed={changed}"]
    # The first pages of a walk would wait for bodies that a later one has: a short walk most of all.
    command.append(f"--expand={','.join(EXPAND)}")
    server = subprocess.Popen([*command, f"--port={port}"], stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().strip()
    finally:
        server.terminate()
        server.wait()


def backend_seconds() -> float:
    """Processor time that this connection's Postgres process has used; 0 where it cannot be seen."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def copy_floor(source: HuggingFace) -> dict[str, float]:
    """What it takes to COPY the normalised rows into one table without indexes: seconds, also of processors."""
    took = own = 0.0
    with Http(*source.bases) as http, connection.cursor() as cursor:
        cursor.execute(
            "CREATE TABLE floor (external_id text, url text, facts jsonb, evaluations jsonb,"
            " papers jsonb, identity_keys text[])"
        )
        cursor.execute("BEGIN")
        before = backend_seconds()
        for page in source.pages(http, Start()):
            rows = [row_of(r) for r in source.records(page) if isinstance(r, ModelRecord)]
            begun, used = time.perf_counter(), time.process_time()
            with cursor.copy("COPY floor FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            took += time.perf_counter() - begun
            own += time.process_time() - used
        begun = time.perf_counter()
        cursor.execute("COMMIT")
        took += time.perf_counter() - begun
        cpu = own + backend_seconds() - before
        cursor.execute("DROP TABLE floor")
    return {"took": took, "cpu": cpu}


def copy_floor_of_all(rows: int) -> dict[str, float]:
    """The same for all that a harvest writes of a record: its listing and the checkpoint it makes, in one row."""
    both = [("l", Listing), ("p", PretrainedModel)]
    columns = [
        f"{t}.{f.attname} AS {t}_{f.attname}" for t, m in both for f in m._meta.concrete_fields
    ]
    joined = (
        f"SELECT {', '.join(columns)} FROM catalog_listing AS l"  # noqa: S608 - our own names
        " JOIN catalog_pretrainedmodel AS p ON p.id = l.pretrained_id"
    )
    took = own = 0.0
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TABLE floor AS {joined} WITH NO DATA")
        cursor.execute("SELECT min(id) FROM catalog_listing")
        (first,) = cursor.fetchone()
        cursor.execute("BEGIN")
        copied = 0.0
        for start in range(first, first + rows, PAGE):
            chunk = f"COPY ({joined} WHERE l.id >= {start} AND l.id < {start + PAGE}) TO STDOUT"
            with cursor.copy(chunk) as given:
                lines = [bytes(line) for line in given]
            begun, used, before = time.perf_counter(), time.process_time(), backend_seconds()
            with cursor.copy("COPY floor FROM STDIN") as copy:
                for at in range(0, len(lines), 100):
                    copy.write(b"".join(lines[at : at + 100]))
            took += time.perf_counter() - begun
            own += time.process_time() - used
            copied += backend_seconds() - before
        begun = time.perf_counter()
        cursor.execute("COMMIT")
        took += time.perf_counter() - begun
        cursor.execute("DROP TABLE floor")
    return {"took": took, "cpu": own + copied}


def row_of(record: ModelRecord) -> list[object]:
    clean = normalise(record)
    facts = {name: vars(fact) for name, fact in clean.facts.items()}
    details = [json.dumps([vars(d) for d in part]) for part in (clean.evaluations, clean.papers)]
    return [clean.external_id, clean.url, json.dumps(facts), *details, list(clean.identity_keys)]


def walk(url: str, models: int) -> None:
    """One harvest, as the process of its own that `walked` starts."""
    connection.settings_dict["NAME"] = DATABASE
    begun, before = time.perf_counter(), backend_seconds()
    run = harvest(Watched(url, models))
    took, of_postgres = time.perf_counter() - begun, backend_seconds() - before
    assert run.state == run.State.DONE, run.message
    # The harvest, and the process that reads for it, which has ended.
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    own = [usage.ru_utime + usage.ru_stime for usage in used]
    peak = sum(usage.ru_maxrss for usage in used) / 1000
    print(json.dumps({"took": took, "writing": own[0], "reading": own[1], "of_postgres": of_postgres,
                      "peak_mb": peak, "seen": run.seen, "created": run.created,
                      "updated": run.updated, "unchanged": run.unchanged}))  # fmt: skip


def walked(url: str, models: int) -> dict[str, float]:
    command = [sys.executable, "-m", "bench.harvest", "--walk", url, f"--models={models}"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        last = ""
        try:
            for last in process.stdout:
                if not last.startswith("{"):
                    print(last, end="", flush=True)
        except BaseException:
            process.terminate()
            raise
    assert process.returncode == 0, "the walk failed"
    answer: dict[str, float] = json.loads(last)
    return answer


def say(name: str, outcome: dict[str, float], floor: dict[str, float]) -> None:
    took = outcome["took"]
    parts = {part: outcome[part] for part in PARTS}
    cpu = sum(parts.values())
    each = ", ".join(
        f"{1e6 * used / outcome['seen']:,.0f} {part}" for part, used in parts.items()
    ).replace("of_postgres", "in Postgres")
    print(
        f"{name}: {took:,.1f} s, {outcome['seen'] / took:,.0f} records/s, {took / floor['took']:.2f} x floor,"
        f" peak {outcome['peak_mb']:,.0f} MB; created {outcome['created']:,},"
        f" updated {outcome['updated']:,}, unchanged {outcome['unchanged']:,}\n"
        f"  processor time: {1e6 * cpu / outcome['seen']:,.0f} µs a record ({each}),"
        f" {cpu / floor['cpu']:.2f} x floor",
        flush=True,
    )


@contextmanager
def empty_database(kept_as: str | None) -> Iterator[None]:
    """A database for this run; when it ends well it stays under the name `kept_as`, else it is dropped."""
    if kept_as and _exists(kept_as):
        raise SystemExit(f"There is a database {kept_as} already: drop it, or give another name.")
    connection.settings_dict["TEST"]["NAME"] = DATABASE
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        yield
    except BaseException:
        kept_as = None
        raise
    finally:
        if kept_as:
            _rename(kept_as)
        else:
            connection.creation.destroy_test_db(DATABASE, verbosity=0)


def _rename(kept_as: str) -> None:
    connection.close()
    renamed = sql.SQL("ALTER DATABASE {} RENAME TO {}")
    with connection._nodb_cursor() as cursor:
        cursor.execute(renamed.format(sql.Identifier(DATABASE), sql.Identifier(kept_as)))
    print(f"kept as database {kept_as}")


def _exists(database: str) -> bool:
    with connection._nodb_cursor() as cursor:
        cursor.execute("SELECT FROM pg_database WHERE datname = %s", [database])
        return cursor.fetchone() is not None


def scaled(figures: dict[str, float], factor: float) -> dict[str, float]:
    return {key: value * factor for key, value in figures.items()}


def bench(models: int, floor_models: int, *, again: bool) -> None:
    print(f"load before: {os.getloadavg()[0]:.1f}; {os.cpu_count()} cores", flush=True)
    with hub(floor_models) as url:
        floor = copy_floor(HuggingFace(url, page_size=PAGE))
        floor = scaled(floor, models / floor_models)
        of = "" if floor_models == models else f" (measured on {floor_models:,} of them)"
        print(
            f"floor: {floor['took']:,.1f} s, {models / floor['took']:,.0f} records/s,"
            f" processor time {floor['cpu']:,.1f} s{of}",
            flush=True,
        )
    with hub(models) as url:
        full = walked(url, models)
        say("full", full, floor)
        if again:
            say("the same again", walked(url, models), floor)
    all_of_it = scaled(copy_floor_of_all(floor_models), models / floor_models)
    cpu = sum(full[part] for part in PARTS)
    print(
        f"COPY of all that it writes: {all_of_it['took']:,.1f} s, processor time {all_of_it['cpu']:,.1f} s{of};"
        f" the full harvest takes {full['took'] / all_of_it['took']:.2f} x by the clock,"
        f" {cpu / all_of_it['cpu']:.2f} x by processor time",
        flush=True,
    )
    with hub(models, 0.01, int(url.rpartition(":")[2])) as url:
        part = walked(url, models)
        say("1 % changed", part, floor)
    print(f"the increment took {100 * part['took'] / full['took']:.2f} % of the full harvest")
    print(f"load after: {os.getloadavg()[0]:.1f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=100_000)
    parser.add_argument("--floor", type=int, help="models to measure the floor on, if not all")
    parser.add_argument(
        "--again", action="store_true", help="also a full walk that finds nothing new"
    )
    parser.add_argument("--keep", metavar="NAME", help="leave the database, under this name")
    parser.add_argument("--walk", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    logging.disable(logging.INFO)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # or hub and walk would go on alone
    if arguments.walk:
        walk(arguments.walk, arguments.models)
        return
    with empty_database(arguments.keep):
        bench(arguments.models, arguments.floor or arguments.models, again=arguments.again)


if __name__ == "__main__":
    main()
