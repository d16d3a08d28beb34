"""A complete walk that met much less than is listed is not believed until somebody confirms it."""

import pytest

from catalog.models import Listing
from harvesters.engine import Wishes, harvest
from harvesters.http import HttpError
from harvesters.models import Checkpoint
from harvesters.sources.base import Unreachable
from tests.harvesters.sources_for_tests import Shelf
from tests.harvesters.test_engine import listed

pytestmark = pytest.mark.django_db
MANY = [f"m{n}" for n in range(600)]


def test_one_short_answer_does_not_empty_the_catalogue() -> None:
    harvest(Shelf([MANY]))
    run = harvest(Shelf([[*MANY[:20], "new"]]))
    assert (run.state, run.gone) == ("done", 0)
    assert run.message.startswith("Only 20 of the 600 listed before came, so nothing was marked")
    assert run.message.endswith("script/manage harvest shelf --full --accept-gone.")
    assert len(listed()) == 601


def test_staff_may_confirm_that_most_is_gone() -> None:
    harvest(Shelf([MANY]))
    run = harvest(Shelf([MANY[:20]]), Wishes(full=True, accepts_gone=True))
    assert (run.gone, run.message) == (580, "")
    assert listed() == set(MANY[:20])


@pytest.mark.parametrize(("kept", "gone"), [(480, 120), (479, 0), (500, 100)])
def test_a_fifth_may_vanish_at_once_and_no_more(kept: int, gone: int) -> None:
    harvest(Shelf([MANY]))
    assert harvest(Shelf([MANY[:kept]])).gone == gone


def test_a_small_source_may_lose_most_of_itself() -> None:
    harvest(Shelf([MANY[:110]]))
    assert harvest(Shelf([MANY[:10]])).gone == 100


def test_what_came_new_does_not_make_up_for_what_did_not_come() -> None:
    harvest(Shelf([MANY[:150]]))
    run = harvest(Shelf([[f"other-{n}" for n in range(700)]]))
    assert "Only 0 of the 150 listed before came" in run.message
    assert Listing.objects.filter(gone_since=None).count() == 850


def test_a_broken_off_walk_is_doubted_as_a_whole() -> None:
    harvest(Shelf([MANY]))
    harvest(Shelf([MANY[:300], MANY[300:310], MANY[310:]], breaks_at=1))
    run = harvest(Shelf([[], MANY[300:310]]))
    assert "Only 310 of the 600" in run.message
    assert Checkpoint.objects.get().cursor == ""


def test_a_problem_that_is_its_own_cause_ends_the_run() -> None:
    class Circular(Shelf):
        def pages(self, http: object, start: object) -> object:  # type: ignore[override]
            problem, cause = Unreachable("It does not answer."), HttpError("No.")
            problem.__cause__, cause.__cause__ = cause, problem
            raise problem

    assert harvest(Circular([])).message == "It does not answer."
