"""The files of the replayed Hub's models: as large as what was recorded of their numbers says, else not there."""

import hashlib
import re

from tests.harvesters.replay_huggingface_data import Item

_BYTES = {"F32": 4, "F16": 2, "BF16": 2}
_WEIGHTS = (".safetensors", ".bin", ".gguf", ".onnx", ".h5", ".pt", ".pth")


def siblings_of(item: Item) -> list[Item]:
    """Of most models no file was recorded: where the header of its safetensors was, there is that one."""
    names = ["README.md", "config.json", "model.safetensors"] if _stored_bytes(item) else []
    return [{"rfilename": name} for name in names]


def with_blob(item: Item, file: Item) -> Item | None:
    """The file with its size; None where nothing that was recorded tells how large it is."""
    name = file["rfilename"]
    sha = hashlib.sha256(f"{item['id']} {name}".encode()).hexdigest()
    if not name.endswith(_WEIGHTS):
        return {"blobId": sha[:40], "size": int(sha[:3], 16), **file}
    size = file.get("size") or _size_of(item, name)
    if not size:
        return None
    return {
        "blobId": sha[:40],
        "size": size,
        "lfs": {"sha256": sha, "size": size, "pointerSize": 135},
        **file,
    }


def _size_of(item: Item, name: str) -> int:
    """Bytes of one of the files into which a model's numbers are cut, all of them alike; 0 of others."""
    shard = re.search(r"-of-(\d+)\.safetensors$", name)
    is_whole = name in ("model.safetensors", "consolidated.safetensors")
    parts = int(shard[1]) if shard else 1
    return _stored_bytes(item) // parts if shard or is_whole else 0


def _stored_bytes(item: Item) -> int:
    by_type = (item.get("safetensors") or {}).get("parameters") or {}
    return sum(_BYTES[kind] * count for kind, count in by_type.items())
