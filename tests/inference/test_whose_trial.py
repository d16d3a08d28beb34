"""A trial and its picture are its visitor's: strangers find nothing."""

import io

import pytest
from django.test import Client
from PIL import Image

from catalog.models import PretrainedModel
from inference.models import Trial
from tests.inference.conftest import start
from tests.inference.visiting import send

pytestmark = pytest.mark.django_db


@pytest.fixture
def stranger() -> Client:
    """Another browser, which has tried something of its own."""
    return Client()


@pytest.mark.parametrize("path", ["", "image/"])
def test_a_stranger_finds_nothing(
    client: Client, stranger: Client, digits: PretrainedModel, path: str
) -> None:
    trial = send(client, digits)
    send(stranger, digits)

    assert client.get(trial.get_absolute_url() + path).status_code == 200
    assert stranger.get(trial.get_absolute_url() + path).status_code == 404
    assert Client().get(trial.get_absolute_url() + path).status_code == 404


def test_a_stranger_cannot_cancel(
    client: Client, stranger: Client, digits: PretrainedModel
) -> None:
    trial = send(client, digits)

    assert stranger.post(f"{trial.get_absolute_url()}cancel/").status_code == 404

    assert Trial.objects.get().state == "queued"


def test_somebody_elses_example_trial_has_no_page_for_a_stranger(digits: PretrainedModel) -> None:
    trial = start(digits)
    Trial.objects.update(visitor="")

    assert Client().get(trial.get_absolute_url()).status_code == 404


def test_an_account_sees_its_trials_from_another_browser(
    admin_client: Client, admin_user: object, digits: PretrainedModel
) -> None:
    trial = send(admin_client, digits)
    elsewhere = Client()
    elsewhere.force_login(admin_user)  # type: ignore[arg-type]

    assert elsewhere.get(trial.get_absolute_url()).status_code == 200


def test_the_picture_is_sent_as_an_image_and_nothing_else(
    client: Client, digits: PretrainedModel
) -> None:
    trial = send(client, digits)

    answer = client.get(f"{trial.get_absolute_url()}image/")

    content = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert Image.open(io.BytesIO(content)).format == "WEBP"
    assert answer["Content-Type"] == "image/webp"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert "private" in answer["Cache-Control"]
    assert "no-store" in answer["Cache-Control"]


def test_a_cancel_by_get_is_not_possible(client: Client, digits: PretrainedModel) -> None:
    trial = send(client, digits)

    assert client.get(f"{trial.get_absolute_url()}cancel/").status_code == 405
