"""The first result on a page is there before anybody asked for one."""

import pytest
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from catalog.models import PretrainedModel
from inference import example_results
from inference.models import InferenceWorker, Trial
from tests.factories import make_pretrained
from tests.inference.conftest import DIGITS

pytestmark = pytest.mark.django_db


@pytest.fixture
def worker() -> InferenceWorker:
    return InferenceWorker.objects.create(name="inference@here", last_seen=Now(), device="cpu")


def test_a_checkpoint_on_this_machine_gets_a_trial_on_a_picture_that_fits(
    digits: PretrainedModel, worker: InferenceWorker
) -> None:
    assert example_results.start_missing() == 1

    trial = Trial.objects.get()
    assert (trial.pretrained, trial.example, trial.visitor) == (digits, "three", "")


def test_it_is_started_once(digits: PretrainedModel, worker: InferenceWorker) -> None:
    example_results.start_missing()

    assert example_results.start_missing() == 0


def test_nothing_is_queued_while_no_worker_runs(digits: PretrainedModel) -> None:
    assert example_results.start_missing() == 0
    assert not Trial.objects.exists()


def test_weights_that_would_have_to_be_fetched_are_left_alone(worker: InferenceWorker) -> None:
    make_pretrained(
        task="image-classification",
        num_classes=1000,
        loading={"timm": {"name": "resnet18.a1_in1k", "hub_id": "timm/resnet18.a1_in1k"}},
    )

    assert example_results.start_missing() == 0


def test_what_cannot_be_tried_is_left_alone(worker: InferenceWorker) -> None:
    make_pretrained(task="image-feature-extraction", num_classes=0, loading=DIGITS)

    assert example_results.start_missing() == 0


def test_few_are_started_at_once(worker: InferenceWorker) -> None:
    for number in range(example_results.AT_ONCE + 1):
        make_pretrained(
            name=f"own-{number}", task="image-classification", num_classes=10, loading=DIGITS
        )

    assert example_results.start_missing() == example_results.AT_ONCE
    assert example_results.start_missing() == 1


def test_the_sites_own_trials_use_up_no_share(
    digits: PretrainedModel, worker: InferenceWorker, settings: Settings
) -> None:
    settings.TRIALS_PER_HOUR = 0

    assert example_results.start_missing() == 1
