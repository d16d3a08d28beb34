"""Which speed counts, and how fast checkpoints run on a device."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from catalog.devices import Device, devices, find
from catalog.facets import count, read
from catalog.facets.results import results
from catalog.models import PretrainedModel, Source, Speed
from catalog.reference_records import SpeedRecord
from catalog.references import upsert_references
from catalog.services import mark_gone
from tests.factories import make_pretrained, make_speed

pytestmark = pytest.mark.django_db
SPEED = SpeedRecord(
    "one", architecture="resnet50", kind="inference", device="NVIDIA GeForce RTX 4090", precision="amp",
    layout="nchw", is_compiled=False, software="torch 2.4.0", input_size=224, batch_size=256,
    images_per_second=900.0,
)  # fmt: skip


def measured(**columns: Any) -> SpeedRecord:
    return replace(SPEED, external_id=str(columns), **columns)


def counting() -> list[float]:
    return [*Speed.objects.filter(counts=True).values_list("images_per_second", flat=True)]


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="timm-results", title="timm", kind=Source.Kind.MEASUREMENT)


@pytest.mark.parametrize(
    ("other", "counts"),
    [
        ({"precision": "float32", "images_per_second": 2000.0}, 900.0),
        ({"precision": "bfloat16", "images_per_second": 2000.0}, 900.0),
        ({"is_compiled": True, "images_per_second": 2000.0}, 900.0),
        ({"software": "torch 2.10.0", "images_per_second": 800.0}, 800.0),
        ({"software": "torch 2.3.9", "images_per_second": 2000.0}, 900.0),
        ({"layout": "nhwc", "images_per_second": 800.0}, 800.0),
        ({"batch_size": 1, "images_per_second": 950.0}, 950.0),
        ({"kind": "training", "images_per_second": 2000.0}, 900.0),
    ],
)
def test_one_measurement_counts_and_it_is_what_one_gets_by_default(
    source: Source, other: dict[str, Any], counts: float
) -> None:
    upsert_references(source, [SPEED, measured(**other)])
    assert counting() == [counts]


def test_every_input_size_architecture_and_device_has_its_own(source: Source) -> None:
    others = [
        measured(input_size=256, images_per_second=1.0),
        measured(architecture="vit", images_per_second=2.0),
        measured(device="Intel Core i9-10940X", images_per_second=3.0),
        measured(input_size=None, images_per_second=4.0),
    ]
    upsert_references(source, [SPEED, *others])
    assert sorted(counting()) == [1.0, 2.0, 3.0, 900.0]


def test_where_the_one_that_counts_vanishes_another_one_takes_its_place(source: Source) -> None:
    monday, tuesday = datetime(2026, 11, 16, tzinfo=UTC), datetime(2026, 11, 17, tzinfo=UTC)
    upsert_references(source, [SPEED], seen_at=monday)
    upsert_references(source, [measured(precision="float32", images_per_second=5.0)])
    mark_gone(source, tuesday)
    assert counting() == [5.0]
    upsert_references(source, [SPEED])
    assert counting() == [900.0]


def test_one_that_changes_for_the_worse_gives_way(source: Source) -> None:
    upsert_references(source, [SPEED, measured(batch_size=1, images_per_second=800.0)])
    upsert_references(source, [replace(SPEED, images_per_second=100.0)])
    assert counting() == [800.0]


DEVICES = [
    Device("rtx-4090", "NVIDIA GeForce RTX 4090"),
    Device("rtx-3090", "NVIDIA GeForce RTX 3090"),
    Device("i9-10940x", "Intel Core i9-10940X"),
]


@pytest.mark.parametrize(
    ("typed", "slug"),
    [
        ("rtx-4090", "rtx-4090"), ("RTX 4090", "rtx-4090"), ("rtx4090", "rtx-4090"), ("4090", "rtx-4090"),
        ("nvidia-geforce-rtx-4090", "rtx-4090"), ("i9", "i9-10940x"), ("cpu", "i9-10940x"), ("CPU", "i9-10940x"),
        ("rtx", ""), ("", ""), ("5090", ""), ("40", ""), ("-", ""),
    ],
)  # fmt: skip
def test_a_device_is_found_by_what_people_call_it(typed: str, slug: str) -> None:
    found = find(typed, DEVICES)
    assert (found.slug if found else "") == slug


def test_devices_are_those_that_a_speed_counts_on_by_name() -> None:
    make_speed(device="NVIDIA RTX 9000")
    make_speed(device="Intel Core i9-10940X")
    make_speed(device="NVIDIA GeForce RTX 9000")
    make_speed(device="Only Trained", kind="training")
    # Two of the same short name go by their long ones.
    assert [device.slug for device in devices()] == [
        "i9-10940x", "nvidia-geforce-rtx-9000", "nvidia-rtx-9000",
    ]  # fmt: skip


def test_without_speeds_there_are_no_devices() -> None:
    assert devices() == []


def test_a_checkpoint_is_as_fast_as_its_architecture_at_its_own_input_size() -> None:
    make_speed(images_per_second=900)
    make_speed(input_size=384, images_per_second=300)
    make_pretrained(name="small", architecture="resnet50", input_size=224)
    make_pretrained(name="large", architecture="resnet50", input_size=384)
    make_pretrained(name="between", architecture="resnet50", input_size=256)
    make_pretrained(name="unsaid", architecture="resnet50")
    make_pretrained(name="other", architecture="vit", input_size=224)
    shown = results(read("device=rtx-4090&sort=-speed"))
    speeds = [(row.name, row.speed and row.speed["images_per_second"]) for row in shown.rows]
    assert speeds[:2] == [("small", 900), ("large", 300)]
    assert [speed for _, speed in speeds[2:]] == [None, None, None]
    assert shown.counts.unknown["speed"] == 3
    assert [row.name for row in results(read("device=4090&speed=..300")).rows] == ["large"]
    assert count(read("device=4090&latency=..2ms")).total == 1


def test_without_a_device_no_model_has_a_speed() -> None:
    make_speed()
    make_pretrained(architecture="resnet50", input_size=224)
    assert count(read("")).unknown["speed"] == PretrainedModel.objects.count() == 1
