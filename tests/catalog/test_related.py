import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Evaluation, Listing, PretrainedModel, Source
from catalog.related import (
    MOST_SIBLINGS,
    Score,
    alternatives_to,
    score_of,
    siblings_of,
    similar_to,
)
from tests.factories import make_architecture, make_pretrained

pytestmark = pytest.mark.django_db

TASK = "image-classification"


@pytest.fixture
def mine() -> PretrainedModel:
    return make_pretrained(
        name="mine", task=TASK, parameters=20, gmacs=4.0, top1=80.0, architecture="net"
    )


def found(pretrained: PretrainedModel) -> dict[str, list[str]]:
    score = score_of(pretrained, [])
    return {a.axis: [p.name for p in a.found] for a in alternatives_to(pretrained, score)}


def test_siblings_share_the_architecture_and_the_best_comes_first(mine: PretrainedModel) -> None:
    make_pretrained(name="worse", architecture="net", top1=70.0)
    make_pretrained(name="unmeasured", architecture="net")
    make_pretrained(name="better", architecture="net", top1=82.0)
    make_pretrained(name="stranger", architecture="other", top1=90.0)

    assert [p.name for p in siblings_of(mine)] == ["better", "worse", "unmeasured"]


def test_a_checkpoint_of_no_known_architecture_has_no_siblings() -> None:
    make_pretrained(name="b")

    assert siblings_of(make_pretrained(name="a")) == []


def test_merged_and_vanished_checkpoints_are_nobodys_sibling(mine: PretrainedModel) -> None:
    make_pretrained(name="merged", architecture="net", merged_into=mine)
    make_pretrained(name="gone", architecture="net", gone_since="2026-01-01T00:00Z")

    assert siblings_of(mine) == []


def test_one_sibling_more_than_is_shown_tells_that_there_are_more(mine: PretrainedModel) -> None:
    architecture = make_architecture("net")
    PretrainedModel.objects.bulk_create(
        PretrainedModel(slug=f"s/{n}", name=f"{n}", sources=["s"], architecture=architecture)
        for n in range(40)
    )

    assert len(siblings_of(mine)) == MOST_SIBLINGS + 1


def test_each_axis_offers_what_beats_this_one_there_and_is_no_worse(mine: PretrainedModel) -> None:
    make_pretrained(name="small", task=TASK, parameters=10, gmacs=5.0, top1=80.0)
    make_pretrained(name="strong", task=TASK, parameters=20, gmacs=9.0, top1=85.0)
    make_pretrained(name="cheap", task=TASK, parameters=90, gmacs=1.0, top1=80.5)
    make_pretrained(name="open", task=TASK, parameters=95, top1=81.0, license_open=True)
    make_pretrained(name="weak", task=TASK, parameters=1, gmacs=0.1, top1=79.9, license_open=True)

    assert found(mine) == {
        "Smaller": ["small"],
        "Better": ["strong"],
        "Cheaper to run": ["cheap"],
        "Openly licensed": ["open"],
    }


def test_an_openly_licensed_checkpoint_needs_no_more_open_one() -> None:
    own = make_pretrained(name="a", task=TASK, parameters=9, top1=80.0, license_open=True)

    assert "Openly licensed" not in found(own)


def test_other_tasks_and_unmeasured_checkpoints_are_no_alternative(mine: PretrainedModel) -> None:
    make_pretrained(name="detector", task="object-detection", parameters=1, gmacs=0.1, top1=99.0)
    make_pretrained(name="unmeasured", task=TASK, parameters=1, gmacs=0.1)

    assert {name for names in found(mine).values() for name in names} == set()


def test_where_less_is_better_a_smaller_error_wins() -> None:
    source = Source.objects.create(name="lab", title="Lab", kind="library")
    own, small, bad = (
        _flow(source, *row) for row in (("own", 20, 1.5), ("small", 5, 1.2), ("bad", 4, 9.0))
    )
    score = score_of(own, own.evaluations.all())

    assert score == Score("sintel-train-cleanpass", "epe", 1.5, less_is_better=True)
    by_axis = {a.axis: a.found for a in alternatives_to(own, score)}
    assert by_axis["Smaller"] == [small]
    assert by_axis["Better"] == [small]
    assert bad not in by_axis["Smaller"]


def test_without_a_result_there_is_nothing_to_compare_by() -> None:
    own = make_pretrained(name="a", task=TASK, parameters=9)

    assert score_of(own, []) is None
    assert alternatives_to(own, None) == []


def test_the_number_of_queries_does_not_grow_with_the_catalogue(mine: PretrainedModel) -> None:
    PretrainedModel.objects.bulk_create(
        PretrainedModel(
            slug=f"s/{n}", name=f"{n}", sources=["s"], task=TASK, parameters=n, gmacs=n / 9, top1=81
        )
        for n in range(1, 60)
    )

    with CaptureQueriesContext(connection) as queries:
        found(mine)

    assert len(queries) == 4


def _flow(source: Source, name: str, parameters: int, error: float) -> PretrainedModel:
    row = make_pretrained(name=name, task="optical-flow", parameters=parameters)
    listing = Listing.objects.create(
        source=source, external_id=name, pretrained=row, content_hash="x",
        first_seen="2026-01-01T00:00Z", last_seen="2026-01-01T00:00Z", changed_at="2026-01-01T00:00Z",
    )  # fmt: skip
    Evaluation.objects.create(
        pretrained=row, listing=listing, dataset="sintel-train-cleanpass", metric="epe", value=error
    )
    return row


# --- Where there is no result to compare by ---------------------------------------------------------------


def test_without_a_result_those_of_the_same_task_and_data_are_similar_most_used_first() -> None:
    same = {"task": "text-generation", "datasets": ["the-pile"]}
    mine = make_pretrained(name="mine", **same, architecture="gpt")
    make_pretrained(name="little used", **same, downloads=5)
    make_pretrained(name="much used", **same, downloads=500)
    make_pretrained(name="sibling", **same, architecture="gpt", downloads=900)
    make_pretrained(name="other data", task="text-generation", datasets=["c4"], downloads=900)
    make_pretrained(name="other task", task="fill-mask", datasets=["the-pile"], downloads=900)

    assert [p.name for p in similar_to(mine)] == ["much used", "little used"]


def test_without_training_data_nothing_is_called_similar() -> None:
    make_pretrained(name="other", task="fill-mask")

    assert similar_to(make_pretrained(name="mine", task="fill-mask")) == []
