"""Lists of classes in the catalogue: which output is which class, and who knows it."""

from collections.abc import Sequence
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.classes.naming import class_key, squashes
from catalog.classes.outputs import class_names, knowing
from catalog.classes.same import say_the_same
from catalog.facets.kinds import LinkFacet
from catalog.facets.models import MODELS
from catalog.models import (
    ClassLabel,
    Dataset,
    LabelSet,
    LabelSetClass,
    LabelSetListing,
    PretrainedModel,
    Source,
)
from catalog.outcome import Outcome
from catalog.records import Fact, ModelRecord
from catalog.reference_records import LabelSetRecord, named_list
from catalog.services import mark_gone, upsert
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db

BIRD = {
    "id": "n02012849",
    "names": ["crane"],
    "definition": "large long-necked wading bird",
}
MACHINE = {"id": "n03126707", "names": ["crane"], "definition": "lifts and moves heavy objects"}
BEE_EATER = {
    "id": "n01828970",
    "names": ["bee eater", "Merops"],
    "definition": "colorful bird that feeds on bees",
}
THREE = (BIRD, MACHINE, BEE_EATER)


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="lists", title="Lists", kind="datasets")


def with_ids(key: str, classes: Sequence[dict[str, Any]] = THREE, **facts: Any) -> LabelSetRecord:
    stated = {"classes": list(classes), "title": key.title(), **facts}
    return LabelSetRecord(key, key, facts={name: Fact(value) for name, value in stated.items()})


def of_names(*names: str, dataset: str = "") -> LabelSetRecord:
    found = named_list(names, dataset)
    assert found is not None
    return found


def write(source: Source, *records: LabelSetRecord | ModelRecord) -> Outcome:
    return upsert(source, records)


def keys_on(key: str) -> list[str]:
    rows = LabelSetClass.objects.filter(label_set__key=key).order_by("index")
    return list(rows.values_list("label__key", flat=True))


# --- Names and keys ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other"), [("Traffic_light", "traffic light"), ("Bee-eater", "bee eater")]
)
def test_spellings_of_one_name_are_one_class(one: str, other: str) -> None:
    assert class_key(one) == class_key(other)


@pytest.mark.parametrize(("one", "other"), [("C", "C++"), ("!", "?"), ("n01828970", "n01828970!")])
def test_names_that_differ_in_signs_only_stay_apart(one: str, other: str) -> None:
    assert class_key(one) != class_key(other)


def test_a_name_cannot_pass_for_a_wordnet_id() -> None:
    assert class_key("n01828970") != "n01828970"


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [("Bee-Eaters", "beeeater"), ("knives", "knife"), ("boxes", "box"), ("berries", "berry"),
     ("mice", "mouse"), ("firemen", "fireman"), ("glass", "glass"), ("bus", "bus")],
)  # fmt: skip
def test_one_and_many_are_the_same(typed: str, wanted: str) -> None:
    assert wanted in squashes(typed)


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (["crane bird", "crane", "bee eater, Merops"], True),
        (["crane", "crane", "merops"], True),
        (["crane", "bee eater", "crane"], False),
        (["crane", "crane"], False),
        (["crane", "crane", "eater"], False),
    ],
)
def test_names_say_the_same_only_output_by_output(names: list[str], same: bool) -> None:
    assert say_the_same(names, [one["names"] for one in THREE]) is same


# --- Writing -----------------------------------------------------------------------------------------------------


def test_outputs_stand_for_classes_in_order(source: Source) -> None:
    outcome = write(source, with_ids("three", datasets=["birds"]))
    assert outcome.created == 1
    assert keys_on("three") == ["n02012849", "n03126707", "n01828970"]
    bird = ClassLabel.objects.get(key="n01828970")
    assert (bird.name, bird.synonyms, bird.datasets) == ("bee eater", ["Merops"], ["birds"])
    assert bird.label_sets == ["three"]
    assert Dataset.objects.filter(slug="birds").exists()


def test_the_same_list_again_changes_nothing(source: Source) -> None:
    write(source, with_ids("three"))
    before = list(LabelSetClass.objects.values_list("pk", "label"))
    outcome = write(source, with_ids("three"))
    assert (outcome.created, outcome.updated, outcome.unchanged) == (0, 0, 1)
    assert list(LabelSetClass.objects.values_list("pk", "label")) == before


def test_a_list_that_changed_loses_what_it_no_longer_has(source: Source) -> None:
    write(source, with_ids("three"))
    write(source, with_ids("three", [BIRD, BEE_EATER]))
    assert keys_on("three") == ["n02012849", "n01828970"]
    assert not ClassLabel.objects.filter(key="n03126707").exists()


def test_gaps_keep_their_number_and_are_no_classes(source: Source) -> None:
    record = of_names("__background__", "cat", "N/A", "dog")
    write(source, record)
    rows = LabelSetClass.objects.order_by("index").values_list("index", "label__name")
    assert list(rows) == [(1, "cat"), (3, "dog")]
    assert LabelSet.objects.get().size == 4


