"""KerasHub: every preset of the installed release, read from its source files.

Manual: https://keras.io/keras_hub/presets/.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.records import Fact, ModelRecord
from harvesters.packages import Package, installed
from harvesters.python_source import SourceUnreadable
from harvesters.sources.base import Page, Record
from harvesters.sources.entries import records_of_entries
from harvesters.sources.libraries import Entries, InstalledLibrary

_DOCS = "https://keras.io/keras_hub/presets/"
_FOLDER = "keras_hub/src/models/"
# What a model family's presets are for, where there is one answer; the others serve several tasks.
_TASKS = {
    "text-generation": "bart bloom falcon gemma gpt2 gpt_neo_x gpt_oss llama llama3 mistral mixtral opt phi3"
    " phi4 qwen qwen3 qwen3_moe qwen_moe rwkv7 smollm3 stablelm t5 t5gemma",
    "feature-extraction": "albert bert deberta_v3 distil_bert electra f_net roberta xlm_roberta"
    " xlnet video_prism",
    "fill-mask": "esm",
    "automatic-speech-recognition": "moonshine whisper",
    "image-classification": "cspnet deit densenet efficientnet hgnetv2 mit mobilenet mobilenetv5 resnet"
    " swin_transformer vgg vit xception",
    "image-feature-extraction": "dinov2 dinov3",
    "image-segmentation": "basnet deeplab_v3 segformer_b0 segformer_b1 segformer_b2 segformer_b3"
    " segformer_b4 segformer_b5",
    "mask-generation": "sam sam3",
    "object-detection": "d_fine retinanet rtdetr",
    "zero-shot-image-classification": "clip metaclip_2 siglip",
    "image-text-to-text": "blip2 pali_gemma",
    "image-to-text": "parseq",
    "depth-estimation": "depth_anything",
    "text-to-image": "flux stable_diffusion_3",
}
_TASK_OF = {family: task for task, families in _TASKS.items() for family in families.split()}
# A preset for one task says so in its own name.
_NAMED = (
    (r"_sst2$|_imdb$|shieldgemma", "text-classification"),
    (r"^bge_", "sentence-similarity"),
    (r"_coco$", "object-detection"),
    (r"^translate_gemma|^translategemma", "translation"),
)
_LANGUAGES = re.compile(r"_(en|zh|multi)(?:_|$)")


class KerasHub(InstalledLibrary):
    """All presets, without importing KerasHub (which imports TensorFlow)."""

    name = "keras-hub"
    title = "KerasHub"
    homepage = "https://github.com/keras-team/keras-hub"

    def _read(self) -> tuple[Entries, str]:
        package = installed("keras-hub", "keras_hub")
        return read_presets(package), package.version

    def records(self, page: Page) -> Iterator[Record]:
        yield from records_of_entries(page, record_of)


def read_presets(package: Package) -> list[dict[str, Any]]:
    """Every preset as its module writes it, with "name" and "file", by name."""
    found: dict[str, dict[str, Any]] = {}
    for module in package.modules(_FOLDER, "_presets.py"):
        for node in module.assigned.values():
            table = module.plain(node)
            for name, preset in table.items() if isinstance(table, dict) else ():
                if isinstance(preset, dict) and "metadata" in preset:
                    # Tables of one task repeat those of the backbone: the first one is it.
                    found.setdefault(str(name), {"name": name, "file": module.path, **preset})
    if not found:
        raise SourceUnreadable("keras_hub has no presets where they used to be")
    return [found[name] for name in sorted(found)]


def record_of(entry: Mapping[str, Any]) -> ModelRecord:
    """One preset as a record; `entry` as `read_presets` gives it."""
    name, about = entry["name"], entry["metadata"]
    owner, model, handle, version = _handle(entry["kaggle_handle"])
    page = f"{owner}/{model}/keras/{handle}"
    # Some presets lead to the page of another one, whose weights they are not.
    own_page = [f"kaggle:{page}"] if handle == name else []
    family = str(about.get("path") or "")
    facts = {
        "name": Fact(name),
        "description": Fact(about.get("description") or None),
        "task": Fact(_task(name, family, about.get("description") or "")),
        "libraries": Fact(["keras", "keras-hub"]),
        "architecture": Fact(_architecture(name), "from the preset's name"),
        "family": Fact(family or None, "KerasHub's folder"),
        "organization": Fact(owner, "whose page on Kaggle it has"),
        "license": Fact("", "in its model card on Kaggle; KerasHub's code is Apache-2.0"),
        "parameters": Fact(about["params"], "of the backbone, without a classifier"),
        "revision": Fact(version or None, "version on Kaggle"),
        "origin_url": Fact(_link(about.get("model_card"))),
        "languages": Fact(_languages(name)),
        "loading": Fact({"keras_hub": {"preset": name, "handle": entry["kaggle_handle"]}}),
    }
    return ModelRecord(
        external_id=name,
        url=f"https://www.kaggle.com/models/{page}",
        facts=facts,
        repositories=("keras-team/keras-hub",),
        identity_keys=(f"keras_hub:{name}", *own_page),
    )


def _link(value: Any) -> str | None:
    return value if isinstance(value, str) and value.startswith("https://") else None


def _handle(text: str) -> tuple[str, str, str, str]:
    """`kaggle://keras/resnetv1/keras/resnet_50_imagenet/3` -> owner, model, variation, version."""
    found = re.fullmatch(r"kaggle://([\w.-]+)/([\w.-]+)/[Kk]eras/([\w.-]+)(?:/(\d+))?", text)
    if not found:
        raise ValueError(f"{text!r:.100} is no page on Kaggle")
    return found[1], found[2], found[3], found[4] or ""


def _task(name: str, family: str, description: str) -> str | None:
    for pattern, task in _NAMED:
        if re.search(pattern, name):
            return task
    if family.startswith(("gemma3", "gemma4", "qwen3_5", "t5gemma2")):
        sees = re.search(r"multimodal|vision|image", description, re.IGNORECASE)
        return "image-text-to-text" if sees else "text-generation"
    return _TASK_OF.get(family)


def _architecture(name: str) -> str:
    """The name without what it was trained on: `resnet_50_imagenet` -> `resnet_50`."""
    trained = (
        r"_(?:imagenet(?:21k)?|coco|ade20k|cityscapes\w*|en|zh|multi|sst2|uncased|cased)(?=_|$)"
    )
    return re.sub(trained, "", name)


def _languages(name: str) -> list[str] | None:
    found = _LANGUAGES.search(name)
    return [found[1]] if found and found[1] != "multi" else None
