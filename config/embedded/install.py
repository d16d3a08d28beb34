"""Make `.venv` and install a locked group of packages: `python config/embedded/install.py web|worker|dev`.

Runs before anything is installed, so it uses the standard library only and imports nothing of ours.
Packages come as wheels only, each checked against the hash in `requirements/`: no compiler is needed.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOCKS = {
    "web": ("web", "registries", "libraries"),
    "worker": ("worker", "libraries"),
    "dev": ("dev", "libraries"),
}
"""Group -> its lock files in `requirements/`. Each group holds everything of the ones before it."""

# Bytes of disk that an installation takes at its worst, with what pip downloads beside it.
SPACE_WITH_TORCH = 10_000_000_000
SPACE_WITHOUT_TORCH = 700_000_000

PIP = ("-m", "pip", "--disable-pip-version-check", "--no-input", "install", "--progress-bar", "off")
# A person waits: not five attempts at a connection, with growing pauses.
RETRIES = ("--retries", "2")
FLAGS = ("--no-deps", "--only-binary", ":all:", "--require-hashes")

NO_VENV = (
    "this Python cannot make virtual environments. Install the missing part (Debian and Ubuntu: "
    "apt install python3-venv) and run this again"
)
UNREACHABLE = (
    "the package index cannot be reached. Check the network, or name a mirror with PIP_INDEX_URL, "
    "and run this again: what has been downloaded so far is kept"
)
SPOILT = (
    "a downloaded package does not have the recorded hash. Run this again; if it stays so, the "
    "package index or a proxy on the way changes files, and nothing from it is installed"
)
NO_WHEEL = (
    "a package is not offered ready-made for this machine. Modelscout runs on Linux with glibc 2.28 "
    "or newer (x86-64, ARM64) and on macOS; elsewhere use docker-compose.yml"
)
NO_SPACE = "the disk became full. Free some space and run this again: it goes on where it stopped"
REASONS = (
    (("No space left on device", "Errno 28"), NO_SPACE),
    (("DO NOT MATCH THE HASHES",), SPOILT),
    (
        (
            "Failed to establish a new connection",
            "Temporary failure in name resolution",
            "NameResolutionError",
            "Could not fetch URL",
            "Read timed out",
            "ProxyError",
            "Connection refused",
            "Connection broken",
            "Max retries exceeded",
        ),
        UNREACHABLE,
    ),
    (("No matching distribution", "Could not find a version"), NO_WHEEL),
)
"""What pip says -> what a person does about it; the first that fits counts."""


class Refused(Exception):
    """The installation cannot be made; the message is one line that says what to do."""


def install(group: str, venv: Path) -> None:
    """Bring `venv` to what the locks of `group` say; free when it already is.

    Raises Refused, and leaves what was installed so far for the next attempt.
    """
    stamp = venv / ".modelscout"
    with only_one(ROOT / "requirements"):
        if is_installed(group, stamp):
            return
        if not has_pip(venv):
            make_venv(venv)
        check_space(group, venv)
        print(f"Installing the packages of requirements/{', '.join(LOCKS[group])} …", flush=True)
        stamp.unlink(missing_ok=True)
        install_packages(venv, group)
        stamp.write_text(f"{group} {fingerprint(group, venv)}")


@contextmanager
def only_one(folder: Path) -> Iterator[None]:
    """Wait until no other installation runs in this checkout."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def is_installed(group: str, stamp: Path) -> bool:
    """Whether the stamp says that `group`, or one that holds it, was installed from these locks."""
    try:
        installed, mark = stamp.read_text().split(" ", 1)
    except (OSError, ValueError):
        return False
    order = list(LOCKS)
    if installed not in order or order.index(installed) < order.index(group):
        return False
    return mark == fingerprint(installed, stamp.parent)


