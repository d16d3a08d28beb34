"""The index keeps up with Postgres by itself, and nothing that happens to its files is ever an error page."""

import os
import time
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from catalog.facets.models import MODELS
from catalog.index.current import current, directory
from catalog.index.following import rebuild, refresh
from catalog.models import ChangedRows, PretrainedModel
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def place(settings: Settings, tmp_path: Path) -> Path:
    settings.INDEX_DIR = tmp_path
    return directory(MODELS)


def shown(client: Client, query: str = "") -> list[str]:
    return [row.name for row in client.get(f"/models/?{query}").context["results"].rows]


def answers() -> bool:
    return current(MODELS) is not None


def test_what_is_new_changed_or_gone_shows_after_a_look(client: Client) -> None:
    make_pretrained(name="stays")
    changes = make_pretrained(name="changes", task="image-classification")
    goes = make_pretrained(name="goes")
    rebuild(MODELS)
    make_pretrained(name="comes")
    PretrainedModel.objects.filter(pk=changes.pk).update(task="object-detection")
    PretrainedModel.objects.filter(pk=goes.pk).update(sources=[])
    assert refresh(MODELS).rows >= 3
    assert answers()
    assert shown(client) == ["changes", "comes", "stays"]
    assert shown(client, "task=object-detection") == ["changes"]
    assert shown(client, "task=image-classification") == []


def test_it_is_built_under_debug_too() -> None:
    make_pretrained()
    with CaptureQueriesContext(connection):  # by the cursor that DEBUG has
        assert rebuild(MODELS) == 1


def test_before_the_look_the_old_index_answers(client: Client) -> None:
    make_pretrained(name="old")
    rebuild(MODELS)
    make_pretrained(name="new")
    assert shown(client) == ["old"]


def test_a_look_that_finds_nothing_writes_nothing(place: Path) -> None:
    make_pretrained()
    rebuild(MODELS)
    before = {path.name: path.stat().st_ino for path in place.iterdir()}
    assert refresh(MODELS).rows == 0
    assert {path.name: path.stat().st_ino for path in place.iterdir()} == before


def test_without_an_index_postgres_answers(client: Client) -> None:
    make_pretrained(name="there")
    assert not answers()
    assert shown(client) == ["there"]


def test_one_that_nobody_looks_after_is_not_believed(client: Client, place: Path) -> None:
    make_pretrained(name="old")
    rebuild(MODELS)
    make_pretrained(name="new")
    long_ago = time.time() - 1_000
    os.utime(place / "current.json", (long_ago, long_ago))
    assert shown(client) == ["new", "old"]
    refresh(MODELS)
    assert answers()


@pytest.mark.parametrize("damage", [b"", b"not an index", b"x" * 200])
def test_a_damaged_file_is_left_alone(client: Client, place: Path, damage: bytes) -> None:
    make_pretrained(name="there")
    rebuild(MODELS)
    next(place.glob("base-*")).write_bytes(damage)
    assert shown(client) == ["there"]
    assert not answers()
    assert refresh(MODELS).is_due
    rebuild(MODELS)
    assert answers()


def test_one_of_other_declarations_is_not_read(client: Client, place: Path) -> None:
    make_pretrained(name="there")
    rebuild(MODELS)
    written = (place / "current.json").read_text()
    (place / "current.json").write_text(written.replace('"declared": "', '"declared": "x'))
    assert not answers()
    assert shown(client) == ["there"]
    assert refresh(MODELS).is_due


def test_a_build_that_was_killed_leaves_the_old_index_and_its_file_goes(place: Path) -> None:
    make_pretrained()
    rebuild(MODELS)
    (place / "base-7.123.new").write_bytes(b"half")
    assert answers()
    rebuild(MODELS)
    assert not list(place.glob("*.new"))


def test_who_has_an_index_open_goes_on_while_it_is_replaced() -> None:
    make_pretrained(name="one")
    rebuild(MODELS)
    opened = current(MODELS)
    make_pretrained(name="two")
    rebuild(MODELS)
    assert opened is not None
    assert opened.pks([0]) == [PretrainedModel.objects.get(name="one").pk]
    assert len(current(MODELS).alive) == 2  # type: ignore[union-attr]


def test_every_way_of_writing_rows_is_noted() -> None:
    one = make_pretrained(name="one")
    ChangedRows.objects.all().delete()
    one.task = "x"
    one.save()
    PretrainedModel.objects.bulk_create(
        [PretrainedModel(slug=f"timm/{n}", name=n, sources=["timm"]) for n in "ab"]
    )
    PretrainedModel.objects.all().delete()
    noted = [sorted(note.pks) for note in ChangedRows.objects.order_by("pk")]
    assert [len(pks) for pks in noted] == [1, 2, 3]


def test_a_page_out_of_the_index_asks_postgres_for_its_rows_only(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    make_pretrained(name="one", organization="facebook")
    rebuild(MODELS)
    # The rows and their marks; devices, whether there are meanings, whether the word is a class.
    with django_assert_max_num_queries(5):
        assert shown(client, "q=one&task=unknown&-license=mit") == ["one"]


def test_the_health_check_says_how_the_index_is(client: Client, place: Path) -> None:
    def said() -> str:
        return client.get("/readyz").content.decode()

    assert "there is no index yet" in said()
    make_pretrained()
    rebuild(MODELS)
    assert "index: 1 models" in said()
    make_pretrained()
    refresh(MODELS)
    assert "index: 2 models" in said()
    os.utime(place / "current.json", (0, 0))
    assert "not looked after since 1970-01-01" in said()
    written = (place / "current.json").read_text()
    (place / "current.json").write_text(written.replace('"declared": "', '"declared": "x'))
    assert "of another version" in said()
    assert "of another version" in client.get("/sources/").content.decode()
