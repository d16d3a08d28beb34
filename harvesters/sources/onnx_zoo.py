"""ONNX Model Zoo: the files of its manifest, and the results that the READMEs beside them state.

Manual: https://github.com/onnx/models (frozen in June 2025). The exports below Computer_Vision and its
neighbours are not read: they were made with random weights unless somebody said otherwise, and nobody did.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.keys import arxiv_ids, repository_name
from catalog.records import Fact, ModelRecord, PaperMention, Rejected
from harvesters.http_errors import HttpError
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.families import Family, family_of
from harvesters.sources.onnx_readme import evaluations_of, license_of, results_of, stated_of

if TYPE_CHECKING:
    from harvesters.http import Http

_FOLDER = "/onnx/models/main/"
_MANIFEST = "ONNX_HUB_MANIFEST.json"
_PAGE = "https://github.com/onnx/models/tree/main/"
_QUANTIZED = re.compile(r"-(?:int8|qdq)(?=\.onnx$)")
_STEM = re.compile(r"^(.*?)(?:[-_]\d{1,2})?(?:-(?:int8|qdq))?\.onnx$")
# By the beginning of a path below `validated/`; the longest that fits decides.
_TASKS = {
    "vision/classification/": "image-classification",
    "vision/object_detection_segmentation/": "object-detection",
    "vision/object_detection_segmentation/duc/": "image-segmentation",
    "vision/object_detection_segmentation/fcn/": "image-segmentation",
    "vision/object_detection_segmentation/mask-rcnn/": "image-segmentation",
    "vision/style_transfer/": "image-to-image",
    "vision/super_resolution/": "image-to-image",
    "vision/body_analysis/": "image-classification",
    "vision/body_analysis/ultraface/": "object-detection",
    "vision/body_analysis/arcface/": "image-feature-extraction",
    "text/machine_comprehension/": "question-answering",
    "text/machine_comprehension/gpt": "text-generation",
    "text/machine_comprehension/t5/": "text-generation",
    "text/machine_comprehension/roberta/": "feature-extraction",
    "text/machine_comprehension/roberta/model/roberta-sequence": "text-classification",
}


class OnnxZoo:
    """The manifest and the READMEs it leads to, one folder a page; `base` is GitHub's raw-file address."""

    name = "onnx-zoo"
    title = "ONNX Model Zoo"
    homepage = "https://github.com/onnx/models"
    kind = "hub"
    has_increments = False
    is_complete = True

    def __init__(self, base: str) -> None:
        self.bases = (Base(base, setting="RAW_GITHUB_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        address = self.bases[0].url + _FOLDER
        folders = _folders(http.get(address + _MANIFEST).body)
        names = sorted(folders)
        expected = sum(map(len, folders.values()))
        for name in (n for n in names if n >= start.cursor):
            at = names.index(name) + 1
            body = {
                "readme": _readme(http, f"{address}{name}/README.md"),
                "entries": folders[name],
                "paths": [str(entry.get("model_path")) for entry in folders[name]],
            }
            yield Page(json.dumps(body).encode(), names[at] if at < len(names) else "", expected)

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        body = json.loads(page.body)
        readme, paths = body["readme"], set(body["paths"])
        for entry in body["entries"]:
            try:
                yield _record(entry, readme, paths)
            except (AttributeError, KeyError, TypeError, ValueError) as problem:
                name = entry.get("model_path") if isinstance(entry, dict) else None
                alone = json.dumps({**body, "entries": [entry]})
                yield Rejected(str(name or "")[:250], f"{problem!r:.200}", alone)


def _folders(manifest: bytes) -> dict[str, list[Any]]:
    """The entries by the folder whose README describes them; raises Unreachable if it is no manifest."""
    try:
        entries = json.loads(manifest)
        found: dict[str, list[Any]] = {}
        for entry in entries:
            path = str(entry["model_path"])
            # A graph that only prepares pictures has no weights.
            if "/preproc/" not in path:
                found.setdefault(re.split(r"/models?/", path)[0], []).append(entry)
    except (KeyError, RecursionError, TypeError, ValueError) as problem:
        raise Unreachable(f"{_MANIFEST} is not the list it was: {problem!r:.100}") from problem
    if not found:
        raise Unreachable(f"{_MANIFEST} lists nothing any more; nothing was read.")
    return found


def _readme(http: "Http", url: str) -> str:
    try:
        return http.get(url).body.decode(errors="replace")
    except HttpError as problem:
        if problem.status == 404:  # then nothing is stated of these files
            return ""
        raise


def _record(entry: Mapping[str, Any], readme: str, paths: set[str]) -> ModelRecord:
    path, about = entry["model_path"], entry["metadata"]
    file = path.rpartition("/")[2]
    architecture = _architecture(file)
    family = _family(architecture)
    license_ = license_of(readme)
    stated = results_of(readme).get(file, {})
    facts = {
        "name": Fact(file.removesuffix(".onnx")),
        "description": Fact(f"{entry['model']}, opset {entry['opset_version']}"),
        "task": Fact(_task(path), "from its folder"),
        "libraries": Fact(["onnx"]),
        "architecture": Fact(architecture, "the file's name without opset"),
        "family": Fact(family.slug if family else None, "from the file's name"),
        "organization": Fact("onnx", "publisher of the zoo"),
        "license": Fact(license_, "in its README" if license_ else "its README names none"),
        "opset": Fact(entry["opset_version"]),
        "metrics": Fact(stated_of(stated) or None, "as its README writes it"),
        **_file_facts(file, about),
    }
    return ModelRecord(
        external_id=path,
        url=_PAGE + path.rpartition("/")[0],
        facts=facts,
        evaluations=tuple(evaluations_of(path, stated)),
        papers=tuple(_papers(readme, family.paper if family else "")),
        repositories=("onnx/models", *_repositories(readme)),
        identity_keys=(f"onnx:{path}", f"sha256:{_sha256(about)}"),
        parent=_parent(path, paths),
    )


def _architecture(file: str) -> str:
    found = _STEM.match(file)
    return (found[1] if found else file).lower()


def _family(architecture: str) -> Family | None:
    # The second version of a ResNet is another network, which timm calls resnetv2_50.
    return family_of(re.sub(r"^resnet(\d+)-v2$", r"resnetv2_\1", architecture))


def _task(path: str) -> str | None:
    below = path.removeprefix("validated/")
    key = max((start for start in _TASKS if below.startswith(start)), key=len, default="")
    return _TASKS.get(key)


def _ports(stated: Any) -> dict[str, list[dict[str, Any]]] | None:
    """Inputs and outputs as name, shape (numbers, or names of what may vary) and type; None if not stated."""
    return stated and {
        side: [
            {"name": str(port["name"]), "shape": list(port["shape"]), "type": str(port["type"])}
            for port in stated[side]
        ]
        for side in ("inputs", "outputs")
    }


def _sha256(about: Mapping[str, Any]) -> str:
    digest = about["model_sha"]
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError(f"{digest!r:.80} is no SHA-256")
    return str(digest)


def _file_facts(name: str, about: Mapping[str, Any]) -> dict[str, Fact]:
    size, digest = about.get("model_bytes"), _sha256(about)
    return {
        "size_bytes": Fact(size),
        "io_ports": Fact(_ports(about.get("io_ports"))),
        "tags": Fact(about.get("tags")),
        "formats": Fact(["onnx"]),
        "files": Fact([{"name": name, "bytes": size, "format": "onnx", "sha256": digest}]),
        "loading": Fact({"onnx": {"file": name, "sha256": digest}}),
    }


def _papers(readme: str, family_paper: str) -> Iterator[PaperMention]:
    named = arxiv_ids(readme)
    introducing = family_paper if family_paper in named else named[0] if len(named) == 1 else ""
    for arxiv_id in named:
        role = "introduces" if arxiv_id == introducing else "mentioned"
        yield PaperMention(arxiv_id, role, "linked in its README")


def _repositories(readme: str) -> tuple[str, ...]:
    links = re.findall(r"https://github\.com/[\w.-]+/[\w.-]+", readme)
    names = (repository_name(url.rstrip(".")) for url in links)
    return tuple(sorted({name for name in names if name and name != "onnx/models"}))[:50]


def _parent(path: str, paths: set[str]) -> tuple[str, str] | None:
    original = _QUANTIZED.sub("", path)
    is_there = original != path and original in paths
    return (f"onnx:{original}", "quantized") if is_there else None
