"""The checkpoint that comes with the site is as good as its card says, and its card says what a Hub expects."""

import json
import sys
from pathlib import Path

import pytest
import timm
import torch
import yaml

from inference.recipes import SHIPPED_DIR

pytestmark = pytest.mark.torch
FOLDER = SHIPPED_DIR / "digits-test_efficientnet"
SCRIPT = Path(__file__).resolve().parents[2] / "script"


def card() -> dict[str, object]:
    return yaml.safe_load((FOLDER / "README.md").read_text().split("---\n")[1])


def test_the_accuracy_on_the_held_out_digits_is_the_one_on_the_card(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(SCRIPT))
    import train_shipped_model as training

    model = timm.create_model(f"local-dir:{FOLDER}", pretrained=True).eval()
    transform = timm.data.create_transform(
        **timm.data.resolve_model_data_config(model), is_training=False
    )
    images, classes = training.pictures()
    held_out = torch.stack([transform(image) for image in images[-training.HELD_OUT :]])
    with torch.inference_mode():
        hits = model(held_out).argmax(1) == classes[-training.HELD_OUT :]

    stated = card()["model-index"][0]["results"][0]["metrics"][0]["value"]  # type: ignore[index]
    assert round(100 * hits.float().mean().item(), 2) == pytest.approx(stated, abs=0.25)
    assert stated > 95
    sys.modules.pop("train_shipped_model")


def test_it_takes_less_than_two_megabytes() -> None:
    assert sum(file.stat().st_size for file in FOLDER.iterdir()) < 2_000_000
    assert {file.name for file in FOLDER.iterdir()} == {
        "config.json",
        "model.safetensors",
        "README.md",
    }


def test_its_card_has_a_licence_a_library_and_its_data() -> None:
    assert card()["license"] == "mit"
    assert card()["library_name"] == "timm"
    assert card()["datasets"] == ["scikit-learn/digits"]


def test_its_config_names_ten_classes() -> None:
    config = json.loads((FOLDER / "config.json").read_text())

    assert config["label_names"] == [str(digit) for digit in range(10)]
