"""Words to rows."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.facets import Filters
from catalog.models import PretrainedModel
from catalog.search import refresh_search, search_text, suggest
from catalog.terms import tsquery
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db


def found(words: str) -> list[str]:
    filters = Filters(words=words)
    return [row.name for row in filters.sorted(PretrainedModel.objects.matching(words))]


@pytest.mark.parametrize(
    "words",
    ["resnet50.a1_in1k", "resn", "RESNET", "resnet 50", "resnet-50", "50", "a1", "in1k",
     "in1k resnet", '"resnet50"', '"resnet50.a1"', "résnet", "resnet50 -vit"],
)  # fmt: skip
def test_a_name_is_found_by_its_wholes_parts_and_beginnings(words: str) -> None:
    make_pretrained(name="resnet50.a1_in1k")
    assert found(words) == ["resnet50.a1_in1k"]


@pytest.mark.parametrize(
    "words",
    [
        "esnet",
        "resnet101",
        '"a1 resnet50"',
        '"resnet5"',
        "resnet -a1",
        "resnet vit",
        "--",
        "-resnet",
    ],
)
def test_what_is_not_there_is_not_found(words: str) -> None:
    make_pretrained(name="resnet50.a1_in1k")
    hits = found(words)
    assert hits == (["resnet50.a1_in1k"] if words == "--" else [])


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("-zzzz", {"resnet50", "vit_b", "unread"}),
        ("-resnet", {"vit_b", "unread"}),
        ("resnet OR vit", {"resnet50", "vit_b"}),
        ("resnet OR vit -50", {"vit_b"}),
        ("resnet OR -vit", {"resnet50", "unread"}),
        ("resnet OR", {"resnet50"}),
        ("resnet or vit", set()),
        ("resnet -vit OR", {"resnet50"}),
    ],
)
def test_a_minus_leaves_out_and_or_finds_either(words: str, names: set[str]) -> None:
    make_pretrained(name="resnet50")
    make_pretrained(name="vit_b")
    unread = make_pretrained(name="unread")
    PretrainedModel.objects.filter(pk=unread.pk).update(search_vector=None)
    assert set(found(words)) == names


def test_what_must_not_occur_does_not_decide_the_order() -> None:
    make_pretrained(name="resnet50.a1", architecture="x", top1=90)
    make_pretrained(name="resnet50", top1=70)
    assert found("resnet50 -vit") == ["resnet50", "resnet50.a1"]


def test_two_words_in_one_do_not_get_around_a_minus() -> None:
    make_pretrained(name="mobilenetv3_small")
    assert found("mobilenet-v3 -small") == []


def test_one_spelling_finds_the_other() -> None:
    make_pretrained(name="mobilenetv3_small", architecture="mobilenetv3_small")
    make_pretrained(name="MobileNet_V3_Small_Weights", architecture="mobilenet_v3_small")
    assert len(found("mobilenet v3")) == 2
    assert len(found("mobilenetv3")) == 2


def test_an_exact_name_comes_before_longer_ones() -> None:
    for name in ("resnet50d", "seresnet50", "resnet50", "resnet50_gn"):
        make_pretrained(name=name, architecture=name, top1=90 if name == "resnet50d" else 70)
    assert found("resnet50")[0] == "resnet50"
    assert found("resnet-50")[0] == "resnet50"


def test_architecture_comes_before_family_and_family_before_the_rest() -> None:
    make_pretrained(name="d", datasets=["swin"], top1=99)
    make_pretrained(name="b", family="swin", top1=98)
    make_pretrained(name="c", architecture="swin", top1=1)
    make_pretrained(name="swin", top1=0)
    assert found("swin") == ["swin", "c", "b", "d"]


def test_tasks_are_found_by_their_words() -> None:
    make_pretrained(name="x", task="object-detection")
    assert found("object detection") == ["x"]
    assert found('"object detection"') == ["x"]


def test_a_row_without_letters_in_the_query_is_not_narrowed() -> None:
    make_pretrained(name="x")
    assert found("!!! & |") == ["x"]


@given(st.text(max_size=300))
@settings(max_examples=200, deadline=None)
def test_no_text_makes_postgres_refuse_the_query(words: str) -> None:
    PretrainedModel.objects.matching(words).exists()


@given(st.text(max_size=60), st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_name_can_be_indexed(name: str, others: str) -> None:
    text = search_text(name, name, name, others)
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector IS NOT NULL", [text])
        assert cursor.fetchone()[0]


def test_the_query_holds_letters_digits_and_own_operators_only() -> None:
    assert tsquery("a&b | c:* <-> d'e \\ ResNet50") == (
        "('a':* & 'b':*) & ('c':*) & ('d':* & 'e':*) & (('resnet50':* | ('resnet' <-> '50':*)))"
    )


def test_refreshing_again_writes_nothing() -> None:
    pretrained = make_pretrained(name="x")
    assert refresh_search([pretrained.pk]) == 0
    PretrainedModel.objects.filter(pk=pretrained.pk).update(name="y")
    assert refresh_search([pretrained.pk]) == 1
    assert PretrainedModel.objects.matching("y").exists()


def test_a_misspelt_word_is_corrected_and_others_stay() -> None:
    known = [("resnet50", "resnet"), ("vit_base", "vit")]
    assert suggest("resmet50 vit", known) == "resnet50 vit"
    assert suggest("resnet", known) == ""
    assert suggest("qqqqq", known) == ""
