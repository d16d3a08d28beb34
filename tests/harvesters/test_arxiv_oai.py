"""New papers of arXiv's categories, page by page by resumption tokens."""

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from catalog.models import Paper, PaperListing, PaperRepository
from harvesters.engine import harvest
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.sources.arxiv_oai import MENTIONS, ArxivOai
from harvesters.sources.base import Page
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import NOT_FOUND, OTHER_SETTINGS, ReplayServer
from tests.harvesters.replay_arxiv import recorded_records

pytestmark = pytest.mark.django_db

EVERY_PAPER = re.compile("")
PHYSICS = ("physics:hep-ex", "physics:hep-th", "physics:astro-ph", "physics:gr-qc", "math")
# Synthetic, in the form of the recorded answers.
LIST = '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/">%s</OAI-PMH>'
RECORD = (
    "<record><header><identifier>oai:arXiv.org:%s</identifier><datestamp>%s</datestamp></header>"
    '<metadata><arXiv xmlns="http://arxiv.org/OAI/arXiv/"><abstract>%s</abstract><id>%s</id>'
    "<title>Nets</title><created>2026-11-01</created><categories>cs.CV cs.LG</categories>%s"
    "</arXiv></metadata></record>"
)

Reply = tuple[int, dict[str, str], bytes]


def record(
    arxiv_id: str, day: str = "2026-11-02", abstract: str = "A pretrained net.", rest: str = ""
) -> str:
    return RECORD % (arxiv_id, day, abstract, arxiv_id, rest)


def listing(*records: str, token: str | None = None) -> Reply:
    tail = "" if token is None else f'<resumptionToken cursor="0">{token}</resumptionToken>'
    return 200, {}, (LIST % f"<ListRecords>{''.join(records)}{tail}</ListRecords>").encode()


def refusal(code: str, words: str = "") -> Reply:
    return 200, {}, (LIST % f'<error code="{code}">{words}</error>').encode()


def recorded(replay: ReplayServer, since: str = "2015-01-01") -> ArxivOai:
    return ArxivOai(replay.url + "/oai", PHYSICS, since, EVERY_PAPER, pace=0)


def synthetic(server: LocalServer, *sets: str, since: str = "2026-11-01") -> ArxivOai:
    return ArxivOai(server.url, sets or ("cs:cs:CV",), since, pace=0)


def by_query(answers: Callable[[dict[str, str]], Reply]) -> Callable[[str], Reply]:
    def answer(path: str) -> Reply:
        pairs = (pair.split("=") for pair in path.partition("?")[2].split("&"))
        return answers({key: value.replace("%3A", ":") for key, value in pairs})

    return answer


def test_the_recorded_records_are_read_set_by_set(replay: ReplayServer) -> None:
    run = harvest(recorded(replay))
    assert (run.state, run.kind, run.rejected) == ("done", "full", 0)
    # 7, 6, 5, 2 and 1 of the sets; what stands in two of them is written once.
    assert (run.seen, run.created, run.unchanged) == (21, 18, 3)
    assert Checkpoint.objects.get().watermark == "2018-08-16"

    paper = Paper.objects.get(key="1706.05371")
    assert paper.authors[:2] == ["Tyler Anderson", "Jacob Cutter"]
    assert paper.categories[0] == "physics.ins-det"
    assert (str(paper.published), str(paper.updated)) == ("2017-06-16", "2017-12-12")
    facts = PaperListing.objects.get(paper=paper).facts
    assert facts["license"]["value"].startswith("http://")


def test_a_site_with_the_settings_that_the_replay_prints_is_brought_what_mentions_pretrained_models(
    replay: ReplayServer,
) -> None:
    sets, since = settings.HARVEST_ARXIV_SETS, OTHER_SETTINGS["HARVEST_ARXIV_SINCE"]
    source = ArxivOai(replay.url + "/oai", sets, since, pace=0)
    run = harvest(source)
    assert (run.state, run.created, run.rejected) == ("done", 1, 0)
    paper = Paper.objects.get(key="2103.02870")
    assert paper.authors[0] == "Hyejin Park"
    assert (paper.categories, str(paper.updated)) == (["cs.SE", "cs.CV"], "2021-10-02")


def test_the_next_run_reads_from_the_last_day_on_and_writes_nothing(replay: ReplayServer) -> None:
    harvest(recorded(replay))
    replay.asked.clear()
    run = harvest(recorded(replay))
    assert (run.state, run.kind) == ("done", "incremental")
    assert (run.seen, run.unchanged) == (1, 1)
    assert all("from=2018-08-16" in path for path in replay.asked)
    assert Checkpoint.objects.get().watermark == "2018-08-16"


