"""Harvests in child processes that are killed at any moment: `python -m tests.harvesters.killed URL KILLS SEED`.

Forks from a process that has everything imported and no connection, so that a try takes milliseconds.
Prints how many were killed and how many runs it took to come to an end after that.
"""

import json
import os
import random
import signal
import sys
import time

import django

_MOST_TRIES = 60


def main(url: str, kills: int, seed: int) -> None:
    django.setup()
    from django.db import connections

    dice = random.Random(seed)  # noqa: S311 - moments, no secrets
    assert all(wrapper.connection is None for wrapper in connections.all())
    killed = sum(_harvest_killed(url, dice.uniform(0, 0.4)) for _ in range(kills))
    tries = 1
    while not _harvest(url) and tries < _MOST_TRIES:
        tries += 1
        time.sleep(0.5)
    print(json.dumps({"killed": killed, "tries": tries}))


def _harvest_killed(url: str, after: float) -> bool:
    """Whether the child was still at it after so many seconds, and was killed."""
    child = _fork(url)
    time.sleep(after)
    os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def _harvest(url: str) -> bool:
    """Whether a child that was left alone came to the end of the walk."""
    _, status = os.waitpid(_fork(url), 0)
    return os.waitstatus_to_exitcode(status) == 0


def _fork(url: str) -> int:
    child = os.fork()
    if child:
        return child
    from harvesters.engine import harvest
    from tests.harvesters.faults import FaultyShelf

    status = 1
    try:
        status = 0 if harvest(FaultyShelf(url)).state == "done" else 2
    finally:
        os._exit(status)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
