"""`manage.py index --follow` as a process of its own: it builds, keeps up, survives and is survived."""

import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.conf import settings as site
from django.db import connection
from django.db.backends.utils import CursorWrapper
from django.test import Client
from pytest_django import Settings

from catalog.facets.models import MODELS
from catalog.index.current import current, directory
from catalog.index.following import rebuild
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db(transaction=True)
COMMAND = [sys.executable, str(site.BASE_DIR / "manage.py"), "index"]


@pytest.fixture(autouse=True)
def place(settings: Settings, tmp_path: Path) -> Path:
    settings.INDEX_DIR = tmp_path
    return directory(MODELS)


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    url = os.environ["DATABASE_URL"]
    before, _, after = url.partition("?")
    database = f"{before.rpartition('/')[0]}/{connection.settings_dict['NAME']}"
    return os.environ | {
        "DATABASE_URL": f"{database}?{after}" if after else database,
        "INDEX_DIR": str(tmp_path),
    }


@pytest.fixture
def follower(environment: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([*COMMAND, "--follow", "--every", "0.2"], env=environment)
    yield process
    process.kill()
    process.wait()


def wait_for(happens: Callable[[], object], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happens():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.1)


def shown(client: Client) -> list[str]:
    return [row.name for row in client.get("/models/").context["results"].rows]


def test_it_builds_what_is_missing_takes_up_changes_and_ends_when_told(
    client: Client, follower: subprocess.Popen[bytes]
) -> None:
    make_pretrained(name="one")
    wait_for(lambda: current(MODELS))
    make_pretrained(name="two")
    wait_for(lambda: shown(client) == ["one", "two"])
    follower.send_signal(signal.SIGTERM)
    assert follower.wait(20) == 0


def test_one_that_is_killed_while_it_builds_leaves_the_old_index_answering(
    client: Client, environment: dict[str, str], place: Path
) -> None:
    make_pretrained(name="old")
    rebuild(MODELS)
    before = (place / "current.json").read_text()
    # Holds every read of the table, so that the process is in the middle of it when it dies.
    with connection.cursor() as cursor:
        cursor.execute("BEGIN; LOCK TABLE catalog_pretrainedmodel IN ACCESS EXCLUSIVE MODE")
        building = subprocess.Popen(COMMAND, env=environment)
        wait_for(lambda: list(place.glob("building.lock")) and waiting(cursor))
        building.kill()
        building.wait()
        cursor.execute("ROLLBACK")
    assert (place / "current.json").read_text() == before
    assert shown(client) == ["old"]
    make_pretrained(name="new")
    assert subprocess.run(COMMAND, env=environment, check=False).returncode == 0
    assert shown(client) == ["new", "old"]


def waiting(cursor: CursorWrapper) -> int:
    cursor.execute(
        "SELECT count(*) FROM pg_locks"
        " WHERE NOT granted AND relation = 'catalog_pretrainedmodel'::regclass"
    )
    return int(cursor.fetchone()[0])


def test_only_one_builds_at_a_time(environment: dict[str, str], place: Path) -> None:
    place.mkdir()
    with (place / "building.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        told = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=False)
    assert told.returncode == 1
    assert "Another process is building this index already." in told.stderr
