"""torchtext: every bundle of its last release, read from its source files.

The library ended with 0.18 (2024) and has no wheels for newer Pythons; where it is not installed, one of
its wheels is read as the package index keeps it. Manual: https://docs.pytorch.org/text/stable/models.html.
"""

import inspect
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.keys import arxiv_ids, weights_key
from catalog.records import Fact, ModelRecord, PaperMention
from harvesters.packages import Package, installed, unpacked
from harvesters.python_source import SourceUnreadable
from harvesters.sources.base import Base, Page, Record, Start
from harvesters.sources.bundles import (
    description_of,
    license_of,
    read_bundles,
    repositories_of,
    source_of,
)
from harvesters.sources.entries import records_of_entries
from harvesters.sources.libraries import Entries, library_pages

if TYPE_CHECKING:
    from harvesters.http import Http

_DOCS = "https://docs.pytorch.org/text/stable/models.html"
_VERSION = "0.18.0"
_WHEEL = (
    "/packages/65/13/26c37c5433658d3f1eb30be07a4b42b29893bc42ff7cb7261ef6e474fc3c/"
    "torchtext-0.18.0-cp312-cp312-manylinux1_x86_64.whl"
)
_SHA256 = "eeebf2ec950c9f9d3b276faf6948e763836c215747354f0340746b32512d11f6"
_CODE_LICENSE = "torchtext states none for these weights; its code is BSD-3-Clause"
_T5_PAPER = "1910.10683"
_FAMILIES = {"FLAN_T5": "flan-t5", "T5": "t5", "XLMR": "xlm-roberta", "ROBERTA": "roberta"}
# What the texts say of the data, by the beginning of a bundle's name.
_TRAINING = {
    "XLMR": ("cc100",),
    "ROBERTA_DISTILLED": ("openwebtext",),
    "ROBERTA": ("bookcorpus", "wikipedia", "cc-news", "openwebtext", "stories"),
    "T5": ("c4",),
}


class Torchtext:
    """All bundles, without importing torchtext; `base` is where the package index keeps its files."""

    name = "torchtext"
    title = "torchtext"
    homepage = "https://github.com/pytorch/text"
    kind = "library"
    has_increments = False
    is_complete = True

    def __init__(self, base: str) -> None:
        self.bases = (Base(base, setting="PYPI_FILES_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        yield from library_pages(lambda: self._read(http), start.cursor)

    def _read(self, http: "Http") -> tuple[Entries, str]:
        package = self._package(http)
        entries, bucket = read_bundles(package, "torchtext/models/"), _bucket(package)
        for entry in entries:
            path = re.sub(r"^urljoin\(\w+, '(.*)'\)$", r"\1", entry["kwargs"]["_path"])
            entry["url"] = bucket + path
        return entries, package.version

    def _package(self, http: "Http") -> Package:
        try:
            return installed("torchtext", "torchtext")
        except SourceUnreadable:
            return unpacked(http.get(self.bases[0].url + _WHEEL).body, _SHA256, _VERSION)

    def records(self, page: Page) -> Iterator[Record]:
        yield from records_of_entries(page, record_of)


def _bucket(package: Package) -> str:
    for module in package.modules("torchtext/__init__"):
        return str(module.plain(module.assigned["_TEXT_BUCKET"]))
    raise SourceUnreadable("torchtext/__init__.py does not say where its weights lie")


def record_of(entry: Mapping[str, Any]) -> ModelRecord:
    """One bundle as a record; `entry` as `read_bundles` gives it, with the `url` of its weights."""
    name, doc = entry["name"], inspect.cleandoc(entry["doc"])
    license_ = license_of(doc)
    family = next((slug for start, slug in _FAMILIES.items() if name.startswith(start)), "")
    architecture = re.sub(r"_(ENCODER|GENERATION)$", "", name).lower()
    facts = {
        "name": Fact(name),
        "description": Fact(description_of(doc) or None),
        "task": Fact("text-generation" if name.endswith("_GENERATION") else "feature-extraction"),
        "libraries": Fact(["pytorch", "torchtext"]),
        "architecture": Fact(architecture, "from the bundle's name"),
        "family": Fact(family or None, "from the bundle's name"),
        "organization": Fact("pytorch", "publisher of torchtext"),
        "license": Fact(license_, "of the weights, in its text" if license_ else _CODE_LICENSE),
        "training": Fact(_training(name) or None, "read from its text"),
        "languages": Fact(None if family == "xlm-roberta" else ["en"], "of its training data"),
        "origin_url": Fact(source_of(doc) or None),
        "tags": Fact(["deprecated"], "torchtext ended with 0.18 and is archived"),
        "metrics": Fact(_dimensions(entry["kwargs"]) or None),
        **_weights_facts(name, entry["url"]),
    }
    return ModelRecord(
        external_id=name,
        url=_DOCS,
        facts=facts,
        papers=tuple(_papers(name, doc)),
        repositories=("pytorch/text", *repositories_of(doc)),
        identity_keys=(f"torchtext:{name}", weights_key(entry["url"])),
    )


def _weights_facts(name: str, url: str) -> dict[str, Fact]:
    return {
        "files": Fact([{"name": url.rpartition("/")[2], "format": "pytorch", "url": url}]),
        "formats": Fact(["pytorch"]),
        "loading": Fact({"torchtext": {"bundle": name, "url": url}}),
    }


def _training(name: str) -> list[dict[str, str]]:
    key = max((key for key in _TRAINING if name.startswith(key)), key=len, default="")
    return [{"stage": "train", "dataset": d, "method": ""} for d in _TRAINING.get(key, ())]


def _papers(name: str, doc: str) -> Iterator[PaperMention]:
    if name.startswith("T5") and "Exploring the Limits of Transfer Learning" in doc:
        yield PaperMention(_T5_PAPER, "introduces", "named by its title in its text")
    for arxiv_id in arxiv_ids(doc):
        yield PaperMention(arxiv_id, "introduces", "linked in its text")


def _dimensions(given: Mapping[str, Any]) -> dict[str, int]:
    """The sizes that a bundle's configuration names: {"embedding_dim": 1024}."""
    written = f"{given.get('_encoder_conf', '')} {given.get('_config', '')}"
    return {key: int(value) for key, value in re.findall(r"(\w+)=(\d+)\b", written)}
