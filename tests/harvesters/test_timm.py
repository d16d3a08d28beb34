"""timm's source files, read without timm: the same checkpoints, the same facts."""

import json
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from catalog.records import ModelRecord, normalise
from catalog.vocabulary import DATASETS, FAMILIES, ORGANIZATIONS, TASKS
from harvesters.sources.base import Page, Start, Unreachable
from harvesters.sources.libraries import library_pages
from harvesters.sources.timm import Timm, read_configurations, record_of
from harvesters.sources.timm_tags import names_classes, organization_of, training_of
from tests.harvesters.sources_for_tests import count_read_without_torch


@cache
def entries() -> dict[str, dict[str, Any]]:
    return {entry["name"]: entry for entry in read_configurations()}


@cache
def records() -> dict[str, ModelRecord]:
    return {name: normalise(record_of(entry)) for name, entry in entries().items()}


def fact(name: str, field: str) -> Any:
    return records()[name].facts[field].value


@pytest.mark.torch
def test_every_configuration_equals_what_timm_itself_says() -> None:
    import timm

    names = timm.list_pretrained()
    assert sorted(names) == sorted(entries())
    for name in names:
        real = vars(timm.get_pretrained_cfg(name))
        assert {key: entries()[name][key] for key in real} == real


def test_every_configuration_equals_the_recorded_export(shared: Path) -> None:
    export = json.loads((shared / "data/timm/export_pretrained_cfgs_timm-1.0.31.json").read_text())
    recorded = {entry["name"]: entry for entry in export["pretrained"]}
    assert len(recorded) == 1826
    assert sorted(recorded) == sorted(entries())
    for name, entry in recorded.items():
        assert json.loads(json.dumps({key: entries()[name][key] for key in entry})) == entry


def test_reading_imports_neither_torch_nor_timm() -> None:
    assert count_read_without_torch("timm", "Timm") == len(entries())


def test_no_record_is_refused_and_every_slug_has_a_word() -> None:
    facts = [record.facts for record in records().values()]
    assert {f["task"].value for f in facts} <= TASKS.keys()
    assert {f["family"].value for f in facts} <= FAMILIES.keys()
    trained = {s["dataset"] for f in facts if "training" in f for s in f["training"].value}
    assert trained - {""} <= DATASETS.keys()
    by_tag = {organization_of(entry["tag"]) for entry in entries().values()}
    assert by_tag - {""} <= ORGANIZATIONS.keys()


@pytest.mark.parametrize(
    ("tag", "stages"),
    [
        ("a1_in1k", ["train imagenet-1k (recipe A1)"]),
        (
            "fb_swsl_ig1b_ft_in1k",
            ["pretrain instagram-1b (semi-weakly supervised)", "fine-tune imagenet-1k"],
        ),
        ("augreg_in21k_ft_in1k", ["pretrain imagenet-21k (AugReg)", "fine-tune imagenet-1k"]),
        ("fb_in22k_ft_in1k_384", ["pretrain imagenet-21k", "fine-tune imagenet-1k"]),
        (
            "clip_laion2b_soup_ft_in12k_in1k_320",
            ["pretrain laion-2b (CLIP, model soup)", "fine-tune imagenet-12k", "fine-tune imagenet-1k"],
        ),
        (
            "fcmae_ft_in22k_in1k",
            [
                "pretrain ? (fully convolutional masked autoencoder)",
                "fine-tune imagenet-21k",
                "fine-tune imagenet-1k",
            ],
        ),
        (
            "swag_lc_in1k",
            [
                "pretrain instagram-3.6b (weakly supervised (SWAG))",
                "fine-tune imagenet-1k (linear classifier on frozen features)",
            ],
        ),
        ("ns_jft_in1k_475", ["train jft-300m (noisy student)", "train imagenet-1k"]),
        ("dinov3_lvd1689m", ["train lvd-1689m (DINOv3)"]),
        ("openai_ft_in1k", ["pretrain wit-400m (CLIP)", "fine-tune imagenet-1k"]),
        ("mim_m38m_ft_in22k", ["pretrain merged-38m (masked image modelling)", "fine-tune imagenet-21k"]),
        ("ft_in1k", ["pretrain ?", "fine-tune imagenet-1k"]),
        ("sbb_nadamuon_in1k", ["train imagenet-1k (recipe SBB, NAdaMuon)"]),
        ("e3600_r256_in1k", ["train imagenet-1k"]),
        ("metaclip_2pt5b", ["train metaclip-2.5b (MetaCLIP)"]),
        ("swift_of_2031", []),
        ("", []),
    ],
)  # fmt: skip
def test_a_tag_tells_the_training(tag: str, stages: list[str]) -> None:
    told = [
        f"{stage['stage']} {stage['dataset'] or '?'}"
        + (f" ({stage['method']})" if stage["method"] else "")
        for stage in training_of(tag)
    ]
    assert told == stages


