"""What every test shares. `script/test` starts the real Postgres and the real Redis-compatible server."""

from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from tests.recorded import SHARED


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded responses, weights and photographs beside the project."""
    if not SHARED.is_dir():
        pytest.skip(f"needs the recorded data in {SHARED}, which is absent")
    return SHARED


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Settings) -> None:
    """Tests do not run collectstatic, so file names carry no hashes."""
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
