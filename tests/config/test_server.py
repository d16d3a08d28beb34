"""What `script/server` does on a machine with nothing: a running site, and what it survives."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest

from tests.config.conftest import ROOT, Server, wait_for


@pytest.fixture(scope="module")
def server(servers: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """A catalogue without torch, ready."""
    server = servers(tmp_path_factory.mktemp("a folder") / "var", "--web-only")
    server.wait_until_ready()
    return server


def test_says_its_address_in_one_line(server: Server) -> None:
    ready = [line for line in server.lines if "is ready at" in line]

    assert len(ready) == 1
    assert f"http://localhost:{server.port}/" in ready[0]
    assert server.page() == 200


def test_without_torch_no_inference_worker_runs(server: Server) -> None:
    assert server.named("celery", "harvest@")
    assert not server.named("celery", "inference@")


def test_shows_the_password_of_a_staff_account_that_works(server: Server) -> None:
    wait_for(lambda: "First staff account" in server.output)
    (line,) = [line for line in server.lines if "First staff account" in line]
    password = line.split("password ")[1].split(" ")[0]
    check = "from django.contrib.auth import authenticate; print(authenticate(username='admin', password='{}').is_staff)"

    answer = subprocess.run(
        [sys.executable, "-m", "config.embedded", "manage", "shell", "-c", check.format(password)],
        cwd=ROOT,
        env=os.environ
        | {"VAR_DIR": str(server.var), "DATABASE_URL": "", "REDIS_URL": "", "ENV_FILE": os.devnull},
        capture_output=True,
        text=True,
    )

    assert answer.stdout.strip().endswith("True"), answer.stderr


def test_secrets_and_data_are_closed_to_other_accounts(server: Server) -> None:
    modes = {
        path.name: path.stat().st_mode & 0o777
        for path in (server.var, server.var / "run", server.var / "secret-key")
    }

    assert modes == {"var": 0o700, "run": 0o700, "secret-key": 0o600}


def test_the_sites_database_role_is_no_superuser(server: Server) -> None:
    with psycopg.connect(
        host=str(server.var / "run"), user="modelscout", dbname="modelscout"
    ) as connection:
        row = connection.execute("SELECT current_setting('is_superuser')").fetchone()

    assert row == ("off",)


def test_postgres_is_not_reachable_over_the_network(server: Server) -> None:
    (postgres,) = server.named("postgres", "-D")

    assert not [c for c in postgres.net_connections("inet") if c.status == "LISTEN"]


def test_a_second_start_names_the_running_one(
    server: Server, servers: Callable[..., Server]
) -> None:
    second = servers(server.var, "--web-only")

    assert second.wait_for_exit() == 1
    assert f"already running here: http://localhost:{server.port}/" in second.output
    assert len(second.lines) == 1


def test_a_port_in_use_is_said_before_anything_starts(
    server: Server, servers: Callable[..., Server], tmp_path: Path
) -> None:
    other = servers(tmp_path / "var", "--web-only", PORT=str(server.port))

    assert other.wait_for_exit() == 1
    assert f"port {server.port} on 127.0.0.1 is in use" in other.output
    assert len(other.lines) == 1
    assert not (tmp_path / "var" / "postgres").exists()


def test_a_killed_web_server_comes_back(server: Server) -> None:
    before = server.named("granian")
    os.kill(before[0].pid, signal.SIGKILL)

    wait_for(lambda: not any(process.is_running() for process in before[:1]))
    wait_for(lambda: server.page() == 200)

    assert "web was killed by SIGKILL; starting it again in 0.5 s" in " ".join(
        line.split("|", 1)[-1].strip() for line in server.lines
    )


def test_a_killed_postgres_comes_back(server: Server) -> None:
    (postgres,) = server.named("postgres", "-D")
    os.kill(postgres.pid, signal.SIGKILL)

    wait_for(lambda: "database system was not properly shut down" in server.output)
    wait_for(lambda: server.page() == 200)


def test_a_killed_valkey_comes_back(server: Server) -> None:
    (valkey,) = server.named("valkey-server")
    os.kill(valkey.pid, signal.SIGKILL)

    wait_for(lambda: server.named("valkey-server") not in ([], [valkey]))


def test_sigterm_stops_everything_within_seconds(server: Server) -> None:
    running = server.everything()
    started = time.monotonic()
    server.process.terminate()

    assert server.wait_for_exit() == 0
    assert time.monotonic() - started < 20
    assert len(running) > 6
    assert not server.everything()
    assert "database system is shut down" in server.output
    assert server.lines[-1] == "Stopped.\n"
