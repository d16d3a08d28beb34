"""Proof on real weights: what the worker answers is what timm and torchvision answer when they are called directly."""

import hashlib
import http.server
import io
import json
import threading
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import timm
import torch
import torchvision
from PIL import Image
from pytest_django.fixtures import Settings
from safetensors.torch import load_file

from catalog.models import PretrainedModel
from inference import examples, images
from inference.models import Trial
from inference.runtime.device import device
from inference.runtime.loaded import shelf
from inference.runtime.run import run
from inference.runtime.torchvision_files import OFFICIAL_URL
from tests.factories import make_pretrained
from tests.inference.conftest import Hub, Worker, start, wait_for

pytestmark = [pytest.mark.torch, pytest.mark.django_db(transaction=True), pytest.mark.timeout(400)]

TIMM = [
    "mobilenetv2_100.tv_int8_in1k",
    "mobilenetv1_100.google_uint8_in1k",
    "mobilenetv2_100.google_int8_in1k",
]
BIRDS = "mobilenetv2_100.google_uint8_inat_birds"
TORCHVISION = [
    ("squeezenet1_1", "SqueezeNet1_1_Weights.IMAGENET1K_V1", "squeezenet1_1.gluon_in1k"),
    (
        "shufflenet_v2_x1_0",
        "ShuffleNet_V2_X1_0_Weights.IMAGENET1K_V1",
        "shufflenet_v2_x1_0.tv_int8_in1k",
    ),
]
Direct = Callable[[Path], list[tuple[int, float]]]


@pytest.fixture(autouse=True)
def generous(settings: Settings) -> None:
    """No limit, and nothing in memory."""
    settings.TRIALS_PER_HOUR = 100_000
    shelf.clear()


@pytest.fixture(scope="module")
def photos(shared: Path) -> list[Path]:
    files = (shared / "images" / "photos").iterdir()
    return sorted(file for file in files if file.suffix != ".json")


RightClasses = Callable[[str], dict[str, list[int]]]


@pytest.fixture(scope="module")
def right_classes(shared: Path) -> RightClasses:
    """Accepted ImageNet classes of the photographs that are listed as found by a checkpoint."""
    labels = json.loads((shared / "images" / "photos" / "labels.json").read_text())
    listed = json.loads((shared / "images" / "predictions.json").read_text())

    def of(checkpoint: str) -> dict[str, list[int]]:
        return {
            photo: labels[photo]["expected"]
            for photo, answers in listed.items()
            if {index for index, *_ in answers[checkpoint]} & set(labels[photo]["expected"])
        }

    return of


def top5(model: torch.nn.Module, transform: Any, photo: Path) -> list[tuple[int, float]]:
    """The library called directly on the original file."""
    with torch.inference_mode():
        batch = transform(Image.open(photo).convert("RGB")).unsqueeze(0)
        best = model.to(device())(batch.to(device())).softmax(dim=1)[0].topk(5)
    return list(zip(best.indices.tolist(), best.values.tolist(), strict=True))


def through_timm(shared: Path, name: str) -> Direct:
    model = timm.create_model(f"local-dir:{shared}/weights/{name}", pretrained=True).eval()
    transform = timm.data.create_transform(
        **timm.data.resolve_model_data_config(model), is_training=False
    )
    return partial(top5, model, transform)


def uploaded(pretrained: PretrainedModel, photo: Path) -> Trial:
    """A queued trial on a photograph, sent as a visitor sends it."""
    data = photo.read_bytes()
    picture = images.accept(io.BytesIO(data), len(data))
    return start(pretrained, picture=picture, image_name=photo.name)


def on_hub(name: str, classes: int = 1000) -> PretrainedModel:
    return make_pretrained(
        name=name,
        task="image-classification",
        num_classes=classes,
        loading={"timm": {"name": name, "hub_id": f"local/{name}"}},
    )


def differences(trials: list[Trial], direct: Direct, photos: list[Path]) -> list[str]:
    """The photographs on which the site and the library do not agree, class for class and to 1e-3."""
    files = {photo.name: photo for photo in photos}
    return [
        f"{trial.image_name}: {trial.error or trial.result['predictions']}"
        for trial in trials
        if trial.state != "done" or not agree(trial, direct(files[trial.image_name]))
    ]


def agree(trial: Trial, expected: list[tuple[int, float]]) -> bool:
    return all(
        one["index"] == index and abs(one["probability"] - probability) < 1e-3
        for one, (index, probability) in zip(trial.result["predictions"], expected, strict=True)
    )


def misses(trials: list[Trial], right_classes: dict[str, list[int]]) -> list[str]:
    """Labelled photographs whose class is not among the five."""
    return [
        trial.image_name
        for trial in trials
        if trial.image_name in right_classes
        and not {one["index"] for one in trial.result["predictions"]}
        & set(right_classes[trial.image_name])
    ]


def run_here(trials: list[Trial]) -> list[Trial]:
    for trial in trials:
        run(str(trial.pk))
    return list(Trial.objects.filter(pk__in=[trial.pk for trial in trials]))


