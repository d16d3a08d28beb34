"""Runs a loaded checkpoint on one picture."""

import time
from typing import IO, Any

import torch
from PIL import Image

from inference.errors import TrialError
from inference.runtime import device
from inference.runtime.loaded import Loaded

TOP = 5
# What `inference.decode` writes, and what the examples are drawn as.
FORMATS = ("PNG", "WEBP")


def predict(loaded: Loaded, file: IO[bytes]) -> dict[str, Any]:
    """{"predictions": [{"index", "label", "probability"}, ...], "timings": {"decode", "preprocess", "forward"} in ms,
    "input": [C, H, W], "image": [width, height]}; raises TrialError."""
    clock = _Clock()
    image = Image.open(file, formats=FORMATS).convert("RGB")
    decode = clock.lap()
    tensor = loaded.transform(image).unsqueeze(0)
    preprocess = clock.lap()
    top = _top(loaded, tensor)
    return {
        "predictions": top,
        "timings": {"decode": decode, "preprocess": preprocess, "forward": clock.lap()},
        "input": list(tensor.shape[1:]),
        "image": list(image.size),
    }


def _top(loaded: Loaded, batch: torch.Tensor) -> list[dict[str, Any]]:
    with torch.inference_mode():
        logits = loaded.model(batch.to(loaded.device))
        probabilities = logits.float().softmax(dim=1)[0]
        values, indices = probabilities.topk(min(TOP, len(probabilities)))
    device.synchronize()
    if not torch.isfinite(values).all():
        raise TrialError("no_numbers")
    return [
        {"index": index, "label": loaded.label(index), "probability": round(value, 6)}
        for value, index in zip(values.tolist(), indices.tolist(), strict=True)
    ]


class _Clock:
    def __init__(self) -> None:
        self._since = time.perf_counter()

    def lap(self) -> float:
        """Milliseconds since the last lap."""
        now = time.perf_counter()
        since, self._since = self._since, now
        return round(1000 * (now - since), 2)
