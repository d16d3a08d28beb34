"""OpenMMLab's model zoos, and every other repository with a model-index: what its metafiles say.

Manual: https://mmpretrain.readthedocs.io/en/latest/notes/contribution_guide.html (metafile.yml); the format
is in `model_index`. Models without published weights are recipes, no checkpoints, and are passed over.
"""

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from catalog.aliases import dataset_slug, task_slug
from catalog.keys import repository_name
from catalog.records import Fact, ModelRecord, Rejected
from harvesters.http_errors import HttpError
from harvesters.sources.base import Base, NotSetUp, Page, Start
from harvesters.sources.families import family_of
from harvesters.sources.model_index import ROOTS, IndexedModel, Unread, missing_files, read_index
from harvesters.sources.model_index_keys import Claims, weights_of
from harvesters.sources.model_index_results import count_of, results_of
from harvesters.sources.openmmlab_papers import papers_of
from harvesters.tarball import Tarball, fetched_tarball, read_tarball

if TYPE_CHECKING:
    from harvesters.http import Http

_ORGANIZATION = "open-mmlab"
# What a repository's models are for where a metafile gives no task.
_TASKS = {
    "mmpretrain": "image-feature-extraction",
    "mmpose": "keypoint-detection",
    "mmaction2": "video-classification",
    "mmdetection": "object-detection",
    "mmdetection3d": "object-detection",
    "mmyolo": "object-detection",
    "mmrotate": "object-detection",
    "mmsegmentation": "image-segmentation",
    "mmocr": "image-to-text",
    "mmtracking": "object-tracking",
    "mmagic": "image-to-image",
}
# The beginning of the SHA-256 by torch.hub's convention; mmpose writes the date behind it, others before.
_HASHED = re.compile(
    r"https://download\.openmmlab\.com/.*-(?!20[12]\d[01]\d[0-3]\d)([0-9a-f]{8})(?:_20\d{6})?\.pth"
)
_DATED = re.compile(r"[_-](20[12]\d)(0[1-9]|1[0-2])([0-2]\d|3[01])(?=[-_.])")


class OpenMMLab:
    """One page per repository. `repositories` are `owner/name` or `owner/name@ref`."""

    name = "openmmlab"
    title = "OpenMMLab"
    homepage = "https://github.com/open-mmlab"
    kind = "library"
    has_increments = False
    is_complete = True

    def __init__(self, codeload: str, repositories: Sequence[str]) -> None:
        self.bases = (Base(codeload, setting="GITHUB_CODELOAD_URL"),)
        self._repositories = list(repositories)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        if not self._repositories:
            raise NotSetUp("OPENMMLAB_REPOSITORIES is empty: name repositories as owner/name.")
        names = [name.partition("@")[0] for name in self._repositories]
        first = names.index(start.cursor) if start.cursor in names else 0
        for at in range(first, len(names)):
            following = names[at + 1] if at + 1 < len(names) else ""
            ref = self._repositories[at].partition("@")[2] or "HEAD"
            tarball = _fetched(http, f"{self.bases[0].url}/{names[at]}/tar.gz/{ref}")
            texts = {path: body.decode(errors="replace") for path, body in tarball.files.items()}
            body = json.dumps({"repository": names[at], "files": texts}).encode()
            if not tarball.files:
                # One that was moved or emptied must not keep the others from being read.
                missing = f"{names[at]} has no {ROOTS[0]}: take it off OPENMMLAB_REPOSITORIES"
                yield Page(body, following, missing=missing)
                continue
            unread = [part for part in read_index(texts) if isinstance(part, Unread)]
            # Whatever such a file listed has not vanished.
            broken = next((part.path for part in unread if not part.name), "")
            missing = f"{names[at]}: {broken} could not be read" if broken else ""
            yield Page(body, following, version=tarball.commit[:40], missing=missing)

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        content = json.loads(page.body)
        repository = content["repository"]
        found = list(read_index(content["files"]))
        models = [part for part in found if isinstance(part, IndexedModel)]
        for part in found:
            if isinstance(part, Unread):
                only = {part.path: content["files"][part.path]}
                raw = json.dumps({"repository": repository, "files": only})
                yield Rejected(f"{repository}:{part.path}"[:250], part.reason, raw)
        yield from _records(repository, models)


