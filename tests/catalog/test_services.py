"""Writing records into the catalogue: created, updated, unchanged, rejected, gone and back again."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Evaluation, Listing, PaperLink, PretrainedModel, Source
from catalog.outcome import restore
from catalog.records import EvaluationRecord, Fact, ModelRecord, PaperMention
from catalog.services import mark_gone, upsert_records

pytestmark = pytest.mark.django_db


@pytest.fixture
def hub() -> Source:
    return Source.objects.create(name="hub", title="Hub", kind="hub")


def record(name: str, **facts: Any) -> ModelRecord:
    return ModelRecord(
        external_id=name,
        facts={"name": Fact(name), **{key: Fact(value) for key, value in facts.items()}},
        evaluations=(EvaluationRecord("imagenet-1k", "top1", 70.0, 224),),
        papers=(PaperMention("1512.03385", "introduces"),),
        repositories=("Owner/Code",),
        identity_keys=(f"hub:{name}",),
    )


def rows() -> list[Any]:
    """Every row that a harvest writes, with Postgres' own mark of the last writing transaction."""
    tables = ["catalog_listing", "catalog_pretrainedmodel", "catalog_evaluation", "catalog_paperlink",
              "catalog_pretrainedmodel_repositories", "catalog_architecture", "catalog_paper"]  # fmt: skip
    found = []
    with connection.cursor() as cursor:
        for table in tables:
            kept = "to_jsonb(t) - 'last_seen'"
            cursor.execute(f"SELECT {kept} FROM {table} t ORDER BY id")  # noqa: S608
            found += cursor.fetchall()
    return found


def test_a_new_record_becomes_a_listing_and_a_checkpoint(hub: Source) -> None:
    outcome = upsert_records(hub, [record("a", parameters=5, architecture="net")], version="3")
    assert outcome.created == 1
    checkpoint = PretrainedModel.objects.get()
    assert (checkpoint.slug, checkpoint.name, checkpoint.parameters) == ("hub/a", "a", 5)
    assert (checkpoint.top1, checkpoint.year, checkpoint.sources) == (70.0, 2015, ["hub"])
    assert checkpoint.architecture is not None
    assert checkpoint.architecture.name == "net"
    assert [r.full_name for r in checkpoint.repositories.all()] == ["owner/code"]
    assert Listing.objects.get().version == "3"


def test_the_same_records_again_change_no_row(hub: Source) -> None:
    records = [record("a", parameters=5, architecture="net"), record("b", license="mit")]
    upsert_records(hub, records)
    before = rows()
    seen = Listing.objects.get(external_id="a").last_seen
    outcome = upsert_records(hub, records)
    assert (outcome.created, outcome.updated, outcome.unchanged) == (0, 0, 2)
    assert rows() == before
    assert Listing.objects.get(external_id="a").last_seen > seen


def test_a_changed_record_updates_its_listing_and_replaces_its_details(hub: Source) -> None:
    upsert_records(hub, [record("a", parameters=5)])
    changed = ModelRecord("a", facts={"name": Fact("a"), "parameters": Fact(6)})
    outcome = upsert_records(hub, [changed])
    assert (outcome.created, outcome.updated) == (0, 1)
    checkpoint = PretrainedModel.objects.get()
    assert (checkpoint.parameters, checkpoint.top1, checkpoint.year) == (6, None, None)
    assert not Evaluation.objects.exists()
    assert not PaperLink.objects.exists()
    assert not checkpoint.repositories.exists()


def test_a_record_that_comes_twice_on_a_page_is_written_once(hub: Source) -> None:
    outcome = upsert_records(hub, [record("a", parameters=1), record("a", parameters=2)])
    assert (outcome.created, outcome.unchanged) == (1, 1)
    assert PretrainedModel.objects.get().parameters == 2


def test_a_refused_record_is_kept_as_json_that_a_person_can_read(hub: Source) -> None:
    (refused,) = upsert_records(hub, [record("né", parameters=-1)]).rejected
    kept = json.loads(refused.raw)
    assert kept["facts"]["parameters"] == {"@": "Fact", "value": -1, "note": ""}
    assert '\n  "external_id": "né",\n' in refused.raw


