"""timm: every pretrained configuration of the installed release, read from its source files.

Manual: https://huggingface.co/docs/timm/reference/models.
"""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from catalog.keys import arxiv_ids, repository_name, weights_key
from catalog.records import Fact, ModelRecord, PaperMention, Rejected
from harvesters.packages import installed_version
from harvesters.python_source import SourceModule, SourceTree, installed_package
from harvesters.sources.base import Page
from harvesters.sources.families import family_of
from harvesters.sources.libraries import Entries, InstalledLibrary
from harvesters.sources.timm_labels import by_outputs, label_set_of
from harvesters.sources.timm_tags import names_classes, organization_of, training_of

_HUB = "https://huggingface.co"
_RECIPE_PAPER = "2110.00476"  # ResNet strikes back
# These tags say that the weights are torchvision's own.
_TORCHVISION_WEIGHTS = {
    "tv_in1k": "IMAGENET1K_V1",
    "tv2_in1k": "IMAGENET1K_V2",
    "swag_ft_in1k": "IMAGENET1K_SWAG_E2E_V1",
    "swag_lc_in1k": "IMAGENET1K_SWAG_LINEAR_V1",
}
_PREPROCESSING = ("input_size", "interpolation", "crop_pct", "crop_mode", "mean", "std")
# Who owns a place where weights lie; where timm mirrors everybody's files says nothing.
_HOSTS = {
    "dl.fbaipublicfiles.com": "facebook",
    "download.pytorch.org": "pytorch",
    "docs-assets.developer.apple.com": "apple",
    "storage.googleapis.com": "google",
}
_OWNERS = {
    "huggingface/pytorch-image-models": "timm",
    "facebookresearch": "facebook",
    "pytorch": "pytorch",
    "nvlabs": "nvidia",
    "alibaba-miil": "alibaba",
    "huawei-noah": "huawei-noah",
    "paddlepaddle": "paddlepaddle",
}


class Timm(InstalledLibrary):
    """All of `timm.list_pretrained()`, without importing timm."""

    name = "timm"
    title = "timm"
    homepage = "https://github.com/huggingface/pytorch-image-models"

    def _read(self) -> tuple[Entries, str]:
        return read_configurations(), installed_version("timm")

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for entry in json.loads(page.body):
            yield record_of(entry)


def read_configurations() -> list[dict[str, Any]]:
    """Every configuration with weights, as plain values: `PretrainedCfg`'s fields and where it was found."""
    tree = SourceTree(installed_package("timm"))
    constants = tree.module("data", "constants")
    tree.stand_ins = {name: constants.value(name) for name in constants.names}
    modules = [m for m in tree.modules("models") if m.binds("default_cfgs")]
    papers = {i for module in tree.modules("models") for i in arxiv_ids(module.docstring)}
    entries = [entry for module in modules for entry in _of_module(module, papers)]
    lists = by_outputs(tree)
    repositories = Counter(entry["hf_hub_id"] for entry in entries)
    for entry in entries:
        # Seventeen repositories hold two configurations: there the id does not tell which weights.
        entry["hub_is_its_own"] = repositories[entry["hf_hub_id"]] == 1
        entry["label_set"] = label_set_of(entry, lists)
    return sorted(entries, key=lambda entry: str(entry["name"]))


def _of_module(module: SourceModule, papers: set[str]) -> Iterator[dict[str, Any]]:
    tables = module.value("default_cfgs")
    for architecture in module.functions_decorated("register_model"):
        if architecture.name not in tables:
            continue
        for tag, cfg in tables[architecture.name].cfgs.items():
            if not cfg.has_weights:
                continue
            name = f"{architecture.name}.{tag}" if tag else architecture.name
            family = family_of(architecture.name)
            yield {
                **vars(cfg),
                "name": name,
                "architecture": architecture.name,
                "tag": tag,
                # An id that ends in a slash is completed by the name.
                "hf_hub_id": f"timm/{name}" if cfg.hf_hub_id == "timm/" else cfg.hf_hub_id,
                "module": module.name,
                "family_paper": family.paper if family and family.paper in papers else "",
            }


