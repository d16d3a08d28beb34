"""torchvision's source files, read without torchvision: the same weights, the same facts."""

import json
from collections import Counter
from enum import Enum
from functools import cache, partial
from pathlib import Path
from typing import Any

import pytest

from catalog.records import ModelRecord, normalise
from catalog.vocabulary import DATASETS, FAMILIES, TASKS
from harvesters.sources.torchvision import read_weights, record_of
from tests.harvesters.sources_for_tests import count_read_without_torch


@cache
def entries() -> dict[str, dict[str, Any]]:
    return {entry["weights"]: entry for entry in read_weights()}


@cache
def records() -> dict[str, ModelRecord]:
    return {name: normalise(record_of(entry)) for name, entry in entries().items()}


def facts(name: str) -> dict[str, Any]:
    return {key: fact.value for key, fact in records()[name].facts.items()}


def plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return str(value) if hasattr(value, "url") else value.value
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return None if isinstance(value, float) and value != value else value


@pytest.mark.torch
def test_every_entry_equals_what_torchvision_itself_says() -> None:
    from torchvision import models

    seen = []
    for builder in models.list_models():
        for member in models.get_model_weights(builder):
            entry = entries()[str(member)]
            seen.append(str(member))
            assert (entry["builder"], entry["url"]) == (builder, member.url)
            assert entry["is_default"] == (member is type(member).DEFAULT)
            assert entry["meta"] == {key: plain(value) for key, value in member.meta.items()}
            keywords = member.transforms.keywords if isinstance(member.transforms, partial) else {}
            built = vars(member.transforms())
            for key in ("crop_size", "resize_size", "mean", "std", "interpolation"):
                if key in built:
                    assert as_list(entry["transforms"][key]) == as_list(plain(built[key])), (
                        member,
                        key,
                    )
            assert keywords.keys() <= entry["transforms"].keys()
    assert sorted(seen) == sorted(entries())


def as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def test_every_entry_equals_the_recorded_export(shared: Path) -> None:
    export = json.loads(
        (shared / "data/torchvision/export_weights_torchvision-0.29.2.json").read_text()
    )
    recorded = {entry["weights_enum"]: entry for entry in export["weights"]}
    assert len(recorded) == 166
    assert sorted(recorded) == sorted(entries())
    for name, entry in recorded.items():
        read = entries()[name]
        assert (read["builder"], read["url"]) == (entry["model"], entry["url"])
        assert (
            json.loads(json.dumps({key: read["meta"][key] for key in entry["meta"]}))
            == entry["meta"]
        )


def test_reading_imports_neither_torch_nor_torchvision() -> None:
    # Behind the weights come the five lists of their classes.
    assert count_read_without_torch("torchvision", "Torchvision") == len(entries()) + 5


def test_every_slug_has_a_word() -> None:
    everything = [facts(name) for name in records()]
    assert {f["task"] for f in everything} <= TASKS.keys()
    assert {f["family"] for f in everything} <= FAMILIES.keys()
    assert {s["dataset"] for f in everything for s in f["training"]} <= DATASETS.keys()


def test_tasks_are_told_by_module_and_builder() -> None:
    assert Counter(facts(name)["task"] for name in records()) == {
        "image-classification": 128,
        "video-classification": 10,
        "object-detection": 9,
        "image-segmentation": 8,
        "optical-flow": 8,
        "keypoint-detection": 2,
        "image-feature-extraction": 1,
    }


def test_units_are_bytes_multiply_accumulates_and_percent() -> None:
    known = facts("ResNet50_Weights.IMAGENET1K_V2")
    assert known["parameters"] == 25_557_032
    assert abs(known["size_bytes"] - 102_540_417) < 600
    assert (known["gmacs"], known["input_size"], known["min_size"]) == (4.089, 224, 1)
    assert known["preprocessing"]["resize_size"] == 232
    assert known["preprocessing"]["interpolation"] == "bilinear"
    assert known["label_set"].startswith("1000-classes-")
    scores = records()["ResNet50_Weights.IMAGENET1K_V2"].evaluations
    assert [(e.dataset, e.metric, e.value) for e in scores] == [
        ("imagenet-1k", "top1", 80.858),
        ("imagenet-1k", "top5", 95.434),
    ]


def test_defaults_of_the_transforms_are_read_from_their_class() -> None:
    preprocessing = facts("AlexNet_Weights.IMAGENET1K_V1")["preprocessing"]
    assert (preprocessing["resize_size"], preprocessing["crop_size"]) == (256, 224)
    assert preprocessing["mean"] == [0.485, 0.456, 0.406]
    assert preprocessing["crop_pct"] == 0.875


def test_features_without_a_classifier_have_no_accuracy() -> None:
    record = records()["VGG16_Weights.IMAGENET1K_FEATURES"]
    assert record.evaluations == ()
    assert facts("VGG16_Weights.IMAGENET1K_FEATURES")["num_classes"] == 0


def test_quantized_weights_name_their_parent() -> None:
    known = facts("ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V2")
    assert known["parent"] == {
        "key": "torchvision:ResNet50_Weights.IMAGENET1K_V2",
        "relation": "quantized",
    }
    assert known["parent"]["key"] in records()["ResNet50_Weights.IMAGENET1K_V2"].identity_keys
    assert known["loading"]["torchvision"]["builder"] == "quantized_resnet50"
    assert known["architecture"] == "resnet50"


def test_the_licence_of_the_code_is_not_claimed_for_the_weights() -> None:
    licences = Counter(facts(name)["license"] for name in records())
    assert licences == {"": 154, "https://github.com/facebookresearch/SWAG/blob/main/LICENSE": 12}
    assert "BSD-3-Clause" in records()["ResNet50_Weights.IMAGENET1K_V1"].facts["license"].note


def test_training_is_read_from_the_name() -> None:
    def stages(name: str) -> list[str]:
        return [f"{s['stage']} {s['dataset']}" for s in facts(name)["training"]]

    assert stages("ViT_B_16_Weights.IMAGENET1K_SWAG_LINEAR_V1") == [
        "pretrain instagram-3.6b",
        "fine-tune imagenet-1k",
    ]
    assert stages("Swin3D_B_Weights.KINETICS400_IMAGENET22K_V1") == [
        "pretrain imagenet-21k",
        "fine-tune kinetics-400",
    ]
    assert stages("Raft_Large_Weights.C_T_V1") == ["train flyingchairs", "train flyingthings3d"]
    assert len(stages("Raft_Large_Weights.C_T_SKHT_K_V2")) == 6


def test_the_loading_line_has_what_it_needs() -> None:
    assert facts("ResNet50_Weights.IMAGENET1K_V2")["loading"]["torchvision"] == {
        "builder": "resnet50",
        "weights": "ResNet50_Weights.IMAGENET1K_V2",
        "url": "https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
        "sha256_prefix": "11ad3fa6",
    }
