"""Keras Applications: every model function of the installed Keras with its weights, read from its source files.

Manual: https://keras.io/api/applications/. Its table of sizes and accuracies is another source, `keras_io`.
"""

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.keys import arxiv_ids, weights_key
from catalog.records import Fact, ModelRecord, PaperMention
from harvesters.packages import Module, Package, installed
from harvesters.python_source import SourceUnreadable
from harvesters.sources.base import Page, Record
from harvesters.sources.entries import records_of_entries
from harvesters.sources.families import family_of
from harvesters.sources.libraries import Entries, InstalledLibrary

_DOCS = "https://keras.io/api/applications/"
_FOLDER = "keras/src/applications/"
_PUBLIC = "keras.applications."
_BASES = ("BASE_WEIGHTS_PATH", "BASE_WEIGHT_PATH", "BASE_WEIGHT_URL")
_KERNELS = "_weights_tf_dim_ordering_tf_kernels"
# The name of a function's file by its module: with the classifier, then without. The code makes these names
# of its arguments; {name} is the function's own default, {weights} what it hands on as `weights_name`.
_FILES = {
    "convnext": ("{name}.h5", "{name}_notop.h5"),
    "efficientnet": ("{name}.h5", "{name}_notop.h5"),
    "efficientnet_v2": ("{name}.h5", "{name}_notop.h5"),
    "mobilenet": ("mobilenet_1_0_224_tf.h5", "mobilenet_1_0_224_tf_no_top.h5"),
    "mobilenet_v2": (
        f"mobilenet_v2{_KERNELS}_1.0_224.h5",
        f"mobilenet_v2{_KERNELS}_1.0_224_no_top.h5",
    ),
    "mobilenet_v3": (
        "weights_mobilenet_v3_{weights}.h5",
        "weights_mobilenet_v3_{weights}_no_top_v2.h5",
    ),
    "resnet": (f"{{weights}}{_KERNELS}.h5", f"{{weights}}{_KERNELS}_notop.h5"),
    "resnet_v2": (f"{{weights}}{_KERNELS}.h5", f"{{weights}}{_KERNELS}_notop.h5"),
    "inception_resnet_v2": (
        f"inception_resnet_v2{_KERNELS}.h5",
        f"inception_resnet_v2{_KERNELS}_notop.h5",
    ),
    "nasnet": ("NASNet-{size}.h5", "NASNet-{size}-no-top.h5"),
    # One file each, whose whole address is a constant of the module.
    **dict.fromkeys(("densenet", "vgg16", "vgg19", "inception_v3", "xception"), ("", "")),
}
# resnet_v2 is built by a function of resnet, which also knows its files.
_ELSEWHERE = {"resnet_v2": "resnet"}


class KerasApplications(InstalledLibrary):
    """All of `keras.applications`, without importing Keras."""

    name = "keras"
    title = "Keras Applications"
    homepage = "https://github.com/keras-team/keras"

    def _read(self) -> tuple[Entries, str]:
        package = installed("keras", "keras")
        return read_applications(package), package.version

    def records(self, page: Page) -> Iterator[Record]:
        yield from records_of_entries(page, record_of)


def read_applications(package: Package) -> list[dict[str, Any]]:
    """Every model function: {"name", "module", "exports", "defaults", "arxiv", "files"}, by name."""
    modules = {m.path.removeprefix(_FOLDER)[:-3]: m for m in package.modules(_FOLDER)}
    entries = [
        entry
        for name, module in modules.items()
        if name in _FILES
        for entry in _of_module(name, module, modules[_ELSEWHERE.get(name, name)])
    ]
    if not entries:
        raise SourceUnreadable("keras has no applications where they used to be")
    return sorted(entries, key=lambda entry: str(entry["name"]))


def _of_module(name: str, module: Module, weights: Module) -> Iterator[dict[str, Any]]:
    papers = sorted(arxiv_ids(ast.unparse(module.syntax)))
    for function in module.functions:
        exports = [e for e in _exports(function) if e.startswith(_PUBLIC)]
        if not exports or not function.name[0].isupper():
            continue
        defaults = _defaults(function)
        yield {
            "name": function.name,
            "module": name,
            "exports": exports,
            "defaults": defaults,
            "arxiv": papers,
            "files": list(_files(name, function, defaults, weights)),
        }


def _exports(function: ast.FunctionDef) -> list[str]:
    for decorator in function.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "keras_export":
            names = ast.literal_eval(decorator.args[0])
            return [names] if isinstance(names, str) else list(names)
    return []


def _defaults(function: ast.FunctionDef) -> dict[str, str]:
    given = function.args.args[len(function.args.args) - len(function.args.defaults) :]
    pairs = zip(given, function.args.defaults, strict=True)
    return {argument.arg: ast.unparse(value) for argument, value in pairs}


