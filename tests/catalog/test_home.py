"""The first page."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Paper, Source
from catalog.views.home import EXAMPLES, LICENSES
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db


def test_an_empty_catalogue_has_a_first_page(client: Client) -> None:
    page = client.get("/").text
    assert "Nothing has been harvested yet." in page
    assert 'action="/models/"' in page


def test_it_says_how_many_there_are_and_from_where(client: Client) -> None:
    Source.objects.update_or_create(name="timm", defaults={"title": "timm library"})
    make_pretrained(name="a", sources=["timm"], task="image-classification")
    make_pretrained(name="b", sources=["timm", "torchvision"])
    page = client.get("/").text
    assert "2 checkpoints by task" in page
    assert '<a href="/models/?source=timm">timm library</a></th><td class="num">2</td>' in page
    assert '<option value="image-classification">Image classification (1)</option>' in page


def test_the_latest_come_first(client: Client) -> None:
    make_pretrained(name="older")
    make_pretrained(name="newer")
    page = client.get("/").text
    assert 0 < page.index(">newer<") < page.index(">older<")


def test_the_form_leads_to_an_address_of_the_browse_page(client: Client) -> None:
    query = "?task=image-classification&q=commercial%3Ayes&size=..100MB"
    response = client.get(f"/models/{query}")
    assert response.headers["Location"] == (
        "/models/?task=image-classification&commercial=yes&size=..100MB"
    )


@pytest.mark.parametrize("choice", [value for value, _ in LICENSES])
def test_every_choice_of_the_form_is_understood(client: Client, choice: str) -> None:
    response = client.get("/models/", {"q": choice}, follow=True)
    assert response.context["filters"].notes == ()
    assert response.context["filters"].words == ""


@pytest.mark.parametrize("query", [query for _, _, query in EXAMPLES])
def test_every_example_is_one_address(client: Client, query: str) -> None:
    response = client.get(f"/models/?{query}")
    assert response.status_code == 200
    assert response.context["canonical"] == f"/models/?{query}"


@pytest.mark.parametrize("number", [1, 20])
def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    for _ in range(number):
        make_pretrained(architecture="resnet50")
    with django_assert_num_queries(5):
        client.get("/")


def test_the_papers_question_is_asked_where_the_paper_is_known(client: Client) -> None:
    assert "/papers/1512.03385/" not in client.get("/").text
    Paper.objects.create(key="1512.03385", title="Deep Residual Learning")
    page = client.get("/").text
    assert 'href="/papers/1512.03385/"' in page
    assert "Deep Residual Learning" in page


def test_the_question_about_code_is_one_address(client: Client) -> None:
    page = client.get("/").text
    address = "/repositories/?has=weights&task=image-classification&framework=pytorch"
    assert f'href="{address.replace("&", "&amp;")}"' in page
    assert client.get(address).status_code == 200
