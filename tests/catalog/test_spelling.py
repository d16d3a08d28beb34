"""Did you mean: what is misspelt, what is not, and what was meant."""

import pytest
from django.db.models.expressions import RawSQL

from catalog.models import Word
from catalog.spelling import closest, did_you_mean, distance, gather_words, near
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db


@pytest.fixture(name="vocabulary")
def _vocabulary() -> None:
    make_pretrained(name="convnext_tiny", architecture="convnext_tiny")
    make_pretrained(
        name="mobilenetv3_small", architecture="mobilenetv3", task="image-classification"
    )
    make_pretrained(name="resnext50 DeepLabV3", architecture="deeplabv3")
    make_pretrained(name="vit_base", family="vit", datasets=["imagenet-1k"])
    gather_words()


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("convnxt", "convnext"),
        ("convnextt TINY", "convnext TINY"),
        ("mobilnetv3 small", "mobilenetv3 small"),
        ("mobileent", "mobilenet"),
        ("imagenett vit", "imagenet vit"),
        ("clasification", "classification"),
        ("vision trasnformer", "vision transformer"),
        ("depplab", "deeplab"),
        ("-convnxt small", "-convnext small"),
        ("convnxt OR vit", "convnext OR vit"),
        ("cónvnxt", "convnext"),
    ],
)
def test_a_slip_of_the_keys_is_understood(vocabulary: None, words: str, meant: str) -> None:
    assert did_you_mean(words) == meant


@pytest.mark.parametrize(
    "words", ["resnext", "convn", "qqqqqq", "vti", "", "--", "5", "resnxt vit_large"]
)
def test_what_is_known_short_far_or_would_find_nothing_is_left_alone(
    vocabulary: None, words: str
) -> None:
    assert did_you_mean(words) == ""


def test_a_rare_word_is_doubted_only_beside_a_much_more_frequent_one() -> None:
    for number in range(21):
        make_pretrained(name=f"mobilenet_{number}")
    make_pretrained(name="mobilnet")
    gather_words()
    assert closest("mobilnet") == "mobilenet"
    make_pretrained(name="mobilnet_2")
    gather_words()
    assert closest("mobilnet") == ""


@pytest.mark.parametrize(
    ("one", "other", "slips"),
    [("abc", "abc", 0), ("abc", "abd", 1), ("abc", "acb", 1), ("abc", "ab", 1), ("ab", "abc", 1),
     ("abcd", "badc", 2), ("abc", "", 3)],
)  # fmt: skip
def test_slips_are_counted(one: str, other: str, slips: int) -> None:
    assert distance(one, other) == slips


def test_words_that_differ_by_two_slips_share_a_spelling() -> None:
    assert near("efficientnet") & near("eficentnet")
    assert near("swin") & near("swim")
    assert not near("swin") & near("vits")


def test_gathering_again_writes_no_row(vocabulary: None) -> None:
    before = list(Word.objects.order_by("pk").values_list("pk", RawSQL("xmin::text", [])))
    gather_words()
    assert list(Word.objects.order_by("pk").values_list("pk", RawSQL("xmin::text", []))) == before
    make_pretrained(name="florence")
    gather_words()
    assert Word.objects.count() == len(before) + 1
