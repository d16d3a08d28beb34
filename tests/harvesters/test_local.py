"""Folders of weights on this machine: read, refused with a reason, read again when they change."""

import json
import os
import shutil
from pathlib import Path

import pytest
from django.conf import settings as project
from django.test import Client
from pytest_django import Settings

from catalog.classes.outputs import class_names
from catalog.models import Listing, PretrainedModel
from harvesters import services
from harvesters.engine import harvest
from harvesters.models import RejectedRecord
from harvesters.sources.local import Local
from harvesters.sources.local_card import front_matter

SHIPPED = project.BASE_DIR / "inference" / "shipped"

pytestmark = pytest.mark.django_db


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """A folder of models with one good checkpoint: a copy of the shipped one, renamed."""
    original = next(path for path in SHIPPED.iterdir() if path.is_dir())
    shutil.copytree(original, tmp_path / "ours")
    return tmp_path


def rejected() -> dict[str, str]:
    return dict(RejectedRecord.objects.values_list("external_id", "reason"))


def test_the_shipped_checkpoint_is_listed_with_all_it_says() -> None:
    run = harvest(Local({"shipped": SHIPPED}))
    assert (run.state, run.rejected) == ("done", 0)
    checkpoint = PretrainedModel.objects.get()
    assert (checkpoint.license, checkpoint.num_classes, checkpoint.input_size) == ("mit", 10, 64)
    assert checkpoint.datasets == ["scikit-learn/digits"]
    assert checkpoint.loading["folder"]["root"] == "shipped"
    assert checkpoint.evaluations.get(metric="top1").value > 95
    facts = checkpoint.listings.get().facts
    assert class_names(facts["label_set"]["value"])[0] == "0 (zero)"
    assert facts["files"]["value"][0]["bytes"] == checkpoint.size_bytes


def test_the_shared_weights_are_read_with_their_exact_counts(shared: Path) -> None:
    run = harvest(Local({"models": shared / "weights"}))
    assert (run.created, run.rejected) == (7, 0)
    counts = dict(PretrainedModel.objects.values_list("name", "parameters"))
    assert counts == {
        "mobilenetv2_100.tv_int8_in1k": 3_504_872,
        "mobilenetv1_100.google_uint8_in1k": 4_231_976,
        "mobilenetv2_100.google_int8_in1k": 3_504_872,
        "mobilenetv2_100.google_uint8_inat_birds": 3_460_037,
        "mobilenetv2_035.google_int8_features_96": 396_128,
        "squeezenet1_1.gluon_in1k": 1_235_496,
        "shufflenet_v2_x1_0.tv_int8_in1k": 2_278_604,
    }
    squeezenet = PretrainedModel.objects.get(name="squeezenet1_1.gluon_in1k")
    assert squeezenet.libraries == ["pytorch", "torchvision"]
    assert squeezenet.loading["folder"]["library"] == "torchvision"
    features = PretrainedModel.objects.get(name="mobilenetv2_035.google_int8_features_96")
    assert (features.task, features.input_size) == ("image-feature-extraction", 96)
    listing = Listing.objects.get(external_id="squeezenet1_1.gluon_in1k")
    assert listing.facts["files"]["value"][0]["sha256"].startswith("102fa02ec826")


def test_a_folder_without_weights_is_refused_with_what_to_do(models: Path) -> None:
    (models / "ours" / "model.safetensors").unlink()
    harvest(Local({"models": models}))
    assert rejected() == {
        "ours": "ours: model.safetensors is missing; only safetensors files are read"
    }


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("{", "config.json is no JSON"),
        ("[]", 'names no "architecture"'),
        ('{"architecture": 7}', 'names no "architecture"'),
        ('{"architecture": "resnet18", "library": "keras"}', '"library" must be one of'),
        (
            '{"architecture": "resnet18", "pretrained_cfg": []}',
            '"pretrained_cfg" must be an object',
        ),
        ("[" * 100_000, "config.json is no JSON"),
    ],
)
def test_a_config_that_says_nothing_usable_is_refused(
    models: Path, content: str, reason: str
) -> None:
    (models / "ours" / "config.json").write_text(content)
    harvest(Local({"models": models}))
    assert reason in rejected()["ours"]


