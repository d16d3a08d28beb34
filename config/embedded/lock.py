"""One server per VAR_DIR: a lock that the kernel forgets when its holder dies, however it dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.environment import Refused


class Held(Refused):
    """Another process holds the lock; the message is the note that it left."""


@contextmanager
def hold(path: Path, note: str) -> Iterator[None]:
    """Hold the lock in `path` and leave `note` in it for whoever finds it held. Raises Held."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Held(os.read(handle, 200).decode(errors="replace")) from None
        os.ftruncate(handle, 0)
        os.write(handle, note.encode())
        yield
    finally:
        os.close(handle)
