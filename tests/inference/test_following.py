"""Following a trial to its end, as a visitor's page does."""

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import PretrainedModel
from inference import services
from inference.models import Trial
from inference.queries import poll_delay
from tests.inference.conftest import start
from tests.inference.visiting import HTMX, finish, send, try_url, upload

pytestmark = pytest.mark.django_db


def test_an_example_wins_over_a_file_that_is_still_in_the_box(
    client: Client, digits: PretrainedModel
) -> None:
    trial = send(client, digits, image=upload(), example="seven")

    assert (trial.example, trial.image) == ("seven", "")


def test_with_htmx_the_answer_is_the_trial_itself(client: Client, digits: PretrainedModel) -> None:
    answer = client.post(try_url(digits), {"image": upload()}, headers=HTMX)

    trial = Trial.objects.get()
    assert answer.status_code == 200
    assert answer.text.strip().startswith('<section id="trial"')
    assert f'hx-get="{trial.get_absolute_url()}"' in answer.text
    assert 'hx-trigger="load delay:' in answer.text


def test_an_open_trial_asks_again_and_an_ended_one_does_not(
    client: Client, digits: PretrainedModel
) -> None:
    trial = send(client, digits)
    before = client.get(trial.get_absolute_url(), headers=HTMX).text

    finish(trial)
    after = client.get(trial.get_absolute_url(), headers=HTMX).text

    assert "hx-trigger" in before
    assert "hx-trigger" not in after
    assert "Cancel" not in after
    assert "95.1" in after


def test_without_javascript_an_open_page_refreshes_itself_and_an_ended_one_does_not(
    client: Client, digits: PretrainedModel
) -> None:
    trial = send(client, digits)
    assert 'http-equiv="refresh"' in client.get(trial.get_absolute_url()).text

    finish(trial)

    assert 'http-equiv="refresh"' not in client.get(trial.get_absolute_url()).text


def test_the_place_in_the_queue_is_told(client: Client, digits: PretrainedModel) -> None:
    send(client, digits)
    send(client, digits)

    third = send(client, digits)

    assert "position 3" in client.get(third.get_absolute_url()).text


def test_a_download_tells_how_far_it_is(client: Client, digits: PretrainedModel) -> None:
    trial = send(client, digits)
    services.claim_trial(trial.pk, "w|1|1|a")
    services.record_fetch(trial.pk, "w|1|1|a", 26_000_000, 104_000_000)

    text = client.get(trial.get_absolute_url()).text

    assert "26.0 MB of 104.0 MB" in text
    assert "<progress" in text


def test_a_failed_trial_says_why(client: Client, digits: PretrainedModel) -> None:
    from inference.errors import TrialError

    trial = send(client, digits)
    services.claim_trial(trial.pk, "w|1|1|a")
    services.fail_trial(trial.pk, "w|1|1|a", TrialError("out_of_memory"))

    assert "ran out of memory" in client.get(trial.get_absolute_url()).text


def test_polling_is_quick_at_first_and_slows_down(digits: PretrainedModel) -> None:
    trial = start(digits)
    delays = []
    for age in (0, 4, 20, 300):
        Trial.objects.update(created_at=Now() - timedelta(seconds=age))
        trial.refresh_from_db()
        delays.append(poll_delay(trial))

    assert delays == [200, 500, 1000, 2000]


def test_a_click_cancels(client: Client, digits: PretrainedModel) -> None:
    trial = send(client, digits)

    answer = client.post(f"{trial.get_absolute_url()}cancel/", headers=HTMX)

    assert "Cancelled." in answer.text
    assert "hx-trigger" not in answer.text
    assert Trial.objects.get().state == "cancelled"


def test_the_number_of_queries_does_not_grow_with_the_number_of_trials(
    client: Client, digits: PretrainedModel
) -> None:
    trial = send(client, digits)

    def queries() -> int:
        with CaptureQueriesContext(
            connection,
        ) as captured:
            client.get(try_url(digits))
            client.get(trial.get_absolute_url())
        return len(captured)

    before = queries()
    for _ in range(5):
        send(client, digits, example="three")
        finish(start(digits))

    assert queries() == before
