"""The sources pages: state of each source, progress that ends by itself, rejected records with reasons."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Source
from harvesters.engine import harvest
from harvesters.models import HarvestRun, RejectedRecord
from harvesters.sources import SOURCES
from tests.harvesters.sources_for_tests import Shelf

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


def started(seen: int = 20, expected: int | None = 80, minutes_ago: int = 0) -> HarvestRun:
    source, _ = Source.objects.get_or_create(name="shelf", title="Shelf", kind="hub")
    then = timezone.now() - timedelta(minutes=minutes_ago)
    return HarvestRun.objects.create(
        source=source,
        started_at=then,
        heartbeat_at=then,
        seen=seen,
        created=seen,
        expected=expected,
    )


def reject(number: int, reason: str = "no name", raw: str = "{}") -> None:
    source, _ = Source.objects.get_or_create(name="shelf", title="Shelf", kind="hub")
    now = timezone.now()
    RejectedRecord.objects.bulk_create(
        RejectedRecord(
            source=source,
            external_id=f"id-{n}",
            reason=reason,
            raw=raw,
            first_seen=now,
            last_seen=now,
        )
        for n in range(number)
    )


def test_every_source_is_shown_before_anything_was_harvested(client: Client) -> None:
    page = client.get("/sources/").content.decode()
    for make in SOURCES.values():
        assert make().title.replace("'", "&#x27;") in page
    assert page.count("never read") >= len(SOURCES)


def test_a_finished_run_is_shown_with_its_counts_and_nothing_polls(client: Client) -> None:
    harvest(Shelf([["a", "b", ["c", -1]]]))
    page = client.get("/sources/").content.decode()
    assert "Shelf" in page
    assert "done" in page
    assert "hx-get" not in page


def test_a_running_harvest_shows_its_progress_and_polls(client: Client) -> None:
    started(seen=20, expected=80)
    page = client.get("/sources/").content.decode()
    assert '<progress class="bar" max="80" value="20"' in page
    assert 'hx-get="/sources/"' in page
    assert 'href="/sources/"' in page


def test_the_poll_gets_the_part_alone_and_the_last_one_has_no_trigger(client: Client) -> None:
    run = started()
    part = client.get("/sources/", headers=HTMX)
    assert part.content.decode().strip().startswith('<section id="sources"')
    assert "HX-Request" in part["Vary"]
    HarvestRun.objects.filter(pk=run.pk).update(state="done", ended_at=timezone.now())
    assert "hx-trigger" not in client.get("/sources/", headers=HTMX).content.decode()


def test_going_back_in_the_history_gets_the_whole_page(client: Client) -> None:
    headers = {**HTMX, "HX-History-Restore-Request": "true"}
    assert "<!doctype html>" in client.get("/sources/", headers=headers).content.decode()


def test_a_run_without_a_page_for_long_is_not_called_running(client: Client) -> None:
    started(minutes_ago=11)
    assert "no sign of life" in client.get("/sources/").content.decode()


def test_why_a_source_could_not_be_read_is_said(client: Client) -> None:
    harvest(Shelf([["a"]], breaks_at=0))
    assert "The shelf does not answer." in client.get("/sources/").content.decode()


def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_num_queries: Any
) -> None:
    harvest(Shelf([["a"]]))
    client.get("/sources/")
    with django_assert_num_queries(2):
        client.get("/sources/")
    for number in range(5):
        source = Source.objects.create(name=f"s{number}", title=f"S{number}", kind="hub")
        now = timezone.now()
        HarvestRun.objects.create(source=source, started_at=now, heartbeat_at=now, state="done")
    reject(30)
    with django_assert_num_queries(2):
        client.get("/sources/")


def test_a_rejected_record_is_shown_with_its_reason_and_cannot_run_script(client: Client) -> None:
    reject(1, "bad <b>name</b>", '{"x": "<script>alert(1)</script>"}')
    page = client.get("/sources/shelf/").content.decode()
    assert "bad &lt;b&gt;name&lt;/b&gt;" in page
    assert "<script>alert" not in page


def test_rejected_records_come_a_page_at_a_time(
    client: Client, django_assert_num_queries: Any
) -> None:
    reject(60)
    with django_assert_num_queries(4):  # source, count, records, runs
        first = client.get("/sources/shelf/").content.decode()
    assert "Page 1 of 3" in first
    assert first.count("As it came") == 25
    assert client.get("/sources/shelf/?page=3").content.decode().count("As it came") == 10


@pytest.mark.parametrize("page", ["0", "-1", "99", "x", "1" * 400, "%00"])
def test_an_odd_page_number_gets_a_page_all_the_same(client: Client, page: str) -> None:
    reject(30)
    assert client.get(f"/sources/shelf/?page={page}").status_code == 200


def test_an_unknown_source_is_not_found(client: Client) -> None:
    assert client.get("/sources/nothing/").status_code == 404


@pytest.mark.parametrize("path", ["/sources/", "/sources/shelf/"])
def test_nothing_can_be_posted(client: Client, path: str) -> None:
    started()
    assert client.post(path).status_code == 405
