"""Repositories looked up at GitHub by the names that others give them."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import stamina
from django.utils import timezone

from catalog.models import PretrainedModel, Repository, RepositoryListing, Source
from catalog.records import Fact, ModelRecord
from catalog.reference_records import RepositoryRecord
from catalog.services import upsert
from harvesters import wanted
from harvesters.engine import harvest
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.sources.base import Page
from harvesters.sources.github_repositories import GithubRepositories, is_weights_file
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import ReplayServer
from tests.harvesters.replay_github import (
    Item,
    exchanges,
    headers_of,
    publisher,
    recorded_items,
    renames,
)

pytestmark = pytest.mark.django_db

Reply = tuple[int, dict[str, str], bytes]
LIMIT_REACHED = b'{"message":"API rate limit exceeded for user ID 1."}'


def name(*names: str) -> None:
    """Somebody names these repositories."""
    Repository.objects.bulk_create(Repository(full_name=one) for one in names)


def source(server: ReplayServer | LocalServer, most: int = 1_000) -> GithubRepositories:
    below = "/github" if isinstance(server, ReplayServer) else ""
    return GithubRepositories(server.url + below, "secret", wanted.repositories, most, pace=0)


def sent(value: object, status: int = 200, **headers: str) -> Reply:
    return status, headers, json.dumps(value).encode()


def repository(full_name: str, number: int = 1, **changes: object) -> Item:
    return publisher(number, "2020-01-01T00:00:00Z", full_name=full_name, **changes)


def serve(server: LocalServer, repositories: dict[str, object], releases: object = ()) -> None:
    """Answers for these; a value that is a reply is sent as it is."""

    def answer(path: str) -> Reply:
        if "/releases" in path:
            return sent(releases)
        found = repositories.get(path.removeprefix("/repos/"))
        if found is None:
            return sent({"message": "Not Found"}, 404)
        return found if isinstance(found, tuple) else sent(found)

    server.answer = answer


def asset(file: str, **changes: object) -> Item:
    """Synthetic, in the form of the recorded asset."""
    return {
        "name": file, "size": 102_540_417, "download_count": 7, "digest": None,
        "browser_download_url": f"https://github.com/a/b/releases/download/v1/{file}",
    } | changes  # fmt: skip


@pytest.fixture
def recorded(shared: Path) -> dict[str, Item]:
    return recorded_items(shared / "data" / "github")


def test_every_recorded_repository_is_looked_up(
    replay: ReplayServer, recorded: dict[str, Item]
) -> None:
    name(*recorded)
    run = harvest(source(replay))
    assert (run.state, run.pages, run.rejected) == ("done", 7, 0)
    assert (run.seen, run.created, run.expected) == (67, 67, 67)
    found = Repository.objects.get(full_name="pygithub/pygithub")
    assert (found.license, found.language, found.is_archived) == ("lgpl-3.0", "Python", False)
    assert found.github_id == 3544490
    assert found.topics == ["github", "github-api", "pygithub", "python"]
    assert found.publishes_weights is None

    assert wanted.repositories(10) == []
    RepositoryListing.objects.update(last_seen=timezone.now() - timedelta(days=8))
    again = harvest(source(replay))
    assert (again.seen, again.unchanged) == (67, 67)


def test_what_has_not_changed_is_not_sent_again(server: LocalServer) -> None:
    body = json.dumps(repository("a/b", stargazers_count=41)).encode()

    def answer(path: str) -> Reply:
        if "/releases" in path:
            return sent([], ETag='W/"r"')
        asked = {key.lower(): value for key, value in server.asked[-1][1].items()}
        return (
            (304, {}, b"")
            if asked.get("if-none-match") == 'W/"1"'
            else (200, {"ETag": 'W/"1"'}, body)
        )

    server.answer = answer
    name("a/b")
    harvest(source(server))
    RepositoryListing.objects.update(last_seen=timezone.now() - timedelta(days=8))
    run = harvest(source(server))
    assert (run.state, run.unchanged) == ("done", 1)
    assert Repository.objects.get().stars == 41
    tags = [
        dict(headers).get("If-None-Match", dict(headers).get("if-none-match"))
        for _, headers in server.asked
    ]
    assert tags == [None, None, 'W/"1"', 'W/"r"']


def test_a_renamed_repository_is_found_under_its_present_name(
    replay: ReplayServer, shared: Path
) -> None:
    former = renames(shared / "data" / "github")
    name(*former)
    run = harvest(source(replay))
    assert (run.state, run.created, len(former)) == ("done", 2, 2)
    present = Repository.objects.get(full_name="pygithub/pygithub")
    assert Repository.objects.get(full_name="jacquev6/pygithub").renamed_to == present
    assert present.github_id == former["jacquev6/pygithub"]
    moved = Repository.objects.get(full_name__startswith="octokit-fixture-org", renamed_to=None)
    assert moved.full_name.endswith("-newname")
    assert wanted.repositories(10) == []


def test_what_is_not_there_is_gone_and_no_failure(server: LocalServer) -> None:
    serve(
        server,
        {"a/there": repository("a/there"), "a/blocked": sent({"message": "Unavailable"}, 451)},
    )
    name("a/never", "a/there", "a/blocked")
    run = harvest(source(server))
    assert (run.state, run.seen, run.created, run.rejected) == ("done", 3, 1, 0)
    gone = RepositoryListing.objects.exclude(gone_since=None)
    assert {row.repository.full_name for row in gone} == {"a/never", "a/blocked"}
    assert wanted.repositories(10) == []


def test_one_that_was_there_and_vanishes_is_marked_gone_and_comes_back(server: LocalServer) -> None:
    serve(server, {"a/b": repository("a/b", stargazers_count=41)})
    name("a/b")
    harvest(source(server))
    RepositoryListing.objects.update(last_seen=timezone.now() - timedelta(days=8))
    serve(server, {})
    harvest(source(server))
    listing = RepositoryListing.objects.get()
    assert listing.gone_since
    assert Repository.objects.get().stars == 41

    RepositoryListing.objects.update(last_seen=timezone.now() - timedelta(days=8))
    serve(server, {"a/b": repository("a/b", stargazers_count=42)})
    harvest(source(server))
    assert RepositoryListing.objects.get().gone_since is None
    assert Repository.objects.get().stars == 42


def test_a_repository_that_only_the_token_may_see_is_not_shown(server: LocalServer) -> None:
    serve(server, {"a/b": repository("a/b", private=True)})
    name("a/b")
    harvest(source(server))
    assert RepositoryListing.objects.get().facts == {}
    assert Repository.objects.get().stars is None


def test_weight_files_of_releases_are_listed(server: LocalServer) -> None:
    digest = "sha256:" + "a" * 64
    releases = [
        {"tag_name": "v1", "body": "long", "assets": [
            asset("resnet50.pth", digest=digest), asset("source.zip"), asset("model-weights.tar.gz"),
        ]},
        {"tag_name": "v0", "assets": []},
    ]  # fmt: skip
    serve(server, {"a/b": repository("a/b")}, releases)
    name("a/b")
    harvest(source(server))
    found = Repository.objects.get()
    assert found.publishes_weights is True
    assert found.weights_files == [
        {
            "release": "v1", "name": "resnet50.pth", "bytes": 102_540_417, "downloads": 7,
            "url": "https://github.com/a/b/releases/download/v1/resnet50.pth", "sha256": "a" * 64,
        },
        {
            "release": "v1", "name": "model-weights.tar.gz", "bytes": 102_540_417, "downloads": 7,
            "url": "https://github.com/a/b/releases/download/v1/model-weights.tar.gz",
        },
    ]  # fmt: skip


def test_releases_on_several_pages_are_read(server: LocalServer) -> None:
    def answer(path: str) -> Reply:
        if "/releases" not in path:
            return sent(repository("a/b"))
        number = 2 if "page=2" in path else 1
        link = f'<{server.url}/repos/a/b/releases?page=2>; rel="next"' if number == 1 else ""
        return sent([{"tag_name": f"v{number}", "assets": [asset(f"{number}.pt")]}], Link=link)

    server.answer = answer
    name("a/b")
    harvest(source(server))
    assert [file["name"] for file in Repository.objects.get().weights_files] == ["1.pt", "2.pt"]


@pytest.mark.parametrize(
    "file",
    [
        "resnet50-0676ba61.pth", "a.pt", "a.SAFETENSORS", "a.onnx", "a.h5", "a.ckpt", "a.tflite", "a.gguf",
        "model_best.pth.tar", "pytorch_model.bin", "frozen_inference_graph.pb", "imagenet.npz",
        "yolov3.weights", "weights.zip", "checkpoints-2020.tar.gz", "bert_model.tgz", "pre-trained.7z",
    ],
)  # fmt: skip
def test_these_are_weight_files(file: str) -> None:
    assert is_weights_file(file)


@pytest.mark.parametrize(
    "file",
    [
        "source.zip", "firmware.bin", "data.npz", "net-1.0-py3-none-any.whl", "a.pth.txt", "pth", "notes.pdf",
        "remodeled.zip", "model.py", "weights.md", "linux-x64.tar.gz", "schema.pb", "",
    ],
)  # fmt: skip
def test_these_are_not(file: str) -> None:
    assert not is_weights_file(file)


def test_a_run_that_broke_off_goes_on_with_the_rest(
    replay: ReplayServer, recorded: dict[str, Item]
) -> None:
    name(*sorted(recorded)[:15])
    answers, left = replay.routes["/github"], [1] * 25
    replay.routes["/github"] = lambda asked: (
        answers(asked) if left and left.pop() else (500, {}, b"")
    )
    with stamina.set_testing(testing=True, attempts=1):
        first = harvest(source(replay))
    assert (first.state, first.seen) == ("partial", 12)
    assert Checkpoint.objects.get().cursor == "12"

    replay.routes["/github"] = answers
    second = harvest(source(replay))
    assert (second.state, second.seen, second.expected) == ("done", 3, 15)
    assert RepositoryListing.objects.count() == 15


def test_no_more_than_were_allowed_are_looked_up_in_one_run(server: LocalServer) -> None:
    serve(server, {f"a/b{n}": repository(f"a/b{n}", n) for n in range(1, 6)})
    name(*(f"a/b{n}" for n in range(1, 6)))
    assert harvest(source(server, most=3)).seen == 3
    assert harvest(source(server, most=3)).seen == 2


def test_the_end_of_the_allowance_loses_nothing_and_says_when_it_goes_on(
    server: LocalServer,
) -> None:
    reset = str(int((datetime.now(UTC) + timedelta(minutes=30)).timestamp()))
    spent = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}
    serve(
        server,
        {"a/b1": repository("a/b1", 1), "a/b2": (403, spent, LIMIT_REACHED)},
    )
    name("a/b1", "a/b2", "a/b3")
    run = harvest(source(server))
    assert (run.state, run.seen, run.expected) == ("partial", 1, 3)
    assert "to be asked again after 1" in run.message
    assert len(server.asked) == 3
    assert [one for one, _ in wanted.repositories(10)] == ["a/b2", "a/b3"]


@pytest.mark.parametrize(
    ("kind", "wait"), [("AuthenticatedRateLimitExceeded", 60), ("RateLimitExceeded", 60)]
)
def test_the_recorded_limits_are_no_refusals_of_a_repository(
    server: LocalServer, shared: Path, kind: str, wait: int
) -> None:
    file = shared / "data/github/pygithub_replay" / f"SpecificExceptions.test{kind}.txt"
    kept = {"retry-after", "x-ratelimit-remaining"}
    headers = {key: value for key, value in headers_of(file, 1).items() if key.lower() in kept}
    status, body = exchanges(file)[1][1:]
    server.replies(sent(body, status, **headers))
    name("a/b")
    with stamina.set_testing(testing=True, attempts=1):
        run = harvest(source(server))
    assert (run.state, run.rejected) == ("partial", 0)
    assert f"answered 403, to be asked again after {wait} s" in run.message


def test_a_refused_repository_does_not_stop_the_others(server: LocalServer) -> None:
    refused = sent({"message": "Repository access blocked"}, 403)
    serve(server, {"a/b1": refused, "a/b2": repository("a/b2", 2)})
    name("a/b1", "a/b2")
    run = harvest(source(server))
    assert (run.state, run.created, run.rejected) == ("done", 1, 1)
    assert RejectedRecord.objects.get().external_id == "a/b1"
    assert wanted.repositories(10) == []


def test_a_token_that_may_nothing_ends_the_run(server: LocalServer) -> None:
    server.replies(sent({"message": "Forbidden"}, 403))
    name(*(f"a/b{n}" for n in range(5)))
    run = harvest(source(server))
    assert (run.state, RejectedRecord.objects.count()) == ("unreachable", 0)
    assert "is GITHUB_TOKEN still valid?" in run.message


def test_a_wrong_token_ends_the_run_at_once(server: LocalServer) -> None:
    server.replies(sent({"message": "Bad credentials"}, 401))
    name("a/b1", "a/b2")
    run = harvest(source(server))
    assert (run.state, len(server.asked)) == ("unreachable", 1)
    assert "answered 401" in run.message


def test_a_broken_repository_is_kept_and_the_others_are_read(server: LocalServer) -> None:
    serve(server, {"a/b1": {"full_name": "a/b1"}, "a/b2": repository("a/b2", 2)})
    name("a/b1", "a/b2")
    looker = source(server)
    run = harvest(looker)
    assert (run.created, run.rejected) == (1, 1)
    raw = RejectedRecord.objects.get(external_id="a/b1").raw
    assert len(list(looker.records(Page(raw.encode())))) == 1


def test_names_that_lead_elsewhere_are_not_asked(server: LocalServer) -> None:
    name("../..", "a/..")
    harvest(source(server))
    assert server.asked == []


def test_its_token_goes_to_no_other_host(server: LocalServer) -> None:
    server.replies((301, {"Location": "http://localhost:9/repositories/1"}, b""))
    name("a/b")
    run = harvest(source(server))
    assert run.state == "unreachable"
    assert "not on the source's own host" in run.message


def test_repositories_of_checkpoints_come_first_and_stale_ones_last() -> None:
    github = Source.objects.create(name="github-repositories", title="GitHub", kind="repositories")
    hub = Source.objects.create(name="hub", title="Hub", kind="hub")
    name("a/other", "a/weights", "a/former")
    Repository.objects.filter(full_name="a/weights").update(publishes_weights=True)
    stale = RepositoryRecord("7", "a/stale", facts={"github_id": Fact(7)})
    upsert(github, [stale], seen_at=timezone.now() - timedelta(days=9))
    upsert(github, [RepositoryRecord("8", "a/fresh", facts={"github_id": Fact(8)})])
    upsert(hub, [ModelRecord("m", facts={"name": Fact("m")}, repositories=("a/named",))])
    Repository.objects.filter(full_name="a/former").update(
        renamed_to=Repository.objects.get(full_name="a/fresh")
    )
    assert PretrainedModel.objects.get().repositories.get().full_name == "a/named"

    assert wanted.repositories(10) == [
        ("a/named", ""), ("a/weights", ""), ("a/other", ""), ("a/stale", "7"),
    ]  # fmt: skip


def test_of_the_search_and_the_look_up_the_newer_is_believed() -> None:
    searched = Source.objects.create(name="github", title="GitHub", kind="repositories")
    looked_up = Source.objects.create(name="github-repositories", title="G", kind="repositories")
    earlier = timezone.now() - timedelta(days=3)
    record = RepositoryRecord("7", "a/b", facts={"stars": Fact(5)})
    upsert(looked_up, [record], seen_at=earlier)
    upsert(searched, [RepositoryRecord("7", "a/b", facts={"stars": Fact(6)})])
    assert Repository.objects.get().stars == 6
    upsert(looked_up, [RepositoryRecord("7", "a/b", facts={"stars": Fact(7)})])
    assert Repository.objects.get().stars == 7
