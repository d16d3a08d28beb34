import random
from typing import Any

import pytest

from catalog.loading import is_quantized
from catalog.machine import MOST_IMAGES, Memory, batch_error, memory, peak, read_batch
from catalog.models import PretrainedModel
from tests.factories import make_pretrained


def test_resnet50_needs_its_weights_and_its_activations() -> None:
    # 25,557,032 parameters and 11.11 M activations (timm's tables, 224 px).
    fp32, fp16 = memory(25_557_032, 11_110_000)

    assert fp32 == Memory("fp32", weights=102_228_128, activations=44_440_000)
    assert fp32.peak == 146_668_128
    assert fp16 == Memory("fp16", weights=51_114_064, activations=22_220_000)


def test_more_images_take_more_activations_but_the_same_weights() -> None:
    one, many = memory(1000, 500)[0], memory(1000, 500, batch=32)[0]

    assert many.weights == one.weights
    assert many.activations == 32 * 500 * 4


def test_a_quantised_checkpoint_exists_at_int8_only() -> None:
    assert memory(3_000_000, 1_000, batch=2, quantized_bytes=3_423_000) == [
        Memory("int8", weights=3_423_000, activations=2_000)
    ]


def test_unknown_activations_leave_the_sum_unknown() -> None:
    assert [row.peak for row in memory(1000, None)] == [None, None]


def test_unknown_parameters_give_no_estimate() -> None:
    assert memory(None, 500) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [("8", 8), ("", 1), ("0", 1), ("-3", 1), ("x", 1), ("1.5", 1), ("٣", 1), ("9" * 400, MOST_IMAGES), ("99999", MOST_IMAGES)],
)  # fmt: skip
def test_a_batch_that_makes_no_sense_counts_as_one(text: str, expected: int) -> None:
    assert read_batch({"batch": text}) == expected


@pytest.mark.parametrize(
    ("text", "used"),
    [("4097", "4,096 images"), ("0", "1 image"), ("abc", "1 image"), ("-3", "1 image"), ("9" * 5000, "4,096 images")],
)  # fmt: skip
def test_a_batch_that_is_not_used_as_it_came_is_answered(text: str, used: str) -> None:
    sentence = f"Give a whole number from 1 to 4,096; this is worked out for {used}."

    assert batch_error({"batch": text}) == sentence


@pytest.mark.parametrize("query", [{}, {"batch": ""}, {"batch": "4096"}, {"batch": "08"}])
def test_a_batch_that_is_used_needs_no_words(query: dict[str, str]) -> None:
    assert batch_error(query) == ""


def test_no_batch_is_one_image() -> None:
    assert read_batch({}) == 1


def random_columns(chance: random.Random) -> dict[str, Any]:
    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.7 else None

    builder = chance.choice(["quantized_resnet50", "resnet50", ""])
    return {
        "parameters": maybe(int(10 ** chance.uniform(0, 12))),
        "activations": maybe(int(10 ** chance.uniform(0, 10))),
        "size_bytes": maybe(int(10 ** chance.uniform(0, 12))),
        "loading": chance.choice([{}, {"timm": {}}, {"torchvision": {"builder": builder}}]),
    }


def expected(row: PretrainedModel, precision: str, batch: int) -> int | None:
    quantized = row.size_bytes if is_quantized(row) else None
    found = memory(row.parameters, row.activations, batch=batch, quantized_bytes=quantized)
    return next((one.peak for one in found if one.precision in (precision, "int8")), None)


@pytest.mark.django_db
@pytest.mark.parametrize("precision", ["fp16", "fp32"])
@pytest.mark.parametrize("batch", [1, 16, 4096])
def test_memory_in_sql_is_that_of_the_page(precision: str, batch: int) -> None:
    chance = random.Random(7)  # noqa: S311 - rows, not secrets
    for _ in range(40):
        make_pretrained(**random_columns(chance))
    rows = PretrainedModel.objects.annotate(in_sql=peak(precision, batch))
    assert [row.in_sql for row in rows] == [expected(row, precision, batch) for row in rows]
