"""Which keys count: those a source states, less what staff refused, plus what staff added."""

import pytest
from django.db import connection

from catalog.identity import restore_keys
from catalog.models import IdentityKey, KeyCorrection, Listing, PretrainedModel, Source
from catalog.records import Fact, ModelRecord
from catalog.services import upsert_records

pytestmark = pytest.mark.django_db


@pytest.fixture
def hub() -> Source:
    return Source.objects.create(name="hub", kind="hub")


def record(name: str, *keys: str, parent: str = "", size: int = 1) -> ModelRecord:
    facts = {"name": Fact(name), "parameters": Fact(size)}
    lineage = (parent, "quantized") if parent else None
    return ModelRecord(name, facts=facts, identity_keys=keys, parent=lineage)


def correct(source: Source, name: str, key: str, verb: str) -> None:
    KeyCorrection.objects.create(source=source, external_id=name, key=key, verb=verb, reason="x")


def counting() -> set[tuple[str, str]]:
    return set(IdentityKey.objects.values_list("listing__external_id", "key"))


def test_the_keys_of_a_listing_follow_what_its_source_states(hub: Source) -> None:
    upsert_records(hub, [record("a", "one", "two")])
    upsert_records(hub, [record("a", "two", "three")])
    assert counting() == {("a", "two"), ("a", "three")}


def test_a_refused_key_joins_nothing_at_the_next_harvest(hub: Source) -> None:
    correct(hub, "b", "shared", "refuse")
    upsert_records(hub, [record("a", "shared"), record("b", "shared")])
    assert PretrainedModel.objects.published().count() == 2
    assert Listing.objects.get(external_id="b").identity_keys == ["shared"]
    upsert_records(hub, [record("a", "shared", size=2), record("b", "shared", size=2)])
    assert PretrainedModel.objects.published().count() == 2


def test_an_added_key_joins(hub: Source) -> None:
    correct(hub, "b", "one", "add")
    upsert_records(hub, [record("a", "one"), record("b", "two")])
    assert PretrainedModel.objects.published().count() == 1


def test_a_correction_is_about_the_listing_of_one_source_only(hub: Source) -> None:
    other = Source.objects.create(name="other", kind="library")
    correct(other, "a", "shared", "refuse")
    upsert_records(hub, [record("a", "shared"), record("b", "shared")])
    assert PretrainedModel.objects.published().count() == 1


def test_the_keys_are_restored_from_what_is_stated_and_corrected(hub: Source) -> None:
    upsert_records(hub, [record("a", "one"), record("b", "two")])
    IdentityKey.objects.all().delete()
    correct(hub, "a", "one", "refuse")
    correct(hub, "a", "three", "add")
    restore_keys()
    assert counting() == {("a", "three"), ("b", "two")}


def test_a_child_gets_its_parent_whichever_came_first(hub: Source) -> None:
    upsert_records(hub, [record("child", "hub:child", parent="hub:parent")])
    upsert_records(hub, [record("parent", "hub:parent")])
    upsert_records(hub, [record("late", "hub:late", parent="hub:parent")])
    upsert_records(hub, [record("both", "hub:both", parent="hub:top"), record("top", "hub:top")])
    parents = dict(PretrainedModel.objects.values_list("name", "parent__name"))
    assert parents == {
        "child": "parent", "parent": None, "late": "parent", "both": "top", "top": None,
    }  # fmt: skip


def test_a_child_with_several_listings_gets_its_parent_by_all_of_them(hub: Source) -> None:
    other = Source.objects.create(name="other", kind="library")
    upsert_records(hub, [record("child", "key", parent="hub:parent")])
    upsert_records(other, [record("same", "key")])
    upsert_records(hub, [record("parent", "hub:parent")])
    assert PretrainedModel.objects.get(slug="hub/child").parent is not None


def test_the_more_trusted_parent_stays_when_that_of_another_listing_comes(hub: Source) -> None:
    timm = Source.objects.create(name="timm", kind="library")
    upsert_records(hub, [record("one", "hub:one")])
    upsert_records(timm, [record("child", "key", parent="hub:one")])
    upsert_records(hub, [record("same", "key", parent="hub:two")])
    upsert_records(hub, [record("two", "hub:two")])
    child = PretrainedModel.objects.get(slug="timm/child")
    assert child.parent is not None
    assert child.parent.slug == "hub/one"


def rows_of_keys() -> dict[str, str]:
    """The keys that count, each with the place of its row."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT key, ctid::text FROM catalog_identitykey")
        return dict(cursor.fetchall())


def test_keys_are_written_again_only_where_a_source_states_others(hub: Source) -> None:
    upsert_records(hub, [record("a", "one", size=1)])
    first = rows_of_keys()
    upsert_records(hub, [record("a", "one", size=2)])
    assert rows_of_keys() == first
    upsert_records(hub, [record("a", "one", "two", size=2)])
    assert rows_of_keys().keys() == {"one", "two"}
