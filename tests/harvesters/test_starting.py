"""Starting harvests: by command, by the queue, by beat and by staff."""

from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from celery import current_app
from django.conf import settings
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from redis import Redis

from catalog.models import Listing, PretrainedModel, Source
from harvesters import schedule, services, tasks
from harvesters.engine import only_one_run
from harvesters.models import Checkpoint, HarvestRun, Schedule
from harvesters.sources import SOURCES
from harvesters.sources.measured import Measured

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def run_command(*arguments: str, **options: Any) -> str:
    out = StringIO()
    call_command("harvest", *arguments, stdout=out, **options)
    return out.getvalue()


def queued() -> list[str]:
    """What lies in the harvest queue: the real one, of this test run's own Redis database."""
    with Redis.from_url(settings.REDIS_URL) as redis:
        return [message.decode() for message in redis.lrange("harvest", 0, -1)]


@pytest.fixture
def queue() -> Any:
    with Redis.from_url(settings.REDIS_URL) as redis:
        redis.delete("harvest")
        yield
        redis.delete("harvest")


def test_the_command_harvests_and_prints_a_line_per_source() -> None:
    assert run_command("local") == (
        "local: done: 1 seen, 1 created, 0 updated, 0 unchanged, 0 rejected, 0 gone\n"
    )
    assert "0 created, 0 updated, 1 unchanged" in run_command("local")


def test_the_command_says_which_sources_there_are() -> None:
    with pytest.raises(
        CommandError, match="No source 'nothing'; there are: local, class-lists, timm"
    ):
        run_command("nothing")
    with pytest.raises(CommandError, match="Name a source or --all"):
        run_command()