def test_every_tag_of_the_release_that_names_imagenet_ends_on_it(shared: Path) -> None:
    tags = {entry["tag"] for entry in entries().values()}
    assert len(tags) == 319
    labelled = {tag for tag in tags if "in1k" in tag.split("_")}
    assert {training_of(tag)[-1]["dataset"] for tag in labelled - {"in1k_ft_in22k"}} == {
        "imagenet-1k"
    }


@pytest.mark.parametrize(
    ("name", "task", "classes"),
    [
        ("resnet50.a1_in1k", "image-classification", 1000),
        ("vit_base_patch16_224.augreg_in21k", "image-classification", 21843),
        ("vit_base_patch16_224.dino", "image-feature-extraction", 0),
        # 512 numbers of a CLIP embedding are no classes.
        ("vit_base_patch16_clip_224.laion2b", "image-feature-extraction", 0),
        ("resmlp_12_224.fb_dino", "image-feature-extraction", 0),
    ],
)
def test_only_what_was_trained_on_classes_classifies(name: str, task: str, classes: int) -> None:
    assert (fact(name, "task"), fact(name, "num_classes")) == (task, classes)


def test_a_record_says_everything_that_the_configuration_does() -> None:
    record = records()["convnextv2_tiny.fcmae_ft_in22k_in1k_384"]
    facts = {name: fact.value for name, fact in record.facts.items()}
    assert facts["license"] == "cc-by-nc-4.0"
    assert facts["input_size"] == 384
    assert facts["preprocessing"]["crop_mode"] == "squash"
    assert (facts["family"], facts["organization"]) == ("convnextv2", "facebook")
    assert facts["loading"]["timm"]["hub_id"] == "timm/convnextv2_tiny.fcmae_ft_in22k_in1k_384"
    assert facts["repositories"] == ["facebookresearch/convnext-v2"]
    assert [(p.arxiv_id, p.role) for p in record.papers] == [("2301.00808", "introduces")]


def test_a_recipe_is_not_taken_for_the_paper_of_the_architecture() -> None:
    roles = {p.arxiv_id: p.role for p in records()["resnet50.a1_in1k"].papers}
    assert roles == {"1512.03385": "introduces", "2110.00476": "recipe"}


def test_a_hub_repository_with_two_configurations_identifies_neither() -> None:
    keys = [key for record in records().values() for key in record.identity_keys]
    hub = [key for key in keys if key.startswith("hub:")]
    assert len(hub) == len(set(hub)) == 1807 - 34
    assert len(keys) == len(set(keys))


def test_who_trained_it_is_read_from_tag_origin_or_host() -> None:
    assert fact("resnet50.fb_swsl_ig1b_ft_in1k", "organization") == "facebook"
    assert fact("resnet50.a1_in1k", "organization") == "timm"
    assert fact("rdnet_base.nv_in1k", "organization") == "naver-ai"
    assert "organization" not in records()["repvgg_a0.rvgg_in1k"].facts


def test_embeddings_are_told_from_classes_by_the_tag() -> None:
    assert names_classes("laion2b_ft_in1k")
    assert not names_classes("laion2b")


def test_pages_go_on_at_their_cursor_and_start_over_for_another_version() -> None:
    items: list[dict[str, Any]] = [{"name": str(n)} for n in range(1200)]

    def pages(version: str, cursor: str) -> list[Page]:
        return list(library_pages(lambda: (items, version), cursor))

    assert [page.next_cursor for page in pages("2.0", "")] == ["2.0:500", "2.0:1000", ""]
    assert [len(json.loads(page.body)) for page in pages("2.0", "2.0:1000")] == [200]
    assert len(pages("2.1", "2.0:1000")) == 3
    assert [page.body for page in library_pages(lambda: ([], "2.0"), "")] == [b"[]"]


def test_a_library_that_is_not_installed_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(Unreachable, match="timm is not installed here; install the group"):
        list(Timm().pages(None, Start()))  # type: ignore[arg-type]


def test_records_of_a_page_are_a_pure_function_of_its_bytes() -> None:
    page = Page(json.dumps([entries()["resnet50.a1_in1k"]]).encode())
    assert list(Timm().records(page)) == list(Timm().records(page))
