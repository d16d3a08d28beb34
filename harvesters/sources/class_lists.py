"""Lists of classes that the installed timm and torchvision carry: what the outputs of classifiers stand for.

timm has those of ImageNet with WordNet ids, synonyms and definitions (see timm_labels); some of torchvision's data
sets (torchvision/datasets/*.py) name their classes in their source. Nothing is imported or downloaded.
"""

import ast
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from catalog.records import Fact, Rejected
from catalog.reference_records import LabelSetRecord, named_list
from harvesters.packages import Module, installed, installed_version
from harvesters.sources.base import Base, Page, Record, Start
from harvesters.sources.libraries import Entries, library_pages
from harvesters.sources.timm_labels import class_lists, glossary

if TYPE_CHECKING:
    from harvesters.http import Http

_TIMM = "https://github.com/huggingface/pytorch-image-models/tree/main/timm/data/_info"
_TORCHVISION = "https://docs.pytorch.org/vision/stable/datasets.html"
# By torchvision's class: what the data set is called here.
_DATASETS = {
    "FashionMNIST": ("Fashion-MNIST", "fashion-mnist"),
    "Flowers102": ("Oxford 102 flowers", "oxford-flowers102"),
    "Imagenette": ("Imagenette", "imagenette"),
    "KMNIST": ("KMNIST", "kmnist"),
    "MNIST": ("MNIST", "mnist"),
}


class ClassLists:
    """All lists in one page: most of their classes are the same, and so written once."""

    name = "class-lists"
    title = "Class lists of timm and torchvision"
    homepage = _TIMM
    kind = "datasets"
    bases: tuple[Base, ...] = ()
    has_increments = False
    is_complete = True

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - reads files only
        yield from library_pages(read_lists, start.cursor)

    def records(self, page: Page) -> Iterator[Record]:
        for entry in json.loads(page.body):
            record = _record(entry)
            yield record or Rejected(entry["key"], "It names no class.", json.dumps([entry]))


def read_lists() -> tuple[Entries, str]:
    """Every list as plain values, and of which releases; raises SourceUnreadable."""
    version = f"timm {installed_version('timm')}, torchvision {installed_version('torchvision')}"
    return [*class_lists(), *_of_datasets()], version


def _of_datasets() -> Iterator[dict[str, Any]]:
    known = glossary()
    for module in installed("torchvision", "torchvision").modules("torchvision/datasets/"):
        for node in module.syntax.body:
            if isinstance(node, ast.ClassDef) and node.name in _DATASETS:
                title, dataset = _DATASETS[node.name]
                classes = _classes(module, node, known)
                yield {"key": dataset, "title": title, "datasets": [dataset], "classes": classes}


def _classes(module: Module, node: ast.ClassDef, known: dict[str, Any]) -> list[dict[str, Any]]:
    """The classes that a data set's class names: a list of names, or a table by WordNet id."""
    named = {
        target.id: statement.value
        for statement in node.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
    }
    if "_WNID_TO_CLASS" in named:
        return [known[pk] for pk in module.plain(named["_WNID_TO_CLASS"])]
    return [{"names": [name]} for name in module.plain(named["classes"])]


def _record(entry: dict[str, Any]) -> LabelSetRecord | None:
    if "id" in entry["classes"][0]:
        facts = {name: Fact(entry[name]) for name in ("title", "datasets", "classes")}
        return LabelSetRecord(entry["key"], entry["key"], _url(entry), facts)
    names = [one["names"][0] for one in entry["classes"]]
    found = named_list(names, entry["datasets"][0], entry["title"])
    return replace(found, external_id=entry["key"], url=_url(entry)) if found else None


def _url(entry: dict[str, Any]) -> str:
    of_torchvision = entry["key"] in {dataset for _, dataset in _DATASETS.values()}
    return _TORCHVISION if of_torchvision else _TIMM
