"""Papers looked up at arXiv by the ids that others name."""

import time
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from django.utils import timezone

from catalog.models import Paper, PaperListing, PaperRepository, Source
from catalog.records import Fact, ModelRecord, PaperMention
from catalog.reference_records import PaperRecord
from catalog.services import upsert
from harvesters import wanted
from harvesters.engine import harvest
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.sources.arxiv import Arxiv
from harvesters.sources.arxiv_oai import ArxivOai
from harvesters.sources.base import Page
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import NOT_FOUND, ReplayServer
from tests.harvesters.replay_arxiv import recorded_entries

pytestmark = pytest.mark.django_db

# Synthetic, in the form of the recorded answers.
FEED = (
    '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"'
    ' xmlns:o="http://a9.com/-/spec/opensearch/1.1"><o:totalResults>%d</o:totalResults>%s</feed>'
)
ENTRY = (
    "<entry><published>2024-03-01T00:00:00Z</published><id>http://arxiv.org/abs/%s</id>"
    "<author><name>A. Person</name></author><title>Nets\n  that  see</title>"
    "<updated>2024-05-01T00:00:00Z</updated>%s</entry>"
)


def name(*ids: str) -> None:
    """Somebody names these papers."""
    Paper.objects.bulk_create(Paper(key=one) for one in ids)


def arxiv(server: LocalServer | ReplayServer, pace: float = 0, most: int = 5_000) -> Arxiv:
    below = "/arxiv" if isinstance(server, ReplayServer) else ""
    return Arxiv(server.url + below, wanted.papers, most, pace)


def feed(*entries: str, total: int | None = None) -> tuple[int, dict[str, str], bytes]:
    return 200, {}, (FEED % (len(entries) if total is None else total, "".join(entries))).encode()


@pytest.fixture
def recorded_ids(shared: Path) -> list[str]:
    return sorted(recorded_entries(shared / "data" / "arxiv"))


def test_every_recorded_paper_is_looked_up(replay: ReplayServer, recorded_ids: list[str]) -> None:
    name(*recorded_ids)
    run = harvest(arxiv(replay))
    assert (run.state, run.pages, run.expected) == ("done", 2, 110)
    assert (run.seen, run.created, run.rejected) == (110, 110, 0)

    paper = Paper.objects.get(key="1707.08567")
    assert paper.title.startswith("Proceedings of Workshop AEW10: Concepts in Information Theory")
    assert "Dirk Wübben" in paper.authors
    assert (str(paper.published), str(paper.updated)) == ("2017-07-27", "2017-07-27")
    assert paper.categories == ["cs.IT"]
    assert paper.versions == [{"date": "2017-07-27", "version": "v1"}]
    assert paper.url == "https://arxiv.org/abs/1707.08567"
    assert not Paper.objects.filter(title__contains="\n").exists()


def test_old_ids_and_links_to_code_are_understood(
    replay: ReplayServer, recorded_ids: list[str]
) -> None:
    name(*recorded_ids)
    harvest(arxiv(replay))
    assert Paper.objects.get(key="astro-ph/0601001").title
    assert Paper.objects.get(key="hep-ph/0301050").versions[-1]["version"] == "v2"
    link = PaperRepository.objects.get()
    assert link.repository.full_name == "ydecastro/super-resolution-testing"
    assert link.note == "link in its comment"


def test_a_second_run_asks_for_nothing(replay: ReplayServer, recorded_ids: list[str]) -> None:
    name(*recorded_ids)
    harvest(arxiv(replay))
    replay.asked.clear()
    run = harvest(arxiv(replay))
    assert (run.state, run.seen, replay.asked) == ("done", 0, [])


def test_after_a_month_it_is_asked_again_and_nothing_is_written(
    replay: ReplayServer, recorded_ids: list[str]
) -> None:
    name(*recorded_ids)
    harvest(arxiv(replay))
    PaperListing.objects.update(last_seen=timezone.now() - timedelta(days=31))
    run = harvest(arxiv(replay))
    assert (run.seen, run.unchanged) == (110, 110)


