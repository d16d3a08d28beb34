"""Loader lines of libraries that are not installed here: torch.hub, Keras, KerasHub, ONNX, torchaudio, torchtext.

What stands in them without quotes must be a name; every name is looked up in the library's own source files by
tests/catalog/test_loading_elsewhere.py: see docs/decisions/0069-lines-of-libraries-that-are-not-here.md.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# (key of the source that publishes it, title, code, note)
Line = tuple[str, str, str, str]


def lines_elsewhere(loading: Mapping[str, Any]) -> Iterator[Line]:
    """The lines of every library that `loading` names and this module knows."""
    for library, write in _WRITERS.items():
        stated = loading.get(library)
        if isinstance(stated, Mapping):
            yield from write(stated)


def _torch_hub(stated: Mapping[str, Any]) -> Iterator[Line]:
    repository, entry = stated.get("repository"), stated.get("entry")
    if not repository or not entry:
        return
    arguments = [_literal(repository), _literal(entry)]
    if stated.get("weights"):
        arguments.append(_literal(stated["weights"]))
    named = stated.get("arguments")
    for name, value in (named if isinstance(named, Mapping) else {}).items():
        if _is_name(name) and isinstance(value, str | bool | int | float):
            arguments.append(f"{name}={_literal(value) if isinstance(value, str) else value!r}")
    code = f"import torch\n\nmodel = torch.hub.load({', '.join(arguments)})\n"
    note = "Fetches that repository from GitHub and runs its code. Its card says how the input is prepared."
    yield "pytorch-hub", "torch.hub", code, note


def _keras(stated: Mapping[str, Any]) -> Iterator[Line]:
    function, module = stated.get("function"), stated.get("module")
    if _is_name(function) and _is_name(module):
        code = f"""\
import keras

model = keras.applications.{function}(weights="imagenet")
preprocess = keras.applications.{module}.preprocess_input
"""
        yield (
            "keras",
            "Keras",
            code,
            "Keras runs on TensorFlow, JAX or PyTorch: KERAS_BACKEND says which.",
        )


def _keras_hub(stated: Mapping[str, Any]) -> Iterator[Line]:
    if stated.get("preset"):
        code = f"""\
import keras_hub

model = keras_hub.models.Backbone.from_preset({_literal(stated["preset"])})
"""
        note = "The network without a head, fetched from Kaggle; some ask to accept their terms there first."
        yield "keras-hub", "KerasHub", code, note


def _onnx(stated: Mapping[str, Any]) -> Iterator[Line]:
    if stated.get("file"):
        code = f"""\
import onnxruntime

model = onnxruntime.InferenceSession({_literal(stated["file"])})
"""
        note = "Fetch the file first: since July 2025 it lies at huggingface.co/onnxmodelzoo."
        if stated.get("sha256"):
            note += f" Its SHA-256 is {str(stated['sha256'])[:64]}."
        yield "onnx-zoo", "ONNX Runtime", code, note


def _torchaudio(stated: Mapping[str, Any]) -> Iterator[Line]:
    if not _is_name(stated.get("bundle")):
        return
    lines = ["import torchaudio", "", f"bundle = torchaudio.pipelines.{stated['bundle']}"]
    kind = str(stated.get("class", ""))
    if "Tacotron2" in kind:
        lines += ["preprocess = bundle.get_text_processor()", "model = bundle.get_tacotron2()"]
        lines += ["vocoder = bundle.get_vocoder()"]
    elif kind == "RNNTBundle":
        lines += ["preprocess = bundle.get_feature_extractor()", "model = bundle.get_decoder()"]
    else:
        lines += ["model = bundle.get_model()"]
    note = "torchaudio works with the torch of its own release only."
    yield "torchaudio", "torchaudio", "\n".join(lines) + "\n", note


def _torchtext(stated: Mapping[str, Any]) -> Iterator[Line]:
    if _is_name(stated.get("bundle")):
        code = f"""\
import torchtext

bundle = torchtext.models.{stated["bundle"]}
model = bundle.get_model().eval()
preprocess = bundle.transform()
"""
        note = "torchtext ended with 0.18 (April 2024), which works with torch 2.3."
        yield "torchtext", "torchtext", code, note


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and value.isascii() and value.isidentifier() and len(value) < 100


def _literal(text: Any) -> str:
    """A Python string literal in double quotes: a name must not end its own quotes."""
    return json.dumps(str(text), ensure_ascii=False)


_WRITERS: dict[str, Callable[[Mapping[str, Any]], Iterator[Line]]] = {
    "torch_hub": _torch_hub,
    "keras": _keras,
    "keras_hub": _keras_hub,
    "onnx": _onnx,
    "torchaudio": _torchaudio,
    "torchtext": _torchtext,
}
