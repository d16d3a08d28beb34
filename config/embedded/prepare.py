"""What must be done before the first page: reach the servers, migrate, gather static files."""

import sys
from pathlib import Path

import django
from django.core.exceptions import ImproperlyConfigured

OLDEST_POSTGRES = 160_000


def main() -> int:
    """Returns the exit status; says in one line what to do where something cannot be reached."""
    try:
        django.setup()
    except ImproperlyConfigured as error:
        print(f"A setting cannot be used: {error}")
        return 1
    problem = database_problem() or broker_problem()
    if problem:
        print(problem)
        return 1
    from django.conf import settings
    from django.core.management import CommandError, call_command

    Path(settings.CELERY_BEAT_SCHEDULE_FILENAME).parent.mkdir(parents=True, exist_ok=True)
    try:
        call_command("migrate", interactive=False)
    except CommandError as error:
        print(error)
        return 1
    call_command("collectstatic", interactive=False, verbosity=0)
    return 0


def database_problem() -> str:
    """Why the database cannot be used, in a sentence; empty when it can."""
    from django.db import DatabaseError, connection

    try:
        connection.ensure_connection()
    except (DatabaseError, ImproperlyConfigured) as error:
        return f"The Postgres of DATABASE_URL cannot be used: {str(error).strip().splitlines()[0]}"
    version = getattr(connection, "pg_version", 0)
    if version < OLDEST_POSTGRES:
        return "DATABASE_URL must name a Postgres 16 or newer."
    return ""


def broker_problem() -> str:
    """Why Redis cannot be used, in a sentence; empty when it can."""
    import redis
    from django.conf import settings

    try:
        redis.Redis.from_url(settings.REDIS_URL, socket_connect_timeout=5, socket_timeout=5).ping()
    except (redis.RedisError, ValueError) as error:
        return f"The Redis of REDIS_URL cannot be used: {error}"
    return ""


if __name__ == "__main__":
    sys.exit(main())
