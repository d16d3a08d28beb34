"""timm and torchvision harvested for real: what is one checkpoint is joined, what is not stays apart."""

import csv
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.db import connection, transaction
from pytest_django import DjangoDbBlocker

from catalog.models import Listing, PretrainedModel
from harvesters.engine import harvest
from harvesters.models import HarvestRun
from harvesters.sources.timm import Timm
from harvesters.sources.torchvision import Torchvision


@pytest.fixture(scope="module")
def runs(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[list[HarvestRun]]:
    """Both harvested once for this module, and taken back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield [harvest(Timm()), harvest(Torchvision())]
        transaction.set_rollback(True)


@pytest.fixture
def home(runs: list[HarvestRun]) -> dict[str, int]:
    """The checkpoint of each listing, by the external id."""
    return dict(Listing.objects.values_list("external_id", "pretrained_id"))


def rows_of(column: str, shared: Path, name: str) -> list[str]:
    with (shared / "data" / "derived" / name).open() as opened:
        return [row[column] for row in csv.DictReader(opened)]


def snapshot() -> list[Any]:
    """Everything a harvest may write, but when a listing was last seen; xmin tells of silent writes."""
    tables = ("pretrainedmodel", "evaluation", "paperlink", "architecture", "paper", "repository")
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT xmin::text, t.* FROM catalog_{table} t ORDER BY id")  # noqa: S608
            found += cursor.fetchall()
        cursor.execute("SELECT to_jsonb(t) - 'last_seen' FROM catalog_listing t ORDER BY id")
        return found + cursor.fetchall()


def test_every_record_is_understood(runs: list[HarvestRun]) -> None:
    assert [(run.state, run.created, run.rejected) for run in runs] == [
        ("done", 1826, 0),
        ("done", 166, 0),
    ]


def test_a_second_harvest_in_a_row_writes_no_row(runs: list[HarvestRun]) -> None:
    before = snapshot()
    again = [harvest(Timm()), harvest(Torchvision())]
    assert [(run.seen, run.unchanged) for run in again] == [(1826, 1826), (166, 166)]
    assert snapshot() == before


def test_checkpoints_with_one_weights_file_are_joined(home: dict[str, int], shared: Path) -> None:
    name = "timm_torchvision_same_weights_url.csv"
    pairs = list(
        zip(
            rows_of("timm_name", shared, name),
            rows_of("torchvision_weights", shared, name),
            strict=True,
        )
    )
    assert len(pairs) == 37
    assert [pair for pair in pairs if home[pair[0]] != home[pair[1]]] == []


def test_checkpoints_that_timm_says_are_torchvisions_are_joined(
    home: dict[str, int], shared: Path
) -> None:
    names = rows_of("timm_name", shared, "timm_tv_tag_without_shared_url.csv")
    sources = PretrainedModel.objects.filter(pk__in=[home[name] for name in names])
    assert [checkpoint.sources for checkpoint in sources] == [["timm", "torchvision"]] * 13


def test_nothing_else_is_joined(runs: list[HarvestRun]) -> None:
    assert PretrainedModel.objects.published().count() == 1826 + 166 - 37 - 13
    assert Listing.objects.filter(source="timm").values("pretrained").distinct().count() == 1826
    assert (
        Listing.objects.filter(source="torchvision").values("pretrained").distinct().count() == 166
    )


def test_the_labelled_records_around_resnet_50_are_joined_and_kept_apart_as_labelled(
    home: dict[str, int], shared: Path
) -> None:
    gold = yaml.safe_load((shared / "data" / "derived" / "identity_gold_resnet50.yaml").read_text())
    ours = [r for r in gold["records"] if r["source"] in ("timm", "torchvision")]
    assert len(ours) == 11
    for one, other in ((a, b) for a in ours for b in ours):
        assert (home[one["id"]] == home[other["id"]]) == (one["checkpoint"] == other["checkpoint"])
    known = [[home.get(name) for name in pair] for pair in gold["negative_pairs"]]
    assert all(one != other or one is None for one, other in known)


def test_two_recipes_of_one_architecture_stay_two_checkpoints(home: dict[str, int]) -> None:
    recipes = ["resnet50.a1_in1k", "resnet50.a2_in1k", "resnet50.a3_in1k", "resnet50.tv_in1k"]
    assert all(home[one] != home[other] for one, other in pairwise(recipes))
    found = PretrainedModel.objects.filter(pk__in=[home[name] for name in recipes])
    assert set(found.values_list("architecture__name", flat=True)) == {"resnet50"}


def test_quantized_weights_hang_on_their_parents(home: dict[str, int]) -> None:
    quantized = PretrainedModel.objects.filter(parent_relation="quantized")
    assert quantized.count() == 14
    child = PretrainedModel.objects.get(pk=home["ResNet50_QuantizedWeights.IMAGENET1K_FBGEMM_V2"])
    assert child.parent_id == home["ResNet50_Weights.IMAGENET1K_V2"]


def test_most_checkpoints_have_a_licence_a_year_and_a_task(runs: list[HarvestRun]) -> None:
    everyone = PretrainedModel.objects.published()
    assert not everyone.filter(task="").exists()
    assert everyone.exclude(year=None).count() > 1900
    assert everyone.exclude(license="").count() > 1800