def test_a_run_that_broke_off_goes_on_from_its_token(replay: ReplayServer, shared: Path) -> None:
    answers, left = replay.routes["/oai"], [1]
    replay.routes["/oai"] = lambda asked: answers(asked) if left and left.pop() else NOT_FOUND
    run = harvest(recorded(replay))
    assert (run.state, run.seen) == ("partial", 5)
    assert len(Checkpoint.objects.get().cursor) < 300

    replay.routes["/oai"] = answers
    replay.asked.clear()
    assert harvest(recorded(replay)).seen == 16
    assert "resumptionToken=physics%3Ahep-ex" in replay.asked[0]
    assert "metadataPrefix" not in replay.asked[0]
    records = recorded_records(shared / "data" / "arxiv")
    listed = [r for r in records if any(f"<setSpec>{name}</setSpec>" in r for name in PHYSICS)]
    assert PaperListing.objects.count() == len(listed) == 18


@pytest.mark.parametrize(
    "words",
    [
        "We release pre-trained models.", "a pretrained backbone", "self-supervised pre-training",
        "fine-tuned on ImageNet", "Vision foundation models", "Code and model weights are public",
        "We publicly release all code and checkpoints", "transfer learning",
        "an open-source language model",
    ],
)  # fmt: skip
def test_what_mentions_pretrained_models_is_read(words: str) -> None:
    assert MENTIONS.search(words)


@pytest.mark.parametrize(
    "words",
    [
        "We train a network.", "a well-trained eye", "a fine tuner", "checkpoint inhibitors in cancer",
        "models of weights in the gym", "the pretrial phase", "we provide bounds for such models",
    ],
)  # fmt: skip
def test_what_only_sounds_like_it_is_left_out(words: str) -> None:
    assert not MENTIONS.search(words)


def test_papers_that_mention_none_are_not_kept(server: LocalServer) -> None:
    server.replies(listing(record("2611.00001"), record("2611.00002", abstract="We count.")))
    run = harvest(synthetic(server))
    assert (run.state, run.created, run.rejected) == ("done", 1, 0)
    assert Paper.objects.get().key == "2611.00001"


def test_names_in_tex_are_readable_and_links_to_code_are_followed(server: LocalServer) -> None:
    rest = (
        "<comments>8 pages. Code: https://github.com/Facebook/Some\\_Net.git.</comments><authors>"
        "<author><forenames>Paige</forenames><keyname>Tutt\\&#34;os\\&#39;i</keyname></author>"
        "<author><keyname>Mikol\\'a\\v{s}</keyname><suffix>Jr</suffix></author></authors>"
    )
    server.replies(listing(record("2611.00001", rest=rest)))
    harvest(synthetic(server))
    assert Paper.objects.get().authors == ["Paige Tuttösí", "Mikoláš Jr"]
    link = PaperRepository.objects.get()
    assert (link.repository.full_name, link.note) == ("facebook/some_net", "link in its comment")


def test_a_token_that_ended_begins_the_set_again_at_the_last_day(server: LocalServer) -> None:
    def answer(query: dict[str, str]) -> Reply:
        if query.get("resumptionToken") == "old":
            return refusal("badResumptionToken")
        if query.get("from") == "2026-11-05":
            return listing(record("2611.00002", "2026-11-05"), record("2611.00003", "2026-11-06"))
        return listing(
            record("2611.00001", "2026-11-04"), record("2611.00002", "2026-11-05"), token="old"
        )

    server.answer = by_query(answer)
    run = harvest(synthetic(server))
    assert (run.state, run.created, run.unchanged) == ("done", 3, 1)
    assert Checkpoint.objects.get().watermark == "2026-11-06"


def test_the_next_set_is_still_read_from_the_first_day(server: LocalServer) -> None:
    def answer(query: dict[str, str]) -> Reply:
        if query.get("resumptionToken"):
            return refusal("badResumptionToken")
        if query["set"] == "a" and query["from"] == "2026-11-01":
            return listing(record("2611.00001", "2026-11-04"), token="old")
        return listing(record(f"2611.0000{len(query['set'])}", "2026-11-04"))

    server.answer = by_query(answer)
    harvest(synthetic(server, "a", "bbb"))
    assert "set=bbb&from=2026-11-01" in server.paths[-1]