def test_a_run_that_broke_off_goes_on_with_the_rest(
    replay: ReplayServer, recorded_ids: list[str]
) -> None:
    name(*recorded_ids)
    answers, left = replay.routes["/arxiv"], [1]
    replay.routes["/arxiv"] = lambda asked: answers(asked) if left and left.pop() else NOT_FOUND
    run = harvest(arxiv(replay))
    assert (run.state, run.seen) == ("partial", 100)
    assert PaperListing.objects.count() == 100
    assert Checkpoint.objects.get().cursor == "100"

    replay.routes["/arxiv"] = answers
    run = harvest(arxiv(replay))
    assert (run.state, run.seen, run.expected) == ("done", 10, 110)
    assert Checkpoint.objects.get().taken == 110
    assert PaperListing.objects.count() == 110
    assert Checkpoint.objects.get().cursor == ""


def test_unknown_ids_are_remembered_and_not_asked_again(replay: ReplayServer) -> None:
    name("1605.08386", "0808.0539", "9999.99999", "0808.05394")
    run = harvest(arxiv(replay))
    assert (run.seen, run.created, run.rejected) == (4, 1, 0)
    gone = PaperListing.objects.exclude(gone_since=None).values_list("external_id", flat=True)
    assert sorted(gone) == ["0808.0539", "0808.05394", "9999.99999"]
    row = Checkpoint.objects.get()
    assert (row.counts, row.gone, row.absent) == ({"papers": 1}, 0, 3)
    # No paper can have the other two ids: month 99, five digits in 2008.
    assert replay.asked == ["/arxiv?id_list=1605.08386%2C0808.0539&max_results=2"]
    assert wanted.papers(10) == []


def test_a_malformed_id_among_good_ones_is_found_by_halving(server: LocalServer) -> None:
    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        if "2401.00003" in path:
            return 400, {}, b"<feed/>"
        ids = path.partition("id_list=")[2].partition("&")[0].split("%2C")
        return feed(*(ENTRY % (one, "") for one in ids))

    server.answer = answer
    name(*(f"2401.0000{n}" for n in range(8)))
    run = harvest(arxiv(server))
    assert (run.state, run.seen, run.created) == ("done", 8, 7)
    assert PaperListing.objects.exclude(gone_since=None).get().external_id == "2401.00003"
    assert len(server.asked) == 7  # 8, 4, 2, 1, 1, 2, 4


def test_a_malformed_id_may_be_told_with_a_200(server: LocalServer) -> None:
    error = "<entry><id>http://arxiv.org/api/errors#incorrect_id_format</id><title>Error</title></entry>"

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        return feed(error) if "00001" in path else feed(ENTRY % ("2401.00002v1", ""))

    server.answer = answer
    name("2401.00001", "2401.00002")
    harvest(arxiv(server))
    assert PaperListing.objects.exclude(gone_since=None).get().external_id == "2401.00001"
    assert Paper.objects.get(key="2401.00002").title == "Nets that see"


def test_refusing_everything_is_not_taken_for_unknown_papers(server: LocalServer) -> None:
    server.replies((400, {}, b""))
    name("2401.00001", "2401.00002")
    run = harvest(arxiv(server))
    assert run.state == "unreachable"
    assert "refuses every one" in run.message
    assert not PaperListing.objects.exists()


def test_an_empty_answer_that_announces_more_is_asked_again(server: LocalServer) -> None:
    server.replies(feed(total=1), feed(ENTRY % ("2401.00001v1", "")))
    name("2401.00001")
    harvest(arxiv(server))
    assert Paper.objects.get().title == "Nets that see"
    assert len(server.asked) == 2


def test_answers_that_stay_empty_lose_no_paper(server: LocalServer) -> None:
    server.replies(feed(total=1))
    name("2401.00001")
    run = harvest(arxiv(server))
    assert (run.state, len(server.asked)) == ("unreachable", 3)
    assert wanted.papers(10) == ["2401.00001"]


def test_papers_that_were_announced_and_did_not_come_stay_wanted(server: LocalServer) -> None:
    server.replies(feed(ENTRY % ("2401.00001v1", ""), total=2))
    name("2401.00001", "2401.00002")
    run = harvest(arxiv(server))
    assert (run.state, run.created) == ("done", 1)
    assert wanted.papers(10) == ["2401.00002"]


