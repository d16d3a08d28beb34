"""What a checkpoint's `loading` column says about where its weights lie; pure, no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from catalog.models import PretrainedModel

SHIPPED_DIR = settings.BASE_DIR / "inference" / "shipped"


@dataclass(frozen=True)
class HubRecipe:
    """A Hub repository that timm can load. `name` is timm's own (`resnet50.a1_in1k`) or the repository's."""

    name: str
    repo: str
    filename: str = ""
    revision: str = ""

    @property
    def key(self) -> str:
        return f"hub:{self.repo}" + (f"/{self.filename}" if self.filename else "")

    @property
    def place(self) -> str:
        return self.repo


@dataclass(frozen=True)
class TorchvisionRecipe:
    """One entry of a torchvision weights enum, e.g. `ResNet50_Weights.IMAGENET1K_V2`."""

    builder: str
    weights: str
    url: str
    sha256_prefix: str

    @property
    def key(self) -> str:
        return f"torchvision:{self.url.rsplit('/', 1)[-1]}"

    @property
    def place(self) -> str:
        return self.url.rsplit("/", 1)[-1]


@dataclass(frozen=True)
class FolderRecipe:
    """A Hub-style folder on this machine; `root` is "shipped" or "models"."""

    root: str
    name: str
    library: str = "timm"

    @property
    def key(self) -> str:
        return f"folder:{self.root}/{self.name}"

    @property
    def place(self) -> str:
        return self.name

    @property
    def path(self) -> Path | None:
        """The folder, or None if the name leads out of its root or nothing loadable is there."""
        if "\0" in self.name:
            return None
        root = (SHIPPED_DIR if self.root == "shipped" else settings.MODELS_DIR).resolve()
        path = (root / self.name).resolve()
        files = ("config.json", "model.safetensors")
        inside = path.is_relative_to(root) and path != root
        return path if inside and all((path / file).is_file() for file in files) else None


Recipe = HubRecipe | TorchvisionRecipe | FolderRecipe


def recipe_for(pretrained: PretrainedModel) -> Recipe | None:
    """The best way to load this checkpoint: from a folder, else through timm, else through torchvision."""
    loading: Mapping[str, Any] = pretrained.loading or {}
    if folder := loading.get("folder"):
        return FolderRecipe(folder["root"], folder["name"], folder.get("library") or "timm")
    timm = loading.get("timm") or {}
    if timm.get("hub_id"):
        return HubRecipe(
            timm.get("name") or timm["hub_id"].rsplit("/", 1)[-1],
            timm["hub_id"],
            timm.get("hub_filename") or "",
            timm.get("revision") or "",
        )
    vision = loading.get("torchvision") or {}
    if vision.get("url") and vision.get("weights"):
        return TorchvisionRecipe(
            vision["builder"], vision["weights"], vision["url"], vision.get("sha256_prefix") or ""
        )
    return None
