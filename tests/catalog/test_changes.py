"""The history that resolving writes: what became of which value, never what is told for the first time."""

from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog import history
from catalog.models import Change, PretrainedModel, Source
from catalog.records import EvaluationRecord, Fact, ModelRecord
from catalog.services import mark_gone, upsert_records

pytestmark = pytest.mark.django_db


@pytest.fixture
def hub() -> Source:
    return Source.objects.create(name="hub", kind="hub")


def record(name: str, *keys: str, **facts: Any) -> ModelRecord:
    stated = {"name": Fact(name), **{key: Fact(value) for key, value in facts.items()}}
    return ModelRecord(name, facts=stated, identity_keys=keys)


def noted() -> set[tuple[str, Any, Any]]:
    return set(Change.objects.values_list("field", "old", "new"))


def test_what_is_told_for_the_first_time_is_no_change(hub: Source) -> None:
    upsert_records(hub, [record("a", license="mit", parameters=5)])
    upsert_records(hub, [record("a", license="mit", parameters=5)])
    assert noted() == set()


def test_what_only_a_measurement_knew_has_no_history_yet(hub: Source) -> None:
    table = Source.objects.create(name="table", kind="measurement")
    upsert_records(table, [record("a", "key", parameters=5)])
    upsert_records(hub, [record("a", "key", parameters=6, license="mit")])
    assert noted() == set()


def test_a_value_that_became_another_one_is_kept_with_both_and_its_date(hub: Source) -> None:
    upsert_records(hub, [record("a", license="mit", parameters=5, architecture="net")])
    now = timezone.now()
    changed = record("a", license="cc-by-nc-4.0", parameters=5, architecture="other", gated="auto")
    upsert_records(hub, [changed], seen_at=now)
    assert noted() >= {
        ("license", "mit", "cc-by-nc-4.0"),
        ("commercial_use", "yes", "no"),
        ("architecture", "net", "other"),
        ("gated", "", "auto"),
    }
    assert "parameters" not in {field for field, _, _ in noted()}
    assert set(Change.objects.values_list("at", flat=True)) == {now}


def test_counters_that_change_every_day_are_no_history(hub: Source) -> None:
    upsert_records(hub, [record("a", downloads=5, likes=1, updated_at="2026-01-01")])
    upsert_records(hub, [record("a", downloads=6, likes=2, updated_at="2026-02-01")])
    checkpoint = PretrainedModel.objects.get()
    assert (checkpoint.downloads, checkpoint.likes) == (6, 2)
    assert noted() == set()


def test_what_several_listings_describe_has_a_history_too(hub: Source) -> None:
    other = Source.objects.create(name="other", kind="library")
    upsert_records(hub, [record("a", "key", parameters=5)])
    upsert_records(other, [record("b", "key")])
    scored = record("b", "key")
    scored = ModelRecord(
        "b",
        facts=scored.facts,
        identity_keys=("key",),
        evaluations=(EvaluationRecord("imagenet-1k", "top1", 70.0, 224),),
    )
    upsert_records(other, [scored])
    assert noted() == {("top1", None, 70.0)}


def test_that_a_checkpoint_is_gone_and_comes_back_is_kept(hub: Source) -> None:
    upsert_records(hub, [record("a")])
    now = timezone.now()
    mark_gone(hub, now, now)
    upsert_records(hub, [record("a")])
    (gone, back) = Change.objects.order_by("pk").values_list("field", "old", "new")
    assert gone[:2] == ("gone_since", None)
    assert back == ("gone_since", gone[2], None)


def test_a_merge_is_kept_with_the_address_that_stays(hub: Source) -> None:
    upsert_records(hub, [record("a", "one"), record("b", "two")])
    upsert_records(hub, [record("c", "one", "two")])
    change = Change.objects.get(field="merged_into")
    assert (change.pretrained.slug, change.old, change.new) == ("hub/b", None, "hub/a")


# --- Who is believed --------------------------------------------------------------------------------


def who() -> set[tuple[str, Any, Any, str | None]]:
    return set(Change.objects.values_list("field", "old", "new", "now_by"))


@pytest.fixture
def timm() -> Source:
    return Source.objects.create(name="timm", title="timm's list", kind="library")


def test_a_more_trusted_source_that_arrives_is_named_and_is_no_news(
    hub: Source, timm: Source, client: Client
) -> None:
    upsert_records(hub, [record("a", "key", license="mit", parameters=5)])
    upsert_records(timm, [record("b", "key", license="cc-by-nc-4.0", parameters=6)])
    assert who() == {
        ("license", "mit", "cc-by-nc-4.0", "timm"),
        ("commercial_use", "yes", "no", "timm"),
        ("parameters", 5, 6, "timm"),
        ("size_bytes", 20, 24, "timm"),
    }
    assert not history.changes()
    assert "timm" not in client.get("/changes/").text.split("<table")[-1]
    assert "<entry>" not in client.get("/changes/feed.atom").text
    page = client.get("/models/hub/a/").text
    assert page.split('id="model_history"')[1].count("now by timm&#x27;s list") == 4
    assert client.get("/changes/?model=hub/a").text.count("now by timm&#x27;s list") == 4
    feed = client.get("/changes/feed.atom?model=hub/a").text
    assert "a: Parameters: 5 → 6, now by timm's list" in feed


def test_a_source_that_is_believed_and_says_something_else_is_news(
    hub: Source, timm: Source
) -> None:
    upsert_records(hub, [record("a", "key", parameters=5)])
    upsert_records(timm, [record("b", "key", parameters=5)])
    upsert_records(timm, [record("b", "key", parameters=6)])
    assert who() == {("parameters", 5, 6, None), ("size_bytes", 20, 24, None)}


def test_a_checkpoint_that_another_one_is_joined_to_takes_over_its_values(
    hub: Source, timm: Source
) -> None:
    upsert_records(hub, [record("a", "one", parameters=5)])
    upsert_records(timm, [record("b", "two", parameters=6)])
    upsert_records(timm, [record("b", "one", "two", parameters=6)])
    assert ("parameters", 5, 6, "timm") in who()


def test_another_source_is_believed_where_the_one_that_was_says_nothing_any_more(
    hub: Source, timm: Source
) -> None:
    upsert_records(hub, [record("a", "key", parameters=5)])
    upsert_records(timm, [record("b", "key", parameters=6, num_classes=10)])
    Change.objects.all().delete()
    upsert_records(timm, [record("b", "key", num_classes=10)])
    assert who() == {("parameters", 6, 5, "hub"), ("size_bytes", 24, 20, "hub")}


def test_a_model_that_its_hub_lists_by_a_new_name_has_changed_if_its_values_have(
    hub: Source,
) -> None:
    upsert_records(hub, [record("a", "key", revision="a" * 40)])
    upsert_records(hub, [record("b", "key", revision="b" * 40)])
    now = timezone.now()
    upsert_records(hub, [record("b", "key", revision="b" * 40)], seen_at=now)
    mark_gone(hub, now, now)
    assert ("revision", "a" * 40, "b" * 40, None) in who()
