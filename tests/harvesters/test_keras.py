"""Keras Applications, KerasHub and keras.io's table: as recorded exports have them, joined by the function's name."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.claims import claims_for
from catalog.models import PretrainedModel
from catalog.records import ModelRecord, Rejected
from harvesters.engine import harvest
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.packages import Package, installed
from harvesters.sources.base import Page, Start
from harvesters.sources.keras_applications import KerasApplications, read_applications
from harvesters.sources.keras_hub import KerasHub, read_presets
from harvesters.sources.keras_io import KerasIo
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import ReplayServer

HEADER = "| Model | Size (MB)| Top-1 Accuracy | Top-5 Accuracy | Parameters | Depth |\n|--|--|--|--|--|--|\n"


def exported(shared: Path, name: str) -> dict[str, Any]:
    text = (shared / "data" / "keras" / name).read_text()
    content: dict[str, Any] = json.loads(text)
    return content


def record(source: KerasApplications | KerasHub, name: str) -> ModelRecord:
    pages = source.pages(None, Start())  # type: ignore[arg-type]
    found = (record for page in pages for record in source.records(page))
    return next(r for r in found if isinstance(r, ModelRecord) and r.external_id == name)


def test_every_function_is_as_exported(shared: Path) -> None:
    entries = read_applications(installed("keras", "keras"))
    expected = exported(shared, "export_applications_keras-3.15.1.json")["applications"]
    assert len(entries) == 40
    assert {
        e["name"]: (e["module"], sorted(e["exports"]), e["defaults"], e["arxiv"]) for e in entries
    } == {
        f["name"]: (m["module"][:-3], sorted(f["exports"]), f["defaults"], m["arxiv"])
        for m in expected
        for f in m["functions"]
    }


def test_hashes_and_addresses_are_those_of_the_modules_constants(shared: Path) -> None:
    expected = exported(shared, "export_applications_keras-3.15.1.json")["applications"]
    constants = {module["module"][:-3]: module["constants"] for module in expected}
    entries = {e["name"]: e for e in read_applications(installed("keras", "keras"))}
    with_top, without = entries["ConvNeXtTiny"]["files"]
    hashes = constants["convnext"]["WEIGHTS_HASHES"]["convnext_tiny"]
    assert [with_top["sha256"], without["sha256"]] == hashes
    assert with_top["url"] == constants["convnext"]["BASE_WEIGHTS_PATH"] + "convnext_tiny.h5"
    hashes = constants["mobilenet_v3"]["WEIGHTS_HASHES"]["large_224_1.0_float"]
    assert [file["md5"] for file in entries["MobileNetV3Large"]["files"]] == hashes
    hashes = constants["resnet"]["WEIGHTS_HASHES"]["resnet50v2"]
    assert [file["md5"] for file in entries["ResNet50V2"]["files"]] == hashes
    assert entries["VGG16"]["files"][0] == {
        "name": "vgg16_weights_tf_dim_ordering_tf_kernels.h5",
        "url": constants["vgg16"]["WEIGHTS_PATH"],
        "md5": "64373286793e3c8b2b4e3219cbf3544b",
    }


def test_each_function_has_weights_of_its_own() -> None:
    entries = read_applications(installed("keras", "keras"))
    urls = [file["url"] for entry in entries for file in entry["files"]]
    assert len(set(urls)) == len(urls) == 80
    unhashed = {e["name"] for e in entries if not {"md5", "sha256"} & e["files"][0].keys()}
    assert unhashed == {"MobileNet", "MobileNetV2"}  # Keras checks none for these two


def test_every_preset_is_as_exported(shared: Path) -> None:
    presets = {p.pop("name"): p for p in read_presets(installed("keras-hub", "keras_hub"))}
    assert len(presets) == 509
    assert presets == exported(shared, "export_presets_keras_hub-0.32.0.json")["presets"]


@pytest.mark.django_db
def test_a_harvest_brings_all_presets_and_goes_on_where_it_broke_off() -> None:
    source = KerasHub()
    run = harvest(source)
    assert (run.state, run.created, run.rejected, run.pages) == ("done", 509, 0, 2)
    assert PretrainedModel.objects.published().count() == 509
    again = harvest(source)
    assert (again.unchanged, again.created, again.updated, again.gone) == (509, 0, 0, 0)
    Checkpoint.objects.update(cursor=f"{installed('keras-hub', 'keras_hub').version}:500")
    resumed = harvest(source)
    assert (resumed.state, resumed.pages, resumed.unchanged, resumed.gone) == ("done", 1, 9, 0)


def test_a_function_says_what_it_is_and_which_paper_introduced_it() -> None:
    found = record(KerasApplications(), "ResNet50V2")
    assert found.facts["family"].value == "resnetv2"
    assert [(paper.arxiv_id, paper.role) for paper in found.papers] == [
        ("1603.05027", "introduces")
    ]
    address = "https://storage.googleapis.com/tensorflow/keras-applications/resnet/resnet50v2"
    address += "_weights_tf_dim_ordering_tf_kernels.h5"
    assert found.identity_keys == ("keras:ResNet50V2", f"weights:{address}")
    assert found.facts["license"].value == ""


@pytest.mark.parametrize(
    ("name", "task"),
    [
        ("resnet_50_imagenet", "image-classification"),
        ("bert_tiny_en_uncased_sst2", "text-classification"),
        ("whisper_tiny_en", "automatic-speech-recognition"),
        ("dinov2_base", "image-feature-extraction"),
        ("sam_base_sa1b", "mask-generation"),
        ("gemma_2b_en", "text-generation"),
    ],
)
def test_a_preset_is_for_the_task_of_its_family_or_its_name(name: str, task: str) -> None:
    assert record(KerasHub(), name).facts["task"].value == task


def test_a_preset_has_its_page_and_version_on_kaggle() -> None:
    found = record(KerasHub(), "resnet_50_imagenet")
    assert found.url == "https://www.kaggle.com/models/keras/resnetv1/keras/resnet_50_imagenet"
    assert found.facts["revision"].value == "3"
    assert found.facts["parameters"].value == 23_561_152
    assert "without a classifier" in found.facts["parameters"].note
    assert found.identity_keys == (
        "keras_hub:resnet_50_imagenet",
        "kaggle:keras/resnetv1/keras/resnet_50_imagenet",
    )


def test_a_preset_that_leads_to_the_page_of_another_one_is_not_that_one() -> None:
    found = record(KerasHub(), "efficientnet_el_ra_imagenet")
    assert found.url.endswith("/efficientnet_b1_ft_imagenet")
    assert found.identity_keys == ("keras_hub:efficientnet_el_ra_imagenet",)


@pytest.mark.django_db
def test_another_shape_of_the_library_leaves_the_catalogue_as_it_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    empty = Package("9.9", {"keras/__init__.py": b""})
    monkeypatch.setattr("harvesters.sources.keras_applications.installed", lambda *_: empty)
    monkeypatch.setattr("harvesters.sources.keras_hub.installed", lambda *_: empty)
    runs = [harvest(KerasApplications()), harvest(KerasHub())]
    assert [run.state for run in runs] == ["unreachable", "unreachable"]
    assert "where they used to be" in runs[0].message


def test_of_a_preset_that_stands_in_two_tables_the_first_one_counts() -> None:
    source = b"""
