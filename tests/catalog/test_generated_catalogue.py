"""The catalogue that benchmarks generate: the same every time, every model once, and all of it can be written."""

from itertools import chain

import pytest

from bench.browse_requests import Requests
from bench.catalogue import SHARES, _parts, prepared
from catalog.models import PretrainedModel
from catalog.services import upsert_records
from tests.catalog.conftest import source

MODELS = 1_000
TIMM = next(share for share in SHARES if share.name == "timm")


def test_every_number_is_of_one_source() -> None:
    parts = list(_parts(123_456))
    assert list(chain.from_iterable(range(first, end) for _, first, end in parts)) == list(
        range(123_456)
    )
    assert {share.name for share, _, _ in parts} == {share.name for share in SHARES}


def test_a_model_is_the_same_every_time() -> None:
    assert prepared(MODELS, TIMM, 980, 990) == prepared(MODELS, TIMM, 980, 990)


@pytest.mark.django_db
def test_what_is_generated_can_be_written_and_has_what_pages_show() -> None:
    outcome = upsert_records(source("timm", TIMM.kind), prepared(MODELS, TIMM, 0, 100))
    assert (outcome.created, outcome.rejected) == (100, [])
    measured = PretrainedModel.objects.exclude(top1=None)
    assert 80 <= measured.count() <= 100
    assert not measured.filter(gmacs=None).exists()
    assert PretrainedModel.objects.filter(listings__facts__has_key="card").exists()


@pytest.mark.django_db
def test_requests_are_different_ones_of_every_kind_and_the_same_each_time() -> None:
    upsert_records(source("timm", TIMM.kind), prepared(MODELS, TIMM, 0, 200))
    requests = Requests().draw(60)
    assert requests == Requests().draw(60)
    assert len({request.query for request in requests}) == 60
    assert len({request.kind for request in requests}) == 10
