"""`docker-compose.yml` and `Dockerfile` fit the schema, the files, `.env.example` and `script/server`."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.embedded.services import WORKERS
from tests.config.conftest import ROOT
from tests.config.test_environment_file import COMPOSE_ONLY, example

TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
DOCKERFILE = (ROOT / "Dockerfile").read_text()


def test_fits_the_compose_specification() -> None:
    check = Path(sys.executable).with_name("check-jsonschema")

    answer = subprocess.run(
        [check, "--builtin-schema", "vendor.compose-spec", ROOT / "docker-compose.yml"],
        capture_output=True,
        text=True,
    )

    assert answer.returncode == 0, answer.stdout


def test_has_the_parts_that_script_server_starts() -> None:
    assert set(SERVICES) == {"db", "redis", "prepare", "web", "index", "beat", *WORKERS}


@pytest.mark.parametrize("name", WORKERS)
def test_workers_read_the_queues_they_read_under_script_server(name: str) -> None:
    command = SERVICES[name]["command"]
    queues, concurrency = WORKERS[name]

    assert command[command.index("-Q") + 1] == queues
    assert command[command.index("-c") + 1] == str(concurrency)


def test_every_variable_stands_in_the_example() -> None:
    used = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", TEXT))
    given = {name for service in OURS.values() for name in service["environment"]} - {"WORKER"}

    assert used | given <= set(example())
    assert set(COMPOSE_ONLY) <= used


def test_secrets_have_no_default() -> None:
    for name in ("SECRET_KEY", "POSTGRES_PASSWORD"):
        uses = re.findall(r"\$\{" + name + r"(.{2})", TEXT)
        assert uses
        assert set(uses) == {":?"}


def test_every_part_of_ours_gets_the_whole_env_file() -> None:
    assert all(service["env_file"][0]["path"] == ".env" for service in OURS.values())


def test_what_is_mounted_and_built_exists() -> None:
    binds = re.findall(r"^\s+- (\./[^:]+):", TEXT, re.MULTILINE)
    targets = set(re.findall(r"^FROM \S+ AS (\S+)$", DOCKERFILE, re.MULTILINE))

    assert binds
    assert all((ROOT / bind).exists() for bind in binds)
    assert {service["build"]["target"] for service in OURS.values()} == {"web", "worker"}
    assert {"web", "worker"} <= targets


def test_only_the_worker_image_has_torch() -> None:
    web = (ROOT / "requirements" / "web.txt").read_text()
    stage = DOCKERFILE.split("FROM base AS web-packages")[1].split("FROM ")[0]

    assert "requirements/worker.txt" not in stage
    assert not re.search(r"^(torch|nvidia-|timm)", web, re.MULTILINE)
    targets = {name: service["build"]["target"] for name, service in OURS.items()}
    assert {name for name, target in targets.items() if target == "worker"} == {
        "harvest",
        "inference",
    }


def test_all_that_keeps_running_is_watched_and_restarted() -> None:
    lasting = {name: service for name, service in SERVICES.items() if name != "prepare"}

    assert all(service["healthcheck"]["test"] for service in lasting.values())
    assert {service["restart"] for service in lasting.values()} == {"unless-stopped"}


def test_containers_of_ours_have_no_privileges() -> None:
    assert all(service["cap_drop"] == ["ALL"] for service in OURS.values())
    assert all(service["read_only"] for service in OURS.values())
    assert re.search(r"^USER modelscout$", DOCKERFILE, re.MULTILINE)
    assert DOCKERFILE.rindex("USER ") < DOCKERFILE.index("FROM app AS worker")


def test_each_server_has_a_volume_of_its_own() -> None:
    assert set(COMPOSE["volumes"]) == {"db", "redis", "data"}
    assert SERVICES["db"]["volumes"][0].startswith("db:")
    assert SERVICES["redis"]["volumes"][0].startswith("redis:")
    assert all(service["volumes"][0] == "data:/data" for service in OURS.values())


def test_images_hold_the_code_and_nothing_else() -> None:
    kept = {
        line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line[:1] == "!"
    }

    assert all((ROOT / name).exists() for name in kept)
    assert {"config", "catalog", "harvesters", "inference", "templates", "static"} <= kept
    assert not kept & {".env", "var", ".venv", ".git", "tests"}
