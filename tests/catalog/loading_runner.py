"""Executes loader lines in a process of its own that can reach nothing but 127.0.0.1; started by test_loading.py.

`prepare FOLDER` makes weights (random ones: what matters is that the lines fetch and load them).
`run FOLDER` reads {"snippets": {key: code}, "weights": {enum name: address}} and prints, per key, whether
the model holds exactly the prepared weights, or the error.
"""

import json
import os
import socket
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

warnings.filterwarnings("ignore")

# key: (builder or timm name, arguments of the builder)
TORCHVISION = {
    "classification": ("shufflenet_v2_x0_5", {}),
    "quantized": ("quantized_shufflenet_v2_x0_5", {"quantize": True}),
    "detection": ("ssdlite320_mobilenet_v3_large", {"weights_backbone": None}),
    "segmentation": ("lraspp_mobilenet_v3_large", {"weights_backbone": None}),
    "flow": ("raft_small", {}),
    "video": ("s3d", {}),
}
TIMM = "test_efficientnet"
TAG = "r160_in1k"


def prepare(folder: Path) -> None:
    import torch

    torch.manual_seed(7)
    _prepare_torchvision(folder)
    _prepare_hub(folder / "hub" / "timm" / f"{TIMM}.{TAG}")
    _prepare_own(folder / "ours")


def _prepare_torchvision(folder: Path) -> None:
    import hashlib

    import torch
    from torchvision.models import get_model

    # The number of classes of the published weights, which torchvision takes from them.
    classes = {"segmentation": 21, "detection": 91}
    for key, (builder, arguments) in TORCHVISION.items():
        more = {"num_classes": classes[key]} if key in classes else {}
        model = get_model(builder, weights=None, **arguments, **more)
        file = folder / f"{key}.pth"
        torch.save(model.state_dict(), file)
        begin = hashlib.sha256(file.read_bytes()).hexdigest()[:8]
        file.rename(folder / f"{key}-{begin}.pth")


def _prepare_hub(repository: Path) -> None:
    import timm

    model = timm.create_model(repository.name, pretrained=False)
    timm.models.save_for_hf(model, repository, safe_serialization=True)
    for unsafe in repository.glob("*.bin"):
        unsafe.unlink()


def _prepare_own(folder: Path) -> None:
    from safetensors.torch import save_file
    from torchvision.models import get_model

    folder.mkdir()
    model = get_model("shufflenet_v2_x0_5", weights=None, num_classes=7)
    save_file(model.state_dict(), folder / "model.safetensors")
    half = [0.5] * 3
    cfg = {"input_size": [3, 64, 64], "interpolation": "bilinear", "mean": half, "std": half}
    config = {
        "library": "torchvision",
        "architecture": "shufflenet_v2_x0_5",
        "num_classes": 7,
        "pretrained_cfg": cfg,
    }
    (folder / "config.json").write_text(json.dumps(config))


def run(folder: Path, task: dict[str, Any]) -> dict[str, str]:
    _stay_on_this_machine()
    from torchvision.models import get_weight

    for name, address in task["weights"].items():
        # The entry keeps its name and its hash in the address; only the server is another one.
        object.__setattr__(get_weight(name).value, "url", address)
    return {key: _outcome(code, task["expected"][key]) for key, code in task["snippets"].items()}


def _outcome(code: str, expected: str) -> str:
    left: dict[str, Any] = {}
    try:
        exec(code, left)  # noqa: S102 - this is what the test is about
        return _compare(left["model"], left["preprocess"], Path(expected))
    except Exception:
        return traceback.format_exc(limit=-3)


def _compare(model: Any, preprocess: Any, file: Path) -> str:
    import torch
    from safetensors.torch import load_file

    if model.training or not callable(preprocess):
        return "the model is still in training mode, or preprocess cannot be called"
    want = load_file(file) if file.suffix == ".safetensors" else torch.load(file, weights_only=True)
    have = model.state_dict()
    tensors = [key for key, value in want.items() if isinstance(value, torch.Tensor)]
    if set(have) != set(want) or not tensors:
        return f"other names: {sorted(set(have) ^ set(want))[:5]}"
    differing = [key for key in tensors if not torch.equal(_plain(have[key]), _plain(want[key]))]
    return f"other values: {differing[:5]}" if differing else "loaded"


def _plain(tensor: Any) -> Any:
    return tensor.int_repr() if tensor.is_quantized else tensor


def check(entries: dict[str, Any]) -> list[str]:
    """What is wrong with the names in every loader line of the catalogue; nothing is fetched."""
    import inspect

    import timm
    from torchvision.models import get_model_builder, get_weight

    wrong = []
    for weights, builder in entries["torchvision"].items():
        takes = inspect.signature(get_model_builder(builder)).parameters
        if str(get_weight(weights)) != weights or ("quantize" in takes) != builder.startswith(
            "quantized_"
        ):
            wrong.append(weights)
    for name, hub_id in entries["timm"].items():
        cfg = timm.get_pretrained_cfg(name)
        if not cfg or (hub_id and (cfg.hf_hub_id, cfg.hf_hub_filename) != (hub_id, None)):
            wrong.append(name)
    return wrong


def _stay_on_this_machine() -> None:
    connect = socket.socket.connect

    def local_only(self: socket.socket, address: Any) -> Any:
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise OSError(f"this test reaches out to {address}")
        return connect(self, address)

    socket.socket.connect = local_only  # type: ignore[method-assign]


if __name__ == "__main__":
    command, where = sys.argv[1], Path(sys.argv[2])
    if command == "prepare":
        prepare(where)
    else:
        os.chdir(where)
        answer = {"run": lambda t: run(where, t), "check": check}[command](json.load(sys.stdin))
        sys.stdout.write("\n" + json.dumps(answer))
