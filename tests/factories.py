"""Rows for tests. Every argument is a column; what is not given is unknown."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

from catalog.models import Architecture, PretrainedModel, Source, Speed
from catalog.search import refresh_search
from catalog.speeds import settle_speeds

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


def make_speed(architecture: str = "resnet50", **columns: Any) -> Speed:
    """One measurement on an RTX 4090 at 224 px, not compiled; the ones that count are chosen again."""
    source, _ = Source.objects.get_or_create(
        name="timm-results", defaults={"title": "timm-results", "kind": Source.Kind.MEASUREMENT}
    )
    made = Speed.objects.create(
        source=source,
        architecture=make_architecture(architecture),
        external_id=f"speed{next(_numbers)}",
        last_seen=datetime(2026, 11, 20, tzinfo=UTC),
        **{
            "kind": Speed.Kind.INFERENCE,
            "device": "NVIDIA GeForce RTX 4090",
            "precision": "amp",
            "layout": "nchw",
            "is_compiled": False,
            "software": "torch 2.9.1, CUDA 12.8",
            "input_size": 224,
            "batch_size": 256,
            "images_per_second": 1000.0,
            **columns,
        },
    )
    settle_speeds({made.device}, {made.architecture_id})
    made.refresh_from_db()
    return made
