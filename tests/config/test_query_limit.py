"""How long a query may take: of a page so many seconds, of workers and commands as long as it needs."""

import os
import subprocess
import sys

import pytest

SHOWN = (
    "from django.db import connection\n"
    "with connection.cursor() as cursor:\n"
    "    cursor.execute('SHOW statement_timeout')\n"
    "    print(cursor.fetchone()[0])\n"
    "if connection.pool:\n"
    "    connection.close_pool()\n"
)
PROCESS = ("-c", f"import django; django.setup()\n{SHOWN}")
COMMAND = ("manage.py", "shell", "-v0", "-c", SHOWN)


@pytest.mark.parametrize(
    ("variables", "arguments", "limit"),
    [
        ({"DATABASE_POOL": "true"}, PROCESS, "20s"),
        ({"DATABASE_POOL": "true", "WEB_QUERY_SECONDS": "7"}, PROCESS, "7s"),
        ({"DATABASE_POOL": "true", "WEB_QUERY_SECONDS": "0"}, PROCESS, "0"),
        ({"WEB_QUERY_SECONDS": "7"}, PROCESS, "0"),
        ({"DATABASE_POOL": "true"}, COMMAND, "0"),
    ],
    ids=["web", "as set", "unlimited", "worker", "command in the web server's environment"],
)
def test_only_queries_of_the_web_server_are_stopped(
    variables: dict[str, str], arguments: tuple[str, ...], limit: str
) -> None:
    kept = {name: value for name, value in os.environ.items() if name != "DATABASE_POOL"}
    environment = kept | {"DJANGO_SETTINGS_MODULE": "config.settings"} | variables

    answer = subprocess.run(
        [sys.executable, *arguments], env=environment, capture_output=True, text=True, check=False
    )

    assert answer.stdout.splitlines()[-1:] == [limit], answer.stderr
