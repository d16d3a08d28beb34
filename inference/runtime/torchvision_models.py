"""Builds a checkpoint through torchvision, from a weights file that was checked already."""

import pickle
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file
from timm.data import create_transform
from torchvision.models import get_model, get_weight, list_models
from torchvision.models._api import WeightsEnum

from inference.errors import TrialError
from inference.recipes import TorchvisionRecipe
from inference.runtime.timm_models import has_meta


def weights_entry(recipe: TorchvisionRecipe) -> WeightsEnum:
    """The enum entry of this recipe; raises TrialError if the installed torchvision has none."""
    try:
        if recipe.builder in list_models():
            return get_weight(recipe.weights)
    except (ValueError, KeyError):
        pass
    raise TrialError("architecture_unknown", name=recipe.weights, library="torchvision")


def build(recipe: TorchvisionRecipe, path: Path) -> torch.nn.Module:
    """The model in evaluation mode on the CPU, as torchvision's own builder makes it from these weights."""
    entry = weights_entry(recipe)
    state = _tensors(path)
    try:
        if recipe.builder.startswith("quantized_"):
            with _handing_out(state):
                return get_model(recipe.builder, weights=entry, quantize=True).eval()
        return _build_quickly(recipe.builder, entry, state)
    except RuntimeError as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        why = " ".join(str(error).split())[:200]
        raise TrialError(
            "weights_mismatch", name=recipe.builder, library="torchvision", why=why
        ) from error


def _tensors(path: Path) -> dict[str, Any]:
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError:
        raise TrialError("pickle_refused", file=path.name) from None
    return state


def _build_quickly(builder: str, entry: WeightsEnum, state: dict[str, Any]) -> torch.nn.Module:
    # The builder checks keys and shapes against a model without memory; then the tensors take their places.
    # Afterwards, not instead: some builders rename keys in `state`, or take a part off the model, after loading.
    with _handing_out(state), torch.device("meta"):
        model = get_model(builder, weights=entry)
    model.load_state_dict(state, strict=False, assign=True)
    if has_meta(model):
        with _handing_out(state):
            model = get_model(builder, weights=entry)
    return model.float().eval()


@contextmanager
def _handing_out(state: dict[str, Any]) -> Iterator[None]:
    """Within it, torchvision's builders get `state` where they would download.

    They take no file, and what they do besides loading (input transforms, image sizes, renamed keys) depends on the
    weights entry. One thread at a time: a pool process works on one trial.
    """
    original = WeightsEnum.get_state_dict
    WeightsEnum.get_state_dict = lambda *_args, **_kwargs: state
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message=".*meta parameter.*no-op.*")
            yield
    finally:
        WeightsEnum.get_state_dict = original


def build_folder(config: dict[str, Any], weights: Path) -> torch.nn.Module:
    """A torchvision architecture from a Hub-style folder, whose config was checked before."""
    model = get_model(config["architecture"], weights=None, num_classes=config["num_classes"])
    try:
        model.load_state_dict(load_file(weights), strict=True)
    except (RuntimeError, ValueError) as error:
        why = " ".join(str(error).split())[:200]
        name = config["architecture"]
        raise TrialError("weights_mismatch", name=name, library="torchvision", why=why) from error
    return model.float().eval()


FOLDER_PREPROCESSING = ("input_size", "interpolation", "mean", "std", "crop_pct", "crop_mode")


def folder_transform(config: dict[str, Any]) -> Any:
    """The preprocessing that config.json describes, in timm's words."""
    cfg = config.get("pretrained_cfg") or {}
    return create_transform(**{key: cfg[key] for key in FOLDER_PREPROCESSING if cfg.get(key)})


def folder_labels(config: dict[str, Any]) -> list[str]:
    """Class names in index order, or nothing."""
    descriptions = config.get("label_descriptions") or {}
    return [str(descriptions.get(name) or name) for name in config.get("label_names") or []]