def test_a_real_worker_answers_as_timm_does_on_every_photograph(
    worker_of: Callable[..., Worker],
    hub: Hub,
    shared: Path,
    photos: list[Path],
    right_classes: RightClasses,
    settings: Settings,
    tmp_path: Path,
) -> None:
    worker_of(HF_ENDPOINT=hub.url).start()
    pretrained = on_hub(TIMM[0])

    waiting = [uploaded(pretrained, photo).pk for photo in photos]
    wait_for(lambda: not Trial.objects.open().exists(), 200)

    trials = list(Trial.objects.filter(pk__in=waiting))
    assert len(trials) == len(photos) == 48
    assert differences(trials, through_timm(shared, TIMM[0]), photos) == []
    assert misses(trials, right_classes(TIMM[0])) == []
    assert len(right_classes(TIMM[0])) == 39
    assert trials[0].result["predictions"][0]["label"]
    downloads = [
        one for one in hub.log() if one["method"] == "GET" and ".safetensors" in one["path"]
    ]
    assert len({one["path"] for one in downloads}) == 1


@pytest.mark.parametrize("name", TIMM[1:])
def test_other_checkpoints_of_timm_agree_too(
    name: str, hub: Hub, shared: Path, photos: list[Path], right_classes: RightClasses
) -> None:
    pretrained = on_hub(name)

    trials = run_here([uploaded(pretrained, photo) for photo in photos[::4]])

    assert differences(trials, through_timm(shared, name), photos) == []
    assert misses(trials, right_classes(name)) == []


def test_a_checkpoint_with_classes_of_its_own_names_them(hub: Hub, shared: Path) -> None:
    pretrained = on_hub(BIRDS, 965)
    folder = shared / "images" / "photos"

    trials = run_here(
        [uploaded(pretrained, folder / name) for name in ("chickadee.bmp", "burrowing_owl.jpg")]
    )

    labels = {one.image_name: one.result["predictions"][0]["label"] for one in trials}
    assert "Black-capped Chickadee" in labels["chickadee.bmp"]
    assert "Burrowing Owl" in labels["burrowing_owl.jpg"]


@pytest.fixture
def mirror(tmp_path: Path, settings: Settings) -> Iterator[Path]:
    """A folder served as a mirror of torchvision's server."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        settings.TORCHVISION_WEIGHTS_URL = f"http://127.0.0.1:{server.server_address[1]}"
        yield folder
        server.shutdown()


@pytest.mark.parametrize(("builder", "weights", "name"), TORCHVISION)
def test_torchvision_checkpoints_agree_with_torchvision(
    builder: str,
    weights: str,
    name: str,
    mirror: Path,
    shared: Path,
    photos: list[Path],
    right_classes: RightClasses,
) -> None:
    state = load_file(shared / "weights" / name / "model.safetensors")
    torch.save(state, mirror / "weights")
    prefix = hashlib.sha256((mirror / "weights").read_bytes()).hexdigest()[:8]
    (mirror / "weights").rename(mirror / f"{builder}-{prefix}.pth")
    loading = {
        "builder": builder,
        "weights": weights,
        "url": f"{OFFICIAL_URL}/{builder}-{prefix}.pth",
        "sha256_prefix": prefix,
    }
    pretrained = make_pretrained(
        name=builder, task="image-classification", loading={"torchvision": loading}
    )
    model = torchvision.models.get_model(builder, weights=None).eval()
    model.load_state_dict(state)
    direct = partial(top5, model, torchvision.models.get_weight(weights).transforms())

    trials = run_here([uploaded(pretrained, photo) for photo in photos[::4]])

    assert differences(trials, direct, photos) == []
    assert misses(trials, right_classes(name)) == []


@pytest.mark.parametrize(
    ("example", "words"),
    [
        ("clock", {"wall clock", "analog clock"}),
        ("balloons", {"balloon"}),
        ("candle", {"candle"}),
        ("web", {"spider web"}),
    ],
)
def test_the_drawn_examples_are_recognised(
    example: str, words: set[str], hub: Hub, shared: Path
) -> None:
    direct = [through_timm(shared, name) for name in TIMM]
    trials = run_here([start(on_hub(name), example=example) for name in TIMM])

    answers = [one.result["predictions"][:2] for one in trials]
    names = [{label for one in answer for label in one["label"].split(", ")} for answer in answers]
    assert all(found & words for found in names)
    assert all(
        agree(trial, other(examples.path_of(example)))
        for trial, other in zip(sorted(trials, key=order), direct, strict=True)
    )


def order(trial: Trial) -> int:
    return TIMM.index(trial.pretrained.name)


def test_the_hub_asks_for_a_token_and_the_sentence_says_so(hub: Hub) -> None:
    hub.set(gated=f"local/{TIMM[0]}")

    trial = run_here([start(on_hub(TIMM[0]), example="clock")])[0]

    assert (trial.state, trial.error_code) == ("failed", "hub_gated")
    assert "HF_TOKEN" in trial.error
    hub.set(reset=1)


def test_with_a_token_the_gate_opens(hub: Hub, settings: Settings) -> None:
    hub.set(gated=f"local/{TIMM[0]}")
    settings.HF_TOKEN = "hf_test"

    trial = run_here([start(on_hub(TIMM[0]), example="clock")])[0]

    assert trial.state == "done"
    hub.set(reset=1)
