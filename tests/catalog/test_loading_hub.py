"""Lines for checkpoints on the Hub: whole Python, pinned, with nothing in them that a card could have smuggled in."""

import ast
from typing import Any

import pytest

from catalog.loading import load_lines
from catalog.models import PretrainedModel

SHA = "8af29b8fb89d9767cb8fe37fd47112f68d770f4f"
WAYS = ("transformers", "diffusers", "sentence-transformers", "peft", "hub_keras", "hub_keras_hub")


def lines(**loading: Any) -> dict[str, tuple[str, str]]:
    pretrained = PretrainedModel(slug="huggingface/a/b", loading=loading)
    return {way.key: (way.code, way.note) for way in load_lines(pretrained)}


@pytest.mark.parametrize("way", WAYS)
def test_every_line_is_whole_python_that_leaves_a_model(way: str) -> None:
    code, _ = lines(**{way: {"hub_id": "a/b", "revision": SHA}})[way]
    names = {node.id for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Name)}
    assert "model" in names


def test_the_classes_that_the_hub_names_are_used_and_the_revision_is_pinned() -> None:
    stated = {
        "hub_id": "google/vit-base-patch16-224",
        "revision": SHA,
        "auto_model": "AutoModelForImageClassification",
        "processor": "AutoImageProcessor",
    }
    code, note = lines(transformers=stated)["transformers"]
    assert code == (
        "from transformers import AutoImageProcessor, AutoModelForImageClassification\n\n"
        'model = AutoModelForImageClassification.from_pretrained("google/vit-base-patch16-224", '
        f'revision="{SHA}").eval()\n'
        'preprocess = AutoImageProcessor.from_pretrained("google/vit-base-patch16-224", '
        f'revision="{SHA}")\n'
    )
    assert note == "The revision is pinned."


@pytest.mark.parametrize(
    "stated",
    [
        {"hub_id": 'a/b"); import os; os.system("x'},
        {"hub_id": "a/b", "auto_model": "AutoModel; import os"},
        {"hub_id": "a/b", "revision": 'main"); import os #'},
    ],
)
def test_no_code_comes_in_by_a_name(stated: dict[str, str]) -> None:
    assert all("import os" not in code for code, _ in lines(transformers=stated).values())


def test_code_of_the_repositorys_own_is_named_and_not_switched_on() -> None:
    code, note = lines(transformers={"hub_id": "a/b", "custom_code": True})["transformers"]
    assert "trust_remote_code" not in code
    assert "read it first" in note


def test_a_repository_of_timm_takes_its_revision_from_the_hub() -> None:
    own = {"name": "resnet50.a1_in1k", "hub_id": "timm/resnet50.a1_in1k"}
    hub = {"hub_id": "timm/resnet50.a1_in1k", "revision": SHA}
    found = lines(timm=own, hub_timm=hub)
    assert list(found) == ["timm", "hub"]
    assert f'"hf-hub:timm/resnet50.a1_in1k@{SHA}"' in found["hub"][0]


def test_weights_of_anybody_for_timm_are_loaded_from_the_hub() -> None:
    code, note = lines(hub_timm={"hub_id": "someone/resnet50-birds", "revision": SHA})["hub"]
    assert f'timm.create_model("hf-hub:someone/resnet50-birds@{SHA}", pretrained=True)' in code
    assert note == "The revision is pinned."
