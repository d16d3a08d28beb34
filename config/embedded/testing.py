"""`script/test`: everything that must be green, with servers of its own that nobody will miss."""

import os
import secrets
import shutil
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from config.embedded.environment import ROOT, Site, own_folder
from config.embedded.lock import hold
from config.embedded.manage import run_beside
from config.embedded.orphans import end_orphans
from config.embedded.postgres import THROW_AWAY
from config.embedded.serve import start_data_services
from config.embedded.services import data_folder, own_environment
from config.embedded.supervisor import Supervisor

BIN = Path(sys.executable).parent
MANAGE = (sys.executable, "manage.py")
CHECKS: tuple[tuple[str, Sequence[str]], ...] = (
    ("ruff check", (f"{BIN}/ruff", "check")),
    ("ruff format", (f"{BIN}/ruff", "format", "--check", "--quiet")),
    ("mypy", (f"{BIN}/mypy",)),
    ("import contracts", (f"{BIN}/lint-imports", "--no-logo")),
    ("migrations", (*MANAGE, "makemigrations", "--check", "--dry-run")),
    ("deploy check", (*MANAGE, "check", "--deploy", "--fail-level", "WARNING")),
)
# Half of the time a test waits for a server or a browser: two processes share them, the long browser part first.
SIDE_BY_SIDE = ("-p", "tests.side_by_side", "--numprocesses=2", "--no-loadscope-reorder")
# The settings of a site on the internet, under which Django's deploy check must find nothing.
PRODUCTION = {"HTTPS": "true", "ALLOWED_HOSTS": "modelscout.example", "DEBUG": "false"}


def test(arguments: Sequence[str]) -> int:
    """Run all checks and pytest, or with arguments only pytest with them. Returns the exit status.

    What the servers say goes to `var/test.log`: the last lines of the output are pytest's.
    """
    var = own_folder(ROOT / "var") / "test"
    with hold(own_folder(ROOT / "var") / "test.lock", "script/test is already running here"):
        if var.exists():  # what a killed run left
            end_orphans(data_folder(var, "run"))
            shutil.rmtree(var)
        try:
            with (
                open(ROOT / "var" / "test.log", "w") as log,
                Supervisor(data_folder(own_folder(var), "run"), voice=log) as supervisor,
            ):
                site = start_data_services(supervisor, throw_away_site(var), THROW_AWAY)
                return run_checks(supervisor, site, arguments)
        finally:
            with suppress(OSError):
                shutil.rmtree(var)


def throw_away_site(var: Path) -> Site:
    """A site of which nothing comes from `.env`: a developer's own settings must not decide."""
    return Site(
        var=var,
        host="127.0.0.1",
        port=8000,
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=os.environ.get("REDIS_URL", ""),
        secret_key=secrets.token_urlsafe(48),
    )


def run_checks(supervisor: Supervisor, site: Site, arguments: Sequence[str]) -> int:
    """One after the other, all of them, even when one fails: a person wants to know everything."""
    environment = own_environment(site) | {"ENV_FILE": os.devnull}
    failed = []
    for name, command in () if arguments else CHECKS:
        started = time.monotonic()
        extra = PRODUCTION if name == "deploy check" else {}
        status = run_beside(supervisor, command, environment | extra)
        verdict = "failed" if status else "ok"
        print(f"{name}: {verdict} ({time.monotonic() - started:.1f} s)", flush=True)
        if status:
            failed.append(name)
    pytest = [sys.executable, "-m", "pytest", *(arguments or SIDE_BY_SIDE)]
    status = run_beside(supervisor, pytest, environment)
    if failed:
        print(f"Failed before the tests: {', '.join(failed)}.", flush=True)
    return status or (1 if failed else 0)