def _fetched(http: "Http", url: str) -> Tarball:
    """The metafiles of the repository whose tarball is at `url`; none where there is no such repository."""
    try:
        with fetched_tarball(http, url) as file:
            return _metafiles(file)
    except HttpError as problem:
        if problem.status not in (404, 410, 451):
            raise
        return Tarball("", {})


def _metafiles(file: Path) -> Tarball:
    """The root index, every YAML below configs/, and what these import from elsewhere."""

    def usual(path: str) -> bool:
        return path in ROOTS or (path.startswith("configs/") and path.endswith((".yml", ".yaml")))

    tarball = read_tarball(file, usual)
    texts = {path: content.decode(errors="replace") for path, content in tarball.files.items()}
    elsewhere = {name.replace("\\", "/").removeprefix("./") for name in missing_files(texts)}
    if not elsewhere:
        return tarball
    return read_tarball(file, lambda path: usual(path) or path in elsewhere)


def _records(repository: str, models: list[IndexedModel]) -> Iterator[ModelRecord | Rejected]:
    claims = Claims(models)
    for name, parts in _by_identifier(repository, models).items():
        try:
            yield _record(repository, name, parts, claims)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            content = {"Collections": [parts[0].collection], "Models": [p.model for p in parts]}
            only = {parts[0].path: json.dumps(content, default=str)}
            raw = json.dumps({"repository": repository, "files": only})
            yield Rejected(name[:250], f"an entry of {parts[0].path}: {problem!r:.300}", raw)


def _by_identifier(repository: str, models: list[IndexedModel]) -> dict[str, list[IndexedModel]]:
    """Entries by the id of their checkpoint; a name may come again with other results or other weights."""
    short = repository.removeprefix(f"{_ORGANIZATION}/")
    found: dict[str, list[IndexedModel]] = defaultdict(list)
    for part in models:
        urls = weights_of(part.model)
        if not urls:
            continue
        name = f"{short}:{part.model['Name']}"
        if name in found and weights_of(found[name][0].model) != urls:
            name = f"{name}#{PurePosixPath(urls[0]).stem}"
        found[name].append(part)
    return found


def _record(repository: str, name: str, parts: list[IndexedModel], claims: Claims) -> ModelRecord:
    model, collection = parts[0].model, parts[0].collection
    metadata = {**_metadata(collection), **_metadata(model)}
    size = _input_size(str(model["Name"]))
    folder = f"https://github.com/{repository}/blob/HEAD"
    config = model.get("Config")
    config = config.replace("\\", "/") if isinstance(config, str) else ""
    architecture = _architecture(repository, str(model["Name"]))
    evaluations = [item for part in parts for item in results_of(part.model.get("Results"), size)]
    return ModelRecord(
        external_id=name,
        url=f"{folder}/{config}" if config else f"https://github.com/{repository}",
        facts={
            **_own_facts(repository, model, metadata, architecture),
            "task": Fact(_task(repository, model, collection)),
            "input_size": Fact(size, "from its name"),
            "recipe_url": Fact(f"{folder}/{config}" if config else None),
        },
        # Of two results of one kind the first is the one that its page shows.
        evaluations=tuple(reversed(evaluations)),
        papers=tuple(papers_of(model, collection, architecture)),
        repositories=tuple(_repositories(repository, model, collection)),
        identity_keys=tuple(claims.keys(model)),
    )


