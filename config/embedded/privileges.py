"""Running Postgres where the person is root, which Postgres refuses to be.

First choice is a user namespace in which root is called nobody: no account is made, no file changes
hands, and it works below a home that is closed to others. Where the kernel refuses namespaces,
setpriv gives up the identity and the data folder is handed to nobody.
"""

import ctypes
import os
import pwd
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from config.embedded.environment import Refused

CLONE_NEWUSER = 0x10000000  # <linux/sched.h>
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
LINUX = sys.platform == "linux"
libc = ctypes.CDLL(None, use_errno=True) if LINUX else None


@dataclass(frozen=True)
class Identity:
    """How a program is started as somebody who is not root."""

    uid: int
    prefix: Sequence[str] = ()
    enter: Callable[[], None] | None = field(default=None)


@cache
def unprivileged() -> Identity:
    """Ourselves when we are not root, else the first way that works. Raises Refused when none does."""
    if os.geteuid() != 0:
        return Identity(os.geteuid())
    try:
        subprocess.run(["true"], check=True, preexec_fn=enter_namespace)
        return Identity(0, enter=enter_namespace)
    except (OSError, subprocess.SubprocessError):
        pass
    setpriv = shutil.which("setpriv")
    if not setpriv:
        raise Refused(
            "Postgres does not run as root, and this system offers neither user namespaces nor "
            "setpriv. Start as an ordinary user, or name a Postgres with DATABASE_URL"
        )
    nobody = pwd.getpwnam("nobody")
    return Identity(
        nobody.pw_uid,
        (setpriv, "--reuid", "nobody", "--regid", str(nobody.pw_gid), "--clear-groups")
        # Reads on below folders that are closed to others, as root could.
        + ("--inh-caps=+dac_override", "--ambient-caps=+dac_override")
        # A change of identity forgets the wish to die with the parent, so it is made once more after.
        + (("--pdeathsig", "INT") if LINUX else ()),
    )


def enter_namespace() -> None:
    """In the child, before exec: become nobody in a namespace of its own."""
    nobody = pwd.getpwnam("nobody")  # initdb looks its own name up, so the account must exist
    if libc is None or libc.unshare(CLONE_NEWUSER):
        raise OSError("no user namespaces")
    Path("/proc/self/uid_map").write_text(f"{nobody.pw_uid} 0 1")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/gid_map").write_text(f"{nobody.pw_gid} 0 1")


def die_with(parent: int, death_signal: int) -> None:
    """In the child, before exec: be sent `death_signal` when `parent` ends, however it ends."""
    if libc is None:
        return
    libc.prctl(PR_SET_PDEATHSIG, death_signal)
    if os.getppid() != parent:  # it ended in between
        os._exit(1)


def hand_over(folder: Path, uid: int) -> None:
    """Make `uid` the owner of `folder` and all below, when it is not yet."""
    if os.geteuid() != 0 or not folder.exists() or folder.stat().st_uid == uid:
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, uid, -1, follow_symlinks=False)