@pytest.mark.django_db(transaction=True)
def test_the_command_says_that_a_source_is_being_harvested_already() -> None:
    source = Source.objects.create(name="local", title="This site", kind="folder")
    with only_one_run(source), pytest.raises(CommandError, match="being harvested already"):
        run_command("local")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"since": "2026-11-01"},
            "local, timm cannot be asked for what changed; leave --since out",
        ),
        ({"since": "yesterday"}, "--since takes a date such as 2026-11-01, not 'yesterday'"),
        ({"since": "2026-02-30"}, "--since takes a date"),
        ({"since": "2026-11-01", "full": True}, "contradict each other"),
        ({"limit": 0}, "--limit takes a number from 1, not 0"),
        ({"limit": 5, "background": True}, "work without --background only"),
        ({"accept_gone": True}, "takes a walk through everything: give --full too"),
    ],
)
def test_what_cannot_be_wished_for_is_said(options: dict[str, Any], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        run_command("local", "timm", **options)
    assert not HarvestRun.objects.exists()


@pytest.mark.parametrize(
    "day", ["1989-12-31", "0001-01-01", f"{NOW + timedelta(days=1):%Y-%m-%d}", "2999-01-01"]
)
def test_changes_are_asked_for_since_a_day_that_was(day: str) -> None:
    with pytest.raises(CommandError, match=f"to today, .* in UTC, not {day}"):
        run_command("huggingface", since=day)
    assert not HarvestRun.objects.exists()


@pytest.mark.parametrize("command", ["harvest", "replay"])
def test_sources_are_named_or_all_are_meant(command: str) -> None:
    with pytest.raises(CommandError, match="Name sources or give --all, not both"):
        call_command(command, "local", all=True)
    assert not HarvestRun.objects.exists()


def paused(*names: str) -> None:
    services.add_schedules()
    Schedule.objects.filter(pk__in=names).update(paused=True, next_due=None)


@pytest.mark.usefixtures("queue")
def test_in_the_background_a_paused_source_is_refused_as_the_button_refuses_it(
    staff: Client,
) -> None:
    paused("local")
    with pytest.raises(CommandError) as refused:
        run_command("local", background=True)
    said = str(refused.value)
    assert said == (
        "This site is paused, so nothing was started: resume it on /sources/local/ first."
    )
    assert said in staff.post("/sources/local/run/", follow=True).content.decode()
    posted = {"action": "harvest_now", "_selected_action": ["local"]}
    assert said in staff.post("/admin/catalog/source/", posted, follow=True).content.decode()
    assert Schedule.objects.get(pk="local").next_due is None


@pytest.mark.usefixtures("queue")
def test_in_the_background_a_source_that_is_refused_does_not_stop_the_others() -> None:
    paused("local")
    said = run_command("local", "torchvision", background=True)
    assert "This site is paused, so nothing was started" in said
    assert "Due now: torchvision." in said


@pytest.mark.usefixtures("queue")
@pytest.mark.parametrize("wish", ["all", "if_empty"])
def test_who_names_no_source_leaves_paused_ones_alone(wish: str) -> None:
    paused(*SOURCES)
    Schedule.objects.filter(pk="torchvision").update(paused=False)
    said = run_command(background=True, **{wish: True})
    assert said.startswith("Paused, so left alone: local, class-lists, timm, torchaudio, ")
    assert "Due now: torchvision." in said
    run_command(**{wish: True})
    assert [run.source_id for run in HarvestRun.objects.all()] == ["torchvision"]


@pytest.mark.usefixtures("queue")
def test_a_start_with_every_source_paused_is_no_mistake() -> None:
    paused(*SOURCES)
    assert "Due now" not in run_command(if_empty=True, background=True)
    assert queued() == []


def test_who_names_a_paused_source_here_gets_it_and_it_stays_paused() -> None:
    paused("local")
    said = run_command("local")
    assert "local is paused: it is read because you named it, and stays paused." in said
    assert "local: done" in said
    assert Schedule.objects.get(pk="local").paused


def test_an_archive_cannot_be_asked_for_what_changed_since_a_day() -> None:
    with pytest.raises(CommandError, match="paperswithcode cannot be asked"):
        run_command("paperswithcode", since="2026-11-01")


def test_a_limit_on_the_command_line_ends_the_run_there() -> None:
    said = run_command("torchvision", limit=10)
    assert "10 seen, 10 created" in said
    assert "Stopped after 10 records, as asked; the next run goes on from there." in said
    assert "156 created" in run_command("torchvision") or Listing.objects.count() == 166


@pytest.mark.django_db(transaction=True)
def test_of_several_sources_one_that_is_at_work_does_not_stop_the_others() -> None:
    source = Source.objects.create(name="local", title="This site", kind="folder")
    out = StringIO()
    with only_one_run(source), pytest.raises(CommandError, match="the lines above say why"):
        call_command("harvest", "local", "torchvision", stdout=out)
    assert "being harvested already" in out.getvalue()
    assert "torchvision: done" in out.getvalue()


def test_replaying_is_a_command_too() -> None:
    out = StringIO()
    call_command("replay", "local", stdout=out)
    assert out.getvalue() == "local: 0 tried again: 0 understood, 0 still rejected\n"
    with pytest.raises(
        CommandError, match="No source 'nothing'; there are: local, class-lists, timm"
    ):
        call_command("replay", "nothing")


def test_what_was_read_to_its_end_is_left_alone_when_asked() -> None:
    run_command("local")
    assert run_command("local", if_empty=True) == "local has been read before; left alone.\n"
    assert HarvestRun.objects.count() == 1
    Checkpoint.objects.update(completed_at=None)
    assert "1 unchanged" in run_command("local", if_empty=True)


@pytest.mark.usefixtures("queue")
def test_in_the_background_sources_become_due_and_the_watch_is_woken() -> None:
    assert "Due now: local, torchvision" in run_command("torchvision", "local", background=True)
    (message,) = queued()
    assert "harvesters.tasks.watch" in message
    assert not Listing.objects.exists()
    rows = Schedule.objects.filter(next_due__lte=timezone.now())
    assert {"local", "torchvision"} <= set(rows.values_list("pk", flat=True))


@pytest.mark.usefixtures("queue")
def test_the_watch_sends_what_is_due_and_each_message_once() -> None:
    tasks.watch()
    sent = queued()
    tasks.watch()
    assert queued() == sent
    assert all(
        "harvesters.tasks.harvest" in message and '"expires": "' in message for message in sent
    )
    quick = [name for name, make in SOURCES.items() if schedule.is_quick(make())]
    assert len(sent) == len(quick) + settings.HARVEST_WALKS_AT_ONCE


@pytest.mark.usefixtures("queue")
def test_a_sent_source_is_read_once_however_often_it_was_sent() -> None:
    services.add_schedules()
    tasks.harvest("torchvision")
    assert HarvestRun.objects.filter(source="torchvision").get().state == "done"


def test_the_quick_ones_come_first_and_publishers_before_measurements() -> None:
    ordered = services.in_order(reversed(list(SOURCES)))
    assert set(ordered) == set(SOURCES)
    are_quick = [schedule.is_quick(SOURCES[name]()) for name in ordered]
    assert are_quick == sorted(are_quick, reverse=True)
    assert ordered.index("timm") < ordered.index("measured")
    assert ordered[0] == "local"


def test_counting_is_due_until_it_was_completed_for_this_release_of_timm() -> None:
    assert services.is_counting_due()
    source = Source.objects.create(name="measured", kind="measurement")
    run = HarvestRun.objects.create(source=source, started_at=NOW, heartbeat_at=NOW)
    checkpoint = Checkpoint.objects.create(
        source=source, run=run, cursor="x", walk_started_at=NOW, updated_at=NOW
    )
    listing(source, Measured().version)
    assert services.is_counting_due()
    checkpoint.cursor = ""
    checkpoint.save()
    assert not services.is_counting_due()
    Listing.objects.update(version="timm 0.1")
    assert services.is_counting_due()


def listing(source: Source, version: str) -> None:
    pretrained = PretrainedModel.objects.create(slug="a/b", name="b")
    Listing.objects.create(
        source=source, external_id="b", pretrained=pretrained, version=version, content_hash="",
        first_seen=NOW, last_seen=NOW, changed_at=NOW,
    )  # fmt: skip


def test_beat_calls_tasks_that_exist() -> None:
    current_app.loader.import_default_modules()
    names = {str(entry["task"]) for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert "harvesters.tasks.watch" in names
    assert names <= set(current_app.tasks)


@pytest.mark.usefixtures("queue")
def test_the_watch_reads_changed_folders_that_it_has_not_just_sent() -> None:
    tasks.watch()
    assert not HarvestRun.objects.exists()
    Schedule.objects.filter(pk="local").update(next_due=None, claimed_until=None)
    tasks.watch()
    tasks.watch()
    assert HarvestRun.objects.filter(source="local", state="done").count() == 1


@pytest.mark.usefixtures("queue")
def test_a_run_that_ends_makes_room_for_the_next_at_once() -> None:
    tasks.watch()
    sent = len(queued())
    (waiting, *_) = Schedule.objects.filter(next_due__lte=timezone.now(), claimed_until=None)
    Schedule.objects.exclude(pk=waiting.pk).update(next_due=None, claimed_until=None)
    tasks.harvest("torchvision")
    assert len(queued()) == sent + 1
    assert Schedule.objects.get(pk=waiting.pk).claimed_until is not None


@pytest.fixture
def staff(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("boss", password="a long passphrase"))
    return client


@pytest.mark.usefixtures("queue")
def test_staff_can_harvest_now(staff: Client) -> None:
    services.add_schedules()
    Schedule.objects.update(next_due=None)
    posted = {"action": "harvest_now", "_selected_action": ["local"]}
    page = staff.post("/admin/catalog/source/", posted, follow=True)
    assert "This site is due now" in page.content.decode()
    assert len(queued()) == 1


@pytest.mark.parametrize(
    "path",
    ["catalog/source", "catalog/pretrainedmodel", "catalog/listing", "harvesters/harvestrun",
     "harvesters/rejectedrecord"],
)  # fmt: skip
def test_staff_can_look_but_not_edit(staff: Client, path: str) -> None:
    run_command("local")
    assert staff.get(f"/admin/{path}/").status_code == 200
    assert staff.get(f"/admin/{path}/add/").status_code == 403


def test_others_cannot_harvest(client: Client) -> None:
    client.force_login(User.objects.create_user("guest", password="a long passphrase"))
    assert client.post("/admin/catalog/source/", {"action": "harvest_now"}).status_code == 302
