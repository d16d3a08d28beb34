"""The whole site in one foreground command: what `script/server` runs."""

import errno
import http.client
import shutil
import socket
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from config.embedded.child import Service
from config.embedded.environment import Refused, Site, read_site, socket_folder
from config.embedded.lock import hold
from config.embedded.orphans import end_orphans
from config.embedded.postgres import Postgres
from config.embedded.services import (
    data_folder,
    index_service,
    own_environment,
    postgres_service,
    step,
    valkey_service,
    web_service,
    worker_services,
)
from config.embedded.supervisor import StopRequested, Supervisor
from config.embedded.valkey import Valkey

LEAST_FREE_BYTES = 300_000_000


def serve(*, web_only: bool) -> int:
    """Run everything until asked to stop. Returns the exit status; raises Refused with one line."""
    site = read_site()
    run = data_folder(site.var, "run")
    with hold(run / "server.lock", f"a server is already running here: {site.address}"):
        for name in end_orphans(run):
            print(f"Ended {name} of an earlier run.", flush=True)
        check_port(site)
        check_disk(site.var)
        try:
            with Supervisor(run) as supervisor:
                start_site(supervisor, start_data_services(supervisor, site), web_only=web_only)
                supervisor.wait_until(lambda: False)
        except StopRequested:
            print("Stopped.", flush=True)
    return 0


def start_data_services(
    supervisor: Supervisor, site: Site, options: dict[str, str] | None = None
) -> Site:
    """Start the servers that the environment does not name; returns the site with their URLs.

    `options` are for a Postgres whose data nobody will miss; Valkey then writes nothing either.
    """
    sockets = socket_folder(data_folder(site.var, "run"))
    postgres = Postgres(site.var / "postgres", sockets, options or {})
    valkey = Valkey(site.var / "valkey", sockets, persistent=options is None)
    waiting: list[Valkey | Postgres] = []
    if not site.redis_url:
        data_folder(site.var, "valkey")
        supervisor.start(valkey_service(valkey))
        waiting.append(valkey)
    if not site.database_url:
        postgres.create()
        supervisor.start(postgres_service(postgres))
        waiting.append(postgres)
    for server in waiting:
        name = type(server).__name__
        supervisor.wait_until(server.is_ready, 60, f"{name} did not become ready within 60 s")
    if not site.database_url:
        postgres.extend()
    return replace(
        site,
        database_url=site.database_url or postgres.url,
        redis_url=site.redis_url or valkey.url,
    )


def start_site(supervisor: Supervisor, site: Site, *, web_only: bool) -> None:
    """Migrate, then start the web server and, once its first page can be had, all the rest."""
    environment = own_environment(site)
    must_succeed(supervisor, step("setup", environment, "config.embedded.prepare"))
    supervisor.start(web_service(site, environment))
    supervisor.wait_until(
        lambda: answers(site),
        120,
        f"the web server did not answer on port {site.port} within 120 s",
    )
    supervisor.say(f"Modelscout is ready at {site.address} (Ctrl-C stops it)")
    supervisor.start(index_service(environment))
    supervisor.start(*worker_services(environment, inference=not web_only))
    must_succeed(supervisor, step("setup", environment, "config.embedded.begin"))


def must_succeed(supervisor: Supervisor, service: Service) -> None:
    """Raises Refused when the step fails."""
    if supervisor.run_to_end(service):
        raise Refused("a step of the setup failed. Its lines above say why")


def check_port(site: Site) -> None:
    """Raises Refused when the site could not listen where it should."""
    family = socket.AF_INET6 if ":" in site.host else socket.AF_INET
    with closing(socket.socket(family)) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((site.host, site.port))
        except OSError as error:
            raise Refused(why_not_bound(site, error)) from None


def why_not_bound(site: Site, error: OSError) -> str:
    """The sentence for an address that cannot be listened on."""
    if error.errno == errno.EADDRINUSE:
        other = site.port + 1 if site.port < 65535 else 8000
        return (
            f"port {site.port} on {site.host} is in use by another program. "
            f"Choose another: PORT={other} script/server"
        )
    if error.errno == errno.EACCES:
        return f"port {site.port} is reserved for root. Choose one above 1023, such as PORT=8000"
    return f"HOST={site.host} is no address of this machine ({error.strerror or error})"


def check_disk(var: Path) -> None:
    """Raises Refused when the databases would fill the disk at once."""
    free = shutil.disk_usage(var).free
    if free < LEAST_FREE_BYTES:
        raise Refused(
            f"{free / 1e6:.0f} MB are free on the disk of {var}, and at least "
            f"{LEAST_FREE_BYTES / 1e6:.0f} MB are needed. Free some space, or name another VAR_DIR"
        )


def answers(site: Site) -> bool:
    """Whether the web server answers; 400 counts, which a host missing in ALLOWED_HOSTS gets."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(site.host, site.host)  # noqa: S104
    try:
        with closing(http.client.HTTPConnection(host, site.port, timeout=2)) as connection:
            connection.request("GET", "/readyz", headers={"Host": "localhost"})
            return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
