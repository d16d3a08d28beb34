"""Records of papers, repositories and checkpoints for the tests of their pages."""

from html import unescape
from typing import Any

from django.test import Client

from catalog.records import EvaluationRecord, Fact, ModelRecord, PaperMention
from catalog.reference_records import (
    PaperRecord,
)

RESNET = "1512.03385"
CODE = "kaiminghe/deep-residual-networks"
ATTACK = "<img src=x onerror=alert(1)>"


def facts(**values: Any) -> dict[str, Fact]:
    return {name: Fact(value) for name, value in values.items()}


def resnet(**values: Any) -> PaperRecord:
    stated = {"title": "Deep Residual Learning", "published": "2015-12-10", **values}
    return PaperRecord(RESNET, RESNET, f"https://arxiv.org/abs/{RESNET}", facts(**stated))


def checkpoint(name: str, role: str = "introduces", **values: Any) -> ModelRecord:
    stated = {"name": name, "architecture": "resnet50", "task": "image-classification", **values}
    return ModelRecord(
        name,
        url=f"https://timm.example/{name}",
        facts=facts(**stated),
        evaluations=(EvaluationRecord("imagenet-1k", "top1", 80.5, 224),),
        papers=(PaperMention(RESNET, role, "in the documentation"),),
        repositories=(CODE,),
    )


def text_of(client: Client, url: str) -> str:
    """The page in words: without tags and needless blanks."""
    response = client.get(url)
    assert response.status_code == 200, url
    parts = [part.partition(">")[2] for part in response.text.split("<main")[1].split("<")[1:]]
    return " ".join(unescape(" ".join(parts)).split())
