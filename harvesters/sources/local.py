"""Folders of weights on this machine, as the Hub lays them out: config.json, model.safetensors, README.md.

The team's own checkpoints lie in MODELS_DIR, those that ship with the project in inference/shipped. The
layout is that of timm's `push_to_hf_hub`; `"library": "torchvision"` in config.json stands for the other.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from catalog.records import Fact, ModelRecord, Rejected
from catalog.reference_records import LabelSetRecord, named_list
from harvesters.sources.base import Page, Record, Start
from harvesters.sources.families import family_of
from harvesters.sources.local_card import (
    evaluations_of,
    front_matter,
    summary_of,
    training_of,
    word,
)
from harvesters.sources.named_classes import names_in

if TYPE_CHECKING:
    from harvesters.http import Http

_WEIGHTS = "model.safetensors"
_MOST_HEADER = 100_000_000
_MOST_TEXT = 10_000_000
_PREPROCESSING = ("input_size", "interpolation", "crop_pct", "crop_mode", "mean", "std")
_LIBRARIES = ("timm", "torchvision")


class BadFolder(Exception):
    """A folder that holds no checkpoint we can read; the message says what to change."""


class Local:
    """Every folder below the given roots; `roots` maps "shipped" and "models" to folders.

    `settings` maps a root to the setting that names it: one whose folder is not there is reported, and
    its checkpoints are not taken for gone (a disk that is not mounted). Other roots may be missing.
    """

    name = "local"
    title = "This site"
    homepage = ""
    kind = "folder"
    bases = ()
    has_increments = False
    is_complete = True

    def __init__(
        self, roots: Mapping[str, Path], settings: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._roots = roots
        self._settings = settings

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - reads files only
        """One page with every folder: reading starts over each time, for files have no cursor."""
        signature = self.signature()  # before reading: what changes meanwhile is read again
        missing = self.missing()
        entries = [describe(root, folder) for root, folder in self.folders()]
        body = json.dumps(entries).encode()
        yield Page(body, expected=len(entries), watermark=signature, missing=missing)

    def records(self, page: Page) -> Iterator[Record]:
        taken: set[str] = set()
        for entry in json.loads(page.body):
            name = entry["name"]
            if "problem" in entry:
                yield Rejected(name, entry["problem"], json.dumps(entry))
            elif name in taken:
                reason = f"{name}: a folder of this name ships with the project; rename yours."
                yield Rejected(f"{entry['root']}/{name}", reason, json.dumps(entry))
            else:
                taken.add(name)
                yield from _record(entry)

    def folders(self) -> Iterator[tuple[str, Path]]:
        """(root, folder) of each candidate; what begins with a dot, or is no folder, is none."""
        for root, path in self._roots.items():
            children = sorted(path.iterdir()) if path.is_dir() else []
            yield from ((root, c) for c in children if c.is_dir() and not c.name.startswith("."))

    def missing(self) -> str:
        """Which folders that were set are not there; "" if all are."""
        absent = [root for root in self._settings if not self._roots[root].is_dir()]
        advice = "does not exist: make that folder or correct the setting"
        return "; ".join(f"{self._settings[root]} {self._roots[root]} {advice}" for root in absent)

    def signature(self) -> str:
        """A text that changes when a file of a folder does; costs one stat per file."""
        seen = hashlib.sha256(self.missing().encode())
        for root, folder in self.folders():
            for file in sorted(folder.glob("*")):
                try:
                    status = file.stat()
                except OSError:
                    continue
                seen.update(
                    f"{root}/{folder.name}/{file.name} {status.st_size} {status.st_mtime_ns}\n".encode()
                )
        return seen.hexdigest()


def describe(root: str, folder: Path) -> dict[str, Any]:
    """What lies in a folder, as plain values; with `problem` where it is not a checkpoint."""
    entry: dict[str, Any] = {"root": root, "name": folder.name}
    try:
        config = _config(folder)
        weights = folder / _WEIGHTS
        parameters, tensors = _parameters(weights)
        return entry | {
            "config": config,
            "parameters": parameters,
            "tensors": tensors,
            "bytes": weights.stat().st_size,
            "sha256": _sha256(weights),
            "readme": _text(folder / "README.md") if (folder / "README.md").is_file() else "",
        }
    except BadFolder as problem:
        return entry | {"problem": f"{folder.name}: {problem}"}
    except (OSError, RecursionError, ValueError) as problem:
        return entry | {"problem": f"{folder.name}: it cannot be read: {problem}"}


def _config(folder: Path) -> dict[str, Any]:
    file = folder / "config.json"
    if not file.is_file():
        raise BadFolder("config.json is missing; export it with timm.models.save_for_hf")
    try:
        config = json.loads(_text(file))
    except (ValueError, RecursionError) as problem:
        raise BadFolder(f"config.json is no JSON: {problem}") from problem
    if not isinstance(config, dict) or not isinstance(config.get("architecture"), str):
        raise BadFolder('config.json names no "architecture"')
    if config.get("library", "timm") not in _LIBRARIES:
        raise BadFolder(f'config.json: "library" must be one of {", ".join(_LIBRARIES)}')
    if not isinstance(config.get("pretrained_cfg", {}), dict):
        raise BadFolder('config.json: "pretrained_cfg" must be an object')
    return config


def _text(file: Path) -> str:
    if file.stat().st_size > _MOST_TEXT:
        raise BadFolder(f"{file.name} is larger than {_MOST_TEXT:,} bytes")
    return file.read_text("utf-8", "replace").removeprefix("\ufeff")


def _parameters(file: Path) -> tuple[int, int]:
    """(parameters, tensors) by the header of a safetensors file; the weights are not read.

    Format: https://github.com/huggingface/safetensors#format. Running means and variances, and their
    counters, are stored beside the parameters but are none.
    """
    if not file.is_file():
        raise BadFolder(f"{file.name} is missing; only safetensors files are read")
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if not 0 < length <= _MOST_HEADER or length + 8 > file.stat().st_size:
            raise BadFolder(f"{file.name} is cut off or no safetensors file")
        try:
            header = json.loads(opened.read(length))
            shapes = {name: t["shape"] for name, t in header.items() if name != "__metadata__"}
            end = max(
                (t["data_offsets"][1] for n, t in header.items() if n != "__metadata__"), default=0
            )
            sizes = {name: math.prod(shape) for name, shape in shapes.items()}
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as problem:
            raise BadFolder(f"{file.name} has a broken header: {problem!r}") from problem
    if 8 + length + end != file.stat().st_size:
        raise BadFolder(f"{file.name} is cut off: copy it again")
    statistics = ("running_mean", "running_var", "num_batches_tracked")
    return sum(s for n, s in sizes.items() if not n.endswith(statistics)), len(sizes)


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _record(entry: Mapping[str, Any]) -> Iterator[ModelRecord | LabelSetRecord]:
    card, body = front_matter(entry["readme"])
    size = _size(entry["config"].get("pretrained_cfg", {}).get("input_size"))
    facts = _facts(entry, card, size) | {
        "description": Fact(summary_of(body)),
        "card": Fact(body or None),
    }
    yield ModelRecord(
        external_id=entry["name"],
        facts={name: fact for name, fact in facts.items() if fact.value not in (None, "")},
        evaluations=tuple(evaluations_of(card, size)),
        identity_keys=(f"sha256:{entry['sha256']}",),
    )
    if classes := named_list(names_in(entry["config"])):
        yield classes


def _facts(entry: Mapping[str, Any], card: Mapping[str, Any], size: int | None) -> dict[str, Fact]:
    config = entry["config"]
    cfg, library = config.get("pretrained_cfg", {}), config.get("library", "timm")
    family = family_of(config["architecture"])
    number = config.get("num_classes", cfg.get("num_classes"))
    classes = named_list(names_in(config))
    return {
        "name": Fact(entry["name"]),
        "task": Fact(_task(number, word(card.get("pipeline_tag")))),
        "libraries": Fact(["pytorch", library]),
        "architecture": Fact(config["architecture"]),
        "family": Fact(family.slug if family else None, "from the architecture's name"),
        "license": Fact(word(card.get("license")) or word(cfg.get("license")), "in the folder"),
        "training": Fact(training_of(card), "data sets named in README.md"),
        "num_classes": Fact(number),
        "label_set": Fact(classes.key if classes else None, "label_names in config.json"),
        "parameters": Fact(entry["parameters"], "counted in the file, without running statistics"),
        "size_bytes": Fact(entry["bytes"], "of the file"),
        "input_size": Fact(size),
        "preprocessing": Fact({k: cfg[k] for k in _PREPROCESSING if cfg.get(k) is not None} or None),
        "origin_url": Fact(word(cfg.get("origin_url"))),
        "loading": Fact({"folder": {"root": entry["root"], "name": entry["name"], "library": library}}),
        "files": Fact([{"name": _WEIGHTS, "bytes": entry["bytes"], "format": "safetensors", "sha256": entry["sha256"]}]),
    }  # fmt: skip


def _task(classes: Any, stated: str | None) -> str:
    # A card copied from the classifier it was cut from does not make it one.
    if classes == 0 and stated in (None, "image-classification"):
        return "image-feature-extraction"
    return stated or "image-classification"


def _size(value: Any) -> int | None:
    shape = value[1:] if isinstance(value, list) and len(value) == 3 else []
    return max(shape) if shape and all(isinstance(side, int) for side in shape) else None
