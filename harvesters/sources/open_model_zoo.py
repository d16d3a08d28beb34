"""Open Model Zoo: OpenVINO's list of models, one model.yml each, and the tables of their READMEs.

Format: https://github.com/openvinotoolkit/open_model_zoo/blob/master/tools/model_tools/README.md.
A composite-model.yml only groups models that stand on their own.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from catalog.aliases import task_slug
from catalog.keys import arxiv_ids, repository_name, weights_key
from catalog.records import EvaluationRecord, Fact, ModelRecord, PaperMention, Rejected
from harvesters.plain_yaml import MalformedYaml, load_yaml
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.families import family_of
from harvesters.sources.model_index_results import percentage
from harvesters.sources.names_of_weights import is_weights_file
from harvesters.tarball import fetched_tarball, read_tarball

if TYPE_CHECKING:
    from harvesters.http import Http

_REPOSITORY = "openvinotoolkit/open_model_zoo"
_LIBRARIES = {"pytorch": "pytorch", "tf": "tensorflow", "dldt": "openvino"}
_TASKS = {  # where the same word means another thing elsewhere
    "background-matting": "image-segmentation",
    "face-recognition": "image-feature-extraction",
    "feature-extraction": "image-feature-extraction",
    "image-processing": "image-to-image",
    "noise-suppression": "audio-to-audio",
    "place-recognition": "image-feature-extraction",
    "salient-object-detection": "image-segmentation",
}
_LICENSES = {  # of repositories whose licence file a model.yml points to
    "deepmind/kinetics-i3d": "apache-2.0",
    "dingxiaoh/repvgg": "mit",
    "facebookresearch/detr": "apache-2.0",
    "google/automl": "apache-2.0",
    "onnx/models": "apache-2.0",
    "opencv/open_model_zoo": "apache-2.0",
    "openvinotoolkit/open_model_zoo": "apache-2.0",
    "pytorch/vision": "bsd-3-clause",
    "tensorflow/models": "apache-2.0",
    "tensorflow/tensorflow": "apache-2.0",
    "tensorflow/tpu": "apache-2.0",
}
# Metrics that name their data set themselves; the others' tables do not say on what they were measured.
_COCO = {
    "coco_precision": "box_map",
    "coco_orig_precision": "box_map",
    "coco_orig_segm_precision": "mask_map",
    "COCO mAP (0.5:0.05:0.95)": "box_map",
}
_IMAGENET = {"Top 1": "top1", "Top 5": "top5", "Accuracy top-1": "top1", "Accuracy top-5": "top5"}
_WANTED = re.compile(r"models/(?:.+/)?(?:model\.yml|README\.md)")
_ROW = re.compile(r"^\|\s*(.+?)\s*\|\s*(.+?)\s*\|", re.MULTILINE)


class OpenModelZoo:
    """The whole repository is one page."""

    name = "open-model-zoo"
    title = "Open Model Zoo"
    homepage = f"https://github.com/{_REPOSITORY}"
    kind = "library"
    has_increments = False
    is_complete = True

    def __init__(self, codeload: str) -> None:
        self.bases = (Base(codeload, setting="GITHUB_CODELOAD_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - one page
        with fetched_tarball(http, f"{self.bases[0].url}/{_REPOSITORY}/tar.gz/HEAD") as file:
            tarball = read_tarball(file, lambda path: bool(_WANTED.fullmatch(path)))
        texts = {path: body.decode(errors="replace") for path, body in tarball.files.items()}
        models = [path for path in texts if path.endswith("/model.yml")]
        if not models:
            raise Unreachable(f"{_REPOSITORY} has no model.yml below models/ any more.")
        entries = [
            {"path": path, "yaml": texts[path], "readme": texts.get(_readme(path), "")}
            for path in sorted(models)
        ]
        yield Page(json.dumps(entries).encode(), "", len(entries), tarball.commit[:40])

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for entry in json.loads(page.body):
            name = PurePosixPath(entry["path"]).parent.name
            try:
                model = load_yaml(entry["yaml"])
                if not isinstance(model, Mapping):
                    raise MalformedYaml("it holds no model")
                yield _record(name, entry["path"], model, entry["readme"])
            except (AttributeError, KeyError, TypeError, ValueError) as problem:
                reason = f"{entry['path']}: {problem}"[:500]
                yield Rejected(name[:250] or "?", reason, json.dumps([entry]))


def _readme(path: str) -> str:
    return str(PurePosixPath(path).parent / "README.md")


def _record(name: str, path: str, model: Mapping[str, Any], readme: str) -> ModelRecord:
    description = str(model.get("description") or "").strip()
    size, shapes = _inputs(model.get("input_info"))
    named = arxiv_ids(description)
    role = "introduces" if len(named) == 1 else "mentioned"
    repositories = re.findall(r"https?://github\.com/[\w.-]+/[\w.-]+", description)
    files = [_file(item) for item in model["files"]]
    return ModelRecord(
        external_id=name,
        url=f"https://github.com/{_REPOSITORY}/tree/HEAD/{PurePosixPath(path).parent}",
        facts={
            **_own_facts(name, model, description),
            **_file_facts(model, files),
            **_work(readme, size),
            "input_size": Fact(size, "longer side of its first input"),
            "io_ports": Fact({"inputs": shapes} if shapes else None),
        },
        evaluations=tuple(_evaluations(description + readme, readme, size)),
        papers=tuple(PaperMention(i, role, "named in its description") for i in named),
        repositories=tuple(
            filter(None, (repository_name(url.rstrip(".")) for url in repositories))
        ),
        identity_keys=tuple(_keys(model)),
    )


def _own_facts(name: str, model: Mapping[str, Any], description: str) -> dict[str, Fact]:
    framework, license_url = str(model["framework"]), str(model.get("license") or "")
    task = task_slug(str(model["task_type"]))
    architecture = _architecture(model)
    family = family_of(architecture or name.replace("-", ""))
    return {
        "name": Fact(name),
        "description": Fact(description),
        "task": Fact(_TASKS.get(task, task)),
        "libraries": Fact([_LIBRARIES.get(framework, framework)]),
        "architecture": Fact(architecture or None, "the builder that its conversion calls"),
        "family": Fact(family.slug if family else None, "from its name"),
        "organization": Fact(
            "intel" if framework == "dldt" else None, "trained by OpenVINO's authors"
        ),
        "license": Fact(_license(license_url), license_url),
        "formats": Fact(_formats(model) or None),
    }


def _license(url: str) -> str:
    found = re.match(r"https://(?:raw\.githubusercontent\.com|github\.com)/([\w.-]+/[\w.-]+)/", url)
    return _LICENSES.get(found[1].lower(), url) if found else url


def _architecture(model: Mapping[str, Any]) -> str:
    """The name of the torchvision or timm builder, where the conversion names one."""
    stated = [str(item) for item in model.get("conversion_to_onnx_args") or ()]
    given = dict(item.removeprefix("--").partition("=")[::2] for item in stated)
    known = given.get("import-module") in ("torchvision.models", "timm")
    return given.get("model-name", "") if known else ""


def _weights(model: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [item for item in model["files"] if _is_weights(item)]


def _is_weights(item: Mapping[str, Any]) -> bool:
    # Networks of OpenVINO's own format keep their weights in a .bin beside the .xml.
    return is_weights_file(f"https://h/{item['name']}")


def _formats(model: Mapping[str, Any]) -> list[str]:
    suffixes = {PurePosixPath(item["name"]).suffix.lstrip(".") for item in _weights(model)}
    return sorted("openvino" if suffix == "bin" else suffix for suffix in suffixes)


def _file(item: Mapping[str, Any]) -> dict[str, Any]:
    name = str(item["name"])
    return {
        "name": name,
        "bytes": int(item["size"]),
        "format": PurePosixPath(name).suffix.lstrip("."),
        "sha384": str(item["checksum"]),
        "url": _origins(item)[0] if _origins(item) else "",
    }


def _origins(item: Mapping[str, Any]) -> list[str]:
    """Where a file comes from first, then its mirror; one entry misspells the word."""
    stated = [item.get(key) for key in ("original_source", "oroginal_source", "source")]
    return [url for url in stated if isinstance(url, str) and url.startswith("http")]


def _file_facts(model: Mapping[str, Any], files: Sequence[Mapping[str, Any]]) -> dict[str, Fact]:
    weights = _weights(model)
    full = [item for item in weights if str(item["name"]).startswith("FP32/")]
    chosen = full or [item for item in weights if "/" not in str(item["name"])] or weights
    note = "of the FP32 weights" if full else "of the weights files together"
    total = sum(int(item["size"]) for item in chosen)
    return {"files": Fact(list(files)), "size_bytes": Fact(total or None, note)}


def _keys(model: Mapping[str, Any]) -> Iterator[str]:
    """One file of weights is the checkpoint; several (encoder and decoder, precisions) are not each it."""
    weights = _weights(model)
    if model["framework"] != "dldt" and len(weights) == 1:
        yield from (weights_key(url) for url in _origins(weights[0]) if is_weights_file(url))


def _inputs(stated: Any) -> tuple[int | None, list[dict[str, Any]]]:
    """The longer side of the first picture in pixels, and all inputs by name and shape."""
    found, size = [], None
    for item in stated if isinstance(stated, list) else ():
        shape, layout = item.get("shape"), str(item.get("layout") or "")
        shape = shape if isinstance(shape, list) else []
        found.append({"name": str(item.get("name")), "shape": shape})
        if size is None and len(shape) == len(layout) == 4 and set(layout) == set("NCHW"):
            sides = [shape[layout.index(side)] for side in "HW"]
            size = max((side for side in sides if isinstance(side, int) and side > 0), default=None)
    return size, found


def _work(readme: str, size: int | None) -> dict[str, Fact]:
    """What the table `Specification` says: two GFLOPs are one billion multiply-accumulates."""
    rows = {name.lower(): value for name, value in _table(readme, "Specification")}
    flops, parameters = percentage(rows.get("gflops")), percentage(rows.get("mparams"))
    at = f" at {size} px" if size else ""
    return {
        "gmacs": Fact(
            flops / 2 if flops else None, f"half of the {flops} GFLOPs in its README{at}"
        ),
        "parameters": Fact(
            round(parameters * 1e6) if parameters else None, "MParams in its README"
        ),
    }


def _evaluations(text: str, readme: str, size: int | None) -> Iterator[EvaluationRecord]:
    is_imagenet = "imagenet" in text.lower()
    for name, value in _table(readme, "Accuracy"):
        metric = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", name).strip("` ")
        number = percentage(value)
        if number is None:
            continue
        if metric in _COCO:
            yield EvaluationRecord("coco-val2017", _COCO[metric], number, size)
        elif metric in _IMAGENET and is_imagenet:
            yield EvaluationRecord("imagenet-1k", _IMAGENET[metric], number, size)


def _table(readme: str, heading: str) -> list[tuple[str, str]]:
    """First and second column of the table below a heading: of original and converted the original."""
    section = re.search(rf"^## {heading}\s*$(.*?)(?:^## |\Z)", readme, re.DOTALL | re.MULTILINE)
    return _ROW.findall(section[1]) if section else []
