"""The generated hub of the benchmark speaks as the real one, and its source harvests it whole."""

import json
from collections.abc import Iterator
from threading import Thread

import httpx2
import pytest

from bench.hub import Server
from bench.hub_models import Hub
from catalog.models import Change, Listing, PretrainedModel
from harvesters.engine import harvest
from harvesters.sources.huggingface import HuggingFace

MODELS = 300


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(Hub(MODELS)) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_an_answer_holds_the_fields_that_are_asked_for_and_names_the_next_page(
    server: Server,
) -> None:
    url = f"{server.url}/api/models?sort=createdAt&direction=1&limit=7&expand=tags&expand=sha"
    answer = httpx2.get(url)
    assert len(answer.json()) == 7
    assert {"_id", "id", "tags", "sha"} == set(answer.json()[0])
    assert len(httpx2.get(answer.links["next"]["url"]).json()) == 7


def test_what_it_cannot_answer_it_refuses(server: Server) -> None:
    assert httpx2.get(f"{server.url}/api/models?author=timm").status_code == 400
    assert httpx2.get(f"{server.url}/api/datasets").status_code == 404


@pytest.mark.parametrize("sort", ["createdAt", "lastModified"])
def test_every_model_comes_once_in_order(sort: str) -> None:
    fields = ("createdAt", "lastModified")
    items = json.loads(Hub(MODELS, 0.01).page(0, MODELS, sort, False, fields))
    assert len({item["id"] for item in items}) == MODELS
    times = [item[sort] for item in items]
    assert times == sorted(times, reverse=True)


@pytest.mark.django_db
def test_a_full_harvest_then_what_changed(server: Server) -> None:
    run = harvest(HuggingFace(server.url, page_size=100))
    assert (run.kind, run.created, run.rejected) == ("full", MODELS, 0)
    with_parent = Listing.objects.exclude(parent_key="").count()
    assert PretrainedModel.objects.exclude(parent=None).count() == with_parent > 50
    server.hub = Hub(MODELS, 0.01)
    run = harvest(HuggingFace(server.url, page_size=100))
    assert (run.kind, run.created, run.updated) == ("incremental", 0, 3)
    assert set(Change.objects.values_list("field", flat=True)) == {"revision"}
