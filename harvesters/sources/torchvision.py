"""torchvision: every weights entry of `list_models()` of the installed release, read from its source files.

Manual: https://pytorch.org/vision/stable/models.html.
"""

import ast
import enum
import json
import math
import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from catalog import vocabulary
from catalog.keys import arxiv_ids, weights_key
from catalog.records import EvaluationRecord, Fact, ModelRecord, PaperMention
from catalog.reference_records import LabelSetRecord, named_list
from harvesters.packages import installed_version
from harvesters.python_source import SourceModule, SourceTree, SourceUnreadable, installed_package
from harvesters.sources.base import Page, Record
from harvesters.sources.families import family_of
from harvesters.sources.libraries import Entries, InstalledLibrary
from harvesters.sources.torchvision_names import task_of, training_of

_MIB = 1024 * 1024
_DOCS = "https://docs.pytorch.org/vision/stable/models.html"
_LICENSE_NOTE = "torchvision states none for these weights; its code is BSD-3-Clause"

_FEATURES = "IMAGENET1K_FEATURES"
_VOC = "pascal-voc"
_METRICS = {"acc@1": "top1", "acc@5": "top5"}


class Torchvision(InstalledLibrary):
    """All weights of all models, without importing torchvision."""

    name = "torchvision"
    title = "torchvision"
    homepage = "https://github.com/pytorch/vision"

    def _read(self) -> tuple[Entries, str]:
        return read_weights(), installed_version("torchvision")

    def records(self, page: Page) -> Iterator[Record]:
        entries = json.loads(page.body)
        for entry in entries:
            yield record_of(entry)
        lists = {found.key: found for entry in entries if (found := list_of(entry)) is not None}
        yield from lists.values()


class _Weights:
    """Stands in for torchvision's dataclass of the same purpose, which needs torch."""

    def __init__(self, url: str, transforms: Any, meta: dict[str, Any]) -> None:
        self.url, self.transforms, self.meta = url, transforms, meta


class _Preset:
    """Stands in for one of torchvision's transforms: its name and the defaults of its arguments."""

    def __init__(self, name: str, defaults: dict[str, Any]) -> None:
        self.name, self.defaults = name, defaults

    def __call__(self) -> None: ...


def read_weights() -> list[dict[str, Any]]:
    """Every weights entry as plain values: the builder's name, the entry's own, url, transforms, meta."""
    tree = SourceTree(installed_package("torchvision"))
    interpolation = tree.module("transforms", "functional").value("InterpolationMode")
    presets = _presets(tree.module("transforms", "_presets"), interpolation)
    tree.stand_ins = {
        "Weights": _Weights,
        "WeightsEnum": enum.Enum,
        "InterpolationMode": interpolation,
        **{preset.name: preset for preset in presets},
    }
    entries = [
        entry
        for module in tree.modules("models")
        for builder in module.functions_decorated("register_model")
        for entry in _of_builder(module, builder)
    ]
    return sorted(entries, key=lambda entry: str(entry["weights"]))


def _presets(module: SourceModule, interpolation: Any) -> Iterator[_Preset]:
    for node in module.classes:
        start = next((f for f in node.body if getattr(f, "name", "") == "__init__"), None)
        defaults: dict[str, Any] = {}
        if isinstance(start, ast.FunctionDef):
            for argument, value in zip(start.args.kwonlyargs, start.args.kw_defaults, strict=True):
                if isinstance(value, ast.Attribute):
                    defaults[argument.arg] = interpolation[value.attr].value
                elif value is not None:
                    defaults[argument.arg] = ast.literal_eval(value)
        yield _Preset(node.name, defaults)


def _of_builder(module: SourceModule, builder: ast.FunctionDef) -> Iterator[dict[str, Any]]:
    weights = next(a for a in builder.args.kwonlyargs if a.arg == "weights")
    # As torchvision does: the first weights class in the argument's type.
    names = [n.id for n in ast.walk(weights.annotation or weights) if isinstance(n, ast.Name)]
    members = module.value(next(name for name in names if name.endswith("Weights")))
    for member in members:
        found: _Weights = member.value
        yield {
            "builder": _registered_name(builder),
            "folder": module.file.parent.name,
            "weights": str(member),
            "is_default": member is members.DEFAULT,
            "url": found.url,
            "transforms": _transforms(found.transforms, module),
            "meta": {key: _plain(value) for key, value in found.meta.items()},
            "papers": arxiv_ids(ast.get_docstring(builder) or ""),
        }


def _registered_name(builder: ast.FunctionDef) -> str:
    for decorator in builder.decorator_list:
        if (
            isinstance(decorator, ast.Call)
            and getattr(decorator.func, "id", "") == "register_model"
        ):
            for keyword in decorator.keywords:
                return str(ast.literal_eval(keyword.value))
    return builder.name


def _transforms(transforms: Any, module: SourceModule) -> dict[str, Any]:
    given = transforms.keywords if isinstance(transforms, partial) else {}
    preset = transforms.func if isinstance(transforms, partial) else transforms
    if not isinstance(preset, _Preset):
        raise SourceUnreadable(f"{module.file.name}: transforms of an unknown kind")
    arguments = {**preset.defaults, **{key: _plain(value) for key, value in given.items()}}
    return {"preset": preset.name, **arguments}


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return str(value) if isinstance(value.value, _Weights) else value.value
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, float) and math.isnan(value):
        return None  # VGG16's features have no accuracy: JSON knows no NaN
    return value


