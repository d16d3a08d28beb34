"""ModelScope, harvested from a synthetic server: slices, increments, its ways of saying no."""

import json
from collections.abc import Callable, Iterator, Sequence
from threading import Thread
from typing import Any

import pytest
import stamina

from catalog.models import Listing, PretrainedModel
from catalog.records import ModelRecord, Rejected
from catalog.vocabulary import TASKS
from harvesters.engine import harvest
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.sources import modelscope as module
from harvesters.sources.base import Page
from harvesters.sources.modelscope import PACE, ModelScope, next_slice, query_of
from harvesters.sources.modelscope_tasks import OWN_NAMES
from tests.harvesters.conftest import LocalServer, Reply
from tests.harvesters.replay import ReplayServer
from tests.harvesters.synthetic_modelscope import entry, modelscope

Serve = Callable[..., tuple[ModelScope, ReplayServer]]

pytestmark = pytest.mark.django_db


@pytest.fixture
def serve() -> Iterator[Serve]:
    running: list[ReplayServer] = []

    def start(models: Sequence[Any], reach: int = 3000) -> tuple[ModelScope, ReplayServer]:
        server = ReplayServer({"/": lambda asked: (404, {}, b"")})
        server.routes = {"": modelscope(models, reach)}
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        running.append(server)
        return ModelScope(server.url, pace=0), server

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture
def short_reach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of two and a reach of four: slices without thousands of models."""
    monkeypatch.setattr(module, "_PAGE", 2)
    monkeypatch.setattr(module, "_REACH", 4)


def record_of(**changed: Any) -> ModelRecord:
    body = json.dumps({"models": [entry(1, **changed)]}).encode()
    (record,) = ModelScope("https://modelscope.cn").records(Page(body))
    assert isinstance(record, ModelRecord)
    return record


def test_every_model_is_read_once(serve: Serve) -> None:
    source, _ = serve([entry(number) for number in range(1, 121)])
    run = harvest(source)
    assert (run.state, run.pages, run.created, run.rejected, run.expected) == (
        "done",
        3,
        120,
        0,
        120,
    )
    found = Listing.objects.get(external_id="synthetic/model-7").pretrained
    assert (found.task, found.license, found.parameters) == (
        "text-generation",
        "apache-2.0",
        8_190_735_360,
    )
    assert (found.downloads, found.size_bytes) == (7, 16_397_461_504)
    assert (found.libraries, found.datasets) == (["transformers"], ["squad"])


def test_the_second_run_asks_only_for_what_changed_since(serve: Serve) -> None:
    models = [entry(number) for number in range(1, 300)]
    source, server = serve(models)
    harvest(source)
    models[0] = entry(1, likes=4, last_modified=1_700_100_000)
    server.asked.clear()
    run = harvest(source)
    assert (run.kind, run.created, run.updated) == ("incremental", 0, 1)
    assert len(server.asked) == 3  # the hour before the newest is read again
    assert run.gone == 0


def test_a_list_longer_than_it_shows_is_read_in_slices(serve: Serve, short_reach: None) -> None:
    tasks = ["text-generation"] * 3 + ["translation"] * 3 + ["fill-mask"] * 3
    source, server = serve([entry(n, tasks=[task]) for n, task in enumerate(tasks, 1)], reach=4)
    run = harvest(source)
    assert (run.state, run.created) == ("done", 9)
    assert "shows 4 models of a query at most" in run.message
    assert any("filter.task=translation" in path for path in server.asked)


def test_models_of_a_task_that_only_modelscope_knows_are_reached(
    serve: Serve, short_reach: None
) -> None:
    tasks = ["text-generation"] * 3 + ["text-to-image-synthesis"] * 3 + ["ocr-detection"] * 3
    source, _ = serve([entry(n, tasks=[task]) for n, task in enumerate(tasks, 1)], reach=4)
    assert harvest(source).created == 9
    found = PretrainedModel.objects.values_list("task", flat=True).distinct()
    assert set(found) == {"text-generation", "text-to-image", "ocr-detection"}


def test_the_names_of_tasks_are_asked_for_once() -> None:
    assert len({*TASKS, *OWN_NAMES}) == len(TASKS) + len(OWN_NAMES)


def test_slices_of_slices_reach_down_to_the_letters(serve: Serve, short_reach: None) -> None:
    names = [f"synthetic/{letter}{n}" for letter in "xy" for n in range(4)]
    source, server = serve([entry(n, id=name) for n, name in enumerate(names, 1)], reach=4)
    harvest(source)
    assert set(Listing.objects.values_list("external_id", flat=True)) == set(names)
    assert any("filter.license=apache-2.0&search=x" in path for path in server.asked)


def test_a_walk_that_broke_off_goes_on_in_its_slice(serve: Serve, short_reach: None) -> None:
    tasks = ["text-generation"] * 3 + ["translation"] * 3
    source, server = serve([entry(n, tasks=[task]) for n, task in enumerate(tasks, 1)], reach=4)
    route = server.routes[""]
    server.routes = {
        "": lambda asked: (404, {}, b"") if "translation" in str(asked.query) else route(asked)
    }
    assert harvest(source).state == "partial"
    cursor = Checkpoint.objects.get().cursor
    server.routes = {"": route}
    server.asked.clear()
    assert harvest(source).state == "done"
    assert json.loads(cursor) == [["text-ranking"], 1]  # what comes after text-generation
    assert not any("page_number=1&" in path and "filter" not in path for path in server.asked)
    assert PretrainedModel.objects.count() == 6


def test_the_slices_come_to_an_end() -> None:
    part: tuple[str, ...] | None = ()
    seen = set()
    while part is not None:
        seen.add(part)
        part = next_slice(part, is_divided=len(part) < 1)
    assert len(seen) == 1 + len(TASKS) + len(OWN_NAMES)
    deepest = ("text-generation", "gguf", "mit", "9", "9")
    assert next_slice(deepest, is_divided=True) == ("text-generation", "gguf", "other")
    assert query_of(deepest)["search"] == "99"


def test_a_broken_model_among_good_ones_is_rejected(serve: Serve) -> None:
    source, _ = serve(
        [entry(1), entry(2, id=None), "text", entry(3, tags=5), entry(4, id="nobody")]
    )
    run = harvest(source)
    assert (run.created, run.rejected) == (1, 4)
    kept = RejectedRecord.objects.get(external_id="nobody")
    (again,) = source.records(Page(kept.raw.encode()))
    assert isinstance(again, Rejected)


@pytest.mark.parametrize(
    "moment", [1_650_000_000, "1650000000", "2022-04-15T05:20:00Z", 1_650_000_000.0]
)
def test_moments_are_texts_or_seconds(moment: Any) -> None:
    assert record_of(last_modified=moment).facts["updated_at"].value == "2022-04-15T05:20:00+00:00"


@pytest.mark.parametrize("moment", [None, 0, "soon", -1, True, 10**30])
def test_what_is_no_moment_is_unknown(moment: Any) -> None:
    assert record_of(last_modified=moment).facts["updated_at"].value is None


@pytest.mark.parametrize(
    "tasks", [["text-generation"], [{"name": "text-generation"}], [{"Name": "Text Generation"}]]
)
def test_tasks_are_names_or_objects(tasks: Any) -> None:
    assert record_of(tasks=tasks).facts["task"].value == "text-generation"


def test_a_missing_licence_comes_from_the_tags_or_stays_unknown() -> None:
    assert record_of(license=None).facts["license"].value == "apache-2.0"
    assert record_of(license=None, tags=None).facts["license"].value == ""


def test_an_equal_name_elsewhere_proves_nothing() -> None:
    assert record_of().identity_keys == ()


def test_a_private_model_is_not_listed() -> None:
    body = json.dumps({"models": [entry(1, private=True)]}).encode()
    assert list(ModelScope("https://modelscope.cn").records(Page(body))) == []


def test_a_used_up_quota_ends_the_run_and_asks_for_an_hour(server: LocalServer) -> None:
    refusal = {"success": False, "code": "QuotaLimitExceed", "message": "quota"}
    server.replies((403, {}, json.dumps(refusal).encode()))
    with stamina.set_testing(testing=True, attempts=2):
        run = harvest(ModelScope(server.url, pace=0))
    assert run.state == "partial"
    assert "asked again after 3600 s" in run.message


def test_too_many_requests_are_tried_again(server: LocalServer) -> None:
    limited: Reply = (429, {"Retry-After": "0"}, b'{"success": false, "code": "RateLimitExceed"}')
    data = {"total_count": 1, "models": [entry(1)]}
    good: Reply = (200, {}, json.dumps({"success": True, "data": data}).encode())
    server.replies(limited, good)
    assert harvest(ModelScope(server.url, pace=0)).created == 1


@pytest.mark.parametrize(
    "body", [b"<html>maintenance</html>", b"[]", b'{"success": false, "message": "no"}']
)
def test_another_answer_than_a_list_ends_the_run(server: LocalServer, body: bytes) -> None:
    server.replies((200, {}, body))
    run = harvest(ModelScope(server.url, pace=0))
    assert run.state == "unreachable"
    assert "/openapi/v1/models" in run.message


def test_the_token_is_sent_and_the_pace_kept() -> None:
    (base,) = ModelScope("https://modelscope.cn", "secret").bases
    assert (base.headers, base.pace) == ({"Authorization": "Bearer secret"}, PACE)
    assert ModelScope("https://modelscope.cn").bases[0].headers == {}