def _own_facts(
    repository: str, model: Mapping[str, Any], metadata: Mapping[str, Any], architecture: str
) -> dict[str, Fact]:
    urls, short = weights_of(model), repository.rpartition("/")[2]
    family, work = family_of(architecture), count_of(metadata.get("FLOPs"))
    files = [_file(url) for url in urls]
    dated = _DATED.search(urls[0])
    converted = model.get("Converted From")
    origin = converted.get("Code") if isinstance(converted, Mapping) else None
    parameters = metadata.get("Parameters", metadata.get("params"))
    return {
        "name": Fact(str(model["Name"])),
        "libraries": Fact(["pytorch", short] if repository.startswith(_ORGANIZATION) else None),
        "architecture": Fact(architecture or None, "from the model's name"),
        "family": Fact(family.slug if family else None, "from the model's name"),
        "organization": Fact(repository.partition("/")[0].lower()),
        "license": Fact("", f"{repository} states none for these weights"),
        "training": Fact(_training(metadata.get("Training Data")) or None),
        "parameters": Fact(count_of(parameters)),
        "gmacs": Fact(work / 1e9 if work else None, "called FLOPs there: multiply-accumulates"),
        "origin_url": Fact(origin if isinstance(origin, str) and "://" in origin else None),
        "created": Fact("-".join(dated.groups()) if dated else None, "the date in the file's name"),
        "tags": Fact(_texts(metadata.get("Training Techniques")) or None),
        "formats": Fact(sorted({file["format"] for file in files} - {""}) or None),
        "files": Fact(files),
    }


def _metadata(part: Mapping[str, Any]) -> dict[str, Any]:
    stated = part.get("Metadata")
    found: dict[str, Any] = {}
    for item in stated if isinstance(stated, list) else [stated]:
        if isinstance(item, Mapping):
            found |= {str(key): value for key, value in item.items() if value is not None}
    return found


def _task(repository: str, model: Mapping[str, Any], collection: Mapping[str, Any]) -> str:
    stated = model.get("Results")
    results = stated if isinstance(stated, list) else [stated]
    named = [item.get("Task") for item in results if isinstance(item, Mapping)]
    named += _texts(collection.get("Task"))
    first = next((task for task in named if isinstance(task, str) and task.strip()), "")
    usual = _TASKS.get(repository.rpartition("/")[2], "")
    return task_slug(first) if first else usual


def _training(stated: Any) -> list[dict[str, str]]:
    slugs = (dataset_slug(name) for name in _texts(stated))
    return [{"stage": "train", "dataset": slug, "method": ""} for slug in slugs if slug]


def _architecture(repository: str, name: str) -> str:
    """`resnet50` of `resnet50_8xb32_in1k`: only mmpretrain begins its names with the architecture."""
    return (
        name.partition("_")[0].replace("-", "_").lower()
        if repository.endswith("/mmpretrain")
        else ""
    )


def _input_size(name: str) -> int | None:
    """The longer side in pixels where the name ends in it: `...-384px`, `...-256x192`."""
    found = re.search(r"[_-](\d{2,4})px(?:$|_)|[-_](\d{2,4})x(\d{2,4})$", name)
    return max(int(side) for side in found.groups() if side) if found else None


def _repositories(
    repository: str, model: Mapping[str, Any], collection: Mapping[str, Any]
) -> Iterator[str]:
    yield repository.lower()
    for part in (model.get("Code"), collection.get("Code"), model.get("Converted From")):
        address = (part.get("URL") or part.get("Code")) if isinstance(part, Mapping) else part
        if found := repository_name(str(address or "")):
            yield found


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [text.strip() for text in values if isinstance(text, str) and text.strip()]


def _file(url: str) -> dict[str, str]:
    path, hashed = PurePosixPath(urlsplit(url).path), _HASHED.fullmatch(url)
    found = {"name": path.name or url, "format": path.suffix.lstrip(".").lower()[:30], "url": url}
    return {**found, "sha256": hashed[1]} if hashed else found
