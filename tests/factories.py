"""Rows for tests. Every argument is a column; what is not given is unknown."""

from itertools import count
from typing import Any

from catalog.models import Architecture, PretrainedModel
from catalog.search import refresh_search

_numbers = count(1)


def make_architecture(name: str = "resnet50", family: str = "resnet") -> Architecture:
    return Architecture.objects.get_or_create(name=name, defaults={"family": family})[0]


def make_pretrained(**columns: Any) -> PretrainedModel:
    """One checkpoint, to be found by its words. `architecture` may be a name; the slug follows from source and name."""
    number = next(_numbers)
    columns.setdefault("name", f"model{number}")
    columns.setdefault("sources", ["timm"])
    columns.setdefault("slug", f"{columns['sources'][0]}/{columns['name']}")
    if isinstance(columns.get("architecture"), str):
        columns["architecture"] = make_architecture(
            columns["architecture"], columns.get("family", "")
        )
    pretrained = PretrainedModel.objects.create(**columns)
    refresh_search([pretrained.pk])
    return pretrained
