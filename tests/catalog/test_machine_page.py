"""My machine: remembered by a form only, and never against what an address says."""

from html import unescape
from urllib.parse import urlencode

import pytest
from django.test import Client

from catalog.remembered import COOKIE
from tests.factories import make_pretrained, make_speed

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _speeds() -> None:
    make_speed("resnet50", images_per_second=1234)
    make_speed("resnet50", device="Intel Core i9-10940X", precision="float32", batch_size=1)
    make_pretrained(
        name="net", architecture="resnet50", input_size=224, parameters=25_000_000, activations=11_000_000,
    )  # fmt: skip


def send(client: Client, **fields: str) -> str:
    answer = client.post("/machine/", fields)
    assert answer.status_code == 302
    return answer.headers["Location"]


def test_the_form_is_remembered_and_leads_back_to_the_list(client: Client) -> None:
    back = "/models/?size=..100MB&device=i9-10940x"
    assert send(client, device="rtx-4090", memory="8", next=back) == "/models/?size=..100MB"
    cookie = client.cookies[COOKIE]
    assert (cookie.value, cookie["httponly"], cookie["samesite"], cookie["max-age"]) == (
        "device=rtx-4090&memory=8", True, "Lax", 31_536_000,
    )  # fmt: skip
    answer = client.get("/models/?size=..100MB")
    assert answer.headers["Location"] == "/models/?size=..100MB&device=rtx-4090"
    assert "Cookie" in answer.headers["Vary"]


def test_what_is_remembered_is_in_the_form_and_on_the_first_page(client: Client) -> None:
    send(client, device="rtx-4090", memory="10.5")
    form = client.get("/machine/").text
    assert '<option value="rtx-4090" selected>' in form
    assert 'value="10.5"' in form
    home = client.get("/").text
    assert '<option value="rtx-4090" selected>' in home
    assert '<option value="..10.5GB">10.5 GB</option>' in home


def test_the_list_shows_speeds_and_what_fits_into_the_memory(client: Client) -> None:
    send(client, device="rtx-4090", memory="8")
    page = unescape(client.get("/models/", follow=True).text)
    assert '<span title="amp, channels first, not compiled, 256 images of 224 px at a time,' in page
    assert ">1,234</span>" in page
    assert 'href="/models/?memory=..8GB&device=rtx-4090">1 image</a>' in page
    assert 'href="/models/?memory=..8GB&device=rtx-4090&batch=16">16 images</a>' in page


def test_an_address_that_names_another_device_wins(client: Client) -> None:
    send(client, device="rtx-4090", memory="")
    answer = client.get("/models/?device=i9-10940x")
    assert answer.status_code == 200
    assert '<option value="i9-10940x" selected>' in answer.text


def test_no_device_can_be_asked_for_where_one_is_remembered(client: Client) -> None:
    send(client, device="rtx-4090", memory="")
    page = client.get("/models/?device=none").text
    assert '<option value="none">none chosen</option>' in page
    assert "Images/s" not in page


def test_a_typed_device_wins_over_the_remembered_one(client: Client) -> None:
    send(client, device="rtx-4090", memory="")
    answer = client.get("/models/?q=on+an+Intel+Core+i9-10940X")
    assert answer.headers["Location"] == "/models/?device=i9-10940x"


def test_reading_writes_no_cookie(client: Client) -> None:
    client.get("/models/?device=rtx-4090&memory=..8GB")
    client.get("/machine/?device=rtx-4090&memory=8")
    assert COOKIE not in client.cookies


def test_it_can_be_forgotten(client: Client) -> None:
    send(client, device="rtx-4090", memory="8")
    send(client, forget="1", device="rtx-4090", memory="x")
    assert client.cookies[COOKIE].value == ""
    assert client.get("/models/").status_code == 200


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"device": "toaster"}, "toaster is not one of the available choices"),
        ({"memory": "lots"}, "Enter a number"),
        ({"memory": "-8"}, "greater than or equal to 0.1"),
        ({"memory": "99999"}, "less than or equal to 10000"),
    ],
)
def test_what_cannot_be_remembered_is_answered_with_the_form(
    client: Client, fields: dict[str, str], sentence: str
) -> None:
    answer = client.post("/machine/", {"device": "", "memory": "", **fields})
    assert answer.status_code == 422
    assert sentence in answer.text
    assert COOKIE not in client.cookies


@pytest.mark.parametrize("where", ["https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)", ""])  # fmt: skip
def test_it_leads_nowhere_else(client: Client, where: str) -> None:
    assert send(client, device="rtx-4090", next=where) == "/models/"


def test_another_site_cannot_set_it() -> None:
    assert Client(enforce_csrf_checks=True).post("/machine/", {"memory": "8"}).status_code == 403


@pytest.mark.parametrize(
    "stated",
    ["", "nonsense", "device=toaster", "device=%00", "memory=-1", "memory=1e400", "device=" + "x" * 5000,
     urlencode({"device": "<script>", "memory": "٣"}), "&&&===", "memory=100TB&device=gtx"],
)  # fmt: skip
def test_whatever_stands_in_the_cookie_the_page_is_as_without(client: Client, stated: str) -> None:
    client.cookies[COOKIE] = stated
    answer = client.get("/models/")
    assert answer.status_code == 200
    assert 'class="notice"' not in answer.text
