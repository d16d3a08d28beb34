"""The loader lines of a model page do what they say: each kind is executed, its weights come from a local server."""

import contextlib
import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from django.conf import settings

from catalog.loading import load_lines
from catalog.models import PretrainedModel
from tests.catalog import loading_runner as runner

SHIPPED = "digits-test_efficientnet"
NAME = f"{runner.TIMM}.{runner.TAG}"
VISION_WEIGHTS = {
    "classification": "ShuffleNet_V2_X0_5_Weights.IMAGENET1K_V1",
    "quantized": "ShuffleNet_V2_X0_5_QuantizedWeights.IMAGENET1K_FBGEMM_V1",
    "detection": "SSDLite320_MobileNet_V3_Large_Weights.COCO_V1",
    "segmentation": "LRASPP_MobileNet_V3_Large_Weights.COCO_WITH_VOC_LABELS_V1",
    "flow": "Raft_Small_Weights.C_T_V2",
    "video": "S3D_Weights.KINETICS400_V1",
}
needs_torch = [
    pytest.mark.torch,
    pytest.mark.timeout(400),
    pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="torch is not installed"),
]


def ways(slug: str = "timm/x", **columns: Any) -> dict[str, str]:
    return {way.key: way.code for way in load_lines(PretrainedModel(slug=slug, **columns))}


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


def call(command: str, folder: Path, task: Any = None, **environment: str) -> Any:
    clean = {key: value for key, value in os.environ.items() if "PROXY" not in key.upper()}
    done = subprocess.run(
        [sys.executable, runner.__file__, command, str(folder)],
        input=json.dumps(task), capture_output=True, text=True, timeout=350, check=False,
        env={**clean, "OMP_NUM_THREADS": "1", "TORCH_HOME": str(folder / "torch"), **environment},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.strip().splitlines()[-1]) if command != "prepare" else None


