"""Lists of classes as the installed timm and torchvision have them, and which checkpoint follows which."""

import json
from functools import cache
from typing import Any

import pytest

from catalog.classes.naming import label_set_key
from catalog.reference_cleaning import normalise_reference
from catalog.reference_records import LabelSetRecord, named_list
from harvesters.python_source import SourceTree, installed_package
from harvesters.sources.base import Page
from harvesters.sources.class_lists import ClassLists, read_lists
from harvesters.sources.named_classes import names_in
from harvesters.sources.timm_labels import by_outputs, label_set_of


@cache
def lists() -> dict[str, dict[str, Any]]:
    entries, _ = read_lists()
    return {entry["key"]: entry for entry in entries}


@cache
def outputs() -> dict[int, str]:
    return by_outputs(SourceTree(installed_package("timm")))


def record_of(key: str) -> LabelSetRecord:
    (record,) = ClassLists().records(Page(json.dumps([lists()[key]]).encode()))
    assert isinstance(record, LabelSetRecord)
    return record


@pytest.mark.torch
@pytest.mark.parametrize(
    "key",
    ["imagenet-1k", "imagenet-12k", "imagenet-22k", "imagenet-22k-ms", "imagenet-21k-goog"],
)
def test_a_list_is_what_timm_itself_says(key: str) -> None:
    from timm.data import ImageNetInfo

    known = ImageNetInfo(key)
    classes = lists()[key]["classes"]
    assert [one["id"] for one in classes] == known.label_names()
    assert [", ".join(one["names"]) for one in classes] == known.label_descriptions()
    assert classes[-1]["definition"] in known.index_to_description(len(classes) - 1, detailed=True)


def test_classes_have_their_wordnet_id_names_and_definition() -> None:
    assert lists()["imagenet-1k"]["classes"][2] == {
        "id": "n01484850",
        "names": [
            "great white shark",
            "white shark",
            "man-eater",
            "man-eating shark",
            "Carcharodon carcharias",
        ],
        "definition": "large aggressive shark widespread in warm seas; known to attack humans",
    }


def test_data_sets_of_torchvision_name_their_classes() -> None:
    assert lists()["fashion-mnist"]["classes"][9] == {"names": ["Ankle boot"]}
    assert lists()["oxford-flowers102"]["classes"][0] == {"names": ["pink primrose"]}
    assert lists()["imagenette"]["classes"][0]["id"] == "n01440764"


def test_every_list_is_a_record_that_can_be_stored() -> None:
    records = [normalise_reference(record_of(key)) for key in lists()]
    assert {record.external_id for record in records} == lists().keys()


def test_a_list_of_names_is_known_by_its_names() -> None:
    names = [one["names"][0] for one in lists()["mnist"]["classes"]]
    assert record_of("mnist").key == label_set_key(names)
    assert record_of("mnist").facts["datasets"].value == ["mnist"]


@pytest.mark.parametrize(
    ("number", "tag", "key"),
    [
        (1000, "a1_in1k", "imagenet-1k"),
        (1000, "fcmae_ft_in22k_in1k", "imagenet-1k"),
        (11821, "sw_in12k", "imagenet-12k"),
        (21841, "fb_in22k", "imagenet-22k"),
        (21842, "ms_in22k", "imagenet-22k-ms"),
        (21843, "augreg_in21k", "imagenet-21k-goog"),
        (11221, "miil_in21k", "imagenet-21k-miil"),
        # As many outputs, but of no such data set, or of one whose list nobody tells.
        (1000, "", ""),
        (1000, "openai", ""),
        (19168, "webvision_inw21k", ""),
        (0, "a1_in1k", ""),
    ],
)
def test_the_list_of_a_checkpoint_follows_from_outputs_and_data_set(
    number: int, tag: str, key: str
) -> None:
    assert label_set_of({"num_classes": number, "tag": tag}, outputs()) == key


@pytest.mark.parametrize(
    ("config", "names"),
    [
        ({"id2label": {"1": "dog", "0": "cat"}}, ["cat", "dog"]),
        ({"label_names": ["n1", "n2"], "label_descriptions": {"n1": "cat"}}, ["cat", "n2"]),
        ({"id2label": {"0": "cat", "2": "dog"}}, []),
        ({"id2label": {"zero": "cat"}}, []),
        ({"id2label": ["cat", {"a": 1}]}, []),
        ({"id2label": 7}, []),
        ({}, []),
    ],
)
def test_names_are_read_where_every_output_has_one(
    config: dict[str, Any], names: list[str]
) -> None:
    assert names_in(config) == names


def test_placeholders_say_nothing() -> None:
    assert named_list(["LABEL_0", "LABEL_1"]) is None
    assert named_list(["__background__", "N/A"]) is None
    assert named_list(["__background__", "cat"]) is not None
