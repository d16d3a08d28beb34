"""Every source whose recorded data holds labelled pairs, harvested once for this folder."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from catalog.models import Listing
from harvesters.engine import harvest
from harvesters.models import HarvestRun
from harvesters.sources.base import Harvested
from harvesters.sources.keras_applications import KerasApplications
from harvesters.sources.keras_hub import KerasHub
from harvesters.sources.onnx_zoo import OnnxZoo
from harvesters.sources.open_model_zoo import OpenModelZoo
from harvesters.sources.openmmlab import OpenMMLab
from harvesters.sources.pytorch_hub import PyTorchHub
from harvesters.sources.qualcomm_ai_hub import QualcommAiHub
from harvesters.sources.timm import Timm
from harvesters.sources.torchvision import Torchvision
from tests.harvesters.replay import ReplayServer, recorded

OPENMMLAB = ["mmpretrain", "mmpose", "mmaction2", "mmagic", "mmyolo", "mmrotate"]


@dataclass
class Harvest:
    """The runs by source, and the checkpoint of each listing by (source, external id)."""

    runs: dict[str, HarvestRun]
    checkpoints: dict[tuple[str, str], int]


@pytest.fixture(scope="package")
def everything(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, shared: Path
) -> Iterator[Harvest]:
    """All of them harvested, and taken back at the end."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        ReplayServer(recorded(shared / "data")) as server,
    ):
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        runs = {source.name: harvest(source) for source in _sources(server.url)}
        rows = Listing.objects.values_list("source", "external_id", "pretrained")
        yield Harvest(runs, {(source, name): pk for source, name, pk in rows})
        server.shutdown()
        transaction.set_rollback(True)


def _sources(url: str) -> list[Harvested]:
    codeload, raw = f"{url}/codeload", f"{url}/raw"
    return [
        Timm(),
        Torchvision(),
        KerasApplications(),
        KerasHub(),
        PyTorchHub(codeload),
        OnnxZoo(raw),
        OpenMMLab(codeload, [f"open-mmlab/{name}" for name in OPENMMLAB]),
        OpenModelZoo(codeload),
        QualcommAiHub(codeload),
    ]
