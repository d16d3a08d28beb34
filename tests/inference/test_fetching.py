"""Fetching: from a Hub and from torchvision's server, every fault a sentence, nothing unsafe, never too much."""

import hashlib
import http.server
import os
import pickle
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from pytest_django.fixtures import Settings

from inference.errors import Cancelled, TrialError
from inference.recipes import SHIPPED_DIR, FolderRecipe, HubRecipe, TorchvisionRecipe
from inference.runtime import cache, hub, load, torchvision_files
from tests.inference.small_hub import COMMIT, REPO, SmallHub

pytestmark = pytest.mark.torch
RECIPE = HubRecipe("digits", REPO)
SHIPPED = SHIPPED_DIR / "digits-test_efficientnet"


def ignore(done: int, total: int) -> None:
    """Progress that nobody looks at."""


def fetch(recipe: HubRecipe = RECIPE) -> hub.Fetched:
    return hub.fetch(recipe, True, ignore)


def failure(recipe: HubRecipe = RECIPE) -> TrialError:
    with pytest.raises(TrialError) as error:
        fetch(recipe)
    return error.value


# --- The Hub


def test_weights_and_config_come_from_one_pinned_commit(small_hub: SmallHub) -> None:
    fetched = fetch()

    assert fetched.weights.read_bytes() == (SHIPPED / "model.safetensors").read_bytes()
    assert (fetched.folder / "config.json").exists()
    assert fetched.revision == COMMIT
    downloads = [line for line in small_hub.asked if line.startswith("GET")]
    assert downloads == [
        f"GET /{REPO}/resolve/{COMMIT}/config.json",
        f"GET /{REPO}/resolve/{COMMIT}/model.safetensors",
    ]


def test_a_second_trial_asks_the_hub_nothing(small_hub: SmallHub) -> None:
    fetch()
    small_hub.asked.clear()

    assert fetch().revision == COMMIT

    assert small_hub.asked == []


def test_progress_is_told_in_bytes(small_hub: SmallHub) -> None:
    seen: list[tuple[int, int]] = []

    hub.fetch(RECIPE, True, lambda done, total: seen.append((done, total)))

    size = (SHIPPED / "model.safetensors").stat().st_size
    assert seen[0] == (0, size)
    assert seen[-1] == (size, size)


def test_a_cancel_stops_a_download(small_hub: SmallHub) -> None:
    def stop(done: int, total: int) -> None:
        if done:
            raise Cancelled

    with pytest.raises(Cancelled):
        hub.fetch(RECIPE, True, stop)

    assert cache.keys_on_disk() == []


@pytest.mark.parametrize(
    ("status", "error_code", "code"),
    [
        (401, "RepoNotFound", "hub_not_found"),
        (404, "RepoNotFound", "hub_not_found"),
        (404, "RevisionNotFound", "hub_not_found"),
        (401, "GatedRepo", "hub_gated"),
        (403, "GatedRepo", "hub_gated"),
        (403, "", "hub_forbidden"),
        (500, "", "hub_trouble"),
        (503, "", "hub_trouble"),
    ],
)
def test_each_answer_of_the_hub_has_its_sentence(
    small_hub: SmallHub, status: int, error_code: str, code: str
) -> None:
    small_hub.status, small_hub.error_code = status, error_code

    error = failure()

    assert error.code == code
    assert REPO in str(error) or "trouble" in str(error)


def test_a_repository_without_safetensors_is_unsafe(small_hub: SmallHub) -> None:
    del small_hub.files["model.safetensors"]
    small_hub.files["pytorch_model.bin"] = b"canary"

    assert failure().code == "unsafe_format"

    assert not any("pytorch_model.bin" in line for line in small_hub.asked)


def test_a_pickle_named_in_the_catalogue_is_not_asked_for(small_hub: SmallHub) -> None:
    small_hub.files["weights.pth"] = b"canary"

    assert failure(HubRecipe("digits", REPO, "weights.pth")).code == "unsafe_format"

    assert small_hub.asked == []


def test_a_hub_that_does_not_answer_is_an_error_within_seconds(settings: Settings) -> None:
    settings.HF_ENDPOINT = "http://127.0.0.1:9"
    begin = time.monotonic()

    assert failure().code == "hub_unreachable"

    assert time.monotonic() - begin < 15


def test_a_hub_that_accepts_and_keeps_silent_is_an_error_within_seconds(settings: Settings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        settings.HF_ENDPOINT = f"http://127.0.0.1:{server.getsockname()[1]}"
        begin = time.monotonic()

        assert failure().code == "hub_unreachable"

    assert time.monotonic() - begin < 30


def test_what_is_on_disk_is_used_when_the_hub_is_away(
    small_hub: SmallHub, settings: Settings
) -> None:
    fetch()
    settings.HF_ENDPOINT = "http://127.0.0.1:9"

    assert fetch().revision == COMMIT


def test_a_download_that_is_cut_goes_on_where_it_stopped(small_hub: SmallHub) -> None:
    small_hub.cuts = 1

    assert fetch().weights.read_bytes() == small_hub.files["model.safetensors"]


def test_a_file_with_another_hash_is_deleted(small_hub: SmallHub) -> None:
    small_hub.wrong_hash = True

    assert failure().code == "download_corrupt"

    assert cache.keys_on_disk() == []
    small_hub.heal()
    assert fetch().weights.exists()


def test_a_file_that_is_too_large_for_memory_is_not_fetched(
    small_hub: SmallHub, settings: Settings
) -> None:
    settings.LOADED_MODELS_MAX_BYTES = 100_000

    assert failure().code == "weights_too_large"

    assert not any(line.startswith("GET") for line in small_hub.asked)


def test_a_disk_without_room_is_a_sentence_before_the_download(
    small_hub: SmallHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1_000_100_000))

    error = failure()

    assert error.code == "no_space"
    assert "0.4 MB" in str(error)
    assert not any(line.startswith("GET") for line in small_hub.asked)


