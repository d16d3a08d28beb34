"""The lines of Python that give the same numbers without Modelscout. A test runs them."""

from catalog.loading import folder_place
from inference.recipes import FolderRecipe, HubRecipe, Recipe, TorchvisionRecipe
from inference.runtime.timm_models import is_registered

_RUN = """
image = ImageOps.exif_transpose(Image.open("picture.png"))
if image.mode.startswith("I;16"):  # 16 bits of grey, scaled to 8
    image = image.convert("I").point(lambda value: value / 257 + 0.5).convert("L")
image = image.convert("RGB")
with torch.inference_mode():
    probabilities = model(transform(image).unsqueeze(0)).softmax(dim=1)[0]
for probability, index in zip(*probabilities.topk(min(5, len(probabilities)))):
    print(f"{index.item():6d} {probability.item():.4f}")
"""

_TIMM = """import timm
import torch
from PIL import Image, ImageOps

model = timm.create_model({source}).eval()
transform = timm.data.create_transform(**timm.data.resolve_model_data_config(model), is_training=False)
"""

_TORCHVISION = """import torch
from PIL import Image, ImageOps
from torchvision.models import get_model, get_weight

weights = get_weight({weights!r})
model = get_model({builder!r}, weights=weights{more}).eval()
transform = weights.transforms()
"""

_TORCHVISION_FOLDER = """import json

import torch
from PIL import Image, ImageOps
from safetensors.torch import load_file
from timm.data import create_transform
from torchvision.models import get_model

folder = {folder!r}
config = json.load(open(folder + "/config.json"))
model = get_model(config["architecture"], weights=None, num_classes=config["num_classes"]).eval()
model.load_state_dict(load_file(folder + "/model.safetensors"))
keys = ("input_size", "interpolation", "mean", "std", "crop_pct", "crop_mode")
transform = create_transform(**{{key: config["pretrained_cfg"][key] for key in keys if config["pretrained_cfg"].get(key)}})
"""


def lines(recipe: Recipe, revision: str) -> str:
    """A program that prints the top-5 of `picture.png`; pinned to the Hub commit that was used."""
    if isinstance(recipe, TorchvisionRecipe):
        more = ", quantize=True" if recipe.builder.startswith("quantized_") else ""
        head = _TORCHVISION.format(weights=recipe.weights, builder=recipe.builder, more=more)
        return head + _RUN
    if isinstance(recipe, FolderRecipe):
        return _folder_lines(recipe)
    return _TIMM.format(source=_hub_source(recipe, revision)) + _RUN


def _hub_source(recipe: HubRecipe, revision: str) -> str:
    pinned = f"{recipe.repo}@{revision}" if revision else recipe.repo
    if is_registered(recipe.name):
        overlay = f'pretrained_cfg_overlay={{"hf_hub_id": {pinned!r}}}'
        return f"{recipe.name!r}, pretrained=True, {overlay}"
    return f"{'hf-hub:' + pinned!r}, pretrained=True"


def _folder_lines(recipe: FolderRecipe) -> str:
    # Relative: what a person has is a copy of the folder, not this server's disk.
    folder, place = folder_place(recipe.root, recipe.name)
    head = f"# Run it in {place}.\n"
    if recipe.library == "torchvision":
        return head + _TORCHVISION_FOLDER.format(folder=folder) + _RUN
    return head + _TIMM.format(source=f"{'local-dir:' + folder!r}, pretrained=True") + _RUN
