"""Processes killed at any moment, and a Postgres that goes away in the middle of a page."""

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from catalog.models import Listing, PretrainedModel
from config.embedded.environment import ROOT
from config.embedded.postgres import Postgres
from config.embedded.privileges import unprivileged
from harvesters.models import Checkpoint, HarvestRun, RejectedRecord
from tests.harvesters.faults import NAMES, PAGES, right, serving
from tests.harvesters.test_engine import database_url


def harvest_in_children(url: str, kills: int, database: str, seed: int = 0) -> dict[str, int]:
    command = [sys.executable, "-m", "tests.harvesters.killed", url, str(kills), str(seed)]
    environment = {**os.environ, "DATABASE_URL": database, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    answer: dict[str, int] = json.loads(done.stdout.splitlines()[-1])
    return answer


@pytest.mark.django_db(transaction=True)
def test_killed_at_any_moment_nothing_is_lost_nothing_doubled_and_one_page_repeated_at_most() -> (
    None
):
    with serving(lambda page, before: right(page)) as server:
        answer = harvest_in_children(server.url, 18, database_url())
        asked = sum(server.asked)
    assert answer["killed"] >= 6
    runs = list(HarvestRun.objects.order_by("pk"))
    names = sorted(Listing.objects.values_list("external_id", flat=True))
    assert names == NAMES
    assert PretrainedModel.objects.count() == len(NAMES)
    assert sum(run.created for run in runs) == len(NAMES)
    assert not RejectedRecord.objects.exists()
    assert not Listing.objects.filter(gone_since__isnull=False).exists()
    # Every walk that came to its end counted every record once, however many runs it took.
    assert sum(run.pages for run in runs) % PAGES == 0
    assert sum(run.seen for run in runs) == sum(run.pages for run in runs) * len(NAMES) // PAGES
    assert all(run.seen == run.created + run.updated + run.unchanged for run in runs)
    assert asked <= sum(run.pages for run in runs) + answer["killed"]
    assert {run.state for run in runs} <= {"done", "partial"}
    assert Checkpoint.objects.get().cursor == ""


class OwnPostgres:
    """A Postgres that a test may restart; every row of a listing takes a moment in it."""

    def __init__(self, folder: Path) -> None:
        self._postgres = Postgres(folder / "postgres", folder, {"fsync": "off"})
        self.url = self._postgres.url
        self._postgres.create()
        self._start()
        self._postgres.extend()

    def _start(self) -> None:
        self._server = subprocess.Popen(
            self._postgres.command, preexec_fn=unprivileged().enter, stderr=subprocess.DEVNULL
        )
        while not self._postgres.is_ready():
            assert self._server.poll() is None
            time.sleep(0.02)

    def stop(self) -> None:
        """As a crash: sessions are cut, the log is replayed at the next start."""
        self._server.send_signal(3)
        self._server.wait(20)

    def restart(self) -> None:
        self.stop()
        self._start()

    def slow_down(self) -> None:
        with psycopg.connect(self.url) as connection:
            connection.execute(
                "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS "
                "$$ BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END $$"
            )
            connection.execute(
                "CREATE TRIGGER dawdle BEFORE INSERT ON catalog_listing "
                "FOR EACH ROW EXECUTE FUNCTION dawdle()"
            )


@pytest.fixture
def own_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OwnPostgres]:
    postgres = OwnPostgres(tmp_path_factory.mktemp("pg"))
    yield postgres
    postgres.stop()


def test_postgres_restarted_in_the_middle_of_pages_loses_and_doubles_nothing(
    own_postgres: OwnPostgres,
) -> None:
    environment = {**os.environ, "DATABASE_URL": own_postgres.url}
    migrate = [sys.executable, "manage.py", "migrate", "--verbosity=0"]
    subprocess.run(migrate, cwd=ROOT, env=environment, check=True)
    own_postgres.slow_down()
    with serving(lambda page, before: right(page)) as server:

        def restart_when_page_is_being_written(page: int) -> None:
            while server.asked[page] == 0:
                time.sleep(0.01)
            time.sleep(0.2)  # a page's rows take 0.4 s here
            own_postgres.restart()

        restarts = threading.Thread(
            target=lambda: [restart_when_page_is_being_written(page) for page in (1, 3)]
        )
        restarts.start()
        answer = harvest_in_children(server.url, 0, own_postgres.url)
        restarts.join()
    assert answer["tries"] >= 2
    with psycopg.connect(own_postgres.url) as connection:
        rows = connection.execute(
            "SELECT external_id, count(*) FROM catalog_listing GROUP BY 1 ORDER BY 1"
        ).fetchall()
        runs = connection.execute(
            "SELECT state, seen, created, message FROM harvesters_harvestrun ORDER BY id"
        ).fetchall()
    assert rows == [(name, 1) for name in NAMES]
    assert sum(run[2] for run in runs) == len(NAMES)
    assert runs[-1][0] == "done"
    assert {run[0] for run in runs[:-1]} == {"partial"}
    assert any("The database went away" in run[3] for run in runs[:-1])
