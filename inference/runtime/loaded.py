"""A checkpoint ready to run, and the bounded number of bytes of them that a pool process keeps."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch
from django.conf import settings

# The recipe, and for a folder what its files looked like.
Key = tuple[Any, ...]


@dataclass(frozen=True)
class Loaded:
    """`transform` turns an RGB image into a (C, H, W) float tensor; `labels` are class names in index order, or empty."""

    model: torch.nn.Module
    transform: Callable[[Any], torch.Tensor]
    labels: list[str]
    preprocessing: list[str]
    device: torch.device
    revision: str = ""

    @property
    def size(self) -> int:
        """Bytes of parameters and buffers."""
        tensors = [*self.model.parameters(), *self.model.buffers()]
        return sum(tensor.numel() * tensor.element_size() for tensor in tensors)

    def label(self, index: int) -> str:
        """The name of a class, at most 200 characters; its number if nobody names it."""
        return self.labels[index][:200] if index < len(self.labels) else f"class {index}"


@dataclass
class Shelf:
    """Loaded checkpoints, the longest unused first; never more than LOADED_MODELS_MAX_BYTES after `put`."""

    _held: OrderedDict[Key, Loaded] = field(default_factory=OrderedDict)

    def get(self, key: Key) -> Loaded | None:
        """The checkpoint if it is held; that counts as a use."""
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)

    def put(self, key: Key, loaded: Loaded) -> None:
        """Holds the checkpoint, dropping the longest unused ones; one over the limit alone is not held."""
        self._held[key] = loaded
        while sum(one.size for one in self._held.values()) > settings.LOADED_MODELS_MAX_BYTES:
            self._held.popitem(last=False)

    def clear(self) -> None:
        """Drops everything, also from the device."""
        self._held.clear()
        if torch.cuda.is_available():
            torch.cuda.empty_cache()

    def names(self) -> list[str]:
        """Keys of the recipes that are held, see `inference.recipes`."""
        return sorted({key[0].key for key in self._held})


shelf = Shelf()
