"""Words to rows."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.models import QuerySet
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.facets import Filters
from catalog.models import PretrainedModel
from catalog.search import expression, lexemes_of, refresh_search, words_of
from catalog.synonyms import LINES
from catalog.terms import And, Beginning, Not, Or, Phrase, Whole, chunks, tsquery
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db


def found(words: str) -> list[str]:
    return [row.name for row in relevant(words)]


def relevant(words: str) -> QuerySet[PretrainedModel]:
    return Filters(words=words).sorted(PretrainedModel.objects.matching(words))


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


@pytest.mark.parametrize(
    ("words", "name"),
    [
        ("resnet50", "microsoft/resnet-50"),
        ("resnet50d", "resnet_50_d"),
        ("resnet50d", "resnet-50d"),
        ("mobilenetv3", "mobilenet_v3_large"),
        ("mobilenet v3 large", "mobilenetv3_large_100"),
        ("mobilenetv3small", "mobilenet_v3_small"),
        ("vitb16", "vit_b_16"),
        ("faster rcnn", "fasterrcnn_resnet50_fpn"),
        ("faster r-cnn", "faster-rcnn"),
        ("llama3", "meta-llama/Llama-3.1-8B-Instruct"),
        ("llama 3.1 8b", "meta-llama/Llama-3.1-8B-Instruct"),
        ("resnet50imagenet1k", "resnet50-imagenet-1k"),
    ],
)
def test_a_name_is_found_however_it_is_put_together(words: str, name: str) -> None:
    make_pretrained(name=name)
    make_pretrained(name="resnet101 mobilenetv2 vit_l_32 llama-2")
    assert found(words) == [name]


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


@pytest.mark.parametrize("words", ["microsoft/resnet-50", "huggingface/microsoft/resnet-50"])
def test_an_exact_id_comes_before_the_same_name_elsewhere(words: str) -> None:
    for slug, top1 in (("modelscope/copy", 99), ("huggingface/microsoft/resnet-50", 1)):
        one = make_pretrained(
            name="microsoft/resnet-50", slug=slug, top1=top1, family="huggingface"
        )
    assert relevant(words).first() == one


def test_whole_words_count_more_in_the_name_and_less_elsewhere() -> None:
    make_pretrained(name="beginning_512", task="swinging", top1=99)
    make_pretrained(name="elsewhere_512", task="swing", top1=98)
    make_pretrained(name="both_512_swing", top1=1)
    assert found("512 swing") == ["both_512_swing", "elsewhere_512", "beginning_512"]


def test_of_rows_that_fit_alike_the_more_popular_comes_first() -> None:
    make_pretrained(name="bert_a", downloads=10, top1=99)
    make_pretrained(name="bert_b", downloads=1000)
    make_pretrained(name="bert_c")
    assert found("bert") == ["bert_b", "bert_a", "bert_c"]


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
def test_any_name_can_be_indexed(name: str, other: str) -> None:
    columns = {"name": name, "architecture": name, "family": name, "organization": other,
               "task": other, "libraries": [other], "datasets": [other]}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::tsvector IS NOT NULL", [words_of(columns, [other])])
        assert cursor.fetchone()[0]


@given(st.text(alphabet="ab12-_. é", max_size=20))
@settings(max_examples=50, deadline=None)
def test_what_a_name_is_cut_into_is_what_postgres_keeps_of_it(name: str) -> None:
    columns = {"name": name, "architecture": "", "family": "", "organization": "", "task": "",
               "libraries": [], "datasets": []}  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute("SELECT tsvector_to_array(%s::tsvector)", [words_of(columns, [name])])
        assert cursor.fetchone()[0] == sorted(lexemes_of(name))


@pytest.mark.parametrize(
    ("name", "lexemes"),
    [
        ("resnet-50", "resnet 50 resnet50"),
        ("resnet50d", "resnet50d resnet 50 d resnet50 50d"),
        ("ResNet_50-D", "resnet 50 resnet50 d 50d"),
        ("vit16x4", "vit16x4 vit 16 x 4 vit16 16x x4"),
        ("7-B", "7 b 7b"),
        ("50.imagenet", "50 imagenet"),
        ("patch16_224", "patch16 patch 16 224"),
        ("a-b", "a b"),
    ],
)
def test_neighbouring_letters_and_digits_are_also_written_as_one(name: str, lexemes: str) -> None:
    assert lexemes_of(name) == lexemes.split()


def test_what_is_typed_becomes_an_expression_of_lexemes() -> None:
    assert expression('resnet50d OR vit -"two words" -"one"') == And(
        (
            Or((
                Or((
                    Beginning("resnet50d"),
                    And((Whole("resnet50"), Beginning("50d"))),
                    And((Whole("resne"), Whole("t50"), Beginning("50d"))),
                )),
                Or((
                    Beginning("vit"),
                    And((Whole("vision"), Whole("transformer"))),
                    And((Whole("vision"), Whole("transformers"))),
                )),
            )),
            Not(Phrase(("two", "words"))),
            Not(Whole("one")),
        )
    )  # fmt: skip
    assert expression(" -- ") is None


def test_the_query_holds_letters_digits_and_own_operators_only() -> None:
    wanted = expression('a&b | c:* <-> -"d\'e" \\ ResNet51')
    assert wanted
    assert tsquery(wanted) == (
        "('a':* & ('b':* | 'ab':*) & ('c':* | 'bc':*) & !('d' <-> 'e')"
        " & ('resnet51':* | ('resne' & 't51':*)))"
    )


def test_refreshing_again_writes_nothing() -> None:
    pretrained = make_pretrained(name="x")
    assert refresh_search([pretrained.pk]) == 0
    PretrainedModel.objects.filter(pk=pretrained.pk).update(name="y")
    assert refresh_search([pretrained.pk]) == 1
    assert PretrainedModel.objects.matching("y").exists()


def test_the_words_of_all_rows_can_be_written_again(capsys: pytest.CaptureFixture[str]) -> None:
    stale = make_pretrained(name="x-1")
    make_pretrained(name="y")
    PretrainedModel.objects.filter(pk=stale.pk).update(search_vector="'x' '1'")
    call_command("search_words")
    assert found("x1") == ["x-1"]
    assert capsys.readouterr().out.endswith(": 1 are found otherwise now.\n")


@pytest.mark.parametrize(
    ("words", "columns"),
    [
        ("vit", {"name": "x", "family": "vision transformer"}),
        ("vision transformer base", {"name": "vit_base"}),
        ("in1k", {"name": "X_Weights.IMAGENET1K_V1"}),
        ("in21k", {"name": "x.fb_in22k"}),
        ("imagenet-22k", {"name": "x.in21k"}),
        ("image cls", {"name": "x", "task": "image-classification"}),
        ("asr", {"name": "x", "task": "automatic-speech-recognition"}),
        ("float16", {"name": "x-fp16"}),
        ("rn50 clip", {"name": "resnet50_clip"}),
        ("mask r-cnn", {"name": "MaskRCNN mask-rcnn"}),
    ],
)
def test_another_word_for_the_same_is_found(words: str, columns: dict[str, str]) -> None:
    make_pretrained(**columns)
    make_pretrained(name="deit", task="depth-estimation")
    assert found(words) == [columns["name"]]


@pytest.mark.parametrize(
    ("words", "names"),
    [('"vit"', ["vit_x"]), ("transformer", ["x_vision-transformers"]), ("vision deit", [])],
)
def test_a_quoted_word_and_half_a_spelling_stand_for_themselves(
    words: str, names: list[str]
) -> None:
    make_pretrained(name="x_vision-transformers")
    make_pretrained(name="vit_x")
    assert found(words) == names


def test_what_is_typed_first_is_ranked_before_what_means_the_same() -> None:
    make_pretrained(name="a.in22k", top1=99)
    make_pretrained(name="b.in21k")
    assert found("in21k") == ["b.in21k", "a.in22k"]


def test_a_family_is_ranked_by_what_else_it_is_called() -> None:
    make_pretrained(name="a_vision_transformer", family="other", top1=99)
    make_pretrained(name="vit_b", family="vit", top1=1)
    assert found("vision transformer") == ["vit_b", "a_vision_transformer"]


def test_every_spelling_stands_in_one_line_and_has_another() -> None:
    spellings = [tuple(chunks(spelling)) for line in LINES for spelling in line]
    assert len(set(spellings)) == len(spellings)
    assert all(spellings)
    assert min(map(len, LINES)) > 1
