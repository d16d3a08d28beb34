"""Builds a checkpoint through timm: on the meta device where that gives the same model, else plainly.

Initialising weights that are overwritten at once is 20 to 30 times slower than reading them, so the model is built
without memory and the tensors of the file are put in their places. Where something has no place in the file (buffers
that some families compute, or keys that timm renames), timm's own way is taken instead.
"""

import logging
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors.torch import load_file
from timm.data import ImageNetInfo, create_transform, infer_imagenet_subset
from timm.data import resolve_model_data_config as data_config
from timm.models import get_pretrained_cfg

from inference.errors import TrialError

logger = logging.getLogger(__name__)


class NotTheSame(Exception):
    """The quick way would not give the model that timm builds."""


def is_registered(name: str) -> bool:
    """Whether the installed timm itself describes this checkpoint, tag included (`resnet50.a1_in1k`)."""
    try:
        cfg = get_pretrained_cfg(name)
    except RuntimeError:  # the architecture has no such tag
        return False
    return cfg is not None and (cfg.tag or "") == name.partition(".")[2]


def build(source: str, weights: Path) -> torch.nn.Module:
    """The model in evaluation mode, float32, on the CPU.

    `source` is a name of timm's registry or `local-dir:<folder>`, whose config.json was checked before.
    """
    try:
        return build_quickly(source, weights)
    except MemoryError:
        raise
    except Exception as error:  # whatever stops the quick way, the plain one decides
        logger.info("%s is built the plain way: %s", source, error)
        return build_plainly(source, weights)


def build_quickly(source: str, weights: Path) -> torch.nn.Module:
    """Builds on the meta device and assigns the file's tensors; raises if anything is left without a value."""
    with torch.device("meta"):
        model: torch.nn.Module = timm.create_model(source, pretrained=False)
    model.load_state_dict(load_file(weights), strict=True, assign=True)
    if has_meta(model):
        raise NotTheSame(source)
    return model.float().eval()


def build_plainly(source: str, weights: Path) -> torch.nn.Module:
    """Builds and loads as timm does, with its renaming of keys."""
    try:
        if source.startswith("local-dir:"):
            model: torch.nn.Module = timm.create_model(source, pretrained=False)
            model.load_state_dict(load_file(weights), strict=True)
        else:
            overlay = {"file": str(weights), "custom_load": False}
            model = timm.create_model(source, pretrained=True, pretrained_cfg_overlay=overlay)
    except (RuntimeError, KeyError, ValueError, AssertionError, TypeError) as error:
        if isinstance(error, torch.OutOfMemoryError):
            raise
        why = " ".join(str(error).split())[:200]
        raise TrialError(
            "weights_mismatch", name=source.rsplit("/", 1)[-1], library="timm", why=why
        ) from error
    return model.float().eval()


def has_meta(model: torch.nn.Module) -> bool:
    """Whether a parameter, a buffer or a tensor kept as a plain attribute has no value yet."""
    kept = (
        value
        for module in model.modules()
        for value in vars(module).values()
        if isinstance(value, torch.Tensor)
    )
    return any(tensor.is_meta for tensor in (*model.parameters(), *model.buffers(), *kept))


def transform_of(model: torch.nn.Module) -> Any:
    """The checkpoint's own preprocessing."""
    return create_transform(**data_config(model), is_training=False)


def labels_of(model: torch.nn.Module) -> list[str]:
    """Class names in index order: the checkpoint's own, else ImageNet's if the number of classes says so."""
    cfg: dict[str, Any] = getattr(model, "pretrained_cfg", {})
    names = cfg.get("label_names")
    if names:
        descriptions = cfg.get("label_descriptions") or {}
        return [str(descriptions.get(name) or name) for name in names]
    subset = infer_imagenet_subset(model)
    return list(ImageNetInfo(subset).label_descriptions()) if subset else []