def _files(
    name: str, function: ast.FunctionDef, defaults: Mapping[str, str], weights: Module
) -> Iterator[dict[str, str]]:
    """The file with the classifier, then the one without: {"name", "url", "md5" or "sha256"}."""
    base = next((weights.plain(weights.assigned[b]) for b in _BASES if b in weights.assigned), "")
    weights_name = _handed_on(function)
    if name == "mobilenet_v3":
        weights_name = function.name.removeprefix("MobileNetV3").lower() + "_224_1.0_float"
    known = weights.assigned.get("WEIGHTS_HASHES")
    by_name = weights.plain(known).get(weights_name, ["", ""]) if known else ["", ""]
    in_code = _hashes_in_code(weights)
    for at, pattern in enumerate(_FILES[name]):
        file = pattern.format(
            name=defaults["name"].strip("'\""),
            weights=weights_name,
            size=function.name.removeprefix("NASNet").lower(),
        )
        url = f"{base}{file}" if file else _constant(weights, function.name, at)
        # What is fetched under a name made up on the way is known by its place: with classifier, without.
        digest = by_name[at] or in_code.get(url) or in_code.get(f"#{at}", "")
        yield {"name": url.rpartition("/")[2], "url": url, **_digest(digest)}


def _handed_on(function: ast.FunctionDef) -> str:
    for node in ast.walk(function):
        if isinstance(node, ast.keyword) and node.arg == "weights_name":
            return str(ast.literal_eval(node.value))
    return ""


def _constant(module: Module, function: str, at: int) -> str:
    """The address that a module keeps in `WEIGHTS_PATH` or `DENSENET121_WEIGHT_PATH`, or in `..._NO_TOP`."""
    ending = "_NO_TOP" if at else ""
    for name in (f"{function.upper()}_WEIGHT_PATH{ending}", f"WEIGHTS_PATH{ending}"):
        if name in module.assigned:
            return str(module.plain(module.assigned[name]))
    raise SourceUnreadable(f"{module.path} does not say where the weights of {function} lie")


def _hashes_in_code(module: Module) -> dict[str, str]:
    """Address -> hash, of the calls that fetch a file; #0 and #1 where the address is made on the way."""
    found: dict[str, str] = {}
    for node in ast.walk(module.syntax):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("get_file"):
            digest = next((k.value for k in node.keywords if k.arg == "file_hash"), None)
            if isinstance(digest, ast.Constant):
                url = str(module.plain(node.args[1]))
                found[url if url.startswith("https://") else f"#{len(found)}"] = str(digest.value)
    return found


def _digest(text: str) -> dict[str, str]:
    return {"sha256" if len(text) == 64 else "md5": text} if text else {}


def record_of(entry: Mapping[str, Any]) -> ModelRecord:
    """One function as a record; `entry` as `read_applications` gives it."""
    name, first = entry["name"], entry["files"][0]
    family = family_of(entry["module"].replace("_v", "v")) or family_of(entry["module"])
    classes = int(entry["defaults"].get("classes", 1000))
    needed = {"function": name, "module": entry["module"], "url": first["url"]}
    facts = {
        "name": Fact(name),
        "task": Fact("image-classification"),
        "libraries": Fact(["keras"]),
        "architecture": Fact(name.lower(), "the function's name"),
        "family": Fact(family.slug if family else entry["module"], "Keras' module"),
        "organization": Fact("keras", "publisher of Keras"),
        "license": Fact("", "not stated for these weights; the code is Apache-2.0"),
        "training": Fact([{"stage": "train", "dataset": "imagenet-1k", "method": ""}]),
        "num_classes": Fact(classes),
        "files": Fact([{**file, "format": "hdf5"} for file in entry["files"]]),
        "formats": Fact(["hdf5"]),
        "loading": Fact({"keras": needed}),
    }
    return ModelRecord(
        external_id=name,
        url=_DOCS,
        facts=facts,
        papers=tuple(_papers(entry, family.paper if family else "")),
        repositories=("keras-team/keras",),
        identity_keys=tuple(_keys(name, first)),
    )


def _keys(name: str, file: Mapping[str, str]) -> Iterator[str]:
    yield f"keras:{name}"
    yield weights_key(file["url"])
    if "sha256" in file:
        yield f"sha256:{file['sha256']}"


def _papers(entry: Mapping[str, Any], family_paper: str) -> Iterator[PaperMention]:
    named = entry["arxiv"]
    introducing = family_paper if family_paper in named else named[0] if len(named) == 1 else ""
    for arxiv_id in named:
        role = "introduces" if arxiv_id == introducing else "mentioned"
        yield PaperMention(arxiv_id, role, "named in the documentation of its module")
