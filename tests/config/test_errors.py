"""Whatever fails, a visitor gets a page that says what to do."""

import pytest
from django.test import Client

from config.middleware import HEADERS

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.config.failing_urls")]


@pytest.fixture
def visitor() -> Client:
    """A client that meets error pages and no exceptions."""
    return Client(raise_request_exception=False)


@pytest.mark.parametrize(
    ("address", "status", "advice"),
    [
        ("/malformed", 400, "Go back, reload the page"),
        ("/forbidden", 403, "sign in with another account"),
        ("/models/timm/nothing-of-this-name/", 404, "searching for a part of its name"),
        ("/broken", 500, "Go back and try again"),
        ("/without-database", 503, "reload this page then"),
        ("/slow", 503, "ask for less: fewer words"),
    ],
)
def test_error_page_says_what_to_do(
    visitor: Client, address: str, status: int, advice: str
) -> None:
    response = visitor.get(address)

    assert response.status_code == status
    assert advice in response.content.decode()
    assert "default-src 'none'" in response["Content-Security-Policy"]
    assert HEADERS.items() <= dict(response.headers).items()


def test_error_page_gives_no_detail_away(visitor: Client) -> None:
    page = visitor.get("/broken").content.decode()

    assert "secret" not in page
    assert "Traceback" not in page


def test_a_host_that_is_not_allowed_costs_one_line_of_the_log(
    visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    response = visitor.get("/broken", headers={"host": "scanner.example"})

    lines = [record for record in caplog.records if "scanner.example" in record.getMessage()]
    assert response.status_code == 400
    assert len(lines) == 1
    assert "\n" not in lines[0].getMessage()
    assert [record.exc_info for record in caplog.records if record.exc_info] == []


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/sources/timm/run/", 403),
        ("/sources/timm/pause/", 403),
        ("/sources/timm/replay/", 403),
        ("/forbidden", 403),
        ("/malformed", 400),
        ("/admin/login/", 400),
    ],
)
def test_what_a_stranger_may_not_do_costs_one_line_of_the_log(
    visitor: Client, caplog: pytest.LogCaptureFixture, address: str, status: int
) -> None:
    too_much = {f"field{number}": "" for number in range(201)} if "login" in address else {}

    response = visitor.post(address, too_much)

    assert response.status_code == status
    assert [record.name.partition(".")[0] for record in caplog.records] == ["django"]
    assert [record.exc_info for record in caplog.records] == [None]


def test_a_mistake_of_ours_is_logged_with_its_traceback(
    visitor: Client, caplog: pytest.LogCaptureFixture
) -> None:
    visitor.get("/broken")

    assert [bool(record.exc_info) for record in caplog.records] == [True]


@pytest.mark.parametrize("address", ["/without-database", "/slow"])
def test_an_outage_says_when_to_ask_again(visitor: Client, address: str) -> None:
    response = visitor.get(address)

    assert response["Retry-After"] == "10"


def test_a_form_without_its_token_says_to_reload() -> None:
    response = Client(enforce_csrf_checks=True).post("/admin/login/", {"username": "somebody"})

    assert response.status_code == 403
    assert "reload the page and send the form again" in response.content.decode()
