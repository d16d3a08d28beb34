"""Trains the small digits classifier in `inference/shipped/` from data that ships with scikit-learn.

    python script/train_shipped_model.py [--out FOLDER]

Needs torch, timm and scikit-learn, no network; about two minutes on two cores. The same machine and the same
versions give the same file. The last 450 of the 1,797 pictures are held out: they come from other writers than most
of the training pictures. `tests/inference/test_shipped_model.py` measures the accuracy again from the shipped file.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import timm
import torch
from PIL import Image
from safetensors.torch import save_file
from sklearn.datasets import load_digits
from timm.data import create_transform
from torch.nn import functional

ARCHITECTURE = "test_efficientnet"
HELD_OUT = 450
EPOCHS = 55
BATCH = 64
SIZE = 64
DEFAULT_FOLDER = (
    Path(__file__).resolve().parent.parent / "inference" / "shipped" / "digits-test_efficientnet"
)
PRETRAINED_CFG = {
    "tag": "digits",
    "input_size": [3, SIZE, SIZE],
    "interpolation": "bicubic",
    "crop_pct": 1.0,
    "crop_mode": "center",
    "mean": [0.5, 0.5, 0.5],
    "std": [0.5, 0.5, 0.5],
    "num_classes": 10,
    "pool_size": [2, 2],
    "first_conv": "conv_stem",
    "classifier": "classifier",
    "license": "mit",
}
LABELS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]


def pictures() -> tuple[list[Image.Image], torch.Tensor]:
    """The 1,797 digits as 8 x 8 RGB pictures, white ink on black, and their classes."""
    digits = load_digits()
    gray = (digits.images * (255 / 16)).round().astype(np.uint8)
    return [Image.fromarray(picture).convert("RGB") for picture in gray], torch.tensor(
        digits.target
    )


def prepared(images: list[Image.Image]) -> torch.Tensor:
    """(N, 3, 64, 64), exactly as a trial prepares an uploaded picture."""
    transform = create_transform(
        input_size=(3, SIZE, SIZE),
        interpolation="bicubic",
        crop_pct=1.0,
        mean=(0.5, 0.5, 0.5),
        std=(0.5, 0.5, 0.5),
    )
    return torch.stack([transform(image) for image in images])


def varied(batch: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """The batch turned, shifted, scaled, sharpened and, half of it, as black ink on white paper."""
    count = len(batch)

    def uniform(low: float, high: float) -> torch.Tensor:
        return torch.rand(count, generator=generator) * (high - low) + low

    angle, scale = uniform(-0.25, 0.25), uniform(0.85, 1.5)
    theta = torch.zeros(count, 2, 3)
    theta[:, 0, 0] = theta[:, 1, 1] = angle.cos() * scale
    theta[:, 0, 1] = -angle.sin() * scale
    theta[:, 1, 0] = angle.sin() * scale
    theta[:, 0, 2], theta[:, 1, 2] = uniform(-0.2, 0.2), uniform(-0.2, 0.2)
    grid = functional.affine_grid(theta, list(batch.shape), align_corners=False)
    moved = functional.grid_sample(batch, grid, padding_mode="border", align_corners=False)
    # 8 x 8 pixels are blurred strokes; a steep curve makes them as crisp as a pen's.
    gain, middle = uniform(1.0, 8.0).view(-1, 1, 1, 1), uniform(-0.3, 0.3).view(-1, 1, 1, 1)
    crisp = torch.tanh(gain * (moved - middle))
    sign = torch.where(torch.rand(count, generator=generator) < 0.5, -1.0, 1.0)
    return crisp * sign.view(-1, 1, 1, 1)


def train() -> tuple[torch.nn.Module, float]:
    """The trained network and its top-1 accuracy in percent on the held-out pictures."""
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    generator = torch.Generator().manual_seed(1)
    images, classes = pictures()
    inputs = prepared(images)
    inputs, classes, tests, answers = (
        inputs[:-HELD_OUT],
        classes[:-HELD_OUT],
        inputs[-HELD_OUT:],
        classes[-HELD_OUT:],
    )
    model = timm.create_model(ARCHITECTURE, num_classes=10, drop_rate=0.1).train()
    steps = EPOCHS * math.ceil(len(inputs) / BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=4e-3, weight_decay=0.05)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, max_lr=4e-3, total_steps=steps)
    for epoch in range(EPOCHS):
        for chosen in torch.randperm(len(inputs), generator=generator).split(BATCH):
            loss = functional.cross_entropy(
                model(varied(inputs[chosen], generator)), classes[chosen]
            )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1} of {EPOCHS}, loss {loss.item():.3f}", flush=True)
    model.eval()
    with torch.inference_mode():
        hits = (model(tests).argmax(1) == answers).float().mean().item()
    return model, round(100 * hits, 2)


def card(accuracy: float) -> str:
    """README.md with the Hub's front matter."""
    return f"""---
license: mit
library_name: timm
pipeline_tag: image-classification
tags:
- image-classification
- timm
datasets:
- scikit-learn/digits
model-index:
- name: digits-{ARCHITECTURE}
  results:
  - task:
      type: image-classification
    dataset:
      name: scikit-learn digits, last {HELD_OUT} pictures
      type: scikit-learn/digits
    metrics:
    - type: accuracy
      value: {accuracy}
---

# Handwritten digits, {ARCHITECTURE}

Modelscout's own small checkpoint, so that trying a model works on a machine without a network. It tells the ten digits
apart, black on white or white on black, one digit per picture.

Trained by `script/train_shipped_model.py` on the first {1797 - HELD_OUT:,} of the 1,797 pictures of scikit-learn's
`load_digits` (8 x 8 pixels, from the UCI set "Optical Recognition of Handwritten Digits"), enlarged to {SIZE} x {SIZE}.
Held out: the last {HELD_OUT}; top-1 on them: {accuracy} %. It knows nothing but digits: any other picture gets a digit, too.
"""


def write(model: torch.nn.Module, accuracy: float, folder: Path) -> None:
    """config.json, model.safetensors and README.md in the form of a Hub repository."""
    folder.mkdir(parents=True, exist_ok=True)
    config = {
        "architecture": ARCHITECTURE,
        "num_classes": 10,
        "num_features": model.num_features,
        "label_names": [str(digit) for digit in range(10)],
        "label_descriptions": {str(digit): f"{digit} ({LABELS[digit]})" for digit in range(10)},
        "pretrained_cfg": PRETRAINED_CFG,
    }
    (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    weights = {name: tensor.contiguous() for name, tensor in model.state_dict().items()}
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "model.safetensors").chmod(0o644)
    (folder / "README.md").write_text(card(accuracy))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER)
    folder = parser.parse_args().out
    model, accuracy = train()
    write(model, accuracy, folder)
    print(f"top-1 on {HELD_OUT} held-out pictures: {accuracy} %; written to {folder}")


if __name__ == "__main__":
    main()