@pytest.mark.parametrize("names_first", [True, False])
def test_names_that_say_the_same_as_ids_are_that_list(source: Source, names_first: bool) -> None:
    names = of_names("crane bird", "crane", "Merops", dataset="birds")
    both = [names, with_ids("three")]
    write(source, both[not names_first])
    write(source, both[names_first])
    assert LabelSet.objects.get(key=names.key).same_as == LabelSet.objects.get(key="three")
    assert set(ClassLabel.objects.values_list("key", flat=True)) == {
        "n02012849", "n03126707", "n01828970",
    }  # fmt: skip
    assert class_names(names.key) == class_names("three") == ["crane", "crane", "bee eater"]


def test_names_in_another_order_stay_a_list_of_their_own(source: Source) -> None:
    names = of_names("bee eater", "crane", "crane")
    write(source, with_ids("three"), names)
    assert LabelSet.objects.get(key=names.key).same_as is None
    assert keys_on(names.key) == ["bee-eater", "crane", "crane"]


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (LabelSetRecord("x", "imagenet-1k", facts={"classes": Fact([{"names": ["cat"]}])}), "key"),
        (LabelSetRecord("x", "x", facts={}), "classes"),
        (with_ids("x", [{"id": "n1", "names": ["cat"]}]), "classes"),
        (with_ids("A B"), "key"),
    ],
)
def test_a_list_that_is_none_is_refused_with_a_reason(
    source: Source, record: LabelSetRecord, reason: str
) -> None:
    (refused,) = write(source, record).rejected
    assert refused.reason.startswith(reason)


def test_a_list_that_vanishes_is_marked_gone(source: Source) -> None:
    write(source, with_ids("three"))
    seen = LabelSetListing.objects.get().last_seen
    write(source, with_ids("four"))
    assert mark_gone(source, LabelSetListing.objects.latest("last_seen").last_seen) == 1
    assert LabelSetListing.objects.exclude(gone_since=None).get().last_seen == seen


def test_a_list_beside_its_checkpoint_is_no_record_of_its_own(source: Source) -> None:
    names = of_names("cat", "dog")
    facts = {"name": Fact("pets"), "label_set": Fact(names.key)}
    outcome = write(source, ModelRecord("pets", facts=facts), names)
    assert outcome.created == 1
    assert PretrainedModel.objects.get().label_set == names.key
    assert class_names(names.key) == ["cat", "dog"]


# --- Who knows it ------------------------------------------------------------------------------------------------


def names_knowing(*values: str) -> set[str]:
    rows = PretrainedModel.objects.published().filter(knowing(values))
    return set(rows.values_list("name", flat=True))


@pytest.fixture
def models(source: Source) -> str:
    """Three lists and four models; the key of the list of names that says the same as the first."""
    same = of_names("crane bird", "crane", "bee eater")
    others = of_names("cat", "dog")
    write(source, with_ids("three", datasets=["birds"]), same, others)
    make_pretrained(name="ids", label_set="three", top1=80.0)
    make_pretrained(name="names", label_set=same.key)
    make_pretrained(name="pets", label_set=others.key)
    make_pretrained(name="features", num_classes=0)
    return same.key


@pytest.mark.parametrize(
    ("value", "known"),
    [
        ("n01828970", {"ids", "names"}),
        ("bee-eater", {"ids", "names"}),
        ("merops", {"ids", "names"}),
        ("crane", {"ids", "names"}),
        ("cat", {"pets"}),
        ("fish", set()),
        ("", set()),
        ("'\\:*", set()),
    ],
)
def test_models_are_found_by_a_class_they_know(models: str, value: str, known: set[str]) -> None:
    assert names_knowing(value) == known


def test_a_class_is_a_filter_like_any_other(client: Client, models: str) -> None:
    page = client.get("/models/?class=n01828970").text
    assert "Knows the class: bee eater" in page
    assert ">ids<" in page
    assert ">pets<" not in page
    assert ">pets<" in client.get("/models/?-class=n01828970").text


@pytest.mark.parametrize("name", ["class", "labels"])
def test_the_index_asks_postgres_who_knows_a_class(name: str) -> None:
    assert isinstance(MODELS.facet[name], LinkFacet)
    assert MODELS.facet[name] not in MODELS.facets


def test_a_class_is_typed_into_the_search_box(client: Client, models: str) -> None:
    response = client.get("/models/", {"q": 'class:"Bee Eater"'}, follow=True)
    assert response.request["QUERY_STRING"] == "class=bee-eater"
    assert "Knows the class: bee eater" in response.text
    assert ">names<" in response.text


def test_a_list_and_what_says_the_same_is_one_filter(client: Client, models: str) -> None:
    for_names = client.get(f"/models/?labels={models}").text
    assert ">ids<" in for_names
    assert ">names<" in for_names
    assert "Class list: Three" in client.get("/models/?labels=three").text


