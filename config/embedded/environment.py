"""What the owner of this installation configured, and what is made up where nothing was."""

import os
import secrets
import stat
import tempfile
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import environ

ROOT = Path(__file__).resolve().parent.parent.parent
# The shortest limit for the path of a Unix socket is macOS's, 104 bytes; the longest name we add takes 20.
LONGEST_SOCKET_FOLDER = 80


class Refused(Exception):
    """The site cannot start; the message is one line that says what to do."""


@dataclass(frozen=True)
class Site:
    """One installation. Empty URLs mean that the embedded server is used."""

    var: Path
    host: str
    port: int
    database_url: str
    redis_url: str
    secret_key: str

    @property
    def address(self) -> str:
        """Where a browser on this machine finds the site."""
        host = {"0.0.0.0": "localhost", "::": "localhost", "127.0.0.1": "localhost"}.get(  # noqa: S104
            self.host, self.host
        )
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}/"


def read_site() -> Site:
    """The installation that the environment and `.env` describe; the environment wins.

    Raises Refused when a variable cannot be understood or VAR_DIR cannot be used.
    """
    env = environ.Env()
    env_file = Path(env.str("ENV_FILE", "") or ROOT / ".env")
    if env_file.exists():
        env.read_env(env_file)
    port = env.str("PORT", "8000")
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Refused(f"PORT is {port!r}; it must be a number between 1 and 65535")
    var = own_folder(Path(env.str("VAR_DIR", "") or ROOT / "var"))
    return Site(
        var=var,
        host=env.str("HOST", "127.0.0.1"),
        port=int(port),
        database_url=env.str("DATABASE_URL", ""),
        redis_url=env.str("REDIS_URL", ""),
        secret_key=env.str("SECRET_KEY", "") or read_secret_key(var / "secret-key"),
    )


def own_folder(folder: Path) -> Path:
    """Make `folder` if need be, closed to other accounts. Raises Refused when it cannot be ours."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(stat.S_IMODE(folder.stat().st_mode) & ~0o077)
    except OSError as error:
        raise Refused(
            f"the folder {folder} cannot be used ({error.strerror}). Start as the account that owns "
            "it, or name another with VAR_DIR"
        ) from None
    return folder.resolve()


def read_secret_key(path: Path) -> str:
    """The key in `path`, made on the first call and readable by its owner only."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        path.chmod(0o600)
    else:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))
    key = path.read_text().strip()
    if len(key) < 50:
        raise Refused(f"{path} holds no usable key. Delete it, and a new one is made; sessions end")
    return key


def socket_folder(run: Path) -> Path:
    """`run`, or a private folder with a short name when sockets in `run` would have too long a path."""
    if len(os.fsencode(run)) <= LONGEST_SOCKET_FOLDER:
        return run
    name = "modelscout-" + sha256(os.fsencode(run)).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / name
    folder.mkdir(mode=0o700, exist_ok=True)
    state = folder.lstat()
    if not stat.S_ISDIR(state.st_mode) or state.st_uid != os.geteuid() or state.st_mode & 0o077:
        raise Refused(f"{folder} was made by somebody else. Use a VAR_DIR with a shorter path")
    return folder
