"""Publishers of pretrained models, found by GitHub's search beyond what it shows at once."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from catalog.models import Repository, RepositoryListing
from harvesters.engine import harvest
from harvesters.http import Http
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.sources import SOURCES
from harvesters.sources.base import Page, Start
from harvesters.sources.github import QUERIES, Github
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import NOT_FOUND, ReplayServer
from tests.harvesters.replay_github import Item, exchanges, github, publisher

pytestmark = pytest.mark.django_db

Reply = tuple[int, dict[str, str], bytes]


@pytest.fixture
def corpus() -> list[Item]:
    """1,400 synthetic repositories: 1,050 of one hour, the others of ten years."""
    hour = datetime(2024, 5, 7, 9, tzinfo=UTC)
    moments = [hour + timedelta(seconds=n * 3) for n in range(1_050)]
    moments += [datetime(2015, 1, 1, tzinfo=UTC) + timedelta(days=10 * n) for n in range(350)]
    return [publisher(n, f"{moment:%Y-%m-%dT%H:%M:%SZ}") for n, moment in enumerate(moments)]


@pytest.fixture
def served(shared: Path) -> Iterator[Callable[[list[Item]], ReplayServer]]:
    """Serves the recorded repositories and the given ones besides."""
    with ExitStack() as stack:

        def serve(more: list[Item]) -> ReplayServer:
            route = github(shared / "data" / "github", more)
            running = stack.enter_context(ReplayServer({"/github": route}))
            forever = {"poll_interval": 0.01}
            Thread(target=running.serve_forever, kwargs=forever, daemon=True).start()
            stack.callback(running.shutdown)
            return running

        yield serve


@pytest.fixture
def many(served: Callable[[list[Item]], ReplayServer], corpus: list[Item]) -> ReplayServer:
    return served(corpus)


@pytest.fixture
def few(served: Callable[[list[Item]], ReplayServer], corpus: list[Item]) -> ReplayServer:
    return served(corpus[-150:])


def source(server: ReplayServer | LocalServer, *queries: str) -> Github:
    below = "/github" if isinstance(server, ReplayServer) else ""
    return Github(server.url + below, "secret", queries or ("topic:pretrained-models",), pace=0)


def answer(*items: object, total: int | None = None, complete: bool = True) -> Reply:
    body = {
        "total_count": len(items) if total is None else total,
        "incomplete_results": not complete,
        "items": items,
    }
    return 200, {}, json.dumps(body).encode()


def asked_for(path: str) -> str:
    return parse_qs(urlsplit(path).query)["q"][0]


def test_recorded_results_become_repositories(few: ReplayServer) -> None:
    run = harvest(source(few, "topic:attention", "language:Python github"))
    assert (run.state, run.rejected) == ("done", 0)
    found = Repository.objects.get(full_name="jadore801120/attention-is-all-you-need-pytorch")
    assert (found.license, found.language, found.stars) == ("mit", "Python", 9661)
    assert found.topics[:2] == ["attention", "attention-is-all-you-need"]
    assert (found.is_archived, found.publishes_weights) == (False, True)
    assert found.created.isoformat() == "2017-06-14T10:15:20+00:00"
    # Of 2014, without licence and topics.
    assert Repository.objects.get(full_name="kennethreitz/legit").stars > 0


def test_more_than_a_thousand_results_are_all_read(many: ReplayServer, corpus: list[Item]) -> None:
    run = harvest(source(many))
    assert (run.state, run.message, run.rejected) == ("done", "", 0)
    assert (run.seen, run.created) == (1_400, 1_400)
    assert Repository.objects.filter(publishes_weights=True).count() == len(corpus)
    assert not [path for path in many.asked if "page=11" in path]
    # Down to a part of an hour: 1,050 of them were created within 53 minutes.
    assert any("created:2024-05-07T09" in asked_for(path) for path in many.asked)
    assert len(many.asked) < 90


def test_a_second_walk_brings_only_what_was_pushed(few: ReplayServer, corpus: list[Item]) -> None:
    harvest(source(few))
    watermark = datetime.fromisoformat(Checkpoint.objects.get().watermark.split()[0])
    assert abs(datetime.now(UTC) - watermark) < timedelta(minutes=5)

    corpus[-7]["pushed_at"] = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
    corpus[-7]["stargazers_count"] = 123_456
    few.asked.clear()
    run = harvest(source(few))
    assert (run.kind, run.seen, run.updated, run.gone) == ("incremental", 1, 1, 0)
    yesterday = watermark - timedelta(days=1)
    assert all(f"pushed:>={yesterday:%Y-%m-%d}" in asked_for(path) for path in few.asked)
    assert Repository.objects.filter(stars=123_456).count() == 1


def test_a_second_full_walk_writes_nothing(few: ReplayServer) -> None:
    harvest(source(few))
    Checkpoint.objects.update(watermark="")
    run = harvest(source(few))
    assert (run.kind, run.seen, run.unchanged) == ("full", 150, 150)


def test_a_walk_that_broke_off_goes_on_from_its_page(few: ReplayServer) -> None:
    answers, left = few.routes["/github"], [1]
    few.routes["/github"] = lambda asked: answers(asked) if left and left.pop() else NOT_FOUND
    first = harvest(source(few))
    assert (first.state, first.seen) == ("partial", 100)

    few.routes["/github"] = answers
    second = harvest(source(few))
    assert (second.state, second.seen, second.created) == ("done", 50, 50)
    assert RepositoryListing.objects.count() == 150


def test_every_place_of_a_walk_can_be_gone_on_from(many: ReplayServer) -> None:
    """As after kill -9: the pages from a cursor on are those that would have come."""
    walker = source(many, "topic:pretrained-models", "topic:attention")
    with Http(*walker.bases) as http:
        pages = list(walker.pages(http, Start()))
        for number in range(0, len(pages) - 1, 6):
            assert len(pages[number].next_cursor) < 3_000
            rest = list(walker.pages(http, Start(cursor=pages[number].next_cursor)))
            assert [page.body for page in rest] == [page.body for page in pages[number + 1 :]]


def test_other_queries_than_those_of_the_cursor_begin_anew(few: ReplayServer) -> None:
    walker = source(few)
    with Http(*walker.bases) as http:
        cursor = next(walker.pages(http, Start())).next_cursor
        page = next(source(few, "topic:attention").pages(http, Start(cursor=cursor)))
    assert json.loads(page.body)["query"] == 0
    assert "attention" in page.body.decode()


def test_after_the_queries_were_changed_everything_is_read(few: ReplayServer) -> None:
    harvest(source(few, "topic:attention"))
    few.asked.clear()
    assert harvest(source(few)).seen == 150
    assert not any("pushed:" in asked_for(path) for path in few.asked)
    assert len(Checkpoint.objects.get().watermark) < 100


def test_a_date_stands_in_for_the_watermark(few: ReplayServer) -> None:
    walker = source(few)
    with Http(*walker.bases) as http:
        list(walker.pages(http, Start(watermark="2026-03-02")))
    assert "pushed:>=2026-03-01" in asked_for(few.asked[0])


def test_the_queries_are_a_setting(server: LocalServer, settings: Settings) -> None:
    server.replies(answer())
    settings.GITHUB_API_URL = server.url
    settings.HARVEST_GITHUB_QUERIES = ' "model zoo" in:readme ; '
    harvest(SOURCES["github"]())
    assert [asked_for(path).split(" created:")[0] for path in server.paths] == [
        '"model zoo" in:readme'
    ]


def test_the_watermark_is_when_the_walk_began_also_after_a_break(few: ReplayServer) -> None:
    """What is pushed while it lasts is brought by the next one."""
    walker = source(few)
    with Http(*walker.bases) as http:
        state = json.loads(next(walker.pages(http, Start())).next_cursor)
        state["began"] = "2026-01-02T03:04:05Z"
        pages = list(walker.pages(http, Start(cursor=json.dumps(state))))
    assert {page.watermark.split()[0] for page in pages} == {"2026-01-02T03:04:05Z"}


def test_a_search_that_github_does_not_finish_is_asked_again(server: LocalServer) -> None:
    item = publisher(1, "2024-01-01T00:00:00Z")
    server.replies(answer(complete=False), answer(item, complete=False), answer(item))
    run = harvest(source(server))
    assert (run.state, run.created, run.message) == ("done", 1, "")
    assert len(server.asked) == 3
    assert len(set(server.paths)) == 1


def test_one_that_it_never_finishes_is_split(server: LocalServer) -> None:
    def reply(path: str) -> Reply:
        low, _, high = asked_for(path).partition("created:")[2].partition("..")
        span = datetime.fromisoformat(high) - datetime.fromisoformat(low)
        item = publisher(int(low[:4]) * 100 + int(low[5:7]), low)
        return answer(item, complete=span < timedelta(days=2_000))

    server.answer = reply
    run = harvest(source(server))
    assert (run.state, run.created, run.message) == ("done", 4, "")


def test_one_that_stays_unfinished_is_taken_as_it_is_and_said(server: LocalServer) -> None:
    item = publisher(1, "2024-01-01T00:00:00Z")
    server.replies(answer(item, total=12, complete=False))
    run = harvest(source(server))
    assert run.state == "done"
    assert "GitHub did not finish the search for 12 repositories created in 2007" in run.message
    assert run.created == 1
    assert len(server.asked) < 300


def test_the_recorded_unfinished_answer_is_understood(server: LocalServer, shared: Path) -> None:
    file = shared / "data/github/pygithub_replay/PaginatedList.testSearchWithIncompleteResults.txt"
    unfinished = exchanges(file)[0][2] | {"items": [publisher(1, "2024-01-01T00:00:00Z")]}
    server.replies((200, {}, json.dumps(unfinished).encode()), answer())
    assert harvest(source(server)).state == "done"
    assert len(server.asked) == 2


def test_no_moment_belongs_to_two_slices(many: ReplayServer) -> None:
    walker = source(many)
    with Http(*walker.bases) as http:
        bodies = [json.loads(page.body) for page in walker.pages(http, Start())]
    slices = sorted({tuple(body["slice"].split("..")) for body in bodies})
    assert len(slices) > 3
    assert all(high < low for (_, high), (low, _) in pairwise(slices))


def test_a_query_that_github_refuses_does_not_stop_the_others(server: LocalServer) -> None:
    def reply(path: str) -> Reply:
        if "nonsense" in asked_for(path):
            return 422, {}, b'{"message":"Validation Failed"}'
        return answer(publisher(1, "2024-01-01T00:00:00Z"))

    server.answer = reply
    run = harvest(source(server, "nonsense:::", "topic:model-zoo"))
    assert (run.state, run.created) == ("done", 1)
    assert "GitHub refuses the search 'nonsense:::': correct HARVEST_GITHUB_QUERIES" in run.message


def test_an_exhausted_limit_ends_the_run_with_when_it_goes_on(server: LocalServer) -> None:
    reset = int((datetime.now(UTC) + timedelta(minutes=40)).timestamp())
    limits = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(reset)}
    server.replies(
        answer(publisher(1, "2024-01-01T00:00:00Z")),
        (403, limits, b'{"message":"API rate limit exceeded for 127.0.0.1"}'),
    )
    run = harvest(source(server, "topic:a", "topic:b"))
    assert (run.state, run.created, len(server.asked)) == ("partial", 1, 2)
    assert "to be asked again after 24" in run.message
    assert Checkpoint.objects.get().cursor


def test_it_says_who_asks_and_with_which_version(server: LocalServer) -> None:
    server.replies(answer())
    harvest(source(server))
    headers = {name.lower(): value for name, value in server.asked[0][1].items()}
    assert headers["authorization"] == "Bearer secret"
    assert headers["x-github-api-version"] == "2022-11-28"
    assert headers["user-agent"].startswith("modelscout/")


def test_its_token_goes_to_no_other_host(server: LocalServer) -> None:
    server.replies((302, {"Location": "http://localhost:9/search/repositories"}, b""))
    run = harvest(source(server))
    assert run.state == "unreachable"
    assert "not on the source's own host" in run.message


def test_without_a_token_it_asks_less_often() -> None:
    assert [Github("https://a.org", token).bases[0].pace for token in ("", "t")] == [6.1, 2.1]
    assert "Authorization" not in Github("https://a.org").bases[0].headers


def test_a_broken_result_is_kept_and_the_others_are_read(server: LocalServer) -> None:
    broken = {"full_name": "a/b"}
    server.replies(answer(broken, 7, publisher(1, "2024-01-01T00:00:00Z")))
    walker = source(server)
    run = harvest(walker)
    assert (run.created, run.rejected) == (1, 2)
    rejected = RejectedRecord.objects.get(external_id="a/b")
    assert len(list(walker.records(Page(rejected.raw.encode())))) == 1


def test_private_repositories_are_left_out(server: LocalServer) -> None:
    server.replies(answer(publisher(1, "2024-01-01T00:00:00Z", private=True)))
    assert harvest(source(server)).seen == 0


@pytest.mark.parametrize(
    "body",
    [b"<html></html>", b'{"total_count":1,"it', b"[]", b"{}", b"[" * 100_000],
    ids=["html", "truncated", "a list", "nothing", "nested"],
)
def test_another_answer_than_a_list_of_repositories_ends_the_run(
    server: LocalServer, body: bytes
) -> None:
    server.replies((200, {}, body))
    run = harvest(source(server))
    assert run.state == "unreachable"
    assert "something else than a list of repositories" in run.message


@pytest.mark.parametrize(
    ("homepage", "kept"),
    [
        ("https://a.org/x", "https://a.org/x"), ("www.a.org", "https://www.a.org"), ("", ""),
        ("javascript:alert(1.5)", ""), ("see the paper. It is here", ""), (None, ""), (7, ""),
    ],
)  # fmt: skip
def test_a_homepage_is_kept_only_if_it_is_an_address(
    server: LocalServer, homepage: object, kept: str
) -> None:
    server.replies(answer(publisher(1, "2024-01-01T00:00:00Z", homepage=homepage)))
    harvest(source(server))
    assert Repository.objects.get().homepage == kept


def test_a_license_that_github_does_not_know_is_unknown(server: LocalServer) -> None:
    changes = {"license": {"key": "other", "spdx_id": "NOASSERTION"}}
    server.replies(answer(publisher(1, "2024-01-01T00:00:00Z", **changes)))
    harvest(source(server))
    assert "license" not in RepositoryListing.objects.get().facts


def test_papers_in_the_description_are_linked(server: LocalServer) -> None:
    changes = {"description": "Code of https://arxiv.org/abs/2201.03545v2", "homepage": None}
    server.replies(answer(publisher(1, "2024-01-01T00:00:00Z", **changes)))
    harvest(source(server))
    assert Repository.objects.get().paper_links.get().paper.key == "2201.03545"


def test_pretrained_pytorch_image_classifiers_on_github_are_one_address(
    few: ReplayServer, client: Client
) -> None:
    """The third exercise of the workshop."""
    harvest(source(few, "topic:pretrained-models", "topic:attention"))
    address = (
        "/repositories/?has=weights&task=image-classification&framework=pytorch&language=python"
    )
    page = client.get(address).text
    assert "1–30 of 150" in page
    assert "synthetic-publishers/net-" in page
    # In PyTorch and in Python, but no classifier.
    assert "labmlai/annotated" not in page
    assert (
        "labmlai/annotated"
        in client.get("/repositories/?framework=pytorch&language=python&sort=-stars").text
    )


def test_its_own_queries_keep_to_githubs_limits() -> None:
    assert all(len(query) <= 256 for query in QUERIES)
    assert all(sum(word in query for word in (" AND ", " OR ", " NOT ")) <= 5 for query in QUERIES)
