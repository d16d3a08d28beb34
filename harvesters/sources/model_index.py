"""The model-index format: metafiles in a repository that name its models, results and weights.

Format: https://github.com/paperswithcode/model-index (2021, unmaintained); OpenMMLab writes it still.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

from harvesters.plain_yaml import MalformedYaml, load_yaml

ROOTS = ("model-index.yml", "model-index.yaml")
_IN_MARKDOWN = re.compile(r"<!--(.*?)-->", re.DOTALL)
_FIELDS_OF_FILES = ("Metadata", "Results")  # may be the name of a file that holds them


@dataclass(frozen=True)
class IndexedModel:
    """One entry of `Models`, with the collection that it says it is in (empty if there is none such)."""

    path: str
    model: Mapping[str, Any]
    collection: Mapping[str, Any]


@dataclass(frozen=True)
class Unread:
    """A part that could not be read: the file that names it, its name there, and why."""

    path: str
    name: str
    reason: str


@dataclass
class _Found:
    collections: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    models: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    unread: list[Unread] = field(default_factory=list)
    read: set[str] = field(default_factory=set)


def read_index(files: Mapping[str, str]) -> Iterator[IndexedModel | Unread]:
    """What the metafiles among `files` (texts by path) say, first those that the root file imports.

    Some repositories forget to import a metafile, so whatever else lies in `configs/` is read as well.
    """
    found, reader = _Found(), _Reader(files)
    for path in [*(root for root in ROOTS if root in files), *sorted(files)]:
        if path in ROOTS or path.startswith("configs/") or not any(r in files for r in ROOTS):
            reader.read(path, found)
    yield from found.unread
    for path, model in found.models:
        yield IndexedModel(path, model, _collection_of(path, model, found))


def missing_files(files: Mapping[str, str]) -> list[str]:
    """The files and patterns that are named for import and are not among `files`."""
    return [part.name for part in read_index(files) if isinstance(part, Unread) and part.name]


class _Reader:
    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files

    def read(self, path: str, found: _Found) -> None:
        """One file and all that it imports, each once."""
        if path in found.read:
            return
        found.read.add(path)
        try:
            documents = list(_documents(path, self._files[path]))
        except MalformedYaml as problem:
            found.unread.append(Unread(path, "", str(problem)))
            return
        for document in documents:
            self._take(path, document, "", found)

    def _take(self, path: str, document: Any, kind: str, found: _Found) -> None:
        """A whole document, or an element of `Collections` or `Models` (`kind` says which)."""
        if isinstance(document, list):
            for item in document:
                self._take(path, item, kind, found)
        elif isinstance(document, str) and kind:
            self._import(path, document, kind, found)
        elif isinstance(document, dict) and "Name" in document:
            if document["Name"] in (None, ""):
                found.unread.append(Unread(path, "", "an entry of it has no name"))
                return
            whole = self._completed(path, document, found)
            goal = found.collections if kind == "Collections" else found.models
            goal.append((path, whole))
        elif isinstance(document, dict):
            for name in ("Collections", "Models"):
                self._take(path, document.get(name), name, found)
            imports = document.get("Import") or []
            for name in imports if isinstance(imports, list) else [imports]:
                self._import(path, name, "", found)

    def _import(self, path: str, name: Any, kind: str, found: _Found) -> None:
        names = self._named(path, name)
        if not names:
            found.unread.append(Unread(path, str(name)[:300], _absent(str(name))))
        for each in names:
            if not kind:
                self.read(each, found)
            elif each not in found.read:
                found.read.add(each)
                for document in self._loaded(each, found):
                    self._take(each, document, kind, found)

    def _completed(self, path: str, entry: dict[str, Any], found: _Found) -> dict[str, Any]:
        """The entry with what it keeps in files of their own read in."""
        whole = dict(entry)
        for name in _FIELDS_OF_FILES:
            value = entry.get(name)
            parts = value if isinstance(value, list) else [value]
            if not any(isinstance(part, str) for part in parts):
                continue
            read: list[Any] = []
            for part in parts:
                for document in self._part(path, part, found):
                    read += document if isinstance(document, list) else [document]
            whole[name] = read if name == "Results" else (read or [None])[0]
        return whole

    def _part(self, path: str, part: Any, found: _Found) -> list[Any]:
        if not isinstance(part, str):
            return [part]
        files = self._named(path, part)
        if not files:
            found.unread.append(Unread(path, part[:300], _absent(part)))
        return [document for each in files for document in self._loaded(each, found)]

    def _loaded(self, path: str, found: _Found) -> list[Any]:
        try:
            return list(_documents(path, self._files[path]))
        except MalformedYaml as problem:
            found.unread.append(Unread(path, "", str(problem)))
            return []

    def _named(self, path: str, name: Any) -> list[str]:
        """The files that `name`, a path or a pattern relative to `path`, stands for."""
        relative = str(name).strip().replace("\\", "/")
        goal = posixpath.normpath(posixpath.join(posixpath.dirname(path), relative))
        if goal in self._files:
            return [goal]
        return sorted(each for each in self._files if "*" in goal and fnmatchcase(each, goal))


def _absent(name: str) -> str:
    return f"it names {name!r:.120}, which is not there"


def _documents(path: str, text: str) -> Iterator[Any]:
    if not path.endswith(".md"):
        yield load_yaml(text)
        return
    for part in _IN_MARKDOWN.findall(text):
        if "model-index" in part:
            yield load_yaml(part)


def _collection_of(path: str, model: Mapping[str, Any], found: _Found) -> Mapping[str, Any]:
    wanted = model.get("In Collection")
    named = [(own, c) for own, c in found.collections if c["Name"] == wanted]
    # Two files may give different collections one name: a model's own file comes first.
    named.sort(key=lambda item: item[0] != path)
    return named[0][1] if named else {}