@pytest.mark.parametrize(
    "odd",
    [
        {(1, 2): 3},
        {"@": "datetime", "iso": "no date"},
        (1, [2]),
        date(2026, 1, 31),
        datetime(2026, 1, 31, tzinfo=UTC),
        [10**5000],  # in a list, or pytest would write it down
        float("inf"),
        "\x00 \ud800",
        None,
    ],
)
def test_a_refused_record_comes_back_as_it_was(hub: Source, odd: object) -> None:
    strange = record("a", parameters=-1, preprocessing=odd)
    (refused,) = upsert_records(hub, [strange]).rejected
    assert restore(refused.raw) == strange


@pytest.mark.parametrize("odd", [{1, 2}, object(), b"bytes"])
def test_what_cannot_be_written_down_is_shown_but_not_taken_for_whole(
    hub: Source, odd: object
) -> None:
    (refused,) = upsert_records(hub, [record("b", preprocessing=odd)]).rejected
    assert repr(odd)[:8] in refused.raw
    with pytest.raises(ValueError, match="no record can be made"):
        restore(refused.raw)


@pytest.mark.parametrize(
    "raw", ["", "[1]", "{}", '{"@": "Fact", "value": 1}', '{"@": "os.system"}']
)
def test_only_a_record_is_restored(raw: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - json's own errors among them
        restore(raw)


def test_what_was_not_seen_is_gone_and_comes_back_with_a_sighting(hub: Source) -> None:
    upsert_records(hub, [record("a"), record("b")])
    start = timezone.now()
    upsert_records(hub, [record("a")])
    assert mark_gone(hub, start) == 1
    assert PretrainedModel.objects.published().get().name == "a"
    outcome = upsert_records(hub, [record("b")])
    assert (outcome.updated, outcome.unchanged) == (1, 0)
    assert PretrainedModel.objects.published().count() == 2


def test_a_record_refused_today_is_not_taken_for_gone(hub: Source) -> None:
    upsert_records(hub, [record("a")])
    start = timezone.now()
    upsert_records(hub, [record("a", parameters="many")])
    assert mark_gone(hub, start) == 0


def test_a_checkpoint_is_gone_only_if_no_source_lists_it_any_more(hub: Source) -> None:
    other = Source.objects.create(name="other", kind="library")
    upsert_records(hub, [record("a")])
    upsert_records(other, [record("a")])
    later = timezone.now() + timedelta(seconds=1)
    mark_gone(hub, later)
    assert PretrainedModel.objects.published().count() == 1
    mark_gone(other, later)
    assert PretrainedModel.objects.published().count() == 0


def test_the_number_of_statements_does_not_grow_with_the_page(hub: Source) -> None:
    def statements(work: Callable[[], object]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            work()
        return len(captured)

    upsert_records(hub, [record("first")])  # brings the paper and the repository
    few = [record(f"few-{n}", architecture=f"net-{n}") for n in range(3)]
    many = [record(f"many-{n}", architecture=f"net-{n}") for n in range(3, 60)]
    assert statements(lambda: upsert_records(hub, many)) == statements(
        lambda: upsert_records(hub, few)
    )
    assert statements(lambda: upsert_records(hub, many)) == statements(
        lambda: upsert_records(hub, few)
    )


def test_a_parent_is_found_whichever_comes_first(hub: Source) -> None:
    child = ModelRecord("q", facts={"name": Fact("q")}, parent=("hub:a", "quantized"))
    upsert_records(hub, [child])
    assert PretrainedModel.objects.get(name="q").parent is None
    upsert_records(hub, [record("a")])
    found = PretrainedModel.objects.get(name="q")
    assert found.parent is not None
    assert (found.parent.name, found.parent_relation) == ("a", "quantized")


def blocks() -> dict[str, int]:
    """By address, the block of the table that a checkpoint's row lies in."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT slug, (ctid::text::point)[0]::int FROM catalog_pretrainedmodel")
        return dict(cursor.fetchall())


def test_a_changed_row_stays_in_its_block_so_that_its_index_entries_still_hold(hub: Source) -> None:
    names = [f"model-{number}" for number in range(100)]
    upsert_records(hub, [record(name, tags=["a" * 90] * 5) for name in names])
    before = blocks()
    upsert_records(hub, [record(name, tags=["b" * 90] * 5) for name in names[::20]])
    assert len(set(before.values())) > 5
    assert blocks() == before
