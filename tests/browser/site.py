"""A whole site of its own for the browser: web server, inference worker, database, harvested catalogue.

Real processes and no live_server: pages come from granian with hashed and compressed static files, as a
visitor gets them, and no other test sees the rows.
"""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import httpx2
import psycopg
from psycopg import sql

from config.embedded.environment import ROOT, Site
from config.embedded.services import own_environment, web_service, worker_services
from tests.redis_databases import another

CATALOGUE = ("local", "timm", "torchvision", "class-lists")
SHIPPED = "local/digits-test_efficientnet"


@dataclass(frozen=True)
class FinishedTrial:
    """Where it is, and the session that may see it."""

    path: str
    session: str


@dataclass
class RunningSite:
    """Where the site answers, and what it runs in."""

    url: str
    environment: dict[str, str]
    folder: Path
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def manage(self, *arguments: str) -> str:
        """Runs a management command on the site's database; returns what it printed."""
        command = [sys.executable, *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{' '.join(arguments)}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def start(self, command: tuple[str, ...] | list[str], environment: dict[str, str]) -> None:
        log = (self.folder / f"{len(self.processes)}.log").open("wb")
        self.processes.append(
            subprocess.Popen(
                list(command),
                cwd=ROOT,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        )

    def stop(self) -> None:
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def logs(self) -> str:
        return "\n".join(path.read_text() for path in sorted(self.folder.glob("*.log")))

    def finished_trial(self) -> "FinishedTrial":
        """A trial of the shipped model on an example picture, after it is done."""
        with httpx2.Client(base_url=self.url, timeout=20) as client:
            form = client.get(f"/models/{SHIPPED}/try/").raise_for_status().text
            token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', form)
            assert token, form
            sent = {"csrfmiddlewaretoken": token[1], "example": "three"}
            answer = client.post(f"/models/{SHIPPED}/try/", data=sent)
            assert answer.status_code == 302, answer.text
            path = answer.headers["Location"]
            part = {"HX-Request": "true"}
            wait_for(lambda: "hx-trigger" not in client.get(path, headers=part).text, 90, self.logs)
            return FinishedTrial(path, client.cookies["sessionid"])

    def staff_session(self) -> str:
        """The session of somebody who may decide everything, signed in as a person does."""
        form = {"username": "staff", "password": "a-password-for-the-tests"}
        own = self.environment | {"DJANGO_SUPERUSER_PASSWORD": form["password"]}
        names = ("--username", form["username"], "--email", "staff@example.org")
        replace(self, environment=own).manage("manage.py", "createsuperuser", "--noinput", *names)
        with httpx2.Client(base_url=self.url, timeout=20) as client:
            client.get("/admin/login/").raise_for_status()
            form["csrfmiddlewaretoken"] = client.cookies["csrftoken"]
            assert client.post("/admin/login/", data=form).status_code == 302
            return client.cookies["sessionid"]


@contextlib.contextmanager
def running_site(folder: Path) -> Iterator[RunningSite]:
    """Starts everything, harvests what is on this machine, and clears it all away."""
    port = free_port()
    with own_database() as database_url:
        # Another database of the same server, so that this worker takes nobody else's trials.
        redis_url = another(os.environ["REDIS_URL"], 8)
        parts = Site(folder, "127.0.0.1", port, database_url, redis_url, "x" * 60)
        environment = dict(own_environment(parts)) | {
            "ENV_FILE": os.devnull,
            "LOG_LEVEL": "WARNING",
        }
        site = RunningSite(f"http://127.0.0.1:{port}", environment, folder)
        try:
            site.manage("-m", "config.embedded.prepare")
            inference = next(
                part
                for part in worker_services(environment, inference=True)
                if part.name == "inference"
            )
            site.start(inference.command, environment)
            site.manage("manage.py", "harvest", *CATALOGUE)
            web = web_service(parts, environment)
            site.start(web.command, dict(web.environment))
            wait_for(lambda: answers(site.url), 60, site.logs)
            yield site
        finally:
            site.stop()


@contextlib.contextmanager
def own_database() -> Iterator[str]:
    """The URL of an empty database beside the one of the tests; dropped at the end."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    name = f"{parts.path.strip('/')}_browser"
    maintenance = urlunsplit(parts._replace(path="/postgres"))
    drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(drop)
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(parts._replace(path=f"/{name}"))
        finally:
            connection.execute(drop)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(url: str) -> bool:
    try:
        return httpx2.get(f"{url}/readyz").status_code == 200
    except httpx2.TransportError:
        return False


def wait_for(condition, seconds: float, explain) -> None:
    """Fails with what `explain` says unless `condition` holds within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s\n{explain()}"
        time.sleep(0.1)
