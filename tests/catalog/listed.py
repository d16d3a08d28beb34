"""Checkpoints listed through the real door, and their pages."""

from datetime import UTC, datetime
from typing import Any

from django.test import Client

from catalog.models import Listing, PretrainedModel, Source
from catalog.records import EvaluationRecord, Fact, ModelRecord
from catalog.services import upsert_records

SEEN = datetime(2026, 11, 20, tzinfo=UTC)
RESNET = {
    "task": "image-classification",
    "libraries": ["pytorch", "timm"],
    "architecture": "resnet50",
    "family": "resnet",
    "license": "apache-2.0",
    "num_classes": 1000,
    "training": [{"stage": "train", "dataset": "imagenet-1k", "method": "recipe A1"}],
    "parameters": 25_557_032,
    "gmacs": 4.11,
    "activations": 11_110_000,
    "input_size": 224,
    "loading": {"timm": {"name": "resnet50.a1_in1k", "hub_id": "timm/resnet50.a1_in1k"}},
}


def list_in(source: Source, name: str, *keys: str, **facts: Any) -> PretrainedModel:
    """One record through the real door; `top1`, `papers`, `url` are the record's own parts."""
    top1, papers, url = facts.pop("top1", None), facts.pop("papers", ()), facts.pop("url", "")
    results = () if top1 is None else (EvaluationRecord("imagenet-1k", "top1", top1, 224, 0.95),)
    record = ModelRecord(
        external_id=name,
        url=url,
        facts={"name": Fact(name), **{key: Fact(value) for key, value in facts.items()}},
        evaluations=results,
        papers=tuple(papers),
        identity_keys=keys,
    )
    outcome = upsert_records(source, [record], version="1.0.31", seen_at=SEEN)
    assert outcome.rejected == []
    return Listing.objects.get(source=source, external_id=name).pretrained


def page(client: Client, slug: str = "timm/resnet50.a1_in1k", **query: Any) -> str:
    answer = client.get(f"/models/{slug}/", query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())
