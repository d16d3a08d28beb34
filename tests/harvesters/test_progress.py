"""How far a run is, how long it will take, and what its source was asked for in vain."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Source
from harvesters.engine import Wishes, harvest, only_one_run
from harvesters.models import Checkpoint, HarvestRun
from tests.harvesters.sources_for_tests import Shelf
from tests.harvesters.test_pages import NOW, started

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
def test_a_run_shows_its_rate_and_how_long_it_will_take(client: Client) -> None:
    run = started(seen=6_000, expected=18_000)
    HarvestRun.objects.update(started_at=run.heartbeat_at - timedelta(seconds=60))
    with only_one_run(run.source):
        page = client.get("/sources/").content.decode()
        assert "6,000 of 18,000, 100/s, about 2 min left" in page
        HarvestRun.objects.update(seen=17_990)
        assert "less than a minute left" in client.get("/sources/").content.decode()


def test_of_a_run_without_a_sign_of_life_no_time_left_is_told(client: Client) -> None:
    run = started(seen=1_630, expected=1_826)
    HarvestRun.objects.update(started_at=run.heartbeat_at - timedelta(minutes=14))
    page = client.get("/sources/").content.decode()
    assert "1,630 of 1,826, 1.94/s" in page
    assert "left" not in page.partition("1,630 of 1,826")[2].partition("</dd>")[0]


def test_a_run_that_goes_on_counts_what_its_walk_took_before(client: Client) -> None:
    pages = [["a", "b", "c"], ["d", "e"], ["f"], ["g"]]
    harvest(Shelf(pages), Wishes(limit=4))
    assert Checkpoint.objects.get().taken == 3  # of the page that was cut the rest comes again
    run = harvest(Shelf(pages, breaks_at=3))
    assert (run.seen, Checkpoint.objects.get().taken) == (3, 6)
    HarvestRun.objects.update(state="running", seen=1, heartbeat_at=timezone.now())
    page = client.get("/sources/").content.decode()
    assert '<progress class="bar" max="7" value="6"' in page
    assert "6 of 7" in page
    assert harvest(Shelf(pages), Wishes(full=True)).seen == Checkpoint.objects.get().taken == 7


@pytest.mark.django_db(transaction=True)
def test_the_time_left_is_that_for_the_rest_of_the_walk(client: Client) -> None:
    run = started(seen=60, expected=1_000, minutes_ago=1)
    HarvestRun.objects.update(heartbeat_at=timezone.now())
    Checkpoint.objects.create(
        source=run.source, run=run, cursor="830", taken=880, walk_started_at=NOW, updated_at=NOW
    )
    with only_one_run(run.source):
        page = client.get("/sources/").content.decode()
    assert "880 of 1,000" in page
    assert "about 2 min left" in page


@pytest.mark.parametrize("path", ["/sources/", "/sources/arxiv/"])
def test_what_a_source_was_asked_for_and_does_not_have_is_said(client: Client, path: str) -> None:
    source = Source.objects.create(name="arxiv", title="arXiv", kind="papers")
    row = Checkpoint.objects.create(
        source=source, absent=2_961, walk_started_at=NOW, updated_at=NOW
    )
    assert "2,961 asked for, none found there" in client.get(path).content.decode()
    row.counts = {"papers": 110}
    row.save()
    assert "2,961 more asked for, not found there" in client.get(path).content.decode()
