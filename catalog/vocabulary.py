"""The words of the catalogue: what the slugs of tasks, libraries, data sets, families stand for.

Tasks use the Hub's vocabulary, data sets the Hub's ids where it has them. A slug that is not listed here
is shown as it is.
"""

TASKS = {
    "image-classification": "Image classification",
    "image-feature-extraction": "Image features",
    "object-detection": "Object detection",
    "image-segmentation": "Image segmentation",
    "keypoint-detection": "Keypoint detection",
    "video-classification": "Video classification",
    "optical-flow": "Optical flow",
}
LIBRARIES = {"pytorch": "PyTorch", "timm": "timm", "torchvision": "torchvision"}
DATASETS = {
    "imagenet-1k": "ImageNet-1k",
    "imagenet-12k": "ImageNet-12k",
    "imagenet-21k": "ImageNet-21k",
}
FAMILIES: dict[str, str] = {}
ORGANIZATIONS: dict[str, str] = {}
METRICS = {"top1": "top-1", "top5": "top-5"}


def label(words: dict[str, str], slug: str) -> str:
    """The word for a slug, or the slug itself: `label(TASKS, "object-detection")`."""
    return words.get(slug, slug)
