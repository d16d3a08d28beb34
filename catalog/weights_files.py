"""The files a checkpoint consists of, and whether opening them can run code."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

from catalog.claims import Claim
from catalog.models import PretrainedModel

_PICKLES = {".pth", ".pt", ".bin", ".pkl", ".pickle", ".ckpt", ".tar", ".th"}
SAFE = "Plain numbers with a header: opening it cannot run code."
PICKLE = (
    "A pickle: opening one can run any code its author put in. Load it only with weights_only=True, "
    "from a publisher you trust."
)
_OTHERS = {
    ".npz": ("NumPy archive", "Arrays; safe with allow_pickle=False, NumPy's default."),
    ".onnx": (
        "ONNX",
        "A graph of known operations and its numbers; it may name further files to read.",
    ),
    ".h5": ("HDF5", "Numbers, if it holds weights only; a whole Keras model in it may hold code."),
}
MAYBE = "timm takes model.safetensors where the repository has it, else a pickle."


@dataclass(frozen=True)
class WeightsFile:
    """One file. `bytes` is None where no source states the size; `sha256` may be only the first characters."""

    name: str
    format: str
    safety: str
    bytes: int | None = None
    sha256: str = ""
    url: str = ""

    @property
    def verdict(self) -> str:
        """ "yes" for a safe format, "no" for a pickle, "unclear" else."""
        return {SAFE: "yes", PICKLE: "no"}.get(self.safety, "unclear")


def weights_files(
    pretrained: PretrainedModel, claims: Mapping[str, Sequence[Claim]]
) -> list[WeightsFile]:
    """What the listings state about files, else what the loading entries imply; each address once."""
    stated = [
        _stated(entry)
        for claim in claims.get("files", ())
        for entry in claim.value
        if _is_weights(entry)
    ]
    implied = _implied(pretrained.loading or {}, _size_of_torchvision(claims))
    found: dict[str, WeightsFile] = {}
    for file in (*stated, *implied):
        found.setdefault(file.url or file.name, file)
    return list(found.values())


def _is_weights(entry: Mapping[str, Any]) -> bool:
    """Hubs list every file of a repository; its card and tokenizer are none of the weights."""
    return entry.get("format") != "other"


def _stated(entry: Mapping[str, Any]) -> WeightsFile:
    name = str(entry.get("name", ""))
    return _file(name, entry.get("bytes"), str(entry.get("sha256", "")), entry.get("url") or "")


def _implied(loading: Mapping[str, Any], size: int | None) -> Iterator[WeightsFile]:
    vision, timm = loading.get("torchvision") or {}, loading.get("timm") or {}
    if vision.get("url"):
        yield _file(_last(vision["url"]), size, vision.get("sha256_prefix") or "", vision["url"])
    if timm.get("hub_id"):
        page = f"https://huggingface.co/{timm['hub_id']}"
        filename = timm.get("hub_filename")
        if filename:
            yield _file(f"{timm['hub_id']}/{filename}", url=page)
        else:
            yield WeightsFile(timm["hub_id"], "Hub repository", MAYBE, url=page)
    if timm.get("url"):
        yield _file(_last(timm["url"]), url=timm["url"])


def _file(name: str, size: int | None = None, sha256: str = "", url: str = "") -> WeightsFile:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix == ".safetensors":
        return WeightsFile(name, "safetensors", SAFE, size, sha256, url)
    if suffix in _PICKLES:
        return WeightsFile(name, f"pickle ({suffix})", PICKLE, size, sha256, url)
    if suffix in _OTHERS:
        return WeightsFile(name, *_OTHERS[suffix], size, sha256, url)
    return WeightsFile(name, suffix or "unknown", "Format not known here.", size, sha256, url)


def _last(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).name or url


def _size_of_torchvision(claims: Mapping[str, Sequence[Claim]]) -> int | None:
    sizes = (c.value for c in claims.get("size_bytes", ()) if c.source == "torchvision")
    return next(sizes, None)
