"""Rows written by COPY come back as they were, whatever they hold."""

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.bulk import (
    Written,
    as_array,
    copy_rows,
    defaults,
    insert_rows,
    known_or_new,
    new_ids,
    update_rows,
)
from catalog.models import Change, Paper, PretrainedModel, Repository

pytestmark = pytest.mark.django_db
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)


def row(slug: str = "hub/a", **columns: Any) -> dict[str, Any]:
    blank = {**defaults(PretrainedModel), "created_at": datetime(2026, 1, 1, tzinfo=UTC)}
    return {**blank, "slug": slug, "name": "a", **columns}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(name=TEXT, tags=st.lists(TEXT, max_size=4), training=st.lists(JSON, max_size=3))
def test_texts_lists_and_json_come_back_as_they_were(
    name: str, tags: list[str], training: list[Any]
) -> None:
    PretrainedModel.objects.all().delete()
    copy_rows(PretrainedModel, [row(name=name, tags=tags, training=training)])
    stored = PretrainedModel.objects.get()
    assert (stored.name, stored.tags, stored.training) == (name, tags, training)


def test_numbers_dates_truth_and_nothing_come_back_as_they_were() -> None:
    now = datetime(2026, 1, 31, 12, 30, 15, 123456, tzinfo=UTC)
    values = {"top1": 70.25, "parameters": 2**40, "license_open": False, "updated_at": now}
    copy_rows(PretrainedModel, [row(**values, top5=None)])
    stored = PretrainedModel.objects.get()
    assert {name: getattr(stored, name) for name in values} == values
    assert stored.top5 is None


def test_json_that_is_written_down_already_is_not_written_twice() -> None:
    copy_rows(PretrainedModel, [row(loading=Written('{"timm": {"name": "back\\\\slash"}}'))])
    assert PretrainedModel.objects.get().loading == {"timm": {"name": "back\\slash"}}


def test_nothing_in_a_column_of_json_is_null() -> None:
    copy_rows(PretrainedModel, [row()])
    pretrained = PretrainedModel.objects.get().pk
    now = datetime(2026, 1, 1, tzinfo=UTC)
    change = {"pretrained_id": pretrained, "field": "license", "old": None, "new": "mit", "at": now}
    copy_rows(Change, [change])
    assert Change.objects.filter(old__isnull=True, new="mit").exists()


def test_existing_rows_get_the_given_columns_and_keep_the_others() -> None:
    copy_rows(PretrainedModel, [row("hub/a", task="x"), row("hub/b", task="y")])
    one = PretrainedModel.objects.get(slug="hub/a")
    update_rows(PretrainedModel, [{"id": one.pk, "likes": 7}])
    update_rows(PretrainedModel, [{"id": one.pk, "likes": 8}])
    found = PretrainedModel.objects.order_by("slug").values_list("task", "likes")
    assert list(found) == [("x", 8), ("y", None)]


def test_a_row_with_a_known_key_is_overwritten_and_keeps_its_primary_key() -> None:
    first = insert_rows(PretrainedModel, [row(likes=1)], conflict=("slug",), key="slug")
    again = insert_rows(PretrainedModel, [row(likes=2)], conflict=("slug",), key="slug")
    assert again == first
    assert PretrainedModel.objects.get().likes == 2


def test_only_rows_that_are_missing_are_made() -> None:
    known = Repository.objects.create(full_name="owner/known", stars=5)
    found = known_or_new(Repository, "full_name", {"owner/known": {}, "owner/new": {}})
    assert found["owner/known"] == known.pk
    assert set(Repository.objects.values_list("full_name", "stars")) == {
        ("owner/known", 5), ("owner/new", None),
    }  # fmt: skip
    assert known_or_new(Repository, "full_name", {"owner/new": {}}) == {
        "owner/new": found["owner/new"]
    }


def test_primary_keys_that_were_taken_are_never_given_again() -> None:
    taken = new_ids(Paper, 3)
    assert len(set(taken)) == 3
    assert Paper.objects.create(key="1512.03385").pk not in taken


def test_what_postgres_refuses_is_an_error_of_django() -> None:
    with pytest.raises(DatabaseError), transaction.atomic():
        copy_rows(PretrainedModel, [row(), row()])


@pytest.mark.parametrize("values", [[], ["a"], ['"', "\\", "a,b", "{}", "NULL", "", "tab\t", "é"]])
def test_texts_as_the_literal_of_an_array_mean_what_they_are(values: list[str]) -> None:
    copy_rows(PretrainedModel, [row(tags=values)])
    assert PretrainedModel.objects.extra(
        where=["tags = %s::varchar[]"], params=[as_array(values)]
    ).exists()
