"""What the search box proposes while a person types."""

from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker

from catalog.completions import gather_everything
from catalog.facets.datasets import DATASETS
from catalog.facets.models import MODELS
from catalog.facets.papers import PAPERS
from catalog.facets.sets import FacetSet
from catalog.models import Completion, Paper, Source, Word
from catalog.records import PaperMention
from catalog.suggest import SHOWN, Option, suggestions
from catalog.tasks import gather_completions
from tests.catalog.listed import list_in
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db


def proposed(typed: str, kind: FacetSet = MODELS) -> dict[str, list[str]]:
    return {g.title: [option.label for option in g.options] for g in suggestions(typed, kind)}


def option(typed: str) -> Option:
    return suggestions(typed)[0].options[0]


@pytest.fixture(scope="module", autouse=True)
def _catalogue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """A model of each kind of thing, and more of some; made once, taken back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        for number in range(3):
            make_pretrained(
                name=f"convnext_tiny.{number}", architecture="convnext_tiny", family="convnext",
                downloads=number, task="image-classification", datasets=["imagenet-1k"],
                organization="facebook", license="apache-2.0",
            )  # fmt: skip
        make_pretrained(
            name="openai/whisper-tiny", slug="huggingface/openai/whisper-tiny", sources=["huggingface"],
            architecture="whisper", task="automatic-speech-recognition", organization="openai",
            downloads=99, license="mit",
        )  # fmt: skip
        gather_everything()
        yield
        transaction.set_rollback(True)


@pytest.mark.parametrize(
    ("typed", "title", "first"),
    [
        ("conv", "Architectures", "convnext_tiny"),
        ("ConvNeXt-T", "Architectures", "convnext_tiny"),
        ("tiny", "Models", "openai/whisper-tiny"),
        ("whisp", "Models", "openai/whisper-tiny"),
        ("openai/wh", "Models", "openai/whisper-tiny"),
        ("convnext_tiny.1", "Models", "convnext_tiny.1"),
        ("faceb", "Organisations", "Meta"),
        ("meta", "Organisations", "Meta"),
        ("image cl", "Tasks", "Image classification"),
        ("classif", "Tasks", "Image classification"),
        ("asr", "Tasks", "Automatic speech recognition"),
        ("imagenet", "Training data", "ImageNet-1k"),
        ("license:mit whisp", "Models", "openai/whisper-tiny"),
    ],
)
def test_things_are_proposed_by_the_beginnings_of_their_words(
    typed: str, title: str, first: str
) -> None:
    assert proposed(typed)[title][0] == first


def test_a_paper_is_proposed_by_its_title_and_its_number(timm: Source) -> None:
    list_in(timm, "x", papers=[PaperMention("1512.03385")])
    Paper.objects.update(title="Deep Residual Learning")
    gather_everything()
    assert proposed("residual l")["Papers"] == ["Deep Residual Learning"]
    assert proposed("1512.03")["Papers"] == ["Deep Residual Learning"]
    assert option("deep res").url == "/papers/1512.03385/"


def test_those_with_most_rows_come_first_and_only_so_many() -> None:
    assert proposed("convnext")["Models"] == [
        "convnext_tiny.2",
        "convnext_tiny.1",
        "convnext_tiny.0",
    ]
    assert SHOWN == 3


@pytest.mark.parametrize("typed", ["", "c", "  ", "--", "-conv", "\x00", "((", "x" * 5000])
def test_nothing_is_proposed_for_what_says_too_little(typed: str) -> None:
    assert proposed(typed) == {}


@pytest.mark.parametrize(
    ("typed", "label", "fill"),
    [
        ("lic", "license:", "license:"),
        ("conv lic", "license:", "conv license:"),
        ("-lic", "-license:", "-license:"),
        ("siz", "size<", "size<"),
        ("size<", "size<100MB", "size<100MB "),
        ("license:ap", "license:apache-2.0", "license:apache-2.0 "),
        ("LICENSE=ap", "license=apache-2.0", "license=apache-2.0 "),
        ('license:"apache li', "license:apache-2.0", "license:apache-2.0 "),
        ("license:op", "license:open", "license:open "),
        ("task:speech", "task:automatic-speech-recognition", "task:automatic-speech-recognition "),
        ("tiny organization:met", "organization:facebook", "tiny organization:facebook "),
        ("commercial:", "commercial:yes", "commercial:yes "),
    ],
)
def test_the_filter_at_the_end_is_completed(typed: str, label: str, fill: str) -> None:
    first = option(typed)
    assert (first.label, first.fill) == (label, fill)
    assert parse_qs(urlsplit(first.url).query) == {"q": [fill.strip()]}


@pytest.mark.parametrize("typed", ["size<5", "nonsense:x", "license<", "-size<", "license:mit "])
def test_what_is_no_unfinished_filter_is_not_completed(typed: str) -> None:
    assert "Filters" not in proposed(typed)


def test_every_list_completes_its_own_filters_and_has_its_own_things_first() -> None:
    assert proposed("has:l", DATASETS) == {"Filters": ["has:leaderboard"]}
    assert proposed("cate", PAPERS)["Filters"] == ["category:"]
    assert next(iter(proposed("imagenet", DATASETS))) != "Papers"


def test_a_completed_filter_is_one(client: Client) -> None:
    response = client.get(option("license:ap").url, follow=True)
    assert response.redirect_chain[-1][0] == "/models/?license=apache-2.0"


def test_the_part_of_the_page_is_a_listbox_of_links(client: Client) -> None:
    page = client.get("/suggest/", {"q": "conv", "in": "catalog:browse"})
    assert 'role="listbox"' in page.text
    assert 'href="/architectures/convnext_tiny/"' in page.text
    assert page.text.count('role="option"') == 4
    assert "max-age=60" in page["Cache-Control"]
    assert client.post("/suggest/").status_code == 405


def test_what_is_typed_is_written_as_text(client: Client) -> None:
    page = client.get("/suggest/", {"q": '<b>"x lic', "in": "<b>"})
    assert "<b>" not in page.text
    assert "&lt;b&gt;&quot;x license:" in page.text


def test_three_queries_whatever_is_typed(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_max_num_queries(3):
        client.get("/suggest/", {"q": "openai license:ap conv tiny lic"})


def test_what_is_gathered_is_what_is_there_now() -> None:
    make_pretrained(name="florence", architecture="florence")
    gather_completions(first=True)
    assert "Architectures" not in proposed("floren")
    gather_completions()
    assert proposed("floren")["Architectures"] == ["florence"]
    assert Word.objects.filter(word="florence").exists()


def test_the_first_rows_are_gathered_at_once() -> None:
    Word.objects.all().delete()
    Completion.objects.all().delete()
    gather_completions(first=True)
    assert Completion.objects.exists()
