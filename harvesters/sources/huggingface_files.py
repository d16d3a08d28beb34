"""The files of a repository on the Hugging Face Hub: which are weights, how large, and which one is the checkpoint."""

import re
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

from catalog.records import Fact

_FORMATS = {
    ".safetensors": "safetensors", ".bin": "pickle", ".pt": "pickle", ".pth": "pickle", ".ckpt": "pickle",
    ".pkl": "pickle", ".gguf": "gguf", ".ggml": "ggml", ".onnx": "onnx", ".h5": "h5", ".keras": "keras",
    ".msgpack": "flax", ".tflite": "tflite", ".npz": "npz", ".mlmodel": "coreml", ".joblib": "joblib",
    ".nemo": "nemo", ".ot": "rust", ".pdparams": "paddlepaddle", ".engine": "tensorrt",
}  # fmt: skip
# What training leaves beside the weights: no model, whatever its ending.
_NO_WEIGHTS = re.compile(
    r"(?:training_args|optimizer|scheduler|scaler|rng_state|random_states)[\w.-]*"
)
# Made of model.safetensors by the libraries themselves, so that they stand beside it and are the same weights.
_CONVERTED = re.compile(
    r"(?:pytorch_model\.bin|tf_model\.h5|flax_model\.msgpack|rust_model\.ot|(?:onnx|openvino|coreml)/.*)"
)
# Mistral's repositories hold the same weights twice: as its own library and as Transformers read them.
_FOR_TRANSFORMERS = re.compile(r"model(?:-\d+-of-\d+)?\.safetensors")
_THE_SAME_AGAIN = re.compile(r"consolidated[\w.-]*\.safetensors")
_MOST_FILES = 200
# Below it are toys for tests, of which many share their bytes without being the same model.
_LEAST_BYTES = 1_000_000
_SHA256 = re.compile(r"[0-9a-f]{64}")
_Json = Mapping[str, Any]


def file_facts(info: _Json, site: str) -> dict[str, Fact]:
    """Files, their formats and the size of the weights; `site` is the address below which files lie."""
    files = _files(info)
    weights = [file for file in files if file["format"] != "other"]
    facts: dict[str, Fact] = {}
    if files:
        first = sorted(files, key=lambda f: (f["format"] == "other", -f["bytes"]))[:_MOST_FILES]
        told = f"{len(files):,} files" + (
            f", {_MOST_FILES} of them here" if len(files) > len(first) else ""
        )
        facts["files"] = Fact([_with_address(file, site) for file in first], told)
    if weights:
        facts["formats"] = Fact(sorted({file["format"] for file in weights}))
        size, note = _main_size(weights)
        if size:
            facts["size_bytes"] = Fact(size, note)
    return facts


def weights_sha256(info: _Json) -> str:
    """The hash of the one file that is the checkpoint; empty where none is, or more than one might be.

    Two repositories with this file are copies. Adapters are not: what they are added to is not theirs.
    """
    weights = [file for file in _files(info) if file["format"] != "other"]
    if any(PurePosixPath(file["name"]).name.startswith("adapter_") for file in weights):
        return ""
    tensors = [file for file in weights if file["format"] == "safetensors"]
    if tensors:
        weights = [f for f in weights if f in tensors or not _CONVERTED.fullmatch(f["name"])]
    if len(weights) != 1 or "/" in weights[0]["name"] or weights[0]["bytes"] < _LEAST_BYTES:
        return ""
    return str(weights[0].get("sha256", ""))


def _main_size(weights: list[dict[str, Any]]) -> tuple[int, str]:
    """All safetensors together, but once, else the shards of pytorch_model.bin, else the largest file."""
    tensors = [file for file in weights if file["format"] == "safetensors"]
    if any(_FOR_TRANSFORMERS.fullmatch(file["name"]) for file in tensors):
        tensors = [file for file in tensors if not _THE_SAME_AGAIN.fullmatch(file["name"])]
    shards = [f for f in weights if re.fullmatch(r"pytorch_model[\w.-]*\.bin", f["name"])]
    for several, words in ((tensors, "safetensors files"), (shards, "files of pytorch_model.bin")):
        if several:
            told = several[0]["name"] if len(several) == 1 else f"{len(several)} {words} together"
            return sum(file["bytes"] for file in several), told
    largest = max(weights, key=lambda file: file["bytes"])
    others = f", the largest of {len(weights)} files" if len(weights) > 1 else ""
    return largest["bytes"], f"{largest['name']}{others}"


def _files(info: _Json) -> list[dict[str, Any]]:
    found = []
    siblings = info.get("siblings")
    for item in siblings if isinstance(siblings, list) else []:
        name = item.get("rfilename") if isinstance(item, dict) else None
        if not isinstance(name, str) or not 0 < len(name) <= 300:
            continue
        lfs = item["lfs"] if isinstance(item.get("lfs"), dict) else {}
        size = item.get("size") if _is_size(item.get("size")) else lfs.get("size")
        file = {"name": name, "bytes": size if _is_size(size) else 0, "format": _format(name)}
        if isinstance(lfs.get("sha256"), str) and _SHA256.fullmatch(lfs["sha256"]):
            file["sha256"] = lfs["sha256"]
        found.append(file)
    return found


def _format(name: str) -> str:
    path = PurePosixPath(name)
    if _NO_WEIGHTS.fullmatch(path.stem) or path.name.startswith(("tokenizer", "vocab", "merges")):
        return "other"
    if path.suffix == ".bin" and path.name.startswith("openvino"):
        return "openvino"
    return _FORMATS.get(path.suffix.lower(), "other")


def _with_address(file: dict[str, Any], site: str) -> dict[str, Any]:
    address = f"{site}/{quote(file['name'])}"
    return {**file, "url": address} if len(address) <= 500 else file


def _is_size(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 10**16