def fingerprint(group: str, venv: Path) -> str:
    """A mark that changes with the locks of `group` and with the venv's Python."""
    digest = hashlib.sha256()
    for lock in LOCKS[group]:
        digest.update((ROOT / "requirements" / f"{lock}.txt").read_bytes())
    digest.update((venv / "pyvenv.cfg").read_bytes())
    return digest.hexdigest()


def has_pip(venv: Path) -> bool:
    """Whether the environment works: its Python starts, is one of ours, and finds pip."""
    probe = "import sys, pip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14))"
    try:
        answer = subprocess.run([venv / "bin" / "python", "-c", probe], capture_output=True)
    except OSError:
        return False
    return answer.returncode == 0


def make_venv(venv: Path) -> None:
    """Make the environment anew, with the Python that runs this file."""
    # sys._base_executable is the interpreter itself even where this runs inside the broken environment.
    python = getattr(sys, "_base_executable", None) or sys.executable
    answer = subprocess.run([python, "-m", "venv", "--clear", venv], capture_output=True, text=True)
    if answer.returncode:
        said = answer.stdout + answer.stderr
        if "No space left" in said:
            raise Refused(NO_SPACE)
        if "ensurepip" in said or "No module named venv" in said:
            raise Refused(NO_VENV)
        raise Refused(f"the virtual environment could not be made: {said.strip()[-400:]}")


def check_space(group: str, venv: Path) -> None:
    """Raises Refused when the disk cannot hold what is missing."""
    torch_is_missing = group != "web" and not list(venv.glob("lib/*/site-packages/torch-*"))
    needed = SPACE_WITH_TORCH if torch_is_missing else SPACE_WITHOUT_TORCH
    free = shutil.disk_usage(venv).free
    if free < needed:
        raise Refused(
            f"installing takes up to {needed / 1e9:.1f} GB and {free / 1e9:.1f} GB are free on the "
            f"disk of {venv}. Free some space"
            + (", or start without torch: script/server --web-only" if torch_is_missing else "")
        )


def install_packages(venv: Path, group: str) -> None:
    """Install the locks of `group` with uv, and with pip where uv cannot.

    uv takes a quarter of pip's time, but does not read pip's configuration (a mirror, a proxy), so
    pip has the last word. Raises Refused with the reason that pip's words point to.
    """
    python = str(venv / "bin" / "python")
    pip = [python, *PIP, *RETRIES]
    status, said = run([*pip, *FLAGS, "-r", "requirements/installer.txt"])
    if status and why(said) in (UNREACHABLE, NO_SPACE):
        raise Refused(why(said))
    locks = [part for lock in LOCKS[group] for part in ("-r", f"requirements/{lock}.txt")]
    uv = venv / "bin" / "uv"
    if uv.exists():
        status, said = run([str(uv), "pip", "install", "--python", python, *FLAGS, *locks])
        if not status:
            return
    status, said = run([*pip, *FLAGS, *locks])
    if status:
        raise Refused(why(said))


def run(command: list[str]) -> tuple[int, str]:
    """Run an installer, passing on what it downloads; returns its status and its last words."""
    lines: deque[str] = deque(maxlen=60)
    with subprocess.Popen(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as installer:
        for line in installer.stdout or ():
            lines.append(line)
            if line.lstrip().startswith(("Downloading", "Installing collected")):
                print("  " + line.strip()[:100], flush=True)
    return installer.returncode, "".join(lines)


def why(said: str) -> str:
    """The sentence for what pip said last; its own last lines where none fits."""
    for signs, sentence in REASONS:
        if any(sign in said for sign in signs):
            return sentence
    return "pip failed, saying:\n" + "".join(said.splitlines(keepends=True)[-8:])


def main(arguments: list[str]) -> int:
    """Returns the exit status."""
    if len(arguments) != 1 or arguments[0] not in LOCKS:
        print(f"usage: script/bootstrap {'|'.join(LOCKS)}", file=sys.stderr)
        return 2
    try:
        install(arguments[0], ROOT / ".venv")
    except Refused as refusal:
        print(f"Cannot install: {refusal}.", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Run this again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
