"""torchvision's names: what builders are for, and which data weights called `IMAGENET1K_V2` saw.

Manual: https://pytorch.org/vision/stable/models.html, whose entries follow these names.
"""

from collections.abc import Mapping
from typing import Any

# By folder of the module, then by builder: the Hub's words.
_TASKS = {
    "detection": "object-detection",
    "segmentation": "image-segmentation",
    "video": "video-classification",
    "optical_flow": "optical-flow",
}
_BUILDER_TASKS = {
    "keypointrcnn_resnet50_fpn": "keypoint-detection",
    "maskrcnn_resnet50_fpn": "image-segmentation",
    "maskrcnn_resnet50_fpn_v2": "image-segmentation",
}

_SWAG = ("pretrain", "instagram-3.6b", "weakly supervised (SWAG)")
_CHAIRS = [("train", "flyingchairs", ""), ("train", "flyingthings3d", "")]
_MIX = [("fine-tune", name, "") for name in ("sintel", "kitti-2015", "hd1k")]
# Training data by the name of the weights; the longest beginning that fits decides.
_TRAINING: dict[str, list[tuple[str, str, str]]] = {
    "IMAGENET1K_SWAG_E2E": [_SWAG, ("fine-tune", "imagenet-1k", "")],
    "IMAGENET1K_SWAG_LINEAR": [
        _SWAG,
        ("fine-tune", "imagenet-1k", "linear classifier on frozen features"),
    ],
    "IMAGENET1K": [("train", "imagenet-1k", "")],
    "COCO_WITH_VOC_LABELS": [("train", "coco", "the classes of Pascal VOC")],
    "COCO": [("train", "coco", "")],
    "KINETICS400_IMAGENET22K": [
        ("pretrain", "imagenet-21k", ""),
        ("fine-tune", "kinetics-400", ""),
    ],
    "KINETICS400": [("train", "kinetics-400", "")],
    "C_T_SKHT_K": [*_CHAIRS, *_MIX, ("fine-tune", "kitti-2015", "once more, alone")],
    "C_T_SKHT": [*_CHAIRS, *_MIX],
    "C_T": _CHAIRS,
}


def task_of(entry: Mapping[str, Any], name: str) -> str:
    """The Hub's word for what the weights called `name` of a builder are for."""
    if name == "IMAGENET1K_FEATURES":
        return "image-feature-extraction"
    by_builder = _BUILDER_TASKS.get(entry["builder"])
    return by_builder or _TASKS.get(entry["folder"], "image-classification")


def training_of(name: str) -> list[dict[str, str]]:
    """The stages of training that the name of the weights tells of: [{"stage", "dataset", "method"}]."""
    key = max((key for key in _TRAINING if name.startswith(key)), key=len, default="")
    return [
        {"stage": stage, "dataset": dataset, "method": method}
        for stage, dataset, method in _TRAINING.get(key, [])
    ]
