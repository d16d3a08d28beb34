"""Lines of libraries that cannot run here: whole Python, and every name in them is in the library's own source."""

import ast
import importlib.util
import inspect
import json
from typing import Any

import pytest

from catalog.claims import Claim
from catalog.loading import load_lines
from catalog.models import PretrainedModel
from catalog.weights_files import weights_files
from harvesters.packages import Module, Package, installed
from harvesters.sources.base import Page, Start
from harvesters.sources.keras_applications import KerasApplications
from harvesters.sources.keras_hub import KerasHub
from harvesters.sources.torchaudio import Torchaudio
from harvesters.sources.torchtext import Torchtext

HUB = {
    "repository": "pytorch/vision:v0.10.0",
    "entry": "resnet18",
    "arguments": {"pretrained": True},
}


def lines(slug: str = "x/y", **loading: Any) -> dict[str, str]:
    found = load_lines(PretrainedModel(slug=slug, loading=loading))
    return {way.key: way.code for way in found}


def offered(source: Any, library: str) -> list[ast.Module]:
    """The parsed lines of every checkpoint of a source."""
    pages = source.pages(None, Start())
    records = [record for page in pages for record in source.records(page)]
    return [ast.parse(lines(**record.facts["loading"].value)[library]) for record in records]


def attributes(trees: list[ast.Module], prefix: str) -> set[str]:
    """The dotted names that begin so, without the beginning."""
    nodes = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Attribute))
    return {n.removeprefix(prefix) for n in map(ast.unparse, nodes) if n.startswith(prefix)}


def methods(module: Module) -> dict[str, set[str]]:
    classes = [node for node in module.syntax.body if isinstance(node, ast.ClassDef)]
    return {c.name: {f.name for f in c.body if isinstance(f, ast.FunctionDef)} for c in classes}


def exports(package: Package, folder: str) -> set[str]:
    """What the modules of a folder export under public names."""
    calls = (
        decorator
        for module in package.modules(folder)
        for node in module.syntax.body
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and "export" in ast.unparse(decorator.func)
    )
    given = [ast.literal_eval(call.args[0]) for call in calls]
    return {name for names in given for name in ([names] if isinstance(names, str) else names)}


def test_every_keras_line_names_functions_that_keras_exports() -> None:
    trees = offered(KerasApplications(), "keras")
    assert len(trees) == 40
    public = exports(installed("keras", "keras"), "keras/src/applications/")
    named = {f"keras.applications.{n}" for n in attributes(trees, "keras.applications.")}
    functions = {name for name in named if name.count(".") == 2 and name[19].isupper()}
    preprocessing = {name for name in named if name.endswith(".preprocess_input")}
    assert (len(functions), len(preprocessing)) == (40, 15)
    assert functions | preprocessing <= public


def test_every_keras_hub_line_loads_a_backbone_by_its_preset() -> None:
    trees = offered(KerasHub(), "keras-hub")
    assert len(trees) == 509
    package = installed("keras-hub", "keras_hub")
    assert "keras_hub.models.Backbone" in exports(package, "keras_hub/src/models/backbone")
    (module,) = package.modules("keras_hub/src/models/backbone.py")
    assert "from_preset" in methods(module)["Backbone"]
    assert attributes(trees, "keras_hub.models.") == {"Backbone", "Backbone.from_preset"}


def test_every_torchaudio_line_names_a_bundle_and_methods_that_it_has() -> None:
    trees = offered(Torchaudio(), "torchaudio")
    package = installed("torchaudio", "torchaudio")
    (public,) = package.modules("torchaudio/pipelines/__init__")
    exported = set(public.plain(public.assigned["__all__"]))
    assert len(trees) == 40
    assert attributes(trees, "torchaudio.pipelines.") <= exported
    by_class: dict[str, set[str]] = {}
    for module in package.modules("torchaudio/pipelines/"):
        by_class |= methods(module)
    assert "get_model" in by_class["Wav2Vec2Bundle"] & by_class["Wav2Vec2FABundle"]
    assert "get_model" in by_class["SourceSeparationBundle"] & by_class["SquimObjectiveBundle"]
    assert {"get_tacotron2", "get_text_processor", "get_vocoder"} <= by_class["Tacotron2TTSBundle"]
    assert {"get_decoder", "get_feature_extractor"} <= by_class["RNNTBundle"]
    known = set().union(*by_class.values())
    assert attributes(trees, "bundle.") <= known


