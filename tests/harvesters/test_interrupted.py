"""Ctrl-C on the command that harvests."""

import os
import subprocess
import sys

import pytest

from harvesters.models import HarvestRun
from tests.harvesters.test_engine import ROOT, THREE, database_url

INTERRUPTED = """
import os, signal
from django.core.management import execute_from_command_line
import django
django.setup()
from harvesters.sources import SOURCES
from tests.harvesters.sources_for_tests import Shelf

class Interrupted(Shelf):
    def records(self, page):
        if not page.next_cursor:
            os.kill(os.getpid(), signal.SIGINT)
        return super().records(page)

SOURCES["shelf"] = lambda: Interrupted({pages})
execute_from_command_line(["manage.py", "harvest", "shelf"])
"""


@pytest.mark.django_db(transaction=True)
def test_ctrl_c_ends_in_one_line_and_the_status_of_an_interrupted_command() -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "PYTHONPATH": str(ROOT),
        "LOG_LEVEL": "WARNING",
    }
    command = [sys.executable, "-c", INTERRUPTED.format(pages=THREE)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    assert done.stderr.strip() == (
        "CommandError: Stopped; the next run goes on from the last page."
    )
    assert done.returncode == 130
    assert HarvestRun.objects.get().state == "partial"
