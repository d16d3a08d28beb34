"""Models are found by what is said of them: made step by step, joined with the words, and done without where it must."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from catalog.alone import AlreadyAtWork
from catalog.facets import Filters, count, read, write
from catalog.facets.models import MODELS
from catalog.facets.results import results
from catalog.index.current import current
from catalog.index.following import rebuild
from catalog.meaning import encoder
from catalog.meaning.fusion import by_meaning, fused, may_mean
from catalog.meaning.making import make_meanings, texts_of
from catalog.meaning.state import meaning_state
from catalog.models import (
    ClassLabel,
    LabelSet,
    LabelSetClass,
    Listing,
    Meaning,
    MeaningWalk,
    PretrainedModel,
    Source,
    TextVector,
)
from catalog.tasks import make_meanings as task
from tests.catalog.test_meaning_encoder import needs_weights
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db
LATER = timedelta(hours=2)


def make(name: str, **columns: object) -> PretrainedModel:
    return make_pretrained(name=name, **{"task": "image-classification", **columns})


def describe(row: PretrainedModel, text: str) -> Listing:
    source, _ = Source.objects.get_or_create(name="timm", kind=Source.Kind.LIBRARY)
    now = timezone.now()
    return Listing.objects.create(
        source=source, external_id=row.name, pretrained=row, facts={"description": {"value": text}},
        first_seen=now, last_seen=now, changed_at=now,
    )  # fmt: skip


def names(query: str) -> list[str]:
    return [row.name for row in results(read(query)).rows]


@pytest.fixture
def birds() -> PretrainedModel:
    """One that is about birds without saying so, and others that are not."""
    make("fruits")
    make("chest-xray")
    found = make("oz-fauna")
    describe(found, "Tells parrots from kookaburras.")
    make_meanings()
    return found


@pytest.fixture
def without_package(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As on a machine where nobody installed the weights."""
    monkeypatch.setattr(encoder, "PACKAGE", "a_package_that_is_not_there")
    encoder._made.cache_clear()
    encoder.query.cache_clear()
    yield
    encoder._made.cache_clear()
    encoder.query.cache_clear()


# --- One order -----------------------------------------------------------------------------------


def test_what_both_lists_have_comes_first_and_equals_keep_the_first_lists_order() -> None:
    assert fused([1, 2, 3], [3, 4]) == [3, 1, 2, 4]
    assert fused([1, 2], [3, 4]) == [1, 3, 2, 4]
    assert fused([], [7, 8]) == [7, 8]


@pytest.mark.parametrize("words", ["birds", "which fruit is ripe", "x-ray of lungs", "Vögel"])
def test_plain_words_may_mean_something(words: str) -> None:
    assert may_mean(words)


@pytest.mark.parametrize(
    "words",
    ["", "m", "resnet50", "vit_base", "google/vit", '"bird species"', "bird -cat", "bird OR cat",
     "object detection", "COCO", "PyTorch", "ResNet", "v2 birds"],
)  # fmt: skip
def test_names_and_operators_mean_what_they_say(words: str) -> None:
    assert not may_mean(words)


# --- Finding -------------------------------------------------------------------------------------


@needs_weights
def test_words_that_nothing_has_find_what_is_about_them(birds: PretrainedModel) -> None:
    assert names("q=identify+bird+species") == ["oz-fauna"]
    assert names("q=identify+bird+species&meaning=off") == []


@needs_weights
def test_what_has_the_words_is_found_too_and_both_are_told_apart(birds: PretrainedModel) -> None:
    make("bird-feeder", task="text-generation")
    found = results(read("q=bird"))
    assert {row.name: row.by_meaning for row in found.rows} == {
        "bird-feeder": False,
        "oz-fauna": True,
    }
    assert found.counts.total == 2


@needs_weights
def test_a_name_is_never_pushed_down(birds: PretrainedModel) -> None:
    make("parrots", task="text-generation")
    assert names("q=parrots") == ["parrots"]


@needs_weights
def test_other_filters_narrow_what_was_found_by_meaning(birds: PretrainedModel) -> None:
    assert names("q=bird+species&task=image-classification") == ["oz-fauna"]
    assert names("q=bird+species&task=object-detection") == []
    assert count(read("q=bird+species&-task=image-classification")).without["task"] == 1


@needs_weights
def test_another_order_is_kept(birds: PretrainedModel) -> None:
    make("a-bird-feeder", task="text-generation")
    assert names("q=bird&sort=name") == ["a-bird-feeder", "oz-fauna"]
    assert names("q=bird&sort=-name") == ["oz-fauna", "a-bird-feeder"]


