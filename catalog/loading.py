"""The lines of Python that load a checkpoint, one way per library that has it.

Each kind of line here is executed by tests/catalog/test_loading.py: see
docs/decisions/0051-loader-lines-are-executed.md. Those of libraries that are not installed here come from
`catalog.loading_elsewhere`.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from catalog.loading_elsewhere import lines_elsewhere
from catalog.loading_hub import hub_address, hub_lines
from catalog.models import PretrainedModel


@dataclass(frozen=True)
class LoadLines:
    """A way to load: `key` names it in the page, `code` is complete and leaves `model` and `preprocess`."""

    key: str
    title: str
    code: str
    note: str = ""


def load_lines(pretrained: PretrainedModel) -> list[LoadLines]:
    """Every way that works for this checkpoint, the one from its own publisher first; empty if none is known."""
    loading: Mapping[str, Any] = pretrained.loading or {}
    ways = [*_folder(loading.get("folder") or {}, pretrained)]
    ways += _torchvision(loading.get("torchvision") or {}, pretrained)
    ways += _timm(_with_revision(loading), pretrained)
    ways += (LoadLines(*line) for line in (*hub_lines(loading), *lines_elsewhere(loading)))
    publisher = pretrained.slug.partition("/")[0]
    return sorted(ways, key=lambda way: way.key not in (publisher, "folder"))


def is_quantized(pretrained: PretrainedModel) -> bool:
    """Whether the weights themselves are int8, as torchvision's quantised entries are."""
    vision = (pretrained.loading or {}).get("torchvision") or {}
    return str(vision.get("builder", "")).startswith("quantized_")


def _torchvision(loading: Mapping[str, Any], pretrained: PretrainedModel) -> Iterator[LoadLines]:
    if not loading.get("builder") or not loading.get("weights"):
        return
    quantized = ", quantize=True" if is_quantized(pretrained) else ""
    code = f"""\
from torchvision.models import get_model, get_weight

weights = get_weight({_literal(loading["weights"])})
model = get_model({_literal(loading["builder"])}, weights=weights{quantized}).eval()
preprocess = weights.transforms()
"""
    note = "A pickle, read with torch's restricted loader."
    if loading.get("sha256_prefix"):
        note = "A pickle, read with torch's restricted loader; the hash in its name is checked."
    if quantized:
        note += " Without quantize=True the same builder makes the float network."
    if pretrained.num_classes == 0:
        note += " Only model.features was trained: the classifier behind it means nothing."
    yield LoadLines("torchvision", "torchvision", code, note)


def _timm(loading: Mapping[str, Any], pretrained: PretrainedModel) -> Iterator[LoadLines]:
    name, hub_id = loading.get("name"), loading.get("hub_id")
    if not name:
        if (loading.get("hub") or {}).get("hub_id"):
            address = hub_address(loading["hub"])
            pinned = "The revision is pinned." if "@" in address else "Pin it with @ and a commit."
            yield LoadLines("hub", "timm, from the Hub", _timm_code(address), pinned)
        return
    note = "" if hub_id else "Fetches a pickle from the publisher's own server, not from the Hub."
    if pretrained.num_classes == 0:
        note = f"{note} No classifier: the output is a feature vector per image.".strip()
    yield LoadLines("timm", "timm", _timm_code(name), note)
    # A repository that holds other files, too, or two checkpoints, says nothing about which one is meant.
    if hub_id == f"timm/{name}" and not loading.get("hub_filename"):
        revision = loading.get("revision")
        address = f"hf-hub:{hub_id}@{revision}" if revision else f"hf-hub:{hub_id}"
        pinned = "The revision is pinned." if revision else "Pin it with @ and a commit of the Hub."
        yield LoadLines("hub", "timm, from the Hub", _timm_code(address), pinned)


def _with_revision(loading: Mapping[str, Any]) -> Mapping[str, Any]:
    """timm's own entry, with the revision that the Hub lists of the same repository; else the Hub's entry."""
    own, hub = loading.get("timm") or {}, loading.get("hub_timm") or {}
    same = own and own.get("hub_id") == hub.get("hub_id")
    return {**own, "revision": hub.get("revision")} if same else own or {"hub": hub}


def _folder(loading: Mapping[str, Any], pretrained: PretrainedModel) -> Iterator[LoadLines]:
    if not loading.get("name"):
        return
    path, place = folder_place(loading.get("root", ""), loading["name"])
    note = f"Run it in {place}."
    if loading.get("library") == "torchvision":
        yield LoadLines("folder", "torchvision, from the folder", _folder_code(path), note)
    else:
        code = _timm_code(f"local-dir:{path}")
        yield LoadLines("folder", "timm, from the folder", code, note)


def folder_place(root: str, name: str) -> tuple[str, str]:
    """The path of a checkpoint's folder as the lines spell it, and in words the folder in which they run."""
    if root == "shipped":
        return (
            f"inference/shipped/{name}",
            "the folder of Modelscout, which this checkpoint comes with",
        )
    return name, "MODELS_DIR, the folder of own checkpoints on the machine of this site"


def _timm_code(name: str) -> str:
    return f"""\
import timm

model = timm.create_model({_literal(name)}, pretrained=True).eval()
config = timm.data.resolve_model_data_config(model)
preprocess = timm.data.create_transform(**config, is_training=False)
"""


def _folder_code(path: str) -> str:
    return f"""\
import json
from pathlib import Path

from safetensors.torch import load_file
from timm.data import create_transform
from torchvision.models import get_model

folder = Path({_literal(path)})
config = json.loads((folder / "config.json").read_text())
model = get_model(config["architecture"], weights=None, num_classes=config["num_classes"]).eval()
model.load_state_dict(load_file(folder / "model.safetensors"))
cfg = config["pretrained_cfg"]
known = ("input_size", "interpolation", "mean", "std", "crop_pct")
preprocess = create_transform(**{{key: cfg[key] for key in known if key in cfg}}, is_training=False)
"""


def _literal(text: str) -> str:
    """A Python string literal in double quotes: a name must not end its own quotes."""
    return json.dumps(str(text), ensure_ascii=False)
