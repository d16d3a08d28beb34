"""Data sets that only models name have their place in the list once a harvest is through."""

import pytest

from catalog.models import Dataset
from harvesters.engine import harvest
from harvesters.sources.base import Page
from tests.harvesters.sources_for_tests import Shelf, record

pytestmark = pytest.mark.django_db


class Trained(Shelf):
    """A shelf whose models were all trained on JFT-300M."""

    def records(self, page: Page):
        stage = {"stage": "train", "dataset": "jft-300m", "method": ""}
        for one in super().records(page):
            yield record(one.external_id, training=[stage])


def test_a_completed_harvest_lists_the_data_sets_that_its_models_name() -> None:
    harvest(Trained([["a"], ["b"]]))
    assert Dataset.objects.get().slug == "jft-300m"
