"""Looks at a safetensors file before anything is allocated for it. Format: https://github.com/huggingface/safetensors"""

import json
import math
from pathlib import Path
from typing import Any

from django.conf import settings

from inference.errors import TrialError, megabytes

HEADER_MAX_BYTES = 20_000_000
TENSORS_MAX = 50_000
ITEM_BYTES = {
    "F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1,
}  # fmt: skip


def check_memory(size: int) -> None:
    """Raises TrialError if a model of `size` bytes is more than this worker keeps."""
    if size > settings.LOADED_MODELS_MAX_BYTES:
        raise TrialError(
            "weights_too_large",
            size=megabytes(size),
            limit=megabytes(settings.LOADED_MODELS_MAX_BYTES),
        )


def check_safetensors(path: Path) -> int:
    """Bytes that the tensors take as float32; raises TrialError if the header is unsound or they are too many."""
    header, body = _header(path)
    if len(header) > TENSORS_MAX:
        raise _refused(path, f"{len(header)} tensors are too many")
    end, size = 0, 0
    spans = sorted(
        (_span(path, name, entry) for name, entry in header.items()), key=lambda s: s[:2]
    )
    for begin, stop, items in spans:
        # No gap, no overlap: then nothing can hide in the file, and no two tensors share bytes.
        if begin != end:
            raise _refused(path, "its tensors do not lie side by side")
        end, size = stop, size + 4 * items
    if end != body:
        raise _refused(path, f"it holds {body} bytes of tensors and announces {end}")
    check_memory(size)
    return size


def _header(path: Path) -> tuple[dict[str, Any], int]:
    total = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if not 2 <= length <= min(HEADER_MAX_BYTES, total - 8):
            raise _refused(path, "its header has an impossible length")
        try:
            header = json.loads(file.read(length))
        except (ValueError, RecursionError):
            raise _refused(path, "its header is not JSON") from None
    if not isinstance(header, dict):
        raise _refused(path, "its header is not a table")
    header.pop("__metadata__", None)
    return header, total - 8 - length


def _span(path: Path, name: str, entry: Any) -> tuple[int, int, int]:
    """(first byte, byte after the last, number of elements) of one tensor."""
    try:
        begin, stop = entry["data_offsets"]
        shape, item = entry["shape"], ITEM_BYTES[entry["dtype"]]
        sizes_are_whole = all(isinstance(side, int) and side >= 0 for side in [begin, stop, *shape])
        items = math.prod(shape) if sizes_are_whole else -1
    except (KeyError, TypeError, ValueError):
        raise _refused(path, f"its entry {name[:80]!r} is malformed") from None
    if items < 0 or stop - begin != items * item:
        raise _refused(path, f"its entry {name[:80]!r} has another size than it says")
    return begin, stop, items


def _refused(path: Path, why: str) -> TrialError:
    return TrialError("weights_refused", file=path.name, why=why)
