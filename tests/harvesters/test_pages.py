"""The sources pages: state of each source, progress that ends by itself, rejected records with reasons."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from catalog.models import Listing, Source
from harvesters import services
from harvesters.about import about
from harvesters.engine import harvest, only_one_run
from harvesters.models import Checkpoint, HarvestRun, RejectedRecord, Schedule
from harvesters.sources import SOURCES
from tests.harvesters.sources_for_tests import Shelf

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}
NOW = timezone.now()


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
    assert page.count('<span class="badge">never read</span>') == len(SOURCES)


def test_a_finished_run_is_shown_with_its_counts_and_nothing_polls(client: Client) -> None:
    harvest(Shelf([["a", "b", ["c", -1]]]))
    page = client.get("/sources/").content.decode()
    assert "Shelf" in page
    assert "done" in page
    assert 'hx-get="/sources/"' not in page


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


def test_a_run_whose_process_is_gone_is_not_called_running(client: Client) -> None:
    started()
    assert "no sign of life" in client.get("/sources/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_run_whose_process_lives_is_called_running_until_it_is_silent_for_long(
    client: Client,
) -> None:
    run = started()
    with only_one_run(run.source):
        assert '<span class="badge">running</span>' in client.get("/sources/").content.decode()
        HarvestRun.objects.update(heartbeat_at=run.started_at - timedelta(minutes=11))
        assert "no sign of life" in client.get("/sources/").content.decode()


@pytest.mark.django_db(transaction=True)
def test_a_run_behind_its_last_page_is_finishing_however_long_that_takes(client: Client) -> None:
    run = started(seen=600, expected=600)
    then = run.started_at - timedelta(minutes=60)
    HarvestRun.objects.update(pages=3, started_at=then - timedelta(hours=1), heartbeat_at=then)
    Checkpoint.objects.create(source=run.source, run=run, walk_started_at=then, updated_at=then)
    with only_one_run(run.source):
        page = client.get("/sources/").content.decode()
        assert '<span class="badge">finishing</span>' in page
        assert "left" not in page.partition("finishing</span>")[2].partition("</td>")[0]
        Checkpoint.objects.update(cursor="more")
        assert "no sign of life" in client.get("/sources/").content.decode()
    Checkpoint.objects.update(cursor="")
    assert "no sign of life" in client.get("/sources/").content.decode()


def test_what_a_source_lists_is_counted_by_kind_when_a_run_ends(client: Client) -> None:
    harvest(Shelf([["a", "b"], ["c"]]))
    harvest(Shelf([["a", "b"]]))
    assert Checkpoint.objects.get().counts == {"models": 2}
    page = client.get("/sources/shelf/").content.decode()
    assert "2 model listings" in page
    assert "1 gone, 0 rejected" in page


def test_sources_are_grouped_by_what_they_are(client: Client) -> None:
    page = client.get("/sources/").content.decode()
    titles = ("Libraries and this machine", "Hubs", "Papers", "Benchmarks and")
    order = [page.index(f'scope="rowgroup" colspan="11">{title}') for title in titles]
    assert order == sorted(order)


def test_a_setting_that_a_source_wants_is_named_until_it_is_set(
    client: Client, settings: Settings
) -> None:
    settings.GITHUB_TOKEN = ""
    assert "GITHUB_TOKEN is not set: " in client.get("/sources/").content.decode()
    settings.GITHUB_TOKEN = "x"
    assert "GITHUB_TOKEN" not in client.get("/sources/").content.decode()


def test_every_source_says_what_is_taken_and_when_it_is_read() -> None:
    for make in SOURCES.values():
        assert about(make()).taken, f"{make().name} is missing in harvesters/about.py"
        wants = about(make()).wants
        assert not wants or hasattr(django_settings, wants)


def test_the_terms_of_a_source_stand_on_its_page(client: Client) -> None:
    services.add_schedules()
    assert "Thank you to arXiv for use" in client.get("/sources/arxiv/").content.decode()
    assert "CC BY-SA 4.0" in client.get("/sources/paperswithcode/").content.decode()


def test_the_next_run_is_said_whatever_it_waits_for(client: Client) -> None:
    harvest(Shelf([["a"]]))
    Schedule.objects.update(next_due=NOW - timedelta(seconds=1))
    assert "due now" in client.get("/sources/shelf/").content.decode()
    Schedule.objects.update(next_due=NOW.replace(year=2031))
    assert f'<time datetime="2031-{NOW:%m-%d}' in client.get("/sources/shelf/").content.decode()
    Checkpoint.objects.update(not_before=NOW + timedelta(hours=1))
    assert "asked to wait until" in client.get("/sources/shelf/").content.decode()
    Schedule.objects.update(paused=True)
    assert '<span class="badge">paused</span>' in client.get("/sources/shelf/").content.decode()


def test_the_rates_of_the_latest_runs_are_drawn_and_the_running_one_polls(client: Client) -> None:
    for number in range(3):
        run = started(seen=100 * (number + 1))
        HarvestRun.objects.filter(pk=run.pk).update(
            started_at=run.started_at - timedelta(seconds=10),
            state="done",
            ended_at=run.started_at,
        )
    page = client.get("/sources/shelf/").content.decode()
    assert page.count("<rect ") == 3
    assert "30.0/s" in page
    assert 'hx-get="/sources/shelf/"' not in page
    started()
    assert 'hx-get="/sources/shelf/"' in client.get("/sources/shelf/").content.decode()
    part = client.get("/sources/shelf/", headers=HTMX).content.decode()
    assert part.strip().startswith('<section id="runs"')


def test_why_a_source_could_not_be_read_is_said(client: Client) -> None:
    harvest(Shelf([["a"]], breaks_at=0))
    assert "The shelf does not answer." in client.get("/sources/").content.decode()


def test_the_number_of_queries_does_not_grow(
    client: Client, django_assert_num_queries: Any
) -> None:
    harvest(Shelf([["a"]]))
    client.get("/sources/")
    with django_assert_num_queries(6):
        client.get("/sources/")
    for number in range(5):
        source = Source.objects.create(name=f"s{number}", title=f"S{number}", kind="hub")
        now = timezone.now()
        HarvestRun.objects.create(source=source, started_at=now, heartbeat_at=now, state="done")
    reject(30)
    with django_assert_num_queries(6):
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
    with django_assert_num_queries(9):  # source, its state 4, runs, reasons, count, records
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


def test_rejected_records_are_grouped_by_reason_and_a_reason_can_be_chosen(client: Client) -> None:
    numbers = [[f"n{number}", -number] for number in range(1, 8)]
    harvest(Shelf([["a", ["b", "broken"], *numbers]]))
    page = client.get("/sources/shelf/").content.decode()
    assert page.count("<article") == 8
    chosen = RejectedRecord.objects.get(external_id="b").group
    assert client.get("/sources/shelf/", {"reason": chosen}).content.decode().count("<article") == 1
    assert client.get("/sources/shelf/", {"reason": "nonsense \x00"}).status_code == 200


def test_controls_that_would_spoof_a_reader_are_not_shown(client: Client) -> None:
    reject(1, raw="abc\u202edcba")
    assert "\u202e" not in client.get("/sources/shelf/").content.decode()


def test_a_long_record_is_shown_in_part_and_never_read_whole(client: Client) -> None:
    reject(1, raw="x" * 5_000_000)
    page = client.get("/sources/shelf/")
    assert len(page.content) < 40_000


BUTTONS = ("run", "pause", "replay")


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss", password="a long passphrase"))
    return client


@pytest.fixture
def shelf(monkeypatch: pytest.MonkeyPatch) -> None:
    """A source of the registry with two rejected records that are understood now."""
    monkeypatch.setitem(SOURCES, "shelf", lambda: Shelf([]))
    harvest(Shelf([["a", ["b", "broken"], ["c", -1]]]))
    RejectedRecord.objects.filter(external_id="b").update(raw='[0, [["b", 5]]]')


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("button", BUTTONS)
def test_strangers_see_no_buttons_and_cannot_press_them(client: Client, button: str) -> None:
    assert "<form method" not in client.get("/sources/shelf/").content.decode()
    assert client.post(f"/sources/shelf/{button}/").status_code == 403
    client.force_login(User.objects.create_user("guest", password="a long passphrase"))
    assert "<form method" not in client.get("/sources/shelf/").content.decode()
    assert client.post(f"/sources/shelf/{button}/").status_code == 403
    assert RejectedRecord.objects.count() == 2
    assert not Schedule.objects.filter(paused=True).exists()


@pytest.mark.usefixtures("shelf")
@pytest.mark.parametrize("button", BUTTONS)
def test_a_button_needs_a_token_and_a_post(button: str) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.force_login(User.objects.create_superuser("boss", password="a long passphrase"))
    assert careful.post(f"/sources/shelf/{button}/").status_code == 403
    assert careful.get(f"/sources/shelf/{button}/").status_code == 405


@pytest.mark.usefixtures("shelf")
def test_staff_pause_and_resume_a_source(staff: Client) -> None:
    page = staff.post("/sources/shelf/pause/", {"paused": "1"}, follow=True).content.decode()
    assert "Shelf is paused" in page
    assert "Resume</button>" in page
    staff.post("/sources/shelf/pause/", {"paused": "0"})
    assert not Schedule.objects.get(pk="shelf").paused


@pytest.mark.usefixtures("shelf")
def test_staff_make_a_source_due(staff: Client) -> None:
    page = staff.post("/sources/shelf/run/", follow=True).content.decode()
    assert "Shelf is due now" in page
    row = Schedule.objects.get(pk="shelf")
    assert row.next_due is not None
    assert row.next_due <= timezone.now()


@pytest.mark.usefixtures("shelf")
def test_staff_try_one_record_a_reason_or_all_again(staff: Client) -> None:
    number = RejectedRecord.objects.get(external_id="b").pk
    page = staff.post("/sources/shelf/replay/", {"record": number}, follow=True).content.decode()
    assert "1 tried again: 1 understood, 0 still rejected" in page
    group = RejectedRecord.objects.get().group
    page = staff.post("/sources/shelf/replay/", {"reason": group}, follow=True).content.decode()
    assert "1 tried again: 0 understood, 1 still rejected" in page
    page = staff.post("/sources/shelf/replay/", follow=True).content.decode()
    assert "1 tried again" in page
    staff.post("/sources/shelf/replay/", {"record": "9" * 30})
    assert set(Listing.objects.values_list("external_id", flat=True)) == {"a", "b"}


def test_staff_change_a_schedule_in_the_admin(staff: Client) -> None:
    services.add_schedules()
    assert staff.get("/admin/harvesters/schedule/").status_code == 200
    posted = {"every": "168", "full_every": "", "paused": "on", "next_due_0": "", "next_due_1": ""}
    assert staff.post("/admin/harvesters/schedule/timm/change/", posted).status_code == 302
    row = Schedule.objects.get(pk="timm")
    assert (row.every, row.full_every, row.paused, row.next_due) == (168, None, True, None)


@pytest.mark.parametrize("path", ["/sources/", "/sources/shelf/"])
def test_nothing_can_be_posted(client: Client, path: str) -> None:
    started()
    assert client.post(path).status_code == 405
