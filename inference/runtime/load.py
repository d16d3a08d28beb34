"""From a recipe to a checkpoint that is ready to run."""

from pathlib import Path
from typing import Any

import torch

from inference.errors import TrialError
from inference.recipes import FolderRecipe, HubRecipe, Recipe, TorchvisionRecipe
from inference.runtime import (
    config_file,
    hub,
    timm_models,
    torchvision_files,
    torchvision_models,
    weights_file,
)
from inference.runtime.device import device
from inference.runtime.hub import Fetched, Progress
from inference.runtime.loaded import Loaded


def fetch(recipe: Recipe, progress: Progress) -> Fetched:
    """The weights on disk, fetched if need be; raises TrialError."""
    if isinstance(recipe, HubRecipe):
        return hub.fetch(recipe, not timm_models.is_registered(recipe.name), progress)
    if isinstance(recipe, TorchvisionRecipe):
        return torchvision_files.fetch(recipe, progress)
    return Fetched(_folder(recipe) / "model.safetensors")


def _folder(recipe: FolderRecipe) -> Path:
    folder = recipe.path
    if folder is None:
        raise TrialError("folder_missing", name=recipe.name)
    return folder


def shelf_key(recipe: Recipe) -> tuple[Any, ...]:
    """What a loaded checkpoint is kept under; a folder's files may change under its name."""
    if isinstance(recipe, FolderRecipe):
        files = [_folder(recipe) / name for name in ("config.json", "model.safetensors")]
        return (recipe, *((file.stat().st_mtime_ns, file.stat().st_size) for file in files))
    return (recipe,)


def load(recipe: Recipe, fetched: Fetched) -> Loaded:
    """Builds the model from the fetched weights and moves it to the device; raises TrialError."""
    if isinstance(recipe, TorchvisionRecipe):
        return _load_torchvision(recipe, fetched)
    weights_file.check_safetensors(fetched.weights)
    if isinstance(recipe, FolderRecipe) and recipe.library == "torchvision":
        config = config_file.read_config(fetched.folder, recipe.place, "torchvision")
        model = torchvision_models.build_folder(config, fetched.weights)
        transform = torchvision_models.folder_transform(config)
        return _ready(model, transform, torchvision_models.folder_labels(config))
    return _load_timm(recipe, fetched)


def _load_timm(recipe: HubRecipe | FolderRecipe, fetched: Fetched) -> Loaded:
    source = recipe.name
    if isinstance(recipe, FolderRecipe) or not timm_models.is_registered(recipe.name):
        config_file.read_config(fetched.folder, recipe.place)
        source = f"local-dir:{fetched.folder}"
    model = timm_models.build(source, fetched.weights)
    transform, labels = timm_models.transform_of(model), timm_models.labels_of(model)
    return _ready(model, transform, labels, fetched.revision)


def _load_torchvision(recipe: TorchvisionRecipe, fetched: Fetched) -> Loaded:
    model = torchvision_models.build(recipe, fetched.weights)
    entry = torchvision_models.weights_entry(recipe)
    on_cpu = recipe.builder.startswith("quantized_")
    labels = list(entry.meta.get("categories") or [])
    return _ready(model, entry.transforms(), labels, where=torch.device("cpu") if on_cpu else None)


def _ready(
    model: torch.nn.Module,
    transform: Any,
    labels: list[str],
    revision: str = "",
    where: torch.device | None = None,
) -> Loaded:
    where = where or device()
    steps = getattr(transform, "transforms", None) or [transform]
    return Loaded(
        model=model.to(where),
        transform=transform,
        labels=labels,
        preprocessing=[" ".join(str(step).split()) for step in steps],
        device=where,
        revision=revision,
    )
