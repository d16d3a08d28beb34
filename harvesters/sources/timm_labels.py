"""timm's own lists of ImageNet's classes, and which one a checkpoint's outputs follow.

Lists: https://github.com/huggingface/pytorch-image-models/tree/main/timm/data/_info. What an output stands for is
told by timm/data/imagenet_info.py: of so many outputs, this list. A checkpoint whose tag names another data set
than the list is of, or none, has none: 1,000 outputs need not be ImageNet's.
"""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harvesters.python_source import SourceTree, SourceUnreadable, installed_package
from harvesters.sources.timm_tags import training_of

# What each list is called and which data set has its classes; keys are timm's own names of it.
LISTS = {
    "imagenet-1k": ("ImageNet-1k", "imagenet-1k"),
    "imagenet-12k": ("ImageNet-12k, timm's selection", "imagenet-12k"),
    "imagenet-22k": ("ImageNet-22k, by WordNet id", "imagenet-21k"),
    "imagenet-22k-ms": ("ImageNet-22k, Microsoft's order: ImageNet-1k first", "imagenet-21k"),
    "imagenet-21k-goog": ("ImageNet-21k, Google's 21,843", "imagenet-21k"),
    "imagenet-21k-miil": ("ImageNet-21k, Alibaba MIIL's selection", "imagenet-21k"),
}
# Files that no checkpoint's outputs follow: the classes of further data sets.
_FURTHER = {
    "imagenet_a_synsets.txt": ("imagenet-a", "ImageNet-A", "imagenet-a"),
    "imagenet_r_synsets.txt": ("imagenet-r", "ImageNet-R", "imagenet-r"),
    "mini_imagenet_synsets.txt": ("mini-imagenet", "Mini-ImageNet", "mini-imagenet"),
    "imagenet21k_miil_w21_synsets.txt": (
        "imagenet-21k-miil-w21",
        "ImageNet-21k of winter 2021, Alibaba MIIL's selection",
        "imagenet-winter-21k",
    ),
}
_LEMMAS, _DEFINITIONS = "imagenet_synset_to_lemma.txt", "imagenet_synset_to_definition.txt"


def by_outputs(tree: SourceTree) -> dict[int, str]:
    """The key of the list that so many outputs follow, as timm has it."""
    found: dict[int, str] = tree.module("data", "imagenet_info").value("_NUM_CLASSES_TO_SUBSET")
    return found


def label_set_of(entry: Mapping[str, Any], lists: Mapping[int, str]) -> str:
    """The key of the list that a configuration's outputs follow; empty where that is not known."""
    key = lists.get(entry["num_classes"] or 0, "")
    stages = training_of(entry["tag"] or "")
    _, dataset = LISTS.get(key, ("", ""))
    return key if stages and dataset and stages[-1]["dataset"] == dataset else ""


def class_lists() -> list[dict[str, Any]]:
    """Every list: {"key", "title", "datasets", "classes": [{"id", "names", "definition"}]}; raises SourceUnreadable."""
    root = installed_package("timm")
    folder, tree = root / "data" / "_info", SourceTree(root)
    files: dict[str, str] = tree.module("data", "imagenet_info").value("_SUBSETS")
    # As timm's ImageNetInfo does: imagenet-22k-ms is the subset imagenet22kms.
    named = {files[re.sub(r"[-_\s]", "", key)]: (key, *about) for key, about in LISTS.items()}
    known = glossary()
    return [
        {
            "key": key,
            "title": title,
            "datasets": [dataset],
            "classes": [known[pk] for pk in _lines(folder / file)],
        }
        for file, (key, title, dataset) in {**named, **_FURTHER}.items()
    ]


def glossary() -> dict[str, dict[str, Any]]:
    """Names and definition of every class that timm knows, by WordNet id."""
    folder = installed_package("timm") / "data" / "_info"
    definitions = _table(folder / _DEFINITIONS)
    return {
        pk: {"id": pk, "names": names.split(", "), "definition": definitions.get(pk, "")}
        for pk, names in _table(folder / _LEMMAS).items()
    }


def _table(file: Path) -> dict[str, str]:
    return dict(row for row in csv.reader(_lines(file), delimiter="\t") if len(row) == 2)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except OSError as problem:
        raise SourceUnreadable(f"timm has no {file.name} any more") from problem
