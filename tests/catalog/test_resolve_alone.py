"""What one listing alone describes is resolved from its record: the same columns as from its rows."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.forms.models import model_to_dict
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.columns import resolve, resolve_alone
from catalog.models import Listing, PretrainedModel, Source
from catalog.records import EvaluationRecord, Fact, ModelRecord, PaperMention, normalise
from catalog.resolve import COLUMNS, resolve_pretrained
from catalog.search import refresh_search
from catalog.services import upsert_records

pytestmark = pytest.mark.django_db
TEXT = st.text(max_size=12)
SLUGS = st.sampled_from(["imagenet-1k", "coco", "", "x" * 150])
FACTS: dict[str, st.SearchStrategy[Any]] = {
    "task": TEXT,
    "family": TEXT,
    "organization": TEXT,
    "architecture": st.sampled_from(["resnet50", "MobileNet_V3", ""]),
    "license": st.sampled_from(["mit", "cc-by-nc-4.0", "unheard of", ""]),
    "libraries": st.lists(TEXT, max_size=4),
    "tags": st.lists(TEXT, max_size=4),
    "languages": st.lists(st.sampled_from(["en", "fr"]), max_size=3),
    "formats": st.lists(st.sampled_from(["gguf", "onnx", "safetensors"]), max_size=3),
    "parameters": st.integers(0, 10**9),
    "size_bytes": st.integers(0, 10**9),
    "downloads": st.integers(0, 10**6),
    "likes": st.integers(0, 10**3),
    "year": st.integers(1990, 2026),
    "input_size": st.sampled_from([224, 288]),
    "preprocessing": st.fixed_dictionaries({}, optional={"crop_pct": st.sampled_from([0.875, 1.0])}),
    "training": st.lists(st.fixed_dictionaries({"stage": TEXT}, optional={"dataset": SLUGS}), max_size=3),
    "loading": st.dictionaries(st.sampled_from(["timm", "torchvision"]), st.just({"name": "a"})),
    "updated_at": st.datetimes(datetime(2020, 1, 1), datetime(2026, 1, 1), timezones=st.just(UTC)),
    "revision": TEXT,
    "gated": st.sampled_from(["auto", "manual", ""]),
}  # fmt: skip
RESULTS = st.builds(
    EvaluationRecord,
    dataset=st.sampled_from(["imagenet-1k", "imagenet-a"]),
    metric=st.sampled_from(["top1", "top5", "miou"]),
    value=st.floats(0, 100),
    input_size=st.sampled_from([None, 224, 288]),
    crop_pct=st.sampled_from([None, 0.875, 0.95]),
)
PAPERS = st.builds(
    PaperMention,
    arxiv_id=st.sampled_from(["1512.03385", "2110.00476", "cs/0102003"]),
    role=st.sampled_from(["introduces", "recipe", "mentioned"]),
)
RECORDS = st.builds(
    ModelRecord,
    external_id=st.just("owner/name"),
    facts=st.fixed_dictionaries(
        {"name": st.just(Fact("Näme"))},
        optional={name: values.map(Fact) for name, values in FACTS.items()},
    ),
    evaluations=st.lists(RESULTS, max_size=4).map(tuple),
    papers=st.lists(PAPERS, max_size=3).map(tuple),
    repositories=st.lists(st.sampled_from(["Owner/Code", "other/code"]), max_size=2).map(tuple),
    parent=st.sampled_from(
        [None, ("hub:owner/parent", "quantized"), ("hub:owner/parent", "adapter")]
    ),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(record=RECORDS, kind=st.sampled_from(["hub", "measurement"]))
def test_the_columns_are_those_that_the_rows_imply(record: ModelRecord, kind: str) -> None:
    source, _ = Source.objects.update_or_create(name="hub", defaults={"kind": kind})
    Listing.objects.all().delete()
    PretrainedModel.objects.all().delete()
    upsert_records(source, [record])
    listing = Listing.objects.select_related("source").get()
    from_rows = resolve([listing], "hub/owner/name")
    assert json.loads(json.dumps(resolve_alone(normalise(record), source), default=str)) == (
        json.loads(json.dumps(from_rows, default=str))
    )


def full() -> ModelRecord:
    return ModelRecord(
        "owner/name",
        facts={
            "name": Fact("owner/name"),
            "task": Fact("image-classification"),
            "architecture": Fact("resnet50"),
            "organization": Fact("owner"),
            "libraries": Fact(["timm", 'a "quoted" \\ one']),
            "license": Fact("mit"),
            "training": Fact([{"stage": "train", "dataset": "imagenet-1k", "method": "tab\there"}]),
            "updated_at": Fact("2026-01-31T10:00:00Z"),
            "tags": Fact(["a,b", "{c}", "NULL", ""]),
        },
        evaluations=(EvaluationRecord("imagenet-1k", "top1", 70.5, 224),),
        papers=(PaperMention("1512.03385", "introduces"),),
        repositories=("Owner/Code",),
        identity_keys=("hub:owner/name",),
    )


def row() -> dict[str, Any]:
    kept = model_to_dict(PretrainedModel.objects.get(), [*COLUMNS, "search_vector", "repositories"])
    return {**kept, "repositories": [r.full_name for r in kept["repositories"]]}


def test_a_new_row_is_the_one_that_resolving_from_the_listings_gives() -> None:
    source = Source.objects.create(name="hub", kind="hub")
    upsert_records(source, [full()])
    written = row()
    assert resolve_pretrained(PretrainedModel.objects.values_list("pk", flat=True)) == 0
    assert refresh_search(PretrainedModel.objects.values_list("pk", flat=True)) == 0
    assert row() == written
    assert written["tags"] == ["a,b", "{c}", "NULL", ""]
    assert written["libraries"] == ["timm", 'a "quoted" \\ one']
    assert written["training"][0]["method"] == "tab\there"


def test_a_changed_row_is_the_one_that_resolving_from_the_listings_gives() -> None:
    source = Source.objects.create(name="hub", kind="hub")
    upsert_records(source, [ModelRecord("owner/name", facts={"name": Fact("old")})])
    upsert_records(source, [full()])
    written = row()
    assert (written["top1"], written["license"]) == (70.5, "mit")
    assert resolve_pretrained(PretrainedModel.objects.values_list("pk", flat=True)) == 0
    assert refresh_search(PretrainedModel.objects.values_list("pk", flat=True)) == 0
    assert row() == written