def test_the_longest_unused_weights_make_room_for_new_ones(
    small_hub: SmallHub, settings: Settings
) -> None:
    settings.WEIGHTS_CACHE_MAX_BYTES = 1_000_000
    for age, name in ((300, "old.pth"), (200, "newer.pth")):
        file = cache.torchvision_folder() / name
        file.write_bytes(b"x" * 400_000)
        os.utime(file, (time.time() - age, time.time() - age))

    fetch()

    assert cache.keys_on_disk() == [f"hub:{REPO}", "torchvision:newer.pth"]


def test_a_use_keeps_weights_from_being_evicted(small_hub: SmallHub) -> None:
    fetch()
    entry = cache.hub_folder() / "models--local--digits"
    os.utime(entry, (1, 1))

    fetch()

    assert entry.stat().st_mtime > time.time() - 60


# --- torchvision's server


class Mirror(http.server.BaseHTTPRequestHandler):
    """Serves one file; its class attributes are the faults."""

    body = b""
    status = 200
    cut = False

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", str(len(self.body)))
        self.end_headers()
        self.wfile.write(self.body[: len(self.body) // 2 if self.cut else None])

    def log_message(self, *args: object) -> None:
        """Quiet."""


@pytest.fixture
def mirror(settings: Settings, tmp_path: Path) -> Iterator[type[Mirror]]:
    """A mirror of download.pytorch.org with one checkpoint."""
    file = tmp_path / "weights.pth"
    torch.save({"weight": torch.ones(3)}, file)
    handler = type("OneMirror", (Mirror,), {"body": file.read_bytes()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings.TORCHVISION_WEIGHTS_URL = f"http://127.0.0.1:{server.server_address[1]}/mirror"
        yield handler
        server.shutdown()


def listed(body: bytes, prefix: str = "") -> TorchvisionRecipe:
    prefix = prefix or hashlib.sha256(body).hexdigest()[:8]
    url = f"{torchvision_files.OFFICIAL_URL}/squeezenet1_1-{prefix}.pth"
    return TorchvisionRecipe("squeezenet1_1", "SqueezeNet1_1_Weights.IMAGENET1K_V1", url, prefix)


def torchvision_failure(recipe: TorchvisionRecipe) -> TrialError:
    with pytest.raises(TrialError) as error:
        torchvision_files.fetch(recipe, ignore)
    return error.value


def test_torchvision_weights_come_from_the_mirror_and_stay_on_disk(mirror: type[Mirror]) -> None:
    recipe = listed(mirror.body)

    torchvision_files.fetch(recipe, ignore)
    mirror.status = 500
    fetched = torchvision_files.fetch(recipe, ignore)

    assert fetched.weights.read_bytes() == mirror.body
    assert cache.keys_on_disk() == [recipe.key]


def test_a_wrong_hash_leaves_nothing_behind(mirror: type[Mirror]) -> None:
    assert torchvision_failure(listed(mirror.body, "00000000")).code == "download_corrupt"

    assert list(cache.torchvision_folder().iterdir()) == []


def test_a_listing_without_a_hash_is_not_believed(mirror: type[Mirror]) -> None:
    recipe = TorchvisionRecipe("squeezenet1_1", "x", listed(mirror.body).url, "")

    assert torchvision_failure(recipe).code == "download_corrupt"


def test_an_error_of_the_mirror_is_a_sentence(mirror: type[Mirror]) -> None:
    mirror.status = 404

    assert "answers 404" in str(torchvision_failure(listed(mirror.body)))


def test_a_cut_download_is_a_sentence_and_leaves_nothing_behind(mirror: type[Mirror]) -> None:
    mirror.cut = True

    assert torchvision_failure(listed(mirror.body)).code == "server_cut"

    assert list(cache.torchvision_folder().iterdir()) == []


def test_a_mirror_that_is_away_is_a_sentence(settings: Settings) -> None:
    settings.TORCHVISION_WEIGHTS_URL = "http://127.0.0.1:9"

    assert torchvision_failure(listed(b"x")).code == "server_unreachable"


def test_weights_on_another_server_are_not_fetched() -> None:
    recipe = TorchvisionRecipe("b", "w", "http://169.254.169.254/latest.pth", "ab")

    assert torchvision_failure(recipe).code == "server_foreign"


class Canary:
    """Runs a command when it is unpickled."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.file}",)


def test_a_pickle_with_code_is_never_executed(mirror: type[Mirror], tmp_path: Path) -> None:
    mirror.body = pickle.dumps({"weight": Canary(tmp_path / "canary")})
    recipe = listed(mirror.body)
    fetched = torchvision_files.fetch(recipe, ignore)

    with pytest.raises(TrialError) as error:
        load.load(recipe, fetched)

    assert error.value.code == "pickle_refused"
    assert not (tmp_path / "canary").exists()


# --- Folders


@pytest.mark.parametrize("name", ["", ".", "..", "../shipped", "../../inference", "a\0b", "/etc"])
def test_a_name_that_leads_out_of_the_folder_finds_nothing(name: str, settings: Settings) -> None:
    settings.MODELS_DIR = SHIPPED.parent / "models-below"

    assert FolderRecipe("models", name).path is None


def test_a_folder_that_vanished_is_a_sentence() -> None:
    with pytest.raises(TrialError, match=r"no config\.json with model\.safetensors"):
        load.fetch(FolderRecipe("models", "gone"), ignore)