def test_words_that_are_a_class_lead_to_the_models_that_know_it(
    client: Client, models: str
) -> None:
    page = client.get("/models/?q=bee-eaters").text
    assert '<a href="/models/?class=n01828970">2 models know the class bee eater</a>' in page
    assert "know the class" not in client.get("/models/?q=bee").text


def test_classes_of_one_name_are_offered_apart(client: Client, models: str) -> None:
    page = client.get("/models/?q=crane").text
    assert "large long-necked wading bird" in page
    assert "lifts and moves heavy objects" in page


def test_classes_that_no_model_knows_are_not_offered(client: Client, source: Source) -> None:
    write(source, with_ids("three"))
    assert "know the class" not in client.get("/models/?q=crane").text


# --- Pages -------------------------------------------------------------------------------------------------------


def test_the_page_of_a_class_says_what_it_is_and_who_knows_it(client: Client, models: str) -> None:
    page = client.get("/classes/n01828970/").text
    assert "colorful bird that feeds on bees" in page
    assert "2 models know it" in page
    assert (
        'href="http://wordnet-rdf.princeton.edu/pwn30/01828970-n" rel="nofollow noopener"' in page
    )
    assert 'href="/datasets/birds/"' in page
    assert 'href="/classes/lists/three/"' in page
    assert ">pets<" not in page


def test_the_page_of_a_data_set_names_the_lists_of_its_classes(client: Client, models: str) -> None:
    page = client.get("/datasets/birds/").text
    assert 'Its classes: <a href="/classes/lists/three/">Three</a> (3)' in page
    assert models not in page  # it says the same


def test_a_class_that_is_called_the_same_is_named_with_its_definition(
    client: Client, models: str
) -> None:
    page = client.get("/classes/n02012849/").text
    assert "Called the same" in page
    assert "lifts and moves heavy objects" in page


def test_a_name_leads_to_its_class_or_to_all_of_this_name(client: Client, models: str) -> None:
    assert client.get("/classes/bee-eater/").headers["Location"] == "/classes/n01828970/"
    assert client.get("/classes/crane/").headers["Location"] == "/classes/?q=crane"
    assert client.get("/classes/fish/").status_code == 404
    assert client.get("/classes/%00/").status_code == 404


def test_the_page_of_a_list_finds_one_of_its_classes(client: Client, models: str) -> None:
    every = client.get("/classes/lists/three/").text
    assert "3 classes on 3 outputs" in every
    found = client.get("/classes/lists/three/?q=bee+eaters").text
    assert "1 of 3 outputs" in found
    assert "/classes/n01828970/" in found
    assert "/classes/n02012849/" in client.get("/classes/lists/three/?q=0").text
    assert "called so" in client.get("/classes/lists/three/?q=fish").text


def test_a_list_of_names_that_says_the_same_leads_to_its_outputs(
    client: Client, models: str
) -> None:
    page = client.get(f"/classes/lists/{models}/").text
    assert "says the same, output by output" in page
    assert "/classes/n01828970/" in page
    assert client.get("/classes/lists/none/").status_code == 404


def test_htmx_gets_the_outputs_alone(client: Client, models: str) -> None:
    headers = {"HX-Request": "true"}
    part = client.get("/classes/lists/three/?q=bee", headers=headers).text
    assert part.startswith('<div id="outputs"')
    restored = {**headers, "HX-History-Restore-Request": "true"}
    assert "<html" in client.get("/classes/lists/three/?q=bee", headers=restored).text


def test_the_page_of_a_model_says_which_classes_it_knows(client: Client, models: str) -> None:
    known = client.get("/models/timm/names/").text
    assert "Its 3 outputs stand for the classes of" in known
    assert 'href="/classes/lists/three/"' in known
    assert "n01828970" not in known  # its classes come when they are asked for


def test_the_page_of_a_model_without_classes_says_so(client: Client, models: str) -> None:
    assert "its outputs are features" in client.get("/models/timm/features/").text
    make_pretrained(name="silent")
    assert "No source says what its outputs stand for" in client.get("/models/timm/silent/").text


def test_hostile_names_are_shown_as_text(client: Client, source: Source) -> None:
    write(source, of_names("<script>alert(1)</script>", "javascript:alert(1)"))
    page = client.get("/classes/").text
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
    for_one = client.get(ClassLabel.objects.get(name__startswith="<").get_absolute_url()).text
    assert "<script>alert(1)" not in for_one


@pytest.mark.parametrize("number", [10, 60])
def test_the_queries_of_the_finder_do_not_grow(
    client: Client, source: Source, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    write(source, of_names(*(f"cat {index}" for index in range(number))))
    with django_assert_num_queries(2):
        assert "data-row" in client.get("/classes/?q=cat").text


@pytest.mark.parametrize("number", [1, 60])
def test_the_queries_of_a_list_do_not_grow(
    client: Client, source: Source, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    names = of_names(*(f"cat {index}" for index in range(number)))
    write(source, names)
    with django_assert_num_queries(7):
        assert client.get(f"/classes/lists/{names.key}/?q=cat").status_code == 200