@needs_weights
def test_the_page_says_what_was_found_by_meaning_and_how_to_do_without(
    client: Client, birds: PretrainedModel
) -> None:
    page = client.get("/models/?q=bird+species").text
    assert "Only what has the words</a>" in page
    assert 'data-row>oz-fauna</a> <span class="badge">by meaning</span>' in page
    alone = client.get("/models/?q=bird+species&meaning=off").text
    assert "By meaning, too</a>" in alone
    assert "data-row" not in alone


QUERIES = ("q=bird", "q=bird+species&task=image-classification", "q=fauna", "q=bird&meaning=off")


@needs_weights
@pytest.mark.django_db(transaction=True)
def test_the_index_gives_the_same_rows_in_the_same_order(
    birds: PretrainedModel, settings: Settings, tmp_path: Path
) -> None:
    make("bird-feeder", task="text-generation", downloads=7)
    make("bird-bath", task="text-generation", downloads=8)
    make("birdcage", task="text-generation")
    expected = [(names(query), count(read(query)).total) for query in QUERIES]
    settings.INDEX_DIR = tmp_path
    rebuild(MODELS)
    assert current(MODELS)
    assert [(names(query), count(read(query)).total) for query in QUERIES] == expected
    assert expected[0][1] == 4


def test_words_alone_are_in_the_address_only_where_they_are_asked_for() -> None:
    assert write(read("q=bird&meaning=off")) == "q=bird&meaning=off"
    assert write(read("q=bird")) == "q=bird"
    assert read("q=bird&meaning=maybe").notes


# --- Doing without -------------------------------------------------------------------------------


@needs_weights
@pytest.mark.usefixtures("birds", "without_package")
def test_without_the_weights_words_alone_find_and_the_page_says_so(client: Client) -> None:
    make("bird-feeder")
    page = client.get("/models/?q=bird").text
    assert "search by meaning does not work at the moment" in page
    assert names("q=bird") == ["bird-feeder"]


@pytest.mark.usefixtures("without_package")
def test_without_the_weights_the_state_names_what_installs_them() -> None:
    task()
    assert "script/bootstrap" in meaning_state()
    assert "not installed" in MeaningWalk.objects.get().problem


def test_where_nothing_has_a_vector_nothing_is_worked_out() -> None:
    assert by_meaning("birds", list).near == ()
    assert results(Filters(words="birds")).counts.total == 0


# --- Making --------------------------------------------------------------------------------------


@needs_weights
def test_checkpoints_with_one_text_share_its_vector() -> None:
    make("fruits-small")
    make("fruits-large")
    assert make_meanings().texts == 1
    assert Meaning.objects.count() == 2


def test_the_classes_of_a_short_list_are_part_of_the_text() -> None:
    row = make("x1", label_set="cub")
    birds = LabelSet.objects.create(key="cub", size=2)
    for index, name in enumerate(("bee-eater", "kingfisher")):
        label = ClassLabel.objects.create(key=name, name=name)
        LabelSetClass.objects.create(label_set=birds, index=index, label=label)
    assert texts_of([row.pk]) == {row.pk: "Image classification. bee-eater, kingfisher"}


@needs_weights
def test_a_run_that_has_made_enough_goes_on_the_next_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("catalog.meaning.making._BATCH", 1)
    rows = [make(name) for name in ("fruits", "birds", "flowers")]
    assert make_meanings(texts=2).texts == 2
    assert MeaningWalk.objects.get().newest == rows[1].pk
    assert make_meanings().texts == 1
    assert make_meanings().looked_at == 0


@needs_weights
def test_what_is_said_anew_becomes_another_vector_with_the_next_round() -> None:
    row = make("x1")
    listing = describe(row, "Tells fruits apart.")
    make_meanings()
    Listing.objects.filter(pk=listing.pk).update(
        facts={"description": {"value": "Tells birds apart."}}
    )
    later = timezone.now() + LATER
    assert make_meanings().looked_at == 0
    assert make_meanings(now=later).texts == 1
    assert make_meanings(now=later).looked_at == 0
    assert names("q=which+bird+is+this") == ["x1"]
    assert TextVector.objects.count() == 1


@needs_weights
def test_what_is_gone_is_forgotten_with_the_next_round(birds: PretrainedModel) -> None:
    PretrainedModel.objects.filter(pk=birds.pk).update(gone_since=timezone.now())
    assert names("q=bird+species") == []
    make_meanings(now=timezone.now() + LATER)
    assert not Meaning.objects.filter(pretrained=birds).exists()
    assert TextVector.objects.count() == 2


@needs_weights
def test_what_came_since_is_made_at_once_and_counted_in_the_state(birds: PretrainedModel) -> None:
    make("flowers")
    task()
    assert meaning_state().startswith("4 models by 4 different texts")


@needs_weights
@pytest.mark.django_db(transaction=True)
def test_two_never_make_at_once() -> None:
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_lock(hashtextextended('catalog.meaning', 0))")
    with pytest.raises(AlreadyAtWork):
        make_meanings()
    other.close()