backbone_presets = {"a": {"metadata": {"params": 1}, "kaggle_handle": "kaggle://k/m/keras/a/1"}}
presets = {**backbone_presets, "b": {"metadata": {}}, "c": "no preset"}
other = {"a": {"metadata": {"params": 2}}}
"""
    package = Package("1", {"keras_hub/src/models/x/x_presets.py": source})
    presets = read_presets(package)
    assert [(preset["name"], preset["metadata"]) for preset in presets] == [
        ("a", {"params": 1}),
        ("b", {}),
    ]


def test_a_preset_that_is_not_understood_is_rejected_alone() -> None:
    good = {"name": "a", "metadata": {"params": 1}, "kaggle_handle": "kaggle://k/m/keras/a/1"}
    body = json.dumps([{**good, "name": "b", "kaggle_handle": "hf://b"}, good]).encode()
    rejected, kept = KerasHub().records(Page(body))
    assert isinstance(rejected, Rejected)
    assert isinstance(kept, ModelRecord)
    assert (rejected.external_id, kept.external_id) == ("b", "a")
    mended = rejected.raw.replace("hf://b", "kaggle://k/m/keras/b")
    assert [r.external_id for r in KerasHub().records(Page(mended.encode()))] == ["b"]


@pytest.mark.django_db
def test_the_recorded_table_joins_the_functions(replay: ReplayServer) -> None:
    functions = harvest(KerasApplications())
    assert (functions.state, functions.created, functions.rejected) == ("done", 40, 0)
    source = KerasIo(f"{replay.url}/raw")
    run = harvest(source)
    assert (run.state, run.created, run.rejected) == ("done", 26, 0)
    assert PretrainedModel.objects.published().count() == 40
    found = PretrainedModel.objects.published().get(name="ResNet50")
    assert (found.top1, found.top5, found.parameters) == (74.9, 92.1, 25_600_000)
    assert found.size_bytes == 98 * 1024 * 1024
    (times,) = claims_for(found)["metrics"]
    assert times.value == {"depth": 107, "cpu_ms_per_step": 58.2, "gpu_ms_per_step": 4.6}
    assert "GPU: Tesla A100, Batch size: 32" in times.note
    again = harvest(source)
    assert (again.unchanged, again.updated, again.gone) == (26, 0, 0)
    again = harvest(KerasApplications())
    assert (again.unchanged, again.created, again.updated, again.gone) == (40, 0, 0, 0)


@pytest.mark.django_db
def test_older_tables_give_fractions_and_whole_numbers(server: LocalServer) -> None:
    row = "| [ResNet50](#resnet) | 98 MB | 0.749 | 0.921 | 25,636,712 | - |\n"
    server.replies((200, {}, (HEADER + row).encode()))
    harvest(KerasIo(server.url))
    found = PretrainedModel.objects.get()
    assert (found.top1, found.top5, found.parameters) == (74.9, 92.1, 25_636_712)
    assert found.size_bytes == 98 * 1024 * 1024


@pytest.mark.django_db
def test_a_row_that_makes_no_sense_is_rejected_and_can_be_tried_again(server: LocalServer) -> None:
    good = "| [A](#a) | 1 | 70% | 90% | 1M | 5 |\n"
    bad = "| [B](#b) | 1 | good | 90% | 1M | 5 |\n"
    endless = f"| [C](#c) | {'9' * 400} | 70% | 90% | 1M | 5 |\n"
    server.replies((200, {}, (HEADER + bad + endless + good).encode()))
    run = harvest(KerasIo(server.url))
    assert (run.created, run.rejected) == (1, 2)
    raw = RejectedRecord.objects.get(external_id="[B](#b)").raw.replace("good", "71%")
    (mended,) = KerasIo("").records(Page(raw.encode()))
    assert isinstance(mended, ModelRecord)
    assert [e.value for e in mended.evaluations] == [71.0, 90.0]


@pytest.mark.django_db
def test_a_page_without_the_table_is_not_read(server: LocalServer) -> None:
    server.replies((200, {}, b"# Keras Applications\n\n| Other | Table |\n|--|--|\n| a | b |\n"))
    run = harvest(KerasIo(server.url))
    assert run.state == "unreachable"
    assert "has no table of models any more" in run.message
