"""Organisations by the name they give themselves, whoever writes it how."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from catalog.models import Organization, PretrainedModel, Source
from catalog.organizations import names_of
from catalog.records import Fact, ModelRecord
from catalog.services import upsert

pytestmark = pytest.mark.django_db


@pytest.fixture
def hub() -> Source:
    return Source.objects.create(name="hub", title="Hub", kind=Source.Kind.HUB)


def listed(name: str) -> ModelRecord:
    owner = name.partition("/")[0].lower()
    return ModelRecord(name, facts={"name": Fact(name), "organization": Fact(owner)})


@pytest.fixture
def bloke(hub: Source) -> PretrainedModel:
    upsert(hub, [listed("TheBloke/Llama-2-7B-GGUF"), listed("someone/else")])
    return PretrainedModel.objects.get(slug="hub/TheBloke/Llama-2-7B-GGUF")


@pytest.mark.usefixtures("bloke")
@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("/organizations/thebloke/", '<h1 class="wrap-anywhere">TheBloke</h1>'),
        ("/organizations/", '<a href="/organizations/thebloke/">TheBloke</a>'),
        ("/models/?columns=organization", '<a href="/organizations/thebloke/">TheBloke</a>'),
        ("/models/?organization=thebloke", "Organisation: TheBloke"),
        ("/models/?-organization=thebloke", "not Organisation: TheBloke"),
        (
            "/models/hub/TheBloke/Llama-2-7B-GGUF/",
            '<a href="/organizations/thebloke/">TheBloke</a>',
        ),
    ],
)
def test_an_organisation_is_shown_as_it_writes_itself(client: Client, url: str, shown: str) -> None:
    assert shown in client.get(url, follow=True).text


@pytest.mark.usefixtures("bloke")
def test_its_value_in_the_list_of_the_facet_is_called_so_too(client: Client) -> None:
    page = client.get("/models/").text
    panel = page[page.index("Organisation</") :]
    assert "TheBloke" in panel
    assert 'value="thebloke"' in panel


def test_its_page_opens_however_the_address_is_written(
    client: Client, bloke: PretrainedModel
) -> None:
    answer = client.get("/organizations/TheBloke/")
    assert (answer.status_code, answer["Location"]) == (302, "/organizations/thebloke/")
    assert client.get("/organizations/Nobody/", follow=True).status_code == 404


@pytest.fixture
def many(hub: Source) -> None:
    upsert(hub, [listed(f"Lab-{n:03}/a") for n in range(100)])
    upsert(hub, [listed("facebook/a"), listed("facebook/b")])


@pytest.mark.usefixtures("many")
def test_the_list_goes_on_on_a_second_page(client: Client) -> None:
    first, second = (client.get(f"/organizations/?page={number}").text for number in (1, 2))
    assert ">Meta</a>" in first
    assert 'href="?page=2" rel="next"' in first
    assert ">Lab-098<" in first
    assert ">Lab-099<" in second
    assert ">Lab-098<" not in second


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize(
    ("find", "name"), [("LAB-07", "Lab-07"), ("meta", "Meta"), ("faceb", "Meta")]
)
def test_an_organisation_is_found_by_a_part_of_its_name_or_slug(
    client: Client, find: str, name: str
) -> None:
    page = client.get("/organizations/", {"find": find}).text
    assert page.count('<th scope="row">') == page.count(f">{name}") > 0


@pytest.mark.usefixtures("many")
def test_the_next_page_of_what_was_found_is_of_what_was_found(client: Client) -> None:
    upsert(Source.objects.get(), [listed("Lab-other/a")])
    page = client.get("/organizations/?find=lab-").text
    assert 'href="?find=lab-&amp;page=2" rel="next"' in page


@pytest.mark.usefixtures("many")
@pytest.mark.parametrize("find", ["nobody", "%", "\x00x"])
def test_where_no_organisation_is_called_so_the_page_says_so(client: Client, find: str) -> None:
    assert "No organisation is called so." in client.get("/organizations/", {"find": find}).text


def test_two_spellings_are_one_organisation_and_the_first_one_names_it(hub: Source) -> None:
    other = Source.objects.create(name="other", title="Other", kind=Source.Kind.HUB)
    upsert(hub, [listed("Qwen-Lab/a")])
    upsert(other, [listed("QWEN-lab/a"), listed("qwen-lab/b")])
    assert dict(Organization.objects.values_list("slug", "name")) == {"qwen-lab": "Qwen-Lab"}
    assert PretrainedModel.objects.filter(organization="qwen-lab").count() == 3


def test_an_owner_who_writes_in_lower_case_needs_no_row(hub: Source) -> None:
    upsert(hub, [listed("someone/a"), listed("gpt2"), listed("O" * 101 + "/a")])
    assert not Organization.objects.exists()


def test_the_names_of_any_number_are_one_query(
    hub: Source, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    upsert(hub, [listed(f"Owner{n}/a") for n in range(30)])
    slugs = [f"owner{n}" for n in range(30)]
    with django_assert_num_queries(1):
        assert names_of([*slugs, "timm", "facebook"])["owner7"] == "Owner7"
    with django_assert_num_queries(0):
        assert names_of(["facebook", ""]) == {"facebook": "Meta", "": ""}


@pytest.mark.parametrize("number", [1, 40])
def test_a_page_of_models_looks_their_organisations_up_in_one_query(
    client: Client, hub: Source, django_assert_num_queries: DjangoAssertNumQueries, number: int
) -> None:
    upsert(hub, [listed(f"Owner{n}/a") for n in range(number)])
    with django_assert_num_queries(4):
        client.get("/models/?columns=organization")


def test_what_a_source_states_is_shown_as_the_source_writes_it(
    client: Client, bloke: PretrainedModel
) -> None:
    page = client.get(bloke.get_absolute_url()).text
    assert ">thebloke<" not in page