def record_of(entry: Mapping[str, Any]) -> ModelRecord:
    """One weights entry as a record; `entry` as `read_weights` gives it."""
    meta, name = entry["meta"], entry["weights"].partition(".")[2]
    size = _input_size(entry["transforms"])
    family = family_of(entry["builder"])
    return ModelRecord(
        external_id=entry["weights"],
        url=_DOCS,
        facts={**_identity_facts(entry, name), **_size_facts(entry, size)},
        evaluations=tuple(_evaluations(meta["_metrics"], size)),
        papers=tuple(_papers(entry, family.paper if family else "")),
        repositories=("pytorch/vision",),
        identity_keys=(
            f"torchvision:{entry['weights']}",
            f"torchvision:{entry['builder']}.{name}",
            weights_key(entry["url"]),
        ),
        parent=_parent(meta),
    )


def list_of(entry: Mapping[str, Any]) -> LabelSetRecord | None:
    """What the outputs of the weights stand for; None where torchvision does not say, or nothing was trained."""
    name = entry["weights"].partition(".")[2]
    if name == _FEATURES or not entry["meta"].get("categories"):
        return None
    trained = training_of(name)
    dataset = _VOC if "VOC_LABELS" in name else trained[-1]["dataset"] if trained else ""
    names = entry["meta"]["categories"]
    title = (
        f"{vocabulary.label(vocabulary.DATASETS, dataset)}, torchvision's {len(names):,} outputs"
    )
    return named_list(names, dataset, title if dataset else "")


def _identity_facts(entry: Mapping[str, Any], name: str) -> dict[str, Fact]:
    meta, architecture = entry["meta"], entry["builder"].removeprefix("quantized_")
    family, classes = family_of(architecture), list_of(entry)
    return {
        "name": Fact(entry["weights"]),
        "description": Fact(" ".join(meta["_docs"].split()) or None),
        "task": Fact(task_of(entry, name)),
        "libraries": Fact(["pytorch", "torchvision"]),
        "architecture": Fact(architecture),
        "family": Fact(family.slug if family else architecture, "from the architecture's name"),
        "organization": Fact("pytorch", "publisher of torchvision"),
        "license": Fact(meta.get("license", ""), "" if "license" in meta else _LICENSE_NOTE),
        "training": Fact(training_of(name), f"read from the name {name}"),
        "num_classes": _classes(meta, name),
        "label_set": Fact(classes.key if classes else None, "the categories of the weights"),
        "recipe_url": Fact(meta["recipe"]),
        "loading": Fact({"torchvision": _loading(entry)}),
    }


def _size_facts(entry: Mapping[str, Any], size: int | None) -> dict[str, Fact]:
    meta = entry["meta"]
    return {
        "parameters": Fact(meta["num_params"], "torchvision's num_params"),
        "size_bytes": Fact(round(meta["_file_size"] * _MIB), "from MiB to three decimals"),
        "gmacs": Fact(meta["_ops"], "torchvision's _ops: multiply-accumulates"),
        "input_size": Fact(size, "crop of its transforms"),
        "min_size": Fact(min(meta["min_size"]), "smallest side that works"),
        "preprocessing": Fact(_preprocessing(entry["transforms"])),
    }


def _classes(meta: Mapping[str, Any], name: str) -> Fact:
    if name == _FEATURES:
        return Fact(0, "its classifier was not trained with these features")
    return Fact(len(meta["categories"]) if meta.get("categories") else None)


def _input_size(transforms: Mapping[str, Any]) -> int | None:
    crop = transforms.get("crop_size")
    return max(crop) if isinstance(crop, list | tuple) else crop


def _preprocessing(transforms: Mapping[str, Any]) -> dict[str, Any]:
    crop, resize = transforms.get("crop_size"), transforms.get("resize_size")
    same_shape = {}
    if isinstance(crop, int) and isinstance(resize, int):
        # In timm's words as well, so that the two libraries can be compared.
        same_shape = {
            "input_size": [3, crop, crop],
            "crop_pct": crop / resize,
            "crop_mode": "center",
        }
    return {**same_shape, **transforms}


def _loading(entry: Mapping[str, Any]) -> dict[str, Any]:
    hashed = re.search(r"-([0-9a-f]{8,64})\.pth$", entry["url"])
    return {
        "builder": entry["builder"],
        "weights": entry["weights"],
        "url": entry["url"],
        **({"sha256_prefix": hashed[1]} if hashed else {}),
    }


def _evaluations(metrics: Mapping[str, Any], size: int | None) -> Iterator[EvaluationRecord]:
    for dataset, values in metrics.items():
        for metric, value in values.items():
            if value is not None:
                yield EvaluationRecord(dataset.lower(), _METRICS.get(metric, metric), value, size)


def _papers(entry: Mapping[str, Any], family_paper: str) -> Iterator[PaperMention]:
    named = entry["papers"]
    introducing = family_paper if family_paper in named else named[0] if len(named) == 1 else ""
    for arxiv_id in named:
        role = "introduces" if arxiv_id == introducing else "mentioned"
        yield PaperMention(arxiv_id, role, "named in the documentation of the model's builder")
    for arxiv_id in arxiv_ids(entry["meta"].get("_docs", "")):
        yield PaperMention(arxiv_id, "mentioned", "named in the description of the weights")


def _parent(meta: Mapping[str, Any]) -> tuple[str, str] | None:
    return (f"torchvision:{meta['unquantized']}", "quantized") if "unquantized" in meta else None
