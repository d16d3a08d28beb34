"""Checks a Hub-style config.json, which anybody may have written, before timm builds what it asks for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import timm
import torchvision

from inference.errors import TrialError

CONFIG_MAX_BYTES = 50_000_000
CLASSES_MAX = 100_000
SIDE_MAX = 2048


def _side(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 8 <= value <= SIDE_MAX


def _sides(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return len(value) == 2 and all(_side(side) for side in value)
    return _side(value)


def _whole(low: int, high: int) -> Callable[[Any], bool]:
    return lambda value: (
        isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
    )


def _fraction(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


# What a published config may hand to an architecture's constructor. Anything else could ask for a million layers.
MODEL_ARGS: dict[str, Callable[[Any], bool]] = {
    "img_size": _sides,
    "patch_size": _whole(2, 64),
    "window_size": _whole(2, 64),
    "in_chans": lambda value: value == 3,
    "num_classes": _whole(1, CLASSES_MAX),
    "global_pool": lambda value: value in ("", "avg", "max", "avgmax", "catavgmax", "token", "map"),
    "class_token": _flag,
    "no_embed_class": _flag,
    "reg_tokens": _whole(0, 64),
    "qkv_bias": _flag,
    "pre_norm": _flag,
    "fc_norm": lambda value: value is None or isinstance(value, bool),
    "dynamic_img_size": _flag,
    "strict_img_size": _flag,
    "fix_stem": _flag,
    "pad_type": lambda value: value in ("", "same", "symmetric"),
    "act_layer": lambda value: (
        value in ("relu", "relu6", "leaky_relu", "silu", "swish", "gelu", "gelu_tanh", "hard_swish")
    ),
    "bn_eps": _fraction,
    "norm_eps": _fraction,
    "bn_momentum": _fraction,
    "init_values": lambda value: value is None or _fraction(value),
    "drop_rate": _fraction,
    "drop_path_rate": _fraction,
}


def read_config(folder: Path, name: str, library: str = "timm") -> dict[str, Any]:
    """The checked content of `folder`/config.json; raises TrialError with the reason and the checkpoint's `name`."""
    path = folder / "config.json"
    if path.stat().st_size > CONFIG_MAX_BYTES:
        raise _refused(name, "it is larger than 50 MB")
    try:
        config = json.loads(path.read_text())
    except (ValueError, RecursionError):
        raise _refused(name, "it is not JSON") from None
    if not isinstance(config, dict) or not isinstance(config.get("architecture"), str):
        raise _refused(name, "it names no architecture")
    _check_architecture(config["architecture"], library)
    _check_arguments(name, config.get("model_args") or {})
    # Old files have everything in one table; new ones have a pretrained_cfg of their own.
    _check_input(name, config.get("pretrained_cfg") or config)
    _check_classes(name, config)
    return config


def _check_architecture(name: str, library: str) -> None:
    known = (
        name in torchvision.models.list_models(module=torchvision.models)
        if library == "torchvision"
        else timm.is_model(name)
    )
    if not known:
        raise TrialError("architecture_unknown", name=name[:80], library=library)


def _check_arguments(name: str, arguments: Any) -> None:
    if not isinstance(arguments, dict):
        raise _refused(name, "model_args is not a table")
    for argument, value in arguments.items():
        if argument not in MODEL_ARGS:
            raise _refused(name, f"it sets {argument[:60]!r}, which is not allowed here")
        if not MODEL_ARGS[argument](value):
            raise _refused(name, f"{argument} has the value {value!r:.60}")


def _check_input(name: str, cfg: Any) -> None:
    if not isinstance(cfg, dict):
        raise _refused(name, "pretrained_cfg is not a table")
    size = cfg.get("input_size", [3, 224, 224])
    if not isinstance(size, list) or len(size) != 3 or size[0] != 3 or not _sides(size[1:]):
        raise _refused(
            name, f"input_size is {size!r:.60}; 3 x 8..{SIDE_MAX} x 8..{SIDE_MAX} is possible"
        )
    crop = cfg.get("crop_pct") or 0.875
    if not isinstance(crop, int | float) or not 0.1 <= crop <= 2:
        raise _refused(name, f"crop_pct is {crop!r:.60}")
    if cfg.get("crop_mode", "center") not in ("center", "squash", "border", None):
        raise _refused(name, f"crop_mode is {cfg['crop_mode']!r:.60}")


def _check_classes(name: str, config: dict[str, Any]) -> None:
    classes = config.get("num_classes", 1000)
    if not _whole(1, CLASSES_MAX)(classes):
        raise _refused(
            name, f"num_classes is {classes!r:.60}; a classifier has 1 to {CLASSES_MAX:,}"
        )
    names = config.get("label_names")
    if names is not None and (
        not isinstance(names, list) or not all(isinstance(one, str) for one in names)
    ):
        raise _refused(name, "label_names is not a list of texts")
    if not isinstance(config.get("label_descriptions") or {}, dict):
        raise _refused(name, "label_descriptions is not a table")


def _refused(name: str, why: str) -> TrialError:
    return TrialError("config_refused", name=name, why=why)
