"""Open Model Zoo and Qualcomm AI Hub, harvested from their recorded files: units, texts, traps."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from catalog.models import Listing
from catalog.records import ModelRecord, Rejected
from harvesters.engine import harvest
from harvesters.models import RejectedRecord
from harvesters.sources.base import Page
from harvesters.sources.open_model_zoo import OpenModelZoo
from harvesters.sources.qualcomm_ai_hub import QualcommAiHub
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import ReplayServer
from tests.harvesters.replay_metafiles import packed

MODEL = """
description: See <https://github.com/o/n> and <https://arxiv.org/abs/1512.03385v1>.
task_type: classification
files:
  - {name: net.pth, size: 100, checksum: abc, source: https://h.org/mirror/net.pth,
     oroginal_source: https://o.org/net.pth}
  - {name: net.py, size: 1, checksum: def, source: https://h.org/net.py}
framework: pytorch
input_info: [{name: data, shape: [1, 224, 256, 3], layout: NHWC}]
license: https://raw.githubusercontent.com/pytorch/vision/master/LICENSE
"""
README = """## Specification

| Metric | Value |
| GFLOPs | 8.216 |
| MParams | 25.53 |

## Accuracy

| Metric | Original model | Converted model |
| ------ | -------------- | --------------- |
| Top 1  | 76.128%| 70%|
| coco_precision | 40.69% |
| mystery | 12 |

## Input
| Top 5 | 1% |
trained on ImageNet
"""

pytestmark = pytest.mark.django_db


def zoo_record(model: str = MODEL, readme: str = README) -> ModelRecord | Rejected:
    entry = {"path": "models/public/net/model.yml", "yaml": model, "readme": readme}
    (record,) = OpenModelZoo("http://h").records(Page(json.dumps([entry]).encode()))
    return record


def zoo_model(model: str = MODEL, readme: str = README) -> ModelRecord:
    record = zoo_record(model, readme)
    assert isinstance(record, ModelRecord)
    return record


def hub_model(**changed: object) -> ModelRecord:
    info = {"id": "net", "name": "Net", "use_case": "Image Classification", "license_type": "mit"}
    entry = {"path": "qai_hub_models/models/net/info.yaml", "yaml": json.dumps({**info, **changed})}
    (record,) = QualcommAiHub("http://h").records(Page(json.dumps([entry]).encode()))
    assert isinstance(record, ModelRecord)
    return record


def test_every_recorded_model_of_the_zoo_is_read_once(replay: ReplayServer) -> None:
    source = OpenModelZoo(f"{replay.url}/codeload")
    run = harvest(source)
    # 256 files, of which 12 group others.
    assert (run.state, run.created, run.rejected) == ("done", 244, 0)
    assert harvest(source).unchanged == 244
    found = Listing.objects.get(external_id="resnet-50-pytorch").pretrained
    assert (found.gmacs, found.parameters, found.top1) == (4.108, 25_530_000, 76.128)
    assert (found.license, found.input_size, found.size_bytes) == ("bsd-3-clause", 224, 102_502_400)


def test_every_recorded_model_of_the_hub_is_read_once(replay: ReplayServer) -> None:
    source = QualcommAiHub(f"{replay.url}/codeload")
    run = harvest(source)
    assert (run.state, run.created, run.rejected) == ("done", 163, 0)
    assert harvest(source).unchanged == 163
    found = Listing.objects.get(external_id="resnet50").pretrained
    assert (found.parameters, found.input_size, found.license) == (25_500_000, 224, "bsd-3-clause")
    assert found.size_bytes == round(97.4 * 1024 * 1024)


@pytest.mark.parametrize("source", [OpenModelZoo, QualcommAiHub])
def test_a_repository_that_moved_its_files_is_named(
    server: LocalServer, source: type[OpenModelZoo | QualcommAiHub]
) -> None:
    server.replies((200, {}, packed({"README.md": b""})))
    run = harvest(source(server.url))
    assert run.state == "unreachable"
    assert "any more" in run.message


def test_a_run_that_found_no_answer_is_taken_up_again(server: LocalServer) -> None:
    archive = packed({"models/public/net/model.yml": MODEL.encode()})
    server.replies((404, {}, b""), (200, {}, archive))
    source = OpenModelZoo(server.url)
    assert [harvest(source).state, harvest(source).state] == ["unreachable", "done"]


@pytest.mark.parametrize(
    "broken", ["[1, 2]", "a: [", "description: no files", MODEL.replace("100", "x")]
)
def test_a_broken_model_among_good_ones_is_rejected(server: LocalServer, broken: str) -> None:
    files = {"models/public/net/model.yml": MODEL, "models/intel/odd/model.yml": broken}
    server.replies((200, {}, packed({name: text.encode() for name, text in files.items()})))
    source = OpenModelZoo(server.url)
    run = harvest(source)
    assert (run.created, run.rejected) == (1, 1)
    kept = RejectedRecord.objects.get()
    (again,) = source.records(Page(kept.raw.encode()))
    assert (kept.external_id, isinstance(again, Rejected)) == ("odd", True)


def test_two_gflops_are_one_gmac() -> None:
    facts = zoo_model().facts
    assert (facts["gmacs"].value, facts["parameters"].value) == (4.108, 25_530_000)


def test_the_original_model_is_measured_not_the_converted_one() -> None:
    assert [(e.dataset, e.metric, e.value) for e in zoo_model().evaluations] == [
        ("imagenet-1k", "top1", 76.128),
        ("coco-val2017", "box_map", 40.69),
    ]


def test_accuracy_without_its_data_set_is_not_taken() -> None:
    readme = README.replace("ImageNet", "something")
    assert {e.metric for e in zoo_model(readme=readme).evaluations} == {"box_map"}


def test_one_weights_file_has_the_keys_of_its_origin_and_its_mirror() -> None:
    keys = zoo_model().identity_keys
    assert keys == ("weights:https://o.org/net.pth", "weights:https://h.org/mirror/net.pth")


def test_two_weights_files_are_no_identity() -> None:
    assert zoo_model(MODEL.replace("net.py,", "decoder.pth,")).identity_keys == ()


def test_files_carry_their_checksums() -> None:
    (weights, _) = zoo_model().facts["files"].value
    assert (weights["sha384"], weights["bytes"], weights["format"]) == ("abc", 100, "pth")


def test_only_weights_count_for_the_size_and_the_longer_side_is_the_input() -> None:
    facts = zoo_model().facts
    assert (facts["size_bytes"].value, facts["input_size"].value) == (100, 256)


def test_paper_and_repository_come_from_the_description() -> None:
    record = zoo_model()
    assert [(p.arxiv_id, p.role) for p in record.papers] == [("1512.03385", "introduces")]
    assert record.repositories == ("o/n",)


@pytest.mark.parametrize(("size", "expected"), [
    ("97.4 MB", 102_131_302), ("9.6MB", 10_066_330), ("447 KB", 457_728), ("255M", None), (None, None),
])  # fmt: skip
def test_sizes_are_mebibytes(size: str | None, expected: int | None) -> None:
    facts = hub_model(technical_details={"Model size (float)": size}).facts
    assert facts["size_bytes"].value == expected


@pytest.mark.parametrize(("text", "expected"), [
    ("224x224", 224), ("2048x1024", 2048), ("720p (720x1280)", 1280), ("1 x 3 x 512 x 512", None),
    ("80x3000 (30 seconds audio)", None),
])  # fmt: skip
def test_only_pictures_have_an_input_size(text: str, expected: int | None) -> None:
    facts = hub_model(technical_details={"Input resolution": text}).facts
    assert facts["input_size"].value == expected


@pytest.mark.parametrize(("checkpoint", "parent"), [
    ("openai/whisper-small", ("hub:openai/whisper-small", "converted")),
    ("Imagenet", None), ("ViT-B/16", None),
])  # fmt: skip
def test_a_checkpoint_of_the_hub_is_the_parent(
    checkpoint: str, parent: tuple[str, str] | None
) -> None:
    assert hub_model(technical_details={"Model checkpoint": checkpoint}).parent == parent


def test_of_several_addresses_the_first_is_the_origin() -> None:
    record = hub_model(source_repo="https://github.com/o/n/ https://h.org/weights")
    assert record.facts["origin_url"].value == "https://github.com/o/n/"
    assert record.repositories == ("o/n",)


def test_the_page_of_sources_says_who_takes_the_place_of_the_one_that_is_not_read(
    client: Client,
) -> None:
    page = client.get(reverse("harvesters:sources")).text
    assert "modelzoo.co</a> is not read" in page
    assert "Open Model Zoo and Qualcomm AI Hub take its place" in page
