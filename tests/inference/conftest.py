"""A Hub of its own, a worker of its own: real servers and processes for the tests of trying."""

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from pytest_django.fixtures import Settings

from catalog.models import PretrainedModel
from inference import services, sweeper
from inference.models import InferenceWorker, Trial
from inference.recipes import SHIPPED_DIR
from tests.factories import make_pretrained
from tests.inference.small_hub import REPO, SmallHub, serving

DIGITS = {"folder": {"root": "shipped", "name": "digits-test_efficientnet", "library": "timm"}}


@pytest.fixture(autouse=True)
def own_folders(settings: Settings, tmp_path: Path) -> None:
    """Uploads and weights of one test."""
    settings.WEIGHTS_DIR = tmp_path / "weights"
    settings.MODELS_DIR = tmp_path / "models"
    storages = {**settings.STORAGES}
    storages["default"] = {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": tmp_path / "uploads"},
    }
    settings.STORAGES = storages


@pytest.fixture(autouse=True)
def empty_queue() -> Iterator[redis.Redis]:
    """The broker's list of trials, empty before and after each test."""
    with contextlib.closing(redis.Redis.from_url(django_settings.REDIS_URL, protocol=2)) as client:
        client.delete(sweeper.QUEUE)
        yield client
        with contextlib.suppress(redis.RedisError):
            client.delete(sweeper.QUEUE)


@pytest.fixture
def digits(db: None) -> PretrainedModel:
    """The checkpoint that the project ships."""
    return make_pretrained(
        name="digits-test_efficientnet",
        sources=["folder"],
        task="image-classification",
        num_classes=10,
        datasets=["scikit-learn-digits"],
        size_bytes=424_952,
        loading=DIGITS,
    )


def start(pretrained: PretrainedModel, **what: Any) -> Trial:
    """A queued trial, by default on the drawn 3."""
    what = what or {"example": "three"}
    return services.start_trial(pretrained, visitor="somebody", **what)


def wait_for(condition: Callable[[], Any], seconds: float = 30) -> Any:
    """The first true answer of `condition`; fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if answer := condition():
            return answer
        time.sleep(0.05)
    pytest.fail(f"not within {seconds} s")


def ended(trial: Trial, seconds: float = 60) -> Trial:
    """The trial once it has ended."""
    return wait_for(
        lambda: Trial.objects.filter(pk=trial.pk, state__in=Trial.ENDED).first(), seconds
    )


def in_state(trial: Trial, *states: str) -> Trial:
    """The trial once it is in one of the states."""
    return wait_for(lambda: Trial.objects.filter(pk=trial.pk, state__in=states).first())


class Worker:
    """A real Celery worker with a prefork pool of one, on the test's own database."""

    def __init__(self, folder: Path, **environment: str) -> None:
        database = connection.settings_dict
        url = f"postgres://{database['USER']}@/{database['NAME']}?host={database['HOST']}"
        if not str(database["HOST"]).startswith("/"):
            url = (
                f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:"
                f"{database['PORT']}/{database['NAME']}"
            )
        self.environment = os.environ | {
            "DATABASE_URL": url,
            "VAR_DIR": str(folder),
            "MODELS_DIR": str(folder / "models"),
            "TRIAL_LEASE_SECONDS": "3",
            **environment,
        }
        self.log = folder / "worker.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, *, wait: bool = True) -> "Worker":
        """Starts it and waits for its sign of life."""
        command = [sys.executable, "-m", "celery", "-A", "config", "worker", "-Q", sweeper.QUEUE]
        command += ["-c", "1", "-n", "test@%h", "--without-mingle", "--without-gossip"]
        self.process = subprocess.Popen(
            command,
            env=self.environment,
            stdout=self.log.open("ab"),
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        if wait:
            wait_for(lambda: InferenceWorker.objects.live().exclude(device="").exists(), 60)
        return self

    def kill(self, sign: int = signal.SIGKILL) -> None:
        """Ends the worker and its pool at once."""
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, sign)
            self.process.wait()

    def pool_process(self) -> int:
        """The process that runs the trials."""
        assert self.process
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return int(children.split()[0])


@pytest.fixture
def worker_of(
    transactional_db: None, tmp_path: Path, settings: Settings
) -> Iterator[Callable[..., Worker]]:
    """Makes workers that end with the test; they share uploads and weights with it."""
    made: list[Worker] = []
    settings.WEIGHTS_DIR = tmp_path / "weights"

    def make(**environment: str) -> Worker:
        made.append(Worker(tmp_path, **environment))
        return made[-1]

    yield make
    for worker in made:
        worker.kill()


@pytest.fixture
def small_hub(settings: Settings) -> Iterator[SmallHub]:
    """A Hub with the project's own checkpoint, to which the site points."""
    with serving(SHIPPED_DIR / "digits-test_efficientnet") as hub:
        settings.HF_ENDPOINT = hub.url
        yield hub


@pytest.fixture
def remote_digits(db: None, small_hub: SmallHub) -> PretrainedModel:
    """The same checkpoint, to be fetched from that Hub."""
    return make_remote_digits()


def make_remote_digits() -> PretrainedModel:
    return make_pretrained(
        name="digits-on-the-hub",
        task="image-classification",
        num_classes=10,
        loading={"timm": {"name": "digits", "hub_id": REPO}},
    )


class Hub:
    """The stand-in Hub with its switches."""

    def __init__(self, url: str) -> None:
        self.url = url

    def set(self, **switches: str | int | float) -> None:
        httpx2.get(self.url + "/_control", params=switches).raise_for_status()

    def log(self) -> list[dict[str, Any]]:
        return httpx2.get(self.url + "/_log").json()


@pytest.fixture(scope="session")
def hub_module(shared: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location("hub_server", shared / "tools" / "hub_server.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hub_over(hub_module: ModuleType, settings: Settings) -> Iterator[Callable[[Path], Hub]]:
    """Serves a folder as a Hub and points the site to it."""
    servers = []

    def serve(folder: Path) -> Hub:
        server, url = hub_module.serve(folder)
        servers.append(server)
        settings.HF_ENDPOINT = url
        hub = Hub(url)
        hub.set(reset=1)
        return hub

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def hub(hub_over: Callable[[Path], Hub], shared: Path) -> Hub:
    """A Hub over the real weights."""
    return hub_over(shared / "weights")
