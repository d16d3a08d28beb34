"""What an earlier supervisor left behind when it could not stop its children.

On Linux children die with their supervisor. This is for macOS, and for the moments in between: a
supervisor that was killed and started again at once meets children that are still on their way out.
"""

import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from signal import SIGKILL

import psutil  # type: ignore[import-untyped]

PATIENCE_SECONDS = 10.0
FILE = "children.json"


@dataclass(frozen=True)
class Started:
    """A process that leads a session of its own."""

    name: str
    pid: int
    stop_signal: int
    at: float
    """When it started, Unix time: tells it from a later process with the same number."""


def remember(run_folder: Path, processes: Iterable[tuple[str, int, int]]) -> None:
    """Write down which processes (name, number, stop signal) are ours."""
    rows = []
    for name, pid, stop_signal in processes:
        with suppress(psutil.Error):
            started = psutil.Process(pid).create_time()
            rows.append(asdict(Started(name, pid, stop_signal, started)))
    fresh = run_folder / (FILE + ".new")
    fresh.write_text(json.dumps({"booted": psutil.boot_time(), "children": rows}))
    fresh.rename(run_folder / FILE)


def end_orphans(run_folder: Path) -> list[str]:
    """End what is left of the children written down earlier. Returns the names of those.

    Only the supervisor that holds the lock may call this.
    """
    left = [row for row in _written_down(run_folder) if _is_left(row)]
    for row in left:
        _signal(row.pid, row.stop_signal)
    end = time.monotonic() + PATIENCE_SECONDS
    while any(_members(row.pid) for row in left) and time.monotonic() < end:
        time.sleep(0.05)
    for row in left:
        _signal(row.pid, SIGKILL)
    (run_folder / FILE).unlink(missing_ok=True)
    return [row.name for row in left]


def _written_down(run_folder: Path) -> list[Started]:
    try:
        written = json.loads((run_folder / FILE).read_text())
        if abs(written["booted"] - psutil.boot_time()) > 60:
            return []  # numbers of before a reboot mean nothing
        return [Started(**row) for row in written["children"]]
    except (OSError, ValueError, KeyError, TypeError):
        return []


def _is_left(row: Started) -> bool:
    """Whether the process, or something it started in its session, is still there."""
    with suppress(psutil.Error):
        if abs(psutil.Process(row.pid).create_time() - row.at) > 2:
            return False  # somebody else has the number by now
    return bool(_members(row.pid))


def _members(group: int) -> list[psutil.Process]:
    members = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, ProcessLookupError, PermissionError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                members.append(process)
    return members


def _signal(leader: int, number: int) -> None:
    """To the leader, which tells its own; to the whole group when it is gone or must be killed."""
    with suppress(ProcessLookupError, PermissionError):
        if number == SIGKILL or not psutil.pid_exists(leader):
            os.killpg(leader, number)
        else:
            os.kill(leader, number)