def test_order_of_elements_and_namespaces_make_no_difference(server: LocalServer) -> None:
    rest = (
        '<category term="cs.LG"/><category term="cs.CV"/><arxiv:doi>10.1/x</arxiv:doi>'
        '<arxiv:primary_category term="cs.CV"/><summary>We  see.\n</summary>'
        "<arxiv:journal_ref>Proc. 1</arxiv:journal_ref>"
    )
    server.replies(feed(ENTRY % ("2401.00001v3", rest)))
    name("2401.00001")
    harvest(arxiv(server))
    paper = Paper.objects.get()
    assert (paper.title, paper.abstract) == ("Nets that see", "We see.")
    assert paper.categories == ["cs.CV", "cs.LG"]
    assert (paper.doi, paper.venue) == ("10.1/x", "Proc. 1")
    assert paper.versions == [
        {"date": "2024-03-01", "version": "v1"},
        {"date": "2024-05-01", "version": "v3"},
    ]


def test_a_broken_entry_is_kept_and_the_others_are_read(server: LocalServer) -> None:
    broken = "<entry><id>http://arxiv.org/abs/2401.00001v1</id><title>Undated</title></entry>"
    server.replies(feed(broken, ENTRY % ("2401.00002v1", "")))
    name("2401.00001", "2401.00002")
    source = arxiv(server)
    run = harvest(source)
    assert (run.created, run.rejected) == (1, 1)
    rejected = RejectedRecord.objects.get()
    assert (rejected.external_id, "no date" in rejected.reason) == ("2401.00001", True)
    again = list(source.records(Page(rejected.raw.encode())))
    assert [entry.external_id for entry in again] == ["2401.00001"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"<html><body>maintenance</body></html>", "sent <html>"),
        (b"Rate exceeded.", "something else than a feed"),
        (FEED.encode()[:100], "something else than a feed"),
        (b'<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]><feed>&d;</feed>', "document type"),
    ],
    ids=["html", "text", "truncated", "entities"],
)
def test_another_answer_than_a_feed_ends_the_run(
    server: LocalServer, body: bytes, said: str
) -> None:
    server.replies((200, {}, body))
    name("2401.00001")
    run = harvest(arxiv(server))
    assert run.state == "unreachable"
    assert said in run.message
    assert wanted.papers(10) == ["2401.00001"]


def test_requests_keep_their_distance(server: LocalServer) -> None:
    times: list[float] = []

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        times.append(time.monotonic())
        ids = path.partition("id_list=")[2].partition("&")[0].split("%2C")
        return feed(*(ENTRY % (one, "") for one in ids))

    server.answer = answer
    name(*(f"2401.{n:05}" for n in range(250)))
    harvest(arxiv(server, pace=0.2))
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert len(gaps) == 2
    assert min(gaps) >= 0.195


def test_both_interfaces_share_the_pace_of_more_than_three_seconds() -> None:
    bases = [*Arxiv("https://a.org", wanted.papers).bases, *ArxivOai("https://b.org", []).bases]
    assert {(base.pace, base.paced_as) for base in bases} == {(3.1, "arxiv.org")}


def test_papers_of_checkpoints_come_first_and_those_never_asked_before_the_stale() -> None:
    source = Source.objects.create(name="arxiv", title="arXiv", kind="papers")
    hub = Source.objects.create(name="hub", title="Hub", kind="hub")
    name("2401.00001", "2401.00002", "2401.00003", "2401.00004")
    Paper.objects.create(key="doi:10.1/x")
    long_ago = timezone.now() - timedelta(days=40)
    stale = PaperRecord("2401.00001", "2401.00001", facts={"title": Fact("a")})
    upsert(source, [stale], seen_at=long_ago)
    fresh = PaperRecord("2401.00004", "2401.00004", facts={"title": Fact("b")})
    upsert(source, [fresh])
    mention = (PaperMention("2401.00003"),)
    upsert(hub, [ModelRecord("m", facts={"name": Fact("m")}, papers=mention)])

    Paper.objects.create(key="2401.00000", title="Told of by another source")

    order = ["2401.00003", "2401.00002", "2401.00000", "2401.00001"]
    assert wanted.papers(10) == order
    assert wanted.papers(1) == ["2401.00003"]


def test_what_the_daily_reading_brought_is_not_looked_up() -> None:
    oai = Source.objects.create(name="arxiv-oai", title="arXiv", kind="papers")
    upsert(oai, [PaperRecord("2401.00001", "2401.00001", facts={"title": Fact("a")})])
    assert wanted.papers(10) == []
