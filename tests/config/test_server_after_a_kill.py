"""What is left after `kill -9` of the supervisor, and what the next start makes of it."""

import os
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.config.conftest import Server, wait_for


@pytest.fixture(scope="module")
def killed(servers: Callable[..., Server], tmp_path_factory: pytest.TempPathFactory) -> Server:
    """The whole site, its supervisor killed in the middle of the first harvest."""
    server = servers(tmp_path_factory.mktemp("killed") / "var")
    server.wait_until_ready()
    wait_for(lambda: len(server.named("celery", "inference@")) == 2)  # the worker and its child
    wait_for(lambda: "timm: harvest started" in server.output)
    server.process.send_signal(signal.SIGKILL)
    server.wait_for_exit()
    return server


def test_nothing_is_left_running(killed: Server) -> None:
    assert len(killed.seen) > 8

    wait_for(lambda: not killed.everything(), 10)


def test_the_next_start_deals_with_what_was_left(
    killed: Server, servers: Callable[..., Server]
) -> None:
    wait_for(lambda: not killed.everything(), 10)
    bystander = subprocess.Popen(["sleep", "300"])
    # As after a reboot: the number in the file belongs to somebody else by now.
    (killed.var / "postgres" / "postmaster.pid").write_text(f"{bystander.pid}\n")
    for name in ("valkey.sock", ".s.PGSQL.5432"):
        leave_stale_socket(killed.var / "run" / name)

    server = servers(killed.var, "--web-only")
    server.wait_until_ready()

    assert server.page() == 200
    assert "First staff account" not in server.output
    assert bystander.poll() is None
    bystander.kill()
    bystander.wait()


def test_a_start_right_after_a_kill_waits_for_what_is_still_ending(
    servers: Callable[..., Server], tmp_path: Path
) -> None:
    first = servers(tmp_path / "var", "--web-only")
    first.wait_until_ready()
    first.everything()
    first.process.send_signal(signal.SIGKILL)
    first.wait_for_exit()

    second = servers(tmp_path / "var", "--web-only", PORT=str(first.port))
    second.wait_until_ready()

    assert second.page() == 200
    assert not first.everything()


def leave_stale_socket(path: Path) -> None:
    path.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(os.fspath(path))