def test_after_days_out_of_order_the_whole_set_is_read_again(server: LocalServer) -> None:
    def answer(query: dict[str, str]) -> Reply:
        if query.get("resumptionToken"):
            return refusal("badResumptionToken")
        first = len(server.asked) == 1
        return listing(
            record("2611.00001", "2026-11-06"),
            record("2611.00002", "2026-11-05"),
            token="old" if first else None,
        )

    server.answer = by_query(answer)
    harvest(synthetic(server))
    assert "from=2026-11-01" in server.paths[-1]
    assert len(server.asked) == 3


def test_tokens_that_never_hold_end_the_run(server: LocalServer) -> None:
    server.answer = by_query(
        lambda query: (
            refusal("badResumptionToken", "it has expired")
            if "resumptionToken" in query
            else listing(record("2611.00001"), token="old")
        )
    )
    run = harvest(synthetic(server))
    assert run.state == "partial"
    assert run.message == "arXiv refuses to list cs:cs:CV: badResumptionToken it has expired."
    assert len(server.asked) == 6
    assert Paper.objects.count() == 1


def test_an_empty_token_and_none_both_end_a_set(server: LocalServer) -> None:
    server.replies(listing(record("2611.00001"), token=""), listing(record("2611.00002")))
    run = harvest(synthetic(server, "a", "b"))
    assert (run.state, run.created, len(server.asked)) == ("done", 2, 2)


def test_nothing_new_is_no_failure_and_forgets_no_watermark(server: LocalServer) -> None:
    server.replies(listing(record("2611.00001", "2026-11-04")))
    harvest(synthetic(server))
    server.replies(refusal("noRecordsMatch"))
    run = harvest(synthetic(server, *"abcdefg"))
    assert (run.state, run.seen) == ("done", 0)
    assert Checkpoint.objects.get().watermark == "2026-11-04"


def test_a_first_run_that_finds_nothing_is_not_repeated_from_the_start(server: LocalServer) -> None:
    server.replies(refusal("noRecordsMatch"))
    harvest(synthetic(server))
    assert Checkpoint.objects.get().watermark == "2026-11-01"
    assert harvest(synthetic(server)).kind == "incremental"


def test_another_refusal_says_what_arxiv_said(server: LocalServer) -> None:
    server.replies(refusal("badArgument", "no such set"))
    run = harvest(synthetic(server, "cs:XX"))
    assert run.state == "unreachable"
    assert run.message == "arXiv refuses to list cs:XX: badArgument no such set."


def test_a_deleted_paper_is_marked_gone_if_it_was_known(server: LocalServer) -> None:
    deleted = (
        '<record><header status="deleted"><identifier>oai:arXiv.org:2611.0000%s</identifier>'
        "<datestamp>2026-11-03</datestamp></header></record>"
    )
    server.replies(listing(record("2611.00001")))
    harvest(synthetic(server))
    server.replies(listing(deleted % 1, deleted % 2))
    run = harvest(synthetic(server))
    assert (run.state, run.updated, run.rejected) == ("done", 1, 0)
    assert PaperListing.objects.get().gone_since is not None


def test_a_broken_record_is_kept_and_the_others_are_read(server: LocalServer) -> None:
    broken = record("not-an-id")
    server.replies(listing(broken, record("2611.00002")))
    source = synthetic(server)
    run = harvest(source)
    assert (run.created, run.rejected) == (1, 1)
    rejected = RejectedRecord.objects.get()
    assert rejected.external_id == "not-an-id"
    assert len(list(source.records(Page(rejected.raw.encode())))) == 1


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", listing(token="t")[2][:60]])
def test_another_answer_than_a_list_ends_the_run(server: LocalServer, body: bytes) -> None:
    server.replies((200, {}, body))
    run = harvest(synthetic(server))
    assert run.state == "unreachable"
    assert "arXiv sent" in run.message


def test_a_first_run_reaches_back_90_days(server: LocalServer) -> None:
    server.replies(refusal("noRecordsMatch"))
    harvest(synthetic(server, since=""))
    day = datetime.now(UTC).date() - timedelta(days=90)
    assert f"from={day.isoformat()}" in server.paths[0]


def test_the_place_of_a_walk_is_a_short_text(server: LocalServer) -> None:
    server.replies(listing(record("2611.00001"), token="t" * 200), (404, {}, b""))
    harvest(synthetic(server))
    place = json.loads(Checkpoint.objects.get().cursor)
    assert (place["set"], place["token"], place["last"]) == (0, "t" * 200, "2026-11-02")