def test_a_missing_config_is_refused(models: Path) -> None:
    (models / "ours" / "config.json").unlink()
    harvest(Local({"models": models}))
    assert "config.json is missing" in rejected()["ours"]


@pytest.mark.parametrize("bytes_left", [0, 7, 100, -1])
def test_a_file_that_is_cut_off_is_refused(models: Path, bytes_left: int) -> None:
    weights = models / "ours" / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:bytes_left])
    harvest(Local({"models": models}))
    assert "cut off" in rejected()["ours"]


def test_a_header_that_lies_is_refused(models: Path) -> None:
    header = json.dumps({"weight": {"dtype": "F32", "shape": ["many"]}}).encode()
    weights = models / "ours" / "model.safetensors"
    weights.write_bytes(len(header).to_bytes(8, "little") + header)
    harvest(Local({"models": models}))
    assert "broken header" in rejected()["ours"]


def test_a_folder_named_like_a_shipped_one_is_refused(models: Path) -> None:
    shipped = next(path for path in SHIPPED.iterdir() if path.is_dir())
    shutil.copytree(shipped, models / shipped.name)
    run = harvest(Local({"shipped": SHIPPED, "models": models}))
    assert (run.seen, run.rejected) == (3, 1)
    assert "rename yours" in rejected()[f"models/{shipped.name}"]


def test_a_removed_folder_is_gone_even_if_it_was_the_last(models: Path) -> None:
    harvest(Local({"models": models}))
    shutil.rmtree(models / "ours")
    assert harvest(Local({"models": models})).gone == 1
    assert not PretrainedModel.objects.published().exists()


def test_folders_are_read_again_only_when_a_file_changed(models: Path, settings: Settings) -> None:
    settings.MODELS_DIR = models
    assert services.harvest_changed_folders() is not None
    assert services.harvest_changed_folders() is None
    config = models / "ours" / "config.json"
    changed = json.loads(config.read_text()) | {"architecture": "resnet18"}
    config.write_text(json.dumps(changed))
    run = services.harvest_changed_folders()
    assert run is not None
    assert run.updated == 1
    assert services.harvest_changed_folders() is None
    os.utime(config, (1, 1))
    assert services.harvest_changed_folders() is not None


def test_a_folder_of_models_that_does_not_exist_is_empty(tmp_path: Path) -> None:
    run = harvest(Local({"models": tmp_path / "nothing"}))
    assert (run.state, run.seen) == ("done", 0)


def test_a_folder_that_was_set_but_is_not_there_is_said_and_its_models_stay(
    models: Path, settings: Settings, caplog: pytest.LogCaptureFixture, client: Client
) -> None:
    settings.MODELS_DIR = models
    (models / "ours" / "README.md").write_text("ours")
    services.harvest_source("local")
    shutil.rmtree(models)
    run = services.harvest_changed_folders()
    expected = (
        f"MODELS_DIR {models} does not exist: make that folder or correct the setting."
        " Nothing was marked gone."
    )
    assert run is not None
    assert (run.state, run.gone, run.message) == ("done", 0, expected)
    warnings = [entry for entry in caplog.records if entry.levelname == "WARNING"]
    assert [entry.getMessage() for entry in warnings] == [f"local: {expected}"]
    assert expected in client.get("/sources/").content.decode()
    assert services.harvest_changed_folders() is None
    models.mkdir()
    run = services.harvest_changed_folders()
    assert run is not None
    assert (run.gone, run.message) == (1, "")


def test_nobody_need_have_a_folder_of_models(settings: Settings, tmp_path: Path) -> None:
    settings.BASE_DIR, settings.MODELS_DIR = tmp_path, tmp_path / "models"
    assert services.harvest_source("local").message == ""


@pytest.mark.parametrize(
    ("text", "card", "body"),
    [
        ("---\nlicense: mit\n---\n# A", {"license": "mit"}, "# A"),
        ("no card", {}, "no card"),
        ("---\nlicense: mit", {}, "---\nlicense: mit"),
        ("---\n\t{{x}}\n---\nbody", {}, "body"),
        ("---\n- a\n---\nbody", {}, "body"),
        ("---\nx: !!python/object:os.system {}\n---\nbody", {}, "body"),
    ],
)
def test_the_front_matter_of_a_card_may_be_anything(
    text: str, card: dict[str, str], body: str
) -> None:
    assert front_matter(text) == (card, body)
