"""torchaudio's and torchtext's way to publish weights: a name that is assigned a bundle, then its text.

HUBERT_BASE = Wav2Vec2Bundle("hubert_fairseq_base_ls960.pth", {...}, _sample_rate=16000)
HUBERT_BASE.__doc__ = "HuBERT model ..."
"""

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from catalog.keys import repository_name
from harvesters.packages import Module, Package

_LICENSES = (
    (r"MIT License", "mit"),
    (r"Apache(?: License, Version)? 2\.0", "apache-2.0"),
    (r"CC[- ]BY-NC 4\.0", "cc-by-nc-4.0"),
    (r"Creative Commons Attribution Non Commercial 4\.0", "cc-by-nc-4.0"),
    (r"Creative Commons Attribution 4\.0", "cc-by-4.0"),
)


def read_bundles(package: Package, folder: str) -> list[dict[str, Any]]:
    """Every bundle of the modules in a folder: {"name", "class", "args", "kwargs", "doc"}, by name.

    What is no plain value stands there as its text: `utils._get_en_labels()`.
    """
    found = [entry for module in package.modules(folder) for entry in _of_module(module)]
    return sorted(found, key=lambda entry: str(entry["name"]))


def _of_module(module: Module) -> Iterator[dict[str, Any]]:
    # torchtext gives two texts to a wrong name: what follows a bundle is its own.
    for node, following in pairwise([*module.syntax.body, ast.Pass()]):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=ast.Name(id=kind)) as call
            ) if kind.endswith("Bundle"):
                yield {
                    "name": name,
                    "class": kind,
                    "args": [module.plain(value) for value in call.args],
                    "kwargs": {k.arg: module.plain(k.value) for k in call.keywords if k.arg},
                    "doc": _text(module, following),
                }


def _text(module: Module, node: ast.stmt) -> str:
    match node:
        case ast.Assign(targets=[ast.Attribute(attr="__doc__")], value=ast.Call() as call):
            template = module.plain(call.func.value) if isinstance(call.func, ast.Attribute) else ""
            return str(template).format(*(module.plain(value) for value in call.args))
        case ast.Assign(targets=[ast.Attribute(attr="__doc__")], value=value):
            return str(module.plain(value))
    return ""


def arguments(entry: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """The arguments of a bundle by name, `names` being those of the first ones in their order."""
    return {**dict(zip(names, entry["args"], strict=False)), **entry["kwargs"]}


def license_of(doc: str) -> str:
    """The licence that the text of a bundle names for its weights, empty if it names none."""
    plain = " ".join(doc.split())
    return next((name for pattern, name in _LICENSES if re.search(pattern, plain)), "")


def source_of(doc: str) -> str:
    """Where the weights were published first, as the text of a bundle links to it."""
    found = re.search(r"`Source\s*<(https?://[^>\s]+)>", doc)
    return found[1] if found else ""


def repositories_of(doc: str) -> tuple[str, ...]:
    """The GitHub repositories that the text of a bundle links to."""
    names = (repository_name(url) for url in re.findall(r"<(https://github\.com/[^>\s]+)>", doc))
    return tuple(dict.fromkeys(filter(None, names)))


def description_of(doc: str) -> str:
    """The first paragraphs of a bundle's text, without the markup of the documentation."""
    kept = re.split(r"\n\s*\n\s*(?:Please refer|Example -|\[`License|\.\. )", doc)[0]
    plain = re.sub(r"\s*:cite:`[^`]*`", "", kept)
    plain = re.sub(r"`?`([^`<]+?)\s*<[^>]*>`(?:__|_)?", r"\1", plain)
    plain = re.sub(r":\w+(?::\w+)*:`~?([^`]*)`", r"\1", plain)
    plain = re.sub(r"[*`]+|\[License,\s*Source\]", "", plain)
    return "\n\n".join(" ".join(part.split()) for part in re.split(r"\n\s*\n", plain)).strip()
