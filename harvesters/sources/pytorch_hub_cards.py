"""PyTorch Hub's cards: front matter, the lines that load, the tables of results.

Format: https://github.com/pytorch/hub/blob/master/docs/template.md. A card names its entry points in lines
`torch.hub.load('pytorch/vision:v0.10.0', 'resnet18', pretrained=True)`, some of them in comments.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from harvesters.plain_yaml import MalformedYaml, load_yaml

_ARGUMENT = r"(?:(?P<{0}_text>['\"])(?P<{0}>[^'\"\n]+)['\"]|(?P<{0}_name>[A-Za-z_]\w*))"
_LOAD = re.compile(
    r"torch\.hub\.load\(\s*(?:repo_or_dir\s*=\s*)?"
    + _ARGUMENT.format("repo")
    + r"\s*,\s*(?:#[^\n]*\n)?\s*(?:model\s*=\s*)?"
    + _ARGUMENT.format("entry")
)
# What helps to feed a model is no model.
_NO_MODEL = re.compile(r".*_utils$|.*transforms$|tokenizer$|config$|.*_get$")
_METRICS = {
    "top-1 error": ("top1", True),
    "top-1 errors": ("top1", True),
    "top-5 error": ("top5", True),
    "top-5 errors": ("top5", True),
    "mean iou": ("miou", False),
    "global pixelwise accuracy": ("pixel_acc", False),
}
# Names that a card's table and its lines spell differently.
_SPELLED = {
    "AlexNet": "alexnet",
    "shufflenet_v2": "shufflenet_v2_x1_0",
    "proxylessnas_cpu": "proxyless_cpu",
    "proxylessnas_gpu": "proxyless_gpu",
    "proxylessnas_mobile": "proxyless_mobile",
    "proxylessnas_mobile_14": "proxyless_mobile14",
}


@dataclass(frozen=True)
class Card:
    """`name` is the file's without its ending; `loads` maps (repository[:ref], entry point) to arguments.

    `results` maps an entry point to its results, {"top1": 76.1} in percent: errors are turned round.
    """

    name: str
    front: Mapping[str, Any]
    text: str
    loads: Mapping[tuple[str, str], "Arguments"] = field(default_factory=dict)
    results: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Arguments:
    """What stands behind the entry point: `weights` is a third text, `keywords` the plain ones."""

    weights: str = ""
    keywords: Mapping[str, Any] = field(default_factory=dict)


def read_card(name: str, text: str) -> Card:
    """A card as it is written; raises MalformedYaml if its front matter cannot be read."""
    parts = re.split(r"^---\s*$", text, maxsplit=2, flags=re.M)
    if len(parts) < 3:
        raise MalformedYaml("it has no front matter between two lines of dashes")
    front = load_yaml(parts[1])
    if not isinstance(front, dict):
        raise MalformedYaml("its front matter is no list of names and values")
    body = parts[2]
    return Card(name, front, body, dict(_loads(body)), _results(body))


def _loads(body: str) -> Iterator[tuple[tuple[str, str], Arguments]]:
    seen: set[tuple[str, str]] = set()
    for found in _LOAD.finditer(body):
        arguments = _arguments(body[found.end() :])
        for repository in _values(found, "repo", body):
            for entry in _values(found, "entry", body):
                if "/" not in repository or _NO_MODEL.fullmatch(entry):
                    continue
                # transformers' entry points load whatever they are told to.
                is_general = repository.startswith("huggingface/")
                if is_general and (not arguments.weights or arguments.weights.startswith(".")):
                    continue
                key = (repository, f"{entry}:{arguments.weights}" if is_general else entry)
                if key not in seen:
                    seen.add(key)
                    yield key, arguments


def _values(found: re.Match[str], argument: str, body: str) -> list[str]:
    """The text that stands there, or every one that is assigned to the name, also in comments."""
    if found[argument]:
        return [found[argument]]
    name = re.escape(found[f"{argument}_name"] or "")
    return re.findall(rf"^[ \t#]*{name}\s*=\s*['\"]([\w./:-]+)['\"]", body, re.M)


def _arguments(rest: str) -> Arguments:
    """The plain arguments up to the closing bracket; none if that is not Python."""
    depth = 1
    for at, character in enumerate(rest[:1000]):
        depth += (character in "([{") - (character in ")]}")
        if not depth:
            try:
                call = ast.parse(f"f(0{rest[:at]})", mode="eval").body
            except (MemoryError, RecursionError, SyntaxError, ValueError):
                return Arguments()
            return _plain(call) if isinstance(call, ast.Call) else Arguments()
    return Arguments()


def _plain(call: ast.Call) -> Arguments:
    texts = [a.value for a in call.args[1:] if isinstance(a, ast.Constant)]
    keywords = {
        word.arg: word.value.value
        for word in call.keywords
        if word.arg
        and word.arg != "force_reload"
        and isinstance(word.value, ast.Constant)
        and isinstance(word.value.value, str | bool | int | float)
    }
    return Arguments(str(texts[0]) if texts and isinstance(texts[0], str) else "", keywords)


def _results(body: str) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    columns: list[tuple[str, bool] | None] = []
    for line in map(str.strip, body.splitlines()):
        if not line.startswith("|"):
            columns = []
            continue
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if not columns:
            columns = [_METRICS.get(cell.lower()) for cell in cells]
            continue
        name = cells[0].strip("`* ")
        values = dict(_cells(columns, cells))
        if values:
            found[_SPELLED.get(name, name)] = values
    return found


def _cells(columns: list[tuple[str, bool] | None], cells: list[str]) -> Iterator[tuple[str, float]]:
    for column, cell in zip(columns, cells, strict=False):
        if column and re.fullmatch(r"\d{1,2}(\.\d+)?%?", cell):
            metric, is_error = column
            value = float(cell.rstrip("%"))
            # 100 - 23.52 is 76.48 but for its last digits.
            yield metric, round(100 - value, 6) if is_error else value
