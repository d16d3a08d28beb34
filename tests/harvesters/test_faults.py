"""Every fault of the table: nothing lost, nothing doubled, and the run says what happened."""

import shutil
import ssl
import subprocess
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import stamina
from django.utils import timezone

from catalog.models import Listing, PretrainedModel
from harvesters.engine import AskedToWait, Wishes, harvest
from harvesters.http import Http
from harvesters.models import Checkpoint, HarvestRun, RejectedRecord
from tests.harvesters.faults import (
    FAULTS,
    NAMES,
    Fault,
    FaultyShelf,
    Given,
    at_page,
    instead,
    play,
    right,
    serving,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The waits between tries are tested in test_http; here they would only take time."""
    monkeypatch.setattr("harvesters.engine._SECOND_LOOK", 0)
    monkeypatch.setitem(Http.__init__.__kwdefaults__, "patience", 2)
    monkeypatch.setitem(Http.__init__.__kwdefaults__, "limit", 1_000_000)
    with stamina.set_testing(testing=True, attempts=5):
        yield


def adds_up(run: HarvestRun) -> bool:
    return run.seen == run.created + run.updated + run.unchanged + run.rejected


def listed() -> list[str]:
    return sorted(Listing.objects.filter(gone_since=None).values_list("external_id", flat=True))


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_what_a_fault_does(fault: Fault) -> None:
    seen = play(fault)
    assert (seen.under.state, fault.said) == (fault.state, fault.said), seen.under.message
    assert fault.said in seen.under.message
    assert seen.under.ended_at is not None
    assert seen.listed_under == len(NAMES) - fault.unseen
    assert seen.rejected == fault.rejected
    assert adds_up(seen.under)
    assert adds_up(seen.after)
    assert seen.after.state == "done"
    assert listed() == NAMES
    assert PretrainedModel.objects.count() == len(NAMES)
    # What was rejected under the fault is in the catalogue now, so it is rejected no more.
    assert not RejectedRecord.objects.exists()


def test_a_source_that_asked_to_be_left_alone_is_not_asked_before() -> None:
    with serving(at_page(2, Given(429, {"Retry-After": "3600"}))) as server:
        run = harvest(FaultyShelf(server.url))
        asked = sum(server.asked)
        with pytest.raises(AskedToWait, match="asked to be left alone until"):
            harvest(FaultyShelf(server.url))
        assert sum(server.asked) == asked
        server.answer = lambda page, before: right(page)
        past = run.started_at - timedelta(seconds=1)
        Checkpoint.objects.update(not_before=past)
        assert harvest(FaultyShelf(server.url)).state == "done"
    assert listed() == NAMES


def test_a_wait_of_years_is_taken_for_a_day() -> None:
    with serving(at_page(0, Given(429, {"Retry-After": "999999999"}))) as server:
        harvest(FaultyShelf(server.url))
    waits = Checkpoint.objects.get().not_before
    assert waits is not None
    assert waits - timezone.now() < timedelta(days=1, seconds=5)


def test_a_page_that_nobody_ever_understands_is_set_aside_and_tried_again_later() -> None:
    broken = right(2).body.replace(b'"items"', b'"itens"')
    with serving(at_page(2, Given(body=broken))) as server:
        states = [harvest(FaultyShelf(server.url)).state for _ in range(3)]
        assert states == ["failed", "failed", "done"]
        run = HarvestRun.objects.latest("pk")
        assert "Nothing was marked gone" in run.message
        assert adds_up(run)
        row = RejectedRecord.objects.get()
        assert (row.external_id, row.raw.encode()) == ("(page at 2)", broken)
        assert len(listed()) == 16
        server.answer = lambda page, before: right(page)
        assert harvest(FaultyShelf(server.url)).state == "done"
    assert listed() == NAMES
    assert not RejectedRecord.objects.exists()


def test_a_thing_that_vanishes_is_gone_and_comes_back_as_the_same() -> None:
    with serving(lambda page, before: right(page)) as server:
        source = FaultyShelf(server.url)
        harvest(source)
        known = dict(Listing.objects.values_list("external_id", "pk"))
        server.answer = instead(2, lambda page: page["items"].pop(0))
        assert harvest(source).gone == 1
        assert NAMES[8] not in listed()
        server.answer = lambda page, before: right(page)
        assert harvest(source).updated == 1
    assert dict(Listing.objects.values_list("external_id", "pk")) == known
    assert listed() == NAMES


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A certificate for 127.0.0.1 that nobody has signed."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("needs openssl to make a certificate")
    file = tmp_path / "cert.pem"
    asked = f"req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=127.0.0.1 -keyout {file} -out {file}.c"
    subprocess.run([openssl, *asked.split()], check=True, capture_output=True)
    file.write_bytes(file.read_bytes() + Path(f"{file}.c").read_bytes())
    return file


def test_a_certificate_that_nobody_signed_is_refused_at_once(certificate: Path) -> None:
    with serving(lambda page, before: right(page)) as server:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        run = harvest(FaultyShelf(server.url.replace("http:", "https:")))
    assert run.state == "unreachable"
    assert "certificate verify failed" in run.message
    assert sum(server.asked) == 0


@pytest.fixture
def set_clock(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Sets this machine's clock off, as far as Django's `timezone.now` is concerned."""
    real = timezone.now

    def off_by(difference: timedelta) -> None:
        monkeypatch.setattr(timezone, "now", lambda: real() + difference)

    return off_by


HOUR = timedelta(hours=1)


@pytest.mark.parametrize("offs", [(HOUR, -HOUR), (-HOUR, HOUR), (HOUR, timedelta(0))])
def test_a_clock_an_hour_off_takes_nothing_for_gone_and_leaves_nothing_that_is(
    set_clock: Callable[[timedelta], None], offs: tuple[timedelta, timedelta]
) -> None:
    """Two machines whose clocks differ share one walk: the second must not call gone what the first saw."""
    with serving(at_page(2, Given(503))) as server:
        source = FaultyShelf(server.url)
        set_clock(offs[0])
        assert harvest(source).state == "partial"
        server.answer = lambda page, before: right(page)
        set_clock(offs[1])
        assert harvest(source).gone == 0
        assert listed() == NAMES
        server.answer = instead(2, lambda page: page["items"].pop(0))
        set_clock(offs[0])
        assert harvest(source).gone == 1
        assert harvest(source).gone == 0


@pytest.mark.parametrize("off", [HOUR, -HOUR])
def test_the_databases_own_clock_may_jump_too(off: timedelta) -> None:
    """What is stored lies an hour before or after what Postgres takes for now."""
    with serving(lambda page, before: right(page)) as server:
        source = FaultyShelf(server.url)
        harvest(source)
        shift(off)
        assert harvest(source).gone == 0
        shift(off)
        server.answer = instead(2, lambda page: page["items"].pop(0))
        assert harvest(source).gone == 1
        server.answer = at_page(2, Given(503))
        harvest(source)
        shift(off)
        server.answer = lambda page, before: right(page)
        assert harvest(source).gone == 0
    assert listed() == NAMES


def shift(off: timedelta) -> None:
    for row in Listing.objects.all():
        Listing.objects.filter(pk=row.pk).update(last_seen=row.last_seen + off)
    checkpoint = Checkpoint.objects.get()
    moved: dict[str, datetime] = {
        name: getattr(checkpoint, name) + off for name in ("walk_started_at", "updated_at")
    }
    Checkpoint.objects.update(**moved)


def test_a_run_that_was_overtaken_writes_nothing_more() -> None:
    with serving(lambda page, before: right(page)) as server:

        class Overtaken(FaultyShelf):
            def pages(self, http, start):  # type: ignore[no-untyped-def]
                for page in super().pages(http, start):
                    yield page
                    # Another process has begun a run: the lock was lost with its connection.
                    Checkpoint.objects.update(run=None)

        run = harvest(Overtaken(server.url))
    assert (run.state, run.pages) == ("partial", 1)
    assert "Another run of this source has begun" in run.message
    assert listed() == NAMES[:4]


def test_a_limit_takes_so_many_marks_nothing_gone_and_the_next_run_goes_on() -> None:
    with serving(lambda page, before: right(page)) as server:
        source = FaultyShelf(server.url)
        harvest(source)
        run = harvest(source, Wishes(limit=6))
        assert (run.state, run.seen, run.gone, run.limit) == ("done", 6, 0, 6)
        assert "Stopped after 6 records, as asked" in run.message
        assert Checkpoint.objects.get().cursor == "1"
        rest = harvest(source)
        assert (rest.state, rest.seen, rest.gone) == ("done", 16, 0)
        assert harvest(source, Wishes(limit=20)).message == ""
        assert harvest(source, Wishes(limit=8)).seen == 8
        assert Checkpoint.objects.get().cursor == "2"
        assert harvest(source, Wishes(full=True)).seen == 20
    assert listed() == NAMES
