"""Ctrl-C on a command that runs beside the server."""

import os
import signal
import subprocess
import sys

SLOW_TO_END = """
import sys, time
try:
    print("begun", flush=True)
    time.sleep(20)
except KeyboardInterrupt:
    time.sleep(1)
    print("written down", flush=True)
    sys.exit(130)
"""
RUN = "import os, sys; from config.embedded.manage import run_alone; sys.exit(run_alone(sys.argv[1:], os.environ))"


def test_a_command_that_is_interrupted_may_write_down_where_it_was() -> None:
    command = [sys.executable, "-c", RUN, sys.executable, "-c", SLOW_TO_END]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as terminal:
        assert terminal.stdout is not None
        assert terminal.stdout.readline() == "begun\n"
        os.killpg(terminal.pid, signal.SIGINT)
        assert terminal.stdout.read() == "written down\n"
    assert terminal.returncode == 130
