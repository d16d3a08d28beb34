"""Which papers an entry of OpenMMLab's metafiles names, and which of them introduces its architecture."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.keys import arxiv_ids
from catalog.records import PaperMention
from harvesters.sources.families import family_of

# How the architectures of a collection are called where its name is not the beginning of theirs.
_CALLED = {"tokenstotokenvit": "t2tvit", "visualattentionnetwork": "van", "vig": "pvig"}


def papers_of(
    model: Mapping[str, Any], collection: Mapping[str, Any], architecture: str
) -> Iterator[PaperMention]:
    """The papers of an entry and its collection; that of its family where neither names any."""
    named: list[str] = []
    for part in (model, collection):
        stated = part.get("Paper")
        for paper in stated if isinstance(stated, list) else [stated]:
            address = paper.get("URL") if isinstance(paper, Mapping) else paper
            named += arxiv_ids(str(address or ""))
    note = "named in the metafile"
    family = family_of(architecture) if architecture else None
    for arxiv_id in dict.fromkeys(named):
        role = "mentioned"
        if len(set(named)) == 1:
            is_families = family is not None and family.paper == arxiv_id
            is_own = is_families or _is_called_after(model, collection, architecture)
            role = "introduces" if is_own else "recipe"
        yield PaperMention(arxiv_id, role, note)
    if not named and family and family.paper and "." in family.paper:
        yield PaperMention(family.paper, "introduces", "of the family that its name tells")


def _is_called_after(
    model: Mapping[str, Any], collection: Mapping[str, Any], architecture: str
) -> bool:
    """Whether the collection is the architecture's own: the ResNet-50 of SimCLR's collection is none of it."""
    called = _plain(collection.get("Name") or architecture)
    if architecture:
        return _plain(architecture).startswith((called, _CALLED.get(called, called)))
    return called in _plain(model.get("Name"))


def _plain(name: Any) -> str:
    return re.sub(r"[^a-z0-9]", "", str(name or "").lower().replace("+", "p"))
