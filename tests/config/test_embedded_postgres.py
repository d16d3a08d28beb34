"""The folder of the embedded Postgres: made whole or not at all, and never run by the wrong version."""

import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from config.embedded import privileges
from config.embedded.environment import Refused, socket_folder
from config.embedded.postgres import Postgres, binary
from config.embedded.services import postgres_service
from config.embedded.supervisor import Supervisor

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root has privileges to give up")


def is_superuser(postgres: Postgres, run: Path) -> str:
    """Starts the server, asks it about the site's role, stops it."""
    with Supervisor(run) as supervisor:
        supervisor.start(postgres_service(postgres))
        supervisor.wait_until(postgres.is_ready, 20, "not ready")
        with psycopg.connect(postgres.url) as connection:
            row = connection.execute("SHOW is_superuser").fetchone()
    assert row is not None
    return str(row[0])


def test_what_a_killed_initdb_left_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "postgres.new").mkdir()
    (tmp_path / "postgres.new" / "half").write_text("")
    postgres = Postgres(tmp_path / "postgres", tmp_path)

    postgres.create()

    assert (tmp_path / "postgres" / "PG_VERSION").read_text() == "18\n"
    assert not (tmp_path / "postgres.new").exists()
    assert is_superuser(postgres, tmp_path) == "off"


def test_data_of_another_version_are_refused_untouched(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("16\n")

    with pytest.raises(Refused, match="written by Postgres 16, and this release runs 18"):
        Postgres(tmp_path / "postgres", tmp_path).create()

    assert [path.name for path in (tmp_path / "postgres").iterdir()] == ["PG_VERSION"]


def test_a_server_that_still_runs_on_the_folder_is_stopped(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "postgres", tmp_path)
    postgres.create()
    identity = privileges.unprivileged()
    orphan = subprocess.Popen(postgres.command, preexec_fn=identity.enter, stderr=subprocess.PIPE)
    while not postgres.is_ready():
        assert orphan.poll() is None

    assert is_superuser(postgres, tmp_path) == "off"
    orphan.communicate()
    assert orphan.returncode == 0


@pytest.fixture
def _no_namespaces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A kernel that refuses user namespaces, as Docker's default does."""
    if privileges.libc is not None:
        monkeypatch.setattr(privileges, "CLONE_NEWUSER", 0x7FFFFFFF)  # an invalid flag: EINVAL
    privileges.unprivileged.cache_clear()
    yield
    privileges.unprivileged.cache_clear()


@needs_root
@pytest.mark.usefixtures("_no_namespaces")
def test_runs_as_nobody_where_namespaces_are_refused() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        postgres = Postgres(folder / "postgres", folder)
        postgres.create()

        assert is_superuser(postgres, folder) == "off"
        assert (folder / "postgres").stat().st_uid == privileges.unprivileged().uid != 0


@needs_root
def test_a_folder_of_nobody_is_taken_back_where_namespaces_work(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "postgres", tmp_path)
    postgres.create()
    privileges.hand_over(postgres.folder, 65534)

    postgres.create()

    assert postgres.folder.stat().st_uid == 0
    assert is_superuser(postgres, tmp_path) == "off"


def test_binaries_are_found_without_importing_the_package() -> None:
    answer = subprocess.run([binary("postgres"), "--version"], capture_output=True, text=True)

    assert answer.stdout.startswith("postgres (PostgreSQL) 18.")


def test_sockets_below_a_long_path_move_to_a_private_short_one(tmp_path: Path) -> None:
    run = tmp_path / ("long" * 30)

    folder = socket_folder(run)

    assert len(str(folder)) < 80
    assert folder == socket_folder(run) != socket_folder(tmp_path / ("other" * 30))
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o777)
    with pytest.raises(Refused, match="made by somebody else"):
        socket_folder(run)
    folder.rmdir()


def test_the_sites_role_may_hold_vectors_in_its_database_and_in_new_ones(tmp_path: Path) -> None:
    postgres = Postgres(tmp_path / "postgres", tmp_path)
    postgres.create()
    with Supervisor(tmp_path) as supervisor:
        supervisor.start(postgres_service(postgres))
        supervisor.wait_until(postgres.is_ready, 20, "not ready")
        postgres.extend()
        postgres.extend()  # as at every start
        with psycopg.connect(postgres.url, autocommit=True) as connection:
            connection.execute("CREATE TABLE texts (vector halfvec(3))")
            connection.execute("CREATE DATABASE test_site")
        with psycopg.connect(postgres.url.replace("/modelscout?", "/test_site?")) as connection:
            connection.execute("CREATE TABLE texts (vector halfvec(3))")
