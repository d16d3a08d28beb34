"""The tags of a model on the Hugging Face Hub: which of them mean something of their own.

The forms: https://huggingface.co/docs/hub/model-cards and `GET /api/models-tags-by-type`.
"""

from collections.abc import Mapping
from typing import Any

from catalog.languages import is_language_tag

_FORMATS = {
    "coreml": "coreml", "flax": "flax", "gguf": "gguf", "keras": "keras", "mlx": "mlx", "onnx": "onnx",
    "openvino": "openvino", "paddlepaddle": "paddlepaddle", "pytorch": "pickle", "rust": "rust",
    "safetensors": "safetensors", "tf": "tf", "tflite": "tflite",
}  # fmt: skip
# What becomes of a tag with this word before its colon; empty: it is of no use here.
_KINDS = {
    "license": "licenses", "dataset": "datasets", "arxiv": "papers", "base_model": "parents", "region": "",
}  # fmt: skip


class Tags:
    """The tags of a model, parted: what has a field of its own does not stay among the free ones."""

    def __init__(self, tags: Any, item: Mapping[str, Any]) -> None:
        self.licenses: list[str] = []
        self.datasets: list[str] = []
        self.papers: list[str] = []
        self.parents: list[str] = []
        self.languages: list[str] = []
        self.formats: dict[str, None] = {}
        self.plain: list[str] = []
        self.all = [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []
        known = [item.get("pipeline_tag"), item.get("library_name")]
        for tag in self.all:
            kind, colon, value = tag.partition(":")
            if colon and kind in _KINDS:
                into = _KINDS[kind]
                if into:
                    getattr(self, into).append(value)
            elif tag in _FORMATS:
                self.formats[_FORMATS[tag]] = None
            elif tag not in known:
                (self.languages if is_language_tag(tag) else self.plain).append(tag)