def record_of(entry: Mapping[str, Any]) -> ModelRecord:
    """One configuration as a record; `entry` as `read_configurations` gives it."""
    tag = entry["tag"] or ""
    return ModelRecord(
        external_id=entry["name"],
        url=_page(entry),
        facts=_facts(entry, tag),
        papers=tuple(_papers(entry)),
        repositories=tuple(filter(None, [repository_name(entry["origin_url"] or "")])),
        identity_keys=tuple(_keys(entry, tag)),
    )


def _facts(entry: Mapping[str, Any], tag: str) -> dict[str, Fact]:
    family = family_of(entry["architecture"])
    has_classes = bool(entry["num_classes"]) and names_classes(tag)
    return {
        "name": Fact(entry["name"]),
        "description": Fact(entry["description"]),
        "task": Fact("image-classification" if has_classes else "image-feature-extraction"),
        "libraries": Fact(["pytorch", "timm"]),
        "architecture": Fact(entry["architecture"]),
        "family": Fact(
            family.slug if family else entry["module"],
            "from the architecture's name" if family else "timm's module",
        ),
        "organization": Fact(_organization(entry, tag) or None, "from the tag or the origin"),
        "license": Fact(entry["license"], "of the weights, in timm's own record"),
        "training": Fact(training_of(tag) or None, f"read from the tag {tag}"),
        "num_classes": _classes(entry, has_classes=has_classes),
        "label_set": Fact(entry["label_set"] or None, "timm's own list for so many outputs"),
        "input_size": Fact(max(entry["input_size"][1:])),
        "preprocessing": Fact({key: entry[key] for key in _PREPROCESSING}),
        "origin_url": Fact(entry["origin_url"]),
        "loading": Fact({"timm": _loading(entry)}),
    }


def _classes(entry: Mapping[str, Any], *, has_classes: bool) -> Fact:
    if has_classes or not entry["num_classes"]:
        return Fact(entry["num_classes"])
    # CLIP and DINO towers: timm's field then counts the numbers of the embedding.
    return Fact(0, f"its {entry['num_classes']} outputs are an embedding, not classes")


def _loading(entry: Mapping[str, Any]) -> dict[str, Any]:
    keys = {"name": "name", "hub_id": "hf_hub_id", "hub_filename": "hf_hub_filename", "url": "url"}
    return {key: entry[field] for key, field in keys.items() if entry[field]}


def _page(entry: Mapping[str, Any]) -> str:
    if entry["hf_hub_id"]:
        return f"{_HUB}/{entry['hf_hub_id']}"
    return entry["origin_url"] or Timm.homepage


def _keys(entry: Mapping[str, Any], tag: str) -> Iterator[str]:
    yield f"timm:{entry['name']}"
    if isinstance(entry["url"], str) and entry["url"]:
        yield weights_key(entry["url"])
    if entry["hf_hub_id"] and entry["hub_is_its_own"]:
        yield f"hub:{entry['hf_hub_id']}"
    if tag in _TORCHVISION_WEIGHTS:
        yield f"torchvision:{entry['architecture']}.{_TORCHVISION_WEIGHTS[tag]}"


def _papers(entry: Mapping[str, Any]) -> Iterator[PaperMention]:
    family_paper = entry["family_paper"]
    if family_paper:
        yield PaperMention(
            family_paper, "introduces", "named in the documentation of timm's models"
        )
    stated = entry["paper_ids"] or ()
    for arxiv_id in arxiv_ids(" ".join([stated] if isinstance(stated, str) else stated)):
        role = "recipe" if arxiv_id == _RECIPE_PAPER else "mentioned"
        yield PaperMention(arxiv_id, role, "in timm's record of the checkpoint")


def _organization(entry: Mapping[str, Any], tag: str) -> str:
    by_tag = organization_of(tag)
    if by_tag:
        return by_tag
    origin = entry["origin_url"] or ""
    repository = repository_name(origin)
    owner = repository.partition("/")[0]
    parts = urlsplit(origin)
    if parts.hostname == "huggingface.co":
        owner = parts.path.split("/")[1].lower()
    if owner:
        return _OWNERS.get(repository) or _OWNERS.get(owner, owner)
    url = entry["url"] if isinstance(entry["url"], str) else ""
    by_host = _HOSTS.get(urlsplit(url).hostname or "")
    hub_owner = (entry["hf_hub_id"] or "").partition("/")[0]
    return by_host or ("" if hub_owner == "timm" else hub_owner)
