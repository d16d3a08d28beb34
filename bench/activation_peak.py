"""How much of the sum of all activations is alive at once: the figures behind "does it fit my machine".

    python -m bench.activation_peak [timm architecture ...]

Builds each architecture on the meta device (no memory, no weights), sends one image of zeros through it and
follows every tensor from its birth to its end. Prints per architecture the sum of the elements that
convolutions and matrix products put out, the most elements alive at once, and their ratio. Needs timm.
"""

import sys
import warnings
import weakref
from typing import Any

import timm
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from inference.runtime.measure import measure

ARCHITECTURES = """
    resnet18 resnet50 resnet152 resnext50_32x4d vgg16 densenet121 mobilenetv2_100 mobilenetv3_large_100
    efficientnet_b0 efficientnet_b4 efficientnetv2_s convnext_tiny convnext_base convnextv2_nano regnety_040
    vit_tiny_patch16_224 vit_base_patch16_224 vit_large_patch16_224 deit3_small_patch16_224
    swin_tiny_patch4_window7_224 swinv2_tiny_window8_256 maxvit_tiny_tf_224 mixer_b16_224 resmlp_12_224
    inception_v3 xception41 hrnet_w18 dla34 repvgg_a0 fastvit_t8 mobilevit_s coat_mini beit_base_patch16_224
    eva02_tiny_patch14_224 levit_128 poolformer_s12 test_vit test_efficientnet mobilenetv4_conv_small nfnet_f0
""".split()  # noqa: SIM905 - forty names read better as text
_BYTES_FP32 = 4


class Live(TorchDispatchMode):
    """Bytes of all storages that are alive, and the most there were; `known` are the model's own."""

    def __init__(self, known: set[int]) -> None:
        super().__init__()
        self.sizes = dict.fromkeys(known, 0)
        self.now = self.most = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(result):
            if isinstance(tensor, torch.Tensor):
                self._see(tensor.untyped_storage())
        return result

    def _see(self, storage: torch.UntypedStorage) -> None:
        key = storage._cdata
        if key not in self.sizes:
            self.sizes[key] = storage.nbytes()
            self.now += storage.nbytes()
            self.most = max(self.most, self.now)
            weakref.finalize(storage, self._forget, key)

    def _forget(self, key: int) -> None:
        self.now -= self.sizes.pop(key, 0)


def peak(architecture: str) -> tuple[int, int]:
    """(elements that all layers put out, elements alive at once at most) of one image."""
    with torch.device("meta"):
        model = timm.create_model(architecture).eval().requires_grad_(requires_grad=False)
        size = list(model.pretrained_cfg["input_size"])
        image = torch.empty(1, *size)
    own = {tensor.untyped_storage()._cdata for tensor in model.state_dict().values()}
    with torch.no_grad(), Live(own) as live:
        model(image)
    activations = measure(architecture, model.num_classes, size)["activations"]
    return activations, live.most // _BYTES_FP32


def main() -> None:
    warnings.filterwarnings("ignore")
    ratios = []
    for architecture in sys.argv[1:] or ARCHITECTURES:
        total, most = peak(architecture)
        ratios.append(most / total)
        print(f"{architecture:32} {total / 1e6:9.2f} M {most / 1e6:9.2f} M {most / total:6.3f}")
    ratios.sort()
    print(
        f"smallest {ratios[0]:.3f}, median {ratios[len(ratios) // 2]:.3f}, largest {ratios[-1]:.3f}"
    )


if __name__ == "__main__":
    main()
