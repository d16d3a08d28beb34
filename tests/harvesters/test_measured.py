"""Architectures counted by building them: exact, once each, and never in our own process."""

import json
import sys

import pytest

from catalog.models import PretrainedModel, Source
from catalog.records import ModelRecord, Rejected
from catalog.services import upsert_records
from harvesters.sources.base import Page
from harvesters.sources.measured import Counter, Measured
from harvesters.sources.timm import read_configurations, record_of

ANSWER = {"names": ["a.x", "a.y"], "build": ["a", 10, [3, 96, 64]], "parameters": 5,
          "gmacs": 0.5, "activations": 7}  # fmt: skip


def page(*answers: dict[str, object]) -> Page:
    return Page(json.dumps(answers).encode(), version="timm 1.0")


@pytest.mark.torch
def test_counts_are_exact_and_in_the_units_of_the_tables() -> None:
    with Counter(Measured()._command) as counter:
        resnet = counter.count(("resnet50", 1000, (3, 224, 224)))
        headless = counter.count(("vit_tiny_patch16_224", 0, (3, 224, 224)))
        unknown = counter.count(("no_such_network", 10, (3, 224, 224)))
        again = counter.count(("resnet18", 1000, (3, 224, 224)))
    # torchvision's own records say 25,557,032 and 4.089; timm's tables 4.11 and 11.11 M activations.
    assert (resnet["parameters"], round(resnet["gmacs"], 3)) == (25_557_032, 4.089)
    assert round(resnet["activations"] / 1e6, 1) == 11.1
    assert headless["parameters"] == 5_524_416
    assert "no_such_network" in unknown["error"]
    assert again["parameters"] == 11_689_512


def test_every_checkpoint_of_a_build_gets_its_figures_with_their_origin() -> None:
    records = list(Measured().records(page(ANSWER)))
    assert [record.external_id for record in records] == ["a.x", "a.y"]
    first = records[0]
    assert isinstance(first, ModelRecord)
    assert first.facts["parameters"].value == 5
    assert first.facts["parameters"].note == "built on the meta device with timm 1.0"
    assert first.facts["gmacs"].note.endswith("at 3 x 96 x 64")
    assert first.facts["input_size"].value == 96
    assert first.identity_keys == ("timm:a.x",)


def test_what_cannot_be_built_is_rejected_with_the_reason() -> None:
    broken = {"names": ["a.x"], "build": ["a", 10, [3, 96, 96]], "error": "RuntimeError: no"}
    (only,) = Measured().records(page(broken))
    assert isinstance(only, Rejected)
    assert only.reason == "The architecture could not be built: RuntimeError: no"


def test_a_process_that_dies_of_a_question_costs_only_that_question() -> None:
    program = (
        "import json, os, sys\n"
        "for line in sys.stdin:\n"
        "    if json.loads(line)['architecture'] == 'deadly': os._exit(9)\n"
        "    print(json.dumps({'parameters': 1}), flush=True)\n"
    )
    with Counter((sys.executable, "-c", program)) as counter:
        assert counter.count(("fine", 1, (3, 1, 1))) == {"parameters": 1}
        died = counter.count(("deadly", 1, (3, 1, 1)))
        assert "ended with code 9" in str(died["error"])
        assert counter.count(("fine", 1, (3, 1, 1))) == {"parameters": 1}


@pytest.mark.django_db
def test_an_exact_count_stands_above_a_rounded_table() -> None:
    entry = next(e for e in read_configurations() if e["name"] == "resnet50.a1_in1k")
    timm = Source.objects.create(name="timm", kind="library")
    table = Source.objects.create(name="timm-results", kind="measurement")
    counted = Source.objects.create(name="measured", kind="measurement")
    upsert_records(timm, [record_of(entry)])
    rounded = {**ANSWER, "names": ["resnet50.a1_in1k"], "build": ["resnet50", 1000, [3, 224, 224]]}
    exact = {**rounded, "parameters": 25_557_032}
    upsert_records(table, Measured().records(page({**rounded, "parameters": 25_560_000})))  # type: ignore[arg-type]
    upsert_records(counted, Measured().records(page(exact)))  # type: ignore[arg-type]
    checkpoint = PretrainedModel.objects.get()
    assert checkpoint.parameters == 25_557_032
    assert checkpoint.sources == ["timm"]
    assert checkpoint.size_bytes == 4 * 25_557_032
