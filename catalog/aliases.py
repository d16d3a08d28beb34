"""Other names of tasks and data sets, so that what several sources say means the same.

A source that meets a new name adds its line here.
"""

import re
import unicodedata

from catalog.vocabulary import TASKS

# Lower-case names, without punctuation but single dashes, and the slug of `catalog.vocabulary` they mean.
_DATASETS = {
    "cifar10": "cifar-10",
    "cifar100": "cifar-100",
    "coco-2017": "coco",
    "coco-test-dev": "coco-test-dev",
    "detection-datasets/coco": "coco",
    "food101": "food-101",
    "ilsvrc/imagenet-1k": "imagenet-1k",
    "ilsvrc2012": "imagenet-1k",
    "imagenet": "imagenet-1k",
    "imagenet1k": "imagenet-1k",
    "imagenet-1-k": "imagenet-1k",
    "imagenet-2012": "imagenet-1k",
    "imagenet-ilsvrc2012": "imagenet-1k",
    "imagenet-21-k": "imagenet-21k",
    "imagenet-22k": "imagenet-21k",
    "imagenet21k": "imagenet-21k",
    "imagenet22k": "imagenet-21k",
    "kinetics400": "kinetics-400",
    "ms-coco": "coco",
    "mscoco": "coco",
    "timm/imagenet-12k": "imagenet-12k",
    "timm/imagenet-12k-wds": "imagenet-12k",
    "timm/imagenet-1k": "imagenet-1k",
    "timm/imagenet-1k-wds": "imagenet-1k",
    "timm/imagenet-22k-wds": "imagenet-21k",
}
_TASKS = {
    "action-recognition": "video-classification",
    "asr": "automatic-speech-recognition",
    "body-2d-keypoint": "keypoint-detection",
    "classification": "image-classification",
    "conversational": "text-generation",
    "depth": "depth-estimation",
    "detection": "object-detection",
    "feature-vector": "image-feature-extraction",
    "human-pose-estimation": "keypoint-detection",
    "instance-segmentation": "image-segmentation",
    "panoptic-segmentation": "image-segmentation",
    "pose-estimation": "keypoint-detection",
    "semantic-segmentation": "image-segmentation",
    "speech-recognition": "automatic-speech-recognition",
    "super-resolution": "image-to-image",
    "text2text-generation": "text-generation",
}


def dataset_slug(name: str) -> str:
    """The slug of a data set by any of its names or its id at a hub; empty if nothing is left of it.

    `ImageNet`, `ILSVRC/imagenet-1k` -> `imagenet-1k`; an unknown id keeps its owner: `beans`, `someone/set`.
    """
    plain = "/".join(filter(None, (_dashed(part) for part in name.split("/")[-2:])))[:150]
    return _DATASETS.get(plain, plain)


def task_slug(name: str) -> str:
    """The slug of a task by any of its names; one that nobody knows is written with dashes."""
    slug = _dashed(name)
    return slug if slug in TASKS else _TASKS.get(slug, slug)[:60]


def _dashed(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9.+]+", "-", plain).strip("-.")
