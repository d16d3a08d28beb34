"""Other names of tasks and data sets, so that what several sources say means the same.

A source that meets a new name adds its line here.
"""

import re
import unicodedata

from catalog.vocabulary import TASKS

# Lower-case names, without punctuation but single dashes, and the slug of `catalog.vocabulary` they mean.
_DATASETS = {
    "cifar-10-image-recognition": "cifar-10",
    "cifar-100-image-recognition": "cifar-100",
    "cifar10": "cifar-10",
    "cifar100": "cifar-100",
    "coco-2017": "coco",
    "coco-test-dev": "coco-test-dev",
    "detection-datasets/coco": "coco",
    "dotav1.0": "dota-v1.0",
    "food101": "food-101",
    "ilsvrc/imagenet-1k": "imagenet-1k",
    "ilsvrc2012": "imagenet-1k",
    "imagenet": "imagenet-1k",
    "imagenet-1-k": "imagenet-1k",
    "imagenet-2012": "imagenet-1k",
    "imagenet-21-k": "imagenet-21k",
    "imagenet-22k": "imagenet-21k",
    "imagenet-ilsvrc2012": "imagenet-1k",
    "imagenet-image-recognition": "imagenet-1k",
    "imagenet1k": "imagenet-1k",
    "imagenet21k": "imagenet-21k",
    "imagenet22k": "imagenet-21k",
    "kinetic400": "kinetics-400",
    "kinetics400": "kinetics-400",
    "mnist-handwritten-digit-recognition": "mnist",
    "ms-coco": "coco",
    "mscoco": "coco",
    "nuscene": "nuscenes",
    "stl-10-image-recognition": "stl-10",
    "street-view-house-numbers-svhn": "svhn",
    "timm/imagenet-12k": "imagenet-12k",
    "timm/imagenet-12k-wds": "imagenet-12k",
    "timm/imagenet-1k": "imagenet-1k",
    "timm/imagenet-1k-wds": "imagenet-1k",
    "timm/imagenet-22k-wds": "imagenet-21k",
    "voc2012": "pascal-voc-2012",
}
_TASKS = {
    "action-recognition": "video-classification",
    "animal-2d-keypoint": "keypoint-detection",
    "asr": "automatic-speech-recognition",
    "body-2d-keypoint": "keypoint-detection",
    "body-3d-keypoint": "keypoint-detection",
    "classification": "image-classification",
    "colorization": "image-to-image",
    "conversational": "text-generation",
    "deblurring": "image-to-image",
    "denoising": "image-to-image",
    "depth": "depth-estimation",
    "deraining": "image-to-image",
    "detection": "object-detection",
    "face-2d-keypoint": "keypoint-detection",
    "fashion-2d-keypoint": "keypoint-detection",
    "feature-vector": "image-feature-extraction",
    "hand-2d-keypoint": "keypoint-detection",
    "hand-3d-keypoint": "keypoint-detection",
    "human-pose-estimation": "keypoint-detection",
    "image-caption": "image-to-text",
    "image-denoising": "image-to-image",
    "image-editing": "image-to-image",
    "image-inpainting": "image-to-image",
    "image-restoration": "image-to-image",
    "image-retrieval": "image-feature-extraction",
    "image-super-resolution": "image-to-image",
    "image-translation": "image-to-image",
    "image2image": "image-to-image",
    "inpainting": "image-to-image",
    "instance-segmentation": "image-segmentation",
    "jpeg-compression-artifact-reduction": "image-to-image",
    "machine-translation": "translation",
    "monocular-depth-estimation": "depth-estimation",
    "multi-label-classification": "image-classification",
    "optical-character-recognition": "image-to-text",
    "oriented-object-detection": "object-detection",
    "panoptic-segmentation": "image-segmentation",
    "pose-estimation": "keypoint-detection",
    "semantic-segmentation": "image-segmentation",
    "skeleton-based-action-recognition": "video-classification",
    "sound-classification": "audio-classification",
    "speech-recognition": "automatic-speech-recognition",
    "style-transfer": "image-to-image",
    "super-resolution": "image-to-image",
    "text2image": "text-to-image",
    "text2text-generation": "text-generation",
    "text2video": "text-to-video",
    "time-series": "time-series-forecasting",
    "token-recognition": "token-classification",
    "unconditional-gans": "unconditional-image-generation",
    "video-interpolation": "video-to-video",
    "video-super-resolution": "video-to-video",
    "wholebody-2d-keypoint": "keypoint-detection",
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