@pytest.fixture(scope="module")
def hub(shared: Path) -> Any:
    """The stand-in for the Hub that lies beside the project, as a module."""
    spec = importlib.util.spec_from_file_location("hub_server", shared / "tools" / "hub_server.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def outcomes(hub: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Per kind of line what came of it; one process for all, since importing torch takes seconds."""
    folder = tmp_path_factory.mktemp("loading")
    call("prepare", folder)
    (folder / "inference").mkdir()
    (folder / "inference" / "shipped").symlink_to(settings.BASE_DIR / "inference" / "shipped")
    server, hub_url = hub.serve(str(folder / "hub"), port=0)
    try:
        with serving(folder) as files_url:
            task = _task(folder, files_url)
            return call("run", folder, task, HF_ENDPOINT=hub_url, HF_HOME=str(folder / "hf"), HF_HUB_DISABLE_XET="1")  # fmt: skip
    finally:
        server.shutdown()


def _task(folder: Path, files_url: str) -> dict[str, Any]:
    files = {key: next(folder.glob(f"{key}-*.pth")) for key in VISION_WEIGHTS}
    snippets = {
        key: ways(loading={"torchvision": {"builder": runner.TORCHVISION[key][0], "weights": weights}})["torchvision"]
        for key, weights in VISION_WEIGHTS.items()
    }  # fmt: skip
    timm = {"name": NAME, "hub_id": f"timm/{NAME}"}
    snippets |= {key: ways(loading={"timm": timm})[key] for key in ("timm", "hub")}
    pinned = {**timm, "revision": "main"}
    snippets["pinned"] = ways(loading={"timm": pinned})["hub"]
    shipped = {"root": "shipped", "name": SHIPPED, "library": "timm"}
    snippets["shipped"] = ways(loading={"folder": shipped})["folder"]
    own = {"root": "models", "name": "ours", "library": "torchvision"}
    snippets["folder"] = ways(loading={"folder": own})["folder"]
    repository = folder / "hub" / "timm" / NAME / "model.safetensors"
    expected = {
        **files, "timm": repository, "hub": repository, "pinned": repository,
        "shipped": settings.BASE_DIR / "inference" / "shipped" / SHIPPED / "model.safetensors",
        "folder": folder / "ours" / "model.safetensors",
    }  # fmt: skip
    return {
        "snippets": snippets,
        "weights": {VISION_WEIGHTS[key]: f"{files_url}/{file.name}" for key, file in files.items()},
        "expected": {key: str(file) for key, file in expected.items()},
    }


class TestExecuted:
    pytestmark = needs_torch

    @pytest.mark.parametrize("key", [*VISION_WEIGHTS, "timm", "hub", "pinned", "shipped", "folder"])
    def test_the_lines_load_exactly_the_published_weights(
        self, outcomes: dict[str, str], key: str
    ) -> None:
        assert outcomes[key] == "loaded"

    def test_every_name_in_the_lines_of_both_libraries_exists_there(self, tmp_path: Path) -> None:
        from harvesters.sources.timm import read_configurations
        from harvesters.sources.torchvision import read_weights

        vision = {entry["weights"]: entry["builder"] for entry in read_weights()}
        timm = {}
        for entry in read_configurations():
            keys = {"name": entry["name"], "hub_id": entry["hf_hub_id"], "hub_filename": entry["hf_hub_filename"]}  # fmt: skip
            offered = ways(loading={"timm": keys})
            timm[entry["name"]] = entry["hf_hub_id"] if "hub" in offered else ""

        assert min(len(vision), len(timm)) > 100
        assert call("check", tmp_path, {"torchvision": vision, "timm": timm}) == []


def test_the_publishers_own_way_comes_first() -> None:
    loading = {
        "timm": {"name": "a", "hub_id": "timm/a"},
        "torchvision": {"builder": "a", "weights": "A.V1"},
    }

    assert list(ways("timm/a", loading=loading)) == ["timm", "torchvision", "hub"]
    assert list(ways("torchvision/A.V1", loading=loading)) == ["torchvision", "timm", "hub"]


def test_a_repository_with_another_file_is_not_offered_by_its_address() -> None:
    special = {"name": "a", "hub_id": "timm/a", "hub_filename": "open_clip.bin"}
    shared_by_two = {"name": "a.one", "hub_id": "timm/a"}

    assert list(ways(loading={"timm": special})) == ["timm"]
    assert list(ways(loading={"timm": shared_by_two})) == ["timm"]


@pytest.mark.parametrize(
    ("root", "address", "place"),
    [
        ("shipped", '"local-dir:inference/shipped/ours"', "Run it in the folder of Modelscout,"),
        ("models", '"local-dir:ours"', "Run it in MODELS_DIR,"),
    ],
)
def test_the_note_says_in_which_folder_the_lines_run(root: str, address: str, place: str) -> None:
    loading = {"folder": {"root": root, "name": "ours", "library": "timm"}}

    [way] = load_lines(PretrainedModel(slug="local/ours", loading=loading))

    assert address in way.code
    assert way.note.startswith(place)


def test_a_known_revision_is_pinned() -> None:
    loading = {"timm": {"name": "a", "hub_id": "timm/a", "revision": "abc123"}}

    assert '"hf-hub:timm/a@abc123"' in ways(loading=loading)["hub"]


@pytest.mark.parametrize("loading", [{}, None, {"timm": {}}, {"torchvision": {"url": "x"}}, {"folder": {}}])  # fmt: skip
def test_what_no_source_says_gives_no_line(loading: Any) -> None:
    assert ways(loading=loading) == {}


@pytest.mark.parametrize("name", ['x"); import os; os.abort(); ("', "a\\", "a\nb", "模型", "{0}"])
def test_a_name_never_ends_its_own_quotes(name: str) -> None:
    for code in ways(loading={"timm": {"name": name, "hub_id": f"timm/{name}"}}).values():
        compiled = compile(code, "lines", "exec")
        assert name in {text.removeprefix("hf-hub:timm/") for text in compiled.co_consts if isinstance(text, str)}  # fmt: skip
