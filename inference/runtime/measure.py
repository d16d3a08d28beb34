"""How large an architecture is and how much it computes, found by building it without weights.

`python -m inference.runtime.measure` reads one JSON object per line, {"architecture", "num_classes",
"input_size": [C, H, W]}, builds the timm architecture on the meta device (no memory, no download), runs one
picture of zeros through it, and answers each line with {"parameters", "gmacs", "activations"} or {"error"}.
"""

import json
import sys
import warnings
from typing import Any

import timm
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

_GIGA = 1e9
_aten = torch.ops.aten
_PRODUCTS = {
    _aten.convolution,
    _aten.mm,
    _aten.addmm,
    _aten._scaled_dot_product_flash_attention,
    _aten._scaled_dot_product_flash_attention_for_cpu,
    _aten._scaled_dot_product_efficient_attention,
    _aten.bmm,
    _aten.baddbmm,
}


class _Outputs(TorchDispatchMode):
    """Counts the elements that convolutions and matrix products put out."""

    def __init__(self) -> None:
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if func.overloadpacket in _PRODUCTS:
            first = result[0] if isinstance(result, tuple) else result
            self.elements += first.numel()
        return result


def measure(architecture: str, num_classes: int, input_size: list[int]) -> dict[str, Any]:
    """Parameters (exact), 10^9 multiply-accumulates and activations (elements), at batch 1.

    Multiply-accumulates are half of what torch's FlopCounterMode counts: convolutions, matrix products
    and attention. Activations are the elements that the same operations put out.
    """
    with torch.device("meta"):
        model = timm.create_model(architecture, pretrained=False, num_classes=num_classes)
        picture = torch.empty(1, *input_size)
    model.eval().requires_grad_(requires_grad=False)
    parameters = sum(parameter.numel() for parameter in model.parameters())
    with FlopCounterMode(display=False) as flops, _Outputs() as outputs:
        model(picture)
    return {
        "parameters": parameters,
        "gmacs": round(flops.get_total_flops() / 2 / _GIGA, 6),
        "activations": outputs.elements,
    }


def main() -> None:
    """Answer every line of standard input until it ends."""
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    for line in sys.stdin:
        try:
            answer = measure(**json.loads(line))
        except Exception as problem:
            answer = {"error": f"{type(problem).__name__}: {problem}"[:300]}
        print(json.dumps(answer), flush=True)  # noqa: T201 - the answer


if __name__ == "__main__":
    main()