def test_every_torchtext_line_names_a_bundle_and_methods_that_it_has() -> None:
    trees = offered(Torchtext("https://x"), "torchtext")
    assert len(trees) == 32
    package = installed("torchtext", "torchtext")
    assigned = {name for m in package.modules("torchtext/models/") for name in m.assigned}
    assert attributes(trees, "torchtext.models.") <= assigned
    for folder, bundle in (("roberta", "RobertaBundle"), ("t5", "T5Bundle")):
        (module,) = package.modules(f"torchtext/models/{folder}/bundler.py")
        assert "get_model" in methods(module)[bundle]
        fields = {
            ast.unparse(n.target) for n in ast.walk(module.syntax) if isinstance(n, ast.AnnAssign)
        }
        assert "transform" in fields


@pytest.mark.torch
@pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="torch is not installed")
def test_a_torch_hub_line_passes_what_torch_hub_takes() -> None:
    import torch

    (call,) = (
        n
        for n in ast.walk(ast.parse(lines(torch_hub=HUB)["pytorch-hub"]))
        if isinstance(n, ast.Call)
    )
    given = [ast.literal_eval(argument) for argument in call.args]
    named = {word.arg: ast.literal_eval(word.value) for word in call.keywords if word.arg}
    bound = inspect.signature(torch.hub.load).bind(*given, **named)
    assert bound.arguments["repo_or_dir"] == "pytorch/vision:v0.10.0"
    assert bound.arguments["kwargs"] == {"pretrained": True}


def test_an_onnx_line_says_where_the_file_is_and_which_it_must_be() -> None:
    (way,) = load_lines(
        PretrainedModel(slug="x/y", loading={"onnx": {"file": "a.onnx", "sha256": "ab" * 32}})
    )
    assert 'InferenceSession("a.onnx")' in way.code
    assert "ab" * 32 in way.note


def test_weights_that_an_entry_point_is_told_to_load_stand_behind_it() -> None:
    stated = {**HUB, "weights": "gpt2", "arguments": {}}
    assert '"resnet18", "gpt2")' in lines(torch_hub=stated)["pytorch-hub"]


HOSTILE = '"); import os; os.system("x")  #'


@pytest.mark.parametrize(
    "loading",
    [
        {
            "torch_hub": {
                "repository": HOSTILE,
                "entry": HOSTILE,
                "weights": HOSTILE,
                "arguments": {},
            }
        },
        {"torch_hub": {**HUB, "arguments": {HOSTILE: True, "a": HOSTILE, "b": [HOSTILE]}}},
        {"torch_hub": {**HUB, "arguments": [HOSTILE]}},
        {"keras": {"function": HOSTILE, "module": "resnet"}},
        {"keras": {"function": "ResNet50", "module": HOSTILE}},
        {"keras_hub": {"preset": HOSTILE}},
        {"onnx": {"file": HOSTILE, "sha256": HOSTILE}},
        {"torchaudio": {"bundle": HOSTILE, "class": HOSTILE}},
        {"torchtext": {"bundle": HOSTILE}},
        {"keras": HOSTILE, "onnx": [], "torchtext": None},
    ],
)
def test_a_hostile_name_stays_a_name(loading: dict[str, Any]) -> None:
    for code in lines(**loading).values():
        calls = [n for n in ast.walk(ast.parse(code)) if isinstance(n, ast.Call)]
        assert "os.system" not in {ast.unparse(call.func) for call in calls}
        assert len([n for n in ast.parse(code).body if isinstance(n, ast.Import)]) == 1


def test_the_publishers_own_way_stands_first() -> None:
    torchvision = {"builder": "resnet18", "weights": "ResNet18_Weights.IMAGENET1K_V1"}
    found = load_lines(
        PretrainedModel(
            slug="pytorch-hub/pytorch/vision:v0.10.0#resnet18",
            loading={"torchvision": torchvision, "torch_hub": HUB},
        )
    )
    assert [way.key for way in found] == ["pytorch-hub", "torchvision"]


def test_a_record_states_what_its_line_needs() -> None:
    entry = {"name": "A", "class": "RNNTBundle", "args": ["a.pt"], "kwargs": {}, "doc": ""}
    (record,) = Torchaudio().records(Page(json.dumps([entry]).encode()))
    assert "bundle.get_decoder()" in lines(**record.facts["loading"].value)["torchaudio"]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("name", "format_", "word"), [("a.onnx", "ONNX", "graph"), ("a.h5", "HDF5", "weights only")]
)
def test_files_of_these_libraries_say_what_opening_them_can_do(
    name: str, format_: str, word: str
) -> None:
    claim = Claim("files", [{"name": name}], "", "x", None, None)
    (file,) = weights_files(PretrainedModel(slug="x/y"), {"files": [claim]})
    assert (file.format, file.verdict) == (format_, "unclear")
    assert word in file.safety
