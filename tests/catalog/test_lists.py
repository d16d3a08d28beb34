"""The lists of papers and repositories: the same grammar as that of the models, counted right."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.facets import count, read
from catalog.facets.papers import PAPERS
from catalog.facets.repositories import REPOSITORIES
from catalog.facets.sets import FacetSet
from catalog.models import Dataset, Paper, Repository, Source
from catalog.records import Fact, ModelRecord, PaperMention
from catalog.reference_records import PaperRecord, RepositoryMention, RepositoryRecord
from catalog.services import upsert

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
KINDS = pytest.mark.parametrize("kind", [PAPERS, REPOSITORIES], ids=["papers", "repositories"])


@pytest.fixture
def github() -> Source:
    return Source.objects.create(name="github", title="GitHub", kind=Source.Kind.REPOSITORIES)


@pytest.fixture
def arxiv() -> Source:
    return Source.objects.create(name="arxiv", title="arXiv", kind=Source.Kind.PAPERS)


@pytest.fixture
def timm() -> Source:
    return Source.objects.create(name="timm", title="timm", kind=Source.Kind.LIBRARY)


def repository(full_name: str, *papers: str, **facts: Any) -> RepositoryRecord:
    stated = {name: Fact(value) for name, value in facts.items()}
    return RepositoryRecord(full_name, full_name, facts=stated, papers=papers)


def paper(key: str, title: str, *code: str, **facts: Any) -> PaperRecord:
    stated = {name: Fact(value) for name, value in {"title": title, **facts}.items()}
    mentions = tuple(RepositoryMention(name, is_official=True) for name in code)
    return PaperRecord(key, key, facts=stated, repositories=mentions)


def checkpoint(name: str, *repositories: str, paper: str = "", **facts: Any) -> ModelRecord:
    stated = {key: Fact(value) for key, value in {"name": name, **facts}.items()}
    papers = (PaperMention(paper, "introduces"),) if paper else ()
    return ModelRecord(name, facts=stated, repositories=repositories, papers=papers)


def names(client: Client, url: str, **query: str) -> list[str]:
    """What the rows of a page are called."""
    page = client.get(url, query, follow=True).text
    return [part.partition("</a>")[0] for part in page.split("data-row>")[1:]]


# --- What the filters mean ------------------------------------------------------------------------------------


@pytest.fixture
def repositories(github: Source, timm: Source) -> None:
    upsert(github, [
        repository("a/convnext", "2201.03545", stars=900, language="Python", license="MIT",
                   topics=["image-classification", "pytorch"], pushed_at="2024-05-01T00:00:00Z",
                   weights_files=[{"name": "w.pth", "bytes": 5}], is_archived=False),
        repository("b/seg", stars=20, language="Jupyter Notebook", license="GPL-3.0",
                   topics=["semantic-segmentation"], description="Segmentation in JAX",
                   is_archived=True),
        repository("c/tools", stars=50, language="C++", description="No models"),
    ])  # fmt: skip
    upsert(timm, [checkpoint("x", "d/named", task="object-detection", libraries=["pytorch"])])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("stars>=50", ["a/convnext", "c/tools"]),
        ("stars>50", ["a/convnext"]),
        ("language:python", ["a/convnext"]),
        ('language:"jupyter notebook"', ["b/seg"]),
        ("language:c++", ["c/tools"]),
        ("-language:python -language:unknown", ["c/tools", "b/seg"]),
        ("topic:image-classification", ["a/convnext"]),
        ("task:image-segmentation", ["b/seg"]),
        ("task:object-detection", ["d/named"]),
        ("framework:pytorch", ["a/convnext", "d/named"]),
        ("framework:jax", ["b/seg"]),
        ("has:weights", ["a/convnext", "d/named"]),
        ("has:files", ["a/convnext"]),
        ("has:models", ["d/named"]),
        ("has:papers", ["a/convnext"]),
        ("has:unknown", ["c/tools", "b/seg"]),
        ("-has:weights", ["c/tools", "b/seg"]),
        ("license:open", ["a/convnext", "b/seg"]),
        ("license:copyleft", ["b/seg"]),
        ("archived:yes", ["b/seg"]),
        ("archived:no", ["a/convnext"]),
        ("pushed:2024", ["a/convnext"]),
        ("owner:b", ["b/seg"]),
        ("convnext", ["a/convnext"]),
        ("convn", ["a/convnext"]),
        ("segmenting", ["b/seg"]),
        ("-segmentation stars:..100", ["c/tools"]),
        ("-zzzz", ["a/convnext", "c/tools", "b/seg", "d/named"]),
        ("convnext OR segmentation", ["a/convnext", "b/seg"]),
    ],
)
@pytest.mark.usefixtures("repositories")
def test_typed_words_narrow_repositories_down(client: Client, words: str, found: list[str]) -> None:
    assert names(client, "/repositories/", q=words) == found


@pytest.fixture
def papers(arxiv: Source, timm: Source) -> None:
    upsert(arxiv, [
        paper("1512.03385", "Deep Residual Learning", "a/code", published="2015-12-10",
              abstract="Deeper networks are harder to train.", categories=["cs.CV"],
              authors=["Kaiming He"], tasks=["Image Classification"]),
        paper("1706.03762", "Attention Is All You Need", published="2017-06-12",
              categories=["cs.CL", "cs.LG"], authors=["Ashish Vaswani", "Łukasz Kaiser", "Zoé Ünal"]),
        paper("doi:10.1/x", "An older one"),
    ])  # fmt: skip
    upsert(timm, [checkpoint("resnet50", paper="1512.03385")])


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("year:..2016", ["Deep Residual Learning"]),
        ("year>2015", ["Attention Is All You Need"]),
        ("has:code", ["Deep Residual Learning"]),
        ("has:official-code has:models", ["Deep Residual Learning"]),
        ("-has:code", ["Attention Is All You Need", "An older one"]),
        ("category:cs.LG", ["Attention Is All You Need"]),
        ("task:image-classification", ["Deep Residual Learning"]),
        ("training", ["Deep Residual Learning"]),
        ("kaiming", ["Deep Residual Learning"]),
        ("unal zoe", ["Attention Is All You Need"]),
        ("1706.03762", ["Attention Is All You Need"]),
        ("arXiv:1706.03762v5", ["Attention Is All You Need"]),
        ("10.1/x", ["An older one"]),
        ("10.1/", ["An older one"]),
        ("1706", ["Attention Is All You Need"]),
        ("1706.037", ["Attention Is All You Need"]),
        ("has:models 1512", ["Deep Residual Learning"]),
        ("1512.03385 -residual", []),
        ("1512.03385 OR 1706.03762", ["Attention Is All You Need", "Deep Residual Learning"]),
        ("-1512.03385", ["Attention Is All You Need", "An older one"]),
        ("-residual", ["Attention Is All You Need", "An older one"]),
    ],
)
@pytest.mark.usefixtures("papers")
def test_typed_words_narrow_papers_down(client: Client, words: str, found: list[str]) -> None:
    assert names(client, "/papers/", q=words) == found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("2609", ["Named 2609 times", "arXiv:2609.19969"]),
        ("2609.19969", ["arXiv:2609.19969"]),
        ("-zzzz", ["arXiv:2609.19969", "Named 2609 times"]),
        ("-named", ["arXiv:2609.19969"]),
        ("-2609.1", ["Named 2609 times"]),
        ("times OR 2609.1", ["Named 2609 times", "arXiv:2609.19969"]),
    ],
)
def test_a_paper_of_which_only_its_id_is_known_is_found_by_it_and_left_out_by_it(
    client: Client, arxiv: Source, timm: Source, words: str, found: list[str]
) -> None:
    upsert(timm, [checkpoint("x", paper="2609.19969")])
    upsert(arxiv, [paper("1512.00001", "Named 2609 times")])
    assert names(client, "/papers/", q=words) == found


@pytest.fixture
def data_sets() -> None:
    Dataset.objects.bulk_create([
        Dataset(slug="imagenet-1k", title="ImageNet-1k", description="Pictures of 1,000 kinds"),
        Dataset(slug="coco", title="COCO", description="Objects in context", aliases=["ms coco"]),
        Dataset(slug="refcoco", title="RefCOCO", description="Objects that are spoken of in COCO"),
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("coco", ["COCO", "RefCOCO"]),
        ("-imagenet", ["COCO", "RefCOCO"]),
        ("-zzzz", ["COCO", "ImageNet-1k", "RefCOCO"]),
        ("coco -spoken", ["COCO"]),
        ("coco -imagenet", ["COCO", "RefCOCO"]),
        ("imagenet OR spoken", ["ImageNet-1k", "RefCOCO"]),
        ('"objects in"', ["COCO"]),
        ('"ms coco"', ["COCO"]),
        ('-"objects in"', ["ImageNet-1k", "RefCOCO"]),
    ],
)
@pytest.mark.usefixtures("data_sets")
def test_typed_words_narrow_data_sets_down(client: Client, words: str, found: list[str]) -> None:
    assert names(client, "/datasets/", q=words) == found


@pytest.mark.usefixtures("papers")
def test_an_exact_title_comes_before_newer_papers_that_hold_its_words(
    client: Client, arxiv: Source
) -> None:
    upsert(
        arxiv, [paper("2401.00001", "Deep residual learning, revisited", published="2024-01-01")]
    )
    assert names(client, "/papers/", q="deep residual learning")[0] == "Deep Residual Learning"


# --- Address, notes, advice ------------------------------------------------------------------------------------


def test_what_was_typed_becomes_the_address(client: Client) -> None:
    typed = {"q": "convnext stars>=50 language:python topic:image-classification has:weights"}
    response = client.get("/repositories/?" + urlencode(typed))
    assert response.headers["Location"] == (
        "/repositories/?q=convnext&has=weights&language=python&topic=image-classification&stars=50.."
    )


@KINDS
def test_what_cannot_be_used_is_left_out_and_said(client: Client, kind: FacetSet) -> None:
    place = f"/{kind.noun[1]}/"
    response = client.get(place, {"colour": "red", "year": "x", "pushed": "x", "has": "wings"})
    assert response.status_code == 200
    assert "“colour” is not the name of a filter; it was left out." in response.text
    assert "“has=wings” was left out: expected one of" in response.text


def test_a_filter_of_another_list_is_none_of_this_one(client: Client) -> None:
    assert "“stars” is not the name of a filter" in client.get("/papers/?stars=5..").text
    assert "“params” is not the name of a filter" in client.get("/repositories/?params=5..").text


@pytest.mark.usefixtures("repositories")
def test_nothing_found_names_the_filter_that_is_to_blame(client: Client) -> None:
    page = client.get("/repositories/?language=python&stars=..10").text
    assert "No repository has all of this" in page
    assert "Without Language: Python</a>: <b>0</b> repositories" in page
    assert "Without Stars ≤ 10</a>: <b>1</b> repository" in page


@pytest.mark.usefixtures("repositories")
def test_htmx_gets_the_parts_of_the_list_it_asked_for(client: Client) -> None:
    response = client.get("/repositories/?q=&has=papers", headers=HTMX)
    assert response.headers["HX-Push-Url"] == "/repositories/?has=papers"
    assert "<html" not in response.text
    assert 'id="facet-topic" hx-swap-oob="true"' in response.text


def test_a_repository_that_was_renamed_is_not_listed_twice(client: Client, github: Source) -> None:
    upsert(github, [repository("old/name", github_id=7)])
    upsert(github, [repository("new/name", github_id=7)])
    assert names(client, "/repositories/") == ["new/name"]


# --- Counts ----------------------------------------------------------------------------------------------------


@KINDS
@pytest.mark.usefixtures("repositories", "papers")
def test_the_count_beside_each_value_is_what_the_list_holds_with_it(kind: FacetSet) -> None:
    counts = count(read("", kind))
    asked = [(name, value) for name, values in counts.values.items() for value in values]
    shown = {pair: count(read(urlencode([pair]), kind)).total for pair in asked}
    assert len(asked) > 10
    assert {(name, value): counts.values[name][value] for name, value in asked} == shown


@KINDS
@pytest.mark.usefixtures("repositories", "papers")
def test_the_bars_of_a_range_and_what_is_unknown_are_all_rows(kind: FacetSet) -> None:
    counts = count(read("", kind))
    every = {name: sum(counts.bars[name]) + counts.unknown[name] for name in counts.bars}
    assert set(every.values()) == {counts.total} == {kind.rows().count()}


def make_many_repositories(number: int) -> None:
    Repository.objects.bulk_create(
        Repository(full_name=f"o/r{n}", topics=[f"t{n}"], stars=n) for n in range(number)
    )


def make_many_papers(number: int) -> None:
    now = timezone.now().date()
    Paper.objects.bulk_create(
        Paper(key=f"2401.{n:05}", title=f"Paper {n}", published=now, categories=["cs.CV"])
        for n in range(number)
    )


@pytest.mark.parametrize(
    ("place", "make"), [("/repositories/", make_many_repositories), ("/papers/", make_many_papers)]
)
def test_a_page_takes_two_queries_however_many_rows_there_are(
    client: Client,
    place: str,
    make: Callable[[int], None],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    make(45)
    with django_assert_num_queries(2):
        page = client.get(place).text
    assert page.count("data-row>") == 30
