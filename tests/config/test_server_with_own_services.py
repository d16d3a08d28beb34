"""`script/server` with DATABASE_URL and REDIS_URL: nothing embedded starts."""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from psycopg import sql

from tests.config.conftest import Server


@pytest.fixture
def database_url() -> Iterator[str]:
    """An empty database on the Postgres that the tests run on."""
    server = settings.DATABASES["default"]
    name = "modelscout_" + secrets.token_hex(4)
    login = {"host": server["HOST"], "user": server["USER"], "password": server["PASSWORD"]}
    login = {key: value for key, value in login.items() if value}
    with psycopg.connect(
        **login, port=server["PORT"] or None, dbname="postgres", autocommit=True
    ) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        before, _, after = os.environ["DATABASE_URL"].partition("?")
        yield before.rsplit("/", 1)[0] + f"/{name}?{after}"
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def test_servers_of_ones_own_are_used(
    servers: Callable[..., Server], tmp_path: Path, database_url: str
) -> None:
    server = servers(
        tmp_path / "var", "--web-only", DATABASE_URL=database_url, REDIS_URL=settings.REDIS_URL
    )
    server.wait_until_ready()

    assert server.page() == 200
    assert not server.named("postgres", "-D")
    assert not server.named("valkey-server")
    assert not (tmp_path / "var" / "postgres").exists()
    server.process.terminate()
    assert server.wait_for_exit() == 0


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"DATABASE_URL": "postgres://x@127.0.0.1:9/x"},
            "The Postgres of DATABASE_URL cannot be used",
        ),
        ({"REDIS_URL": "redis://127.0.0.1:9/0"}, "The Redis of REDIS_URL cannot be used"),
    ],
)
def test_a_server_that_does_not_answer_is_named(
    servers: Callable[..., Server], tmp_path: Path, variables: dict[str, str], sentence: str
) -> None:
    server = servers(tmp_path / "var", "--web-only", **variables)

    assert server.wait_for_exit() == 1
    assert sentence in server.output
    assert "Traceback" not in server.output
