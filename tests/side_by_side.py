"""What the processes need between which `script/test` shares the tests: a part of each server, and whole files.

Given to pytest with `-p`, so that it comes before Django's settings are read. A database of its own each gets from
pytest-django.
"""

import os
from pathlib import Path

import pytest
from xdist.scheduler import LoadFileScheduling

from tests.redis_databases import another

BROWSER = "tests/browser/"


class WholeFiles(LoadFileScheduling):
    """One process for all tests of a file, for they share servers; and for all that need the browser's site."""

    def _split_scope(self, nodeid: str) -> str:
        return BROWSER if nodeid.startswith(BROWSER) else super()._split_scope(nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> WholeFiles:
    return WholeFiles(config, log)


def take_a_part(worker: str) -> None:
    """Gives this process, `gw0` or `gw1` and so on, its own Redis database and folder for uploads."""
    os.environ["REDIS_URL"] = another(os.environ["REDIS_URL"], int(worker.removeprefix("gw")))
    folder = Path(os.environ["VAR_DIR"]) / worker
    folder.mkdir(exist_ok=True)
    os.environ["VAR_DIR"] = str(folder)


if "PYTEST_XDIST_WORKER" in os.environ:
    take_a_part(os.environ["PYTEST_XDIST_WORKER"])
