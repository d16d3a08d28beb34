"""The parts of a running site, each as a service: what is started, with what, and how it is stopped."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from signal import SIGINT, SIGKILL, SIGQUIT

from config.embedded.child import Service
from config.embedded.environment import ROOT, Site
from config.embedded.postgres import Postgres
from config.embedded.privileges import unprivileged
from config.embedded.valkey import Valkey

# The embedded site runs as whoever started it, root included; Celery would say five lines about that.
PYTHON = (sys.executable, "-W", "ignore::UserWarning:celery.platforms")
CELERY = (*PYTHON, "-m", "celery", "--quiet", "-A", "config")
WORKER = ("worker", "--without-mingle", "--without-gossip")
# Worker -> its queues and how many tasks at once. Chores (sweeping trials) never wait behind a harvest.
# Inference has one child: it opens the device after the fork, and only one process may hold it.
WORKERS = {"harvest": ("harvest", 3), "chores": ("default", 1), "inference": ("inference", 1)}


def own_environment(site: Site) -> dict[str, str]:
    """The environment that every part of the site gets."""
    return os.environ | {
        "DATABASE_URL": site.database_url,
        "REDIS_URL": site.redis_url,
        "SECRET_KEY": site.secret_key,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH")))),
        "PYTHONUNBUFFERED": "1",
        "VAR_DIR": str(site.var),
    }


def postgres_service(postgres: Postgres) -> Service:
    """Stopped by SIGINT: ends all sessions and writes everything, without waiting for clients."""
    return Service(
        "postgres",
        postgres.command,
        os.environ,
        stop_signal=SIGINT,
        stop_seconds=20,
        before=postgres.settle,
        enter=unprivileged().enter,
    )


def valkey_service(valkey: Valkey) -> Service:
    return Service("valkey", valkey.command, os.environ)


def step(name: str, environment: Mapping[str, str], *arguments: str) -> Service:
    """A step of our own that ends by itself: `python -m config.embedded.ARGUMENTS`."""
    command = [sys.executable, "-m", *arguments]
    return Service(name, command, environment, once=True)


def web_service(site: Site, environment: Mapping[str, str]) -> Service:
    """granian with one process: its threads share a pool of database connections."""
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "config.wsgi:application"]
    command += ["--host", site.host, "--port", str(site.port), "--no-ws", "--log-level", "warning"]
    command += ["--workers", "1", "--blocking-threads", "4", "--respawn-failed-workers"]
    # Without a limit, a stop during start-up hangs.
    command += ["--workers-kill-timeout", "5"]
    return Service("web", command, dict(environment) | {"DATABASE_POOL": "true"})


def index_service(environment: Mapping[str, str]) -> Service:
    """Keeps the facet index up with Postgres, beside the web process that reads its files."""
    command = [sys.executable, str(ROOT / "manage.py"), "index", "--follow"]
    return Service("index", command, environment)


def worker_services(environment: Mapping[str, str], *, inference: bool) -> list[Service]:
    """Workers and beat.

    Stopped by SIGQUIT: SIGTERM would wait for running tasks without limit. When the supervisor is
    killed they are too: asked politely, a worker would wait for ever for the broker that is gone.
    """
    services = []
    for name, (queues, concurrency) in WORKERS.items():
        if name != "inference" or inference:
            command = [*CELERY, *WORKER, "-n", f"{name}@%h", "-Q", queues, "-c", str(concurrency)]
            services.append(
                Service(name, command, environment, stop_signal=SIGQUIT, death_signal=SIGKILL)
            )
    beat = [*CELERY, "beat", "--pidfile="]
    return [*services, Service("beat", beat, environment)]


def data_folder(var: Path, name: str) -> Path:
    """A folder below `var` for one server's files."""
    folder = var / name
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder
