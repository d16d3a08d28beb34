"""`script/manage` and `script/bench`: commands with the embedded servers, started for them where needed."""

import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from config.embedded.environment import ROOT, Site, read_site, socket_folder
from config.embedded.lock import Held, hold
from config.embedded.orphans import end_orphans
from config.embedded.postgres import Postgres
from config.embedded.serve import start_data_services
from config.embedded.services import data_folder, own_environment
from config.embedded.supervisor import StopRequested, Supervisor
from config.embedded.valkey import Valkey


def manage(arguments: Sequence[str]) -> int:
    """Run `manage.py ARGUMENTS` beside a running server, or with servers of its own."""
    return with_servers([sys.executable, str(ROOT / "manage.py"), *arguments])


def bench(name: str, arguments: Sequence[str]) -> int:
    """The same for a module of `bench/`."""
    return with_servers([sys.executable, "-m", f"bench.{name}", *arguments])


def with_servers(command: Sequence[str]) -> int:
    """Run a command beside a running server, or with servers of its own. Returns its exit status."""
    site = read_site()
    run = data_folder(site.var, "run")
    try:
        with hold(run / "server.lock", "script/manage is at work here; wait for its end"):
            end_orphans(run)
            # What the servers say must not stand between the lines of the command.
            with open(run / "manage.log", "w") as log, Supervisor(run, voice=log) as supervisor:
                site = start_data_services(supervisor, site)
                return run_beside(supervisor, command, own_environment(site))
    except Held:
        environment = own_environment(with_running_servers(site))
        return run_alone(command, environment)


def with_running_servers(site: Site) -> Site:
    """The site with the addresses that its own embedded servers have."""
    sockets = socket_folder(data_folder(site.var, "run"))
    return replace(
        site,
        database_url=site.database_url or Postgres(site.var / "postgres", sockets).url,
        redis_url=site.redis_url or Valkey(site.var / "valkey", sockets).url,
    )


def run_alone(command: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a command on this terminal. Returns its exit status."""
    with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
        while process.poll() is None:
            # Ctrl-C reaches the command by itself: it writes down where it was before it ends.
            with suppress(KeyboardInterrupt):
                process.wait()
    return _status(process.returncode)


def run_beside(
    supervisor: Supervisor, command: Sequence[str], environment: Mapping[str, str]
) -> int:
    """Run a command on this terminal while the servers are kept going. Returns its exit status."""
    with subprocess.Popen(command, env=environment, cwd=ROOT) as process:
        while process.poll() is None:
            try:
                supervisor.turn()
            except StopRequested as request:
                # Ctrl-C reaches the command by itself; every other wish is passed on.
                if request.number != signal.SIGINT:
                    process.send_signal(request.number)
                supervisor.requests.clear()
    return _status(process.returncode)


def _status(returncode: int) -> int:
    """What a shell reports of a process, also of one that a signal ended."""
    return returncode if returncode >= 0 else 128 - returncode
