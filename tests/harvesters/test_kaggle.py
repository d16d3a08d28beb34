"""Kaggle Models, harvested from synthetic answers in the format of Kaggle's own client (kagglesdk 0.1.37)."""

import base64
import json
from typing import Any

import pytest

from catalog.models import Listing, Source
from catalog.records import Fact, ModelRecord, Rejected
from catalog.services import upsert_records
from harvesters.engine import harvest
from harvesters.models import RejectedRecord
from harvesters.sources.base import Page
from harvesters.sources.kaggle import Kaggle
from tests.harvesters.conftest import LocalServer, Reply

pytestmark = pytest.mark.django_db


def variation(**changed: Any) -> dict[str, Any]:
    return {
        "id": 1, "slug": "resnet_50_imagenet", "framework": "MODEL_FRAMEWORK_KERAS", "fineTunable": True,
        "overview": "synthetic", "usage": "", "downloadUrl": "", "versionId": 7, "versionNumber": 3,
        "trainingData": ["ImageNet"], "url": "", "licenseName": "Apache 2.0",
        "modelInstanceType": "MODEL_INSTANCE_TYPE_KAGGLE_VARIANT", "externalBaseModelUrl": "",
        "totalUncompressedBytes": 94_000_000, **changed,
    }  # fmt: skip


def model(ref: str = "keras/resnetv1", *variations: Any, **changed: Any) -> dict[str, Any]:
    return {
        "id": 1, "ref": ref, "title": "ResNet", "subtitle": "synthetic", "author": "Keras", "isPrivate": False,
        "slug": ref.partition("/")[2], "description": "See https://github.com/keras-team/keras-hub, "
        "https://arxiv.org/abs/1512.03385", "instances": list(variations) or [variation()],
        "tags": [{"ref": "image-classification", "name": "Image Classification"}],
        "publishTime": "2024-01-02T03:04:05Z", "provenanceSources": "", "url": "", "modelVersionLinks": [],
        "voteCount": 12, "updateTime": "2024-02-02T03:04:05Z", **changed,
    }  # fmt: skip


def answer(*models: Any, token: str = "") -> Reply:
    content = {"models": models, "nextPageToken": token, "totalResults": 0}
    return 200, {"Content-Type": "application/json"}, json.dumps(content).encode()


def kaggle(server: LocalServer) -> Kaggle:
    return Kaggle(server.url, "someone", "secret", pace=0)


def record_of(one: dict[str, Any], **changed: Any) -> ModelRecord:
    page = Page(json.dumps([{**model("keras/resnetv1", one), **changed}]).encode())
    (record,) = Kaggle("https://www.kaggle.com").records(page)
    assert isinstance(record, ModelRecord)
    return record


def test_without_an_account_the_run_says_what_is_missing(server: LocalServer) -> None:
    run = harvest(Kaggle(server.url))
    assert run.state == "not set up"
    assert "KAGGLE_USERNAME and KAGGLE_KEY are not set" in run.message
    assert server.asked == []


def test_the_account_is_sent(server: LocalServer) -> None:
    server.replies(answer())
    harvest(kaggle(server))
    ((path, headers),) = server.asked
    assert path == "/api/v1/models/list?sortBy=createTime&pageSize=20"
    assert headers["Authorization"] == "Basic " + base64.b64encode(b"someone:secret").decode()


def test_every_variation_is_read_once(server: LocalServer) -> None:
    pages = [
        answer(model(), token="t1"),
        answer(
            model("google/bert", variation(slug="a"), variation(slug="b", framework="TensorFlow2"))
        ),
    ]
    server.replies(*pages, *pages)
    run = harvest(kaggle(server))
    assert (run.state, run.pages, run.created, run.rejected) == ("done", 2, 3, 0)
    assert server.paths[1].endswith("pageToken=t1")
    assert harvest(kaggle(server)).unchanged == 3
    found = Listing.objects.get(external_id="keras/resnetv1/keras/resnet_50_imagenet").pretrained
    assert (found.task, found.license, found.size_bytes) == (
        "image-classification", "apache-2.0", 94_000_000,
    )  # fmt: skip
    assert Listing.objects.filter(external_id="google/bert/tensorFlow2/b").exists()


def test_a_walk_that_broke_off_goes_on_with_its_token(server: LocalServer) -> None:
    server.replies(answer(model(), token="t1"), (404, {}, b""))
    assert harvest(kaggle(server)).state == "partial"
    server.replies(answer(model("google/bert")))
    assert harvest(kaggle(server)).state == "done"
    assert "pageToken=t1" in server.paths[-1]
    assert Listing.objects.count() == 2


@pytest.mark.parametrize("listed", [{}, {"instances": None}, {"instances": []}])
def test_variations_that_the_list_leaves_out_are_asked_for(
    server: LocalServer, listed: dict[str, Any]
) -> None:
    short = {key: value for key, value in model().items() if key != "instances"} | listed
    whole: Reply = (200, {}, json.dumps(model()).encode())
    server.replies(answer(short), whole)
    assert harvest(kaggle(server)).created == 1
    assert server.paths[1] == "/api/v1/models/keras/resnetv1/get"


def test_a_broken_variation_among_good_ones_is_rejected(server: LocalServer) -> None:
    odd = model("o/n", variation(), variation(slug=None), "text")
    server.replies(answer(odd, "text", model("o/m")))
    source = kaggle(server)
    run = harvest(source)
    assert (run.created, run.rejected) == (2, 3)
    kept = RejectedRecord.objects.get(external_id="o/n/keras/None")
    (again,) = source.records(Page(kept.raw.encode()))
    assert isinstance(again, Rejected)


def test_the_preset_of_keras_hub_is_the_same_checkpoint(server: LocalServer) -> None:
    hub, _ = Source.objects.get_or_create(name="keras-hub", kind="library")
    preset = ModelRecord(
        "resnet_50_imagenet",
        facts={"name": Fact("resnet_50_imagenet")},
        identity_keys=("kaggle:keras/resnetv1/keras/resnet_50_imagenet",),
    )
    upsert_records(hub, [preset])
    server.replies(answer(model()))
    harvest(kaggle(server))
    assert Listing.objects.values("pretrained").distinct().count() == 1


@pytest.mark.parametrize(("stated", "address", "library"), [
    ("MODEL_FRAMEWORK_TENSOR_FLOW_2", "tensorFlow2", "tensorflow"), ("TensorFlow2", "tensorFlow2", "tensorflow"),
    ("PyTorch", "pyTorch", "pytorch"), ("MODEL_FRAMEWORK_PY_TORCH", "pyTorch", "pytorch"),
    ("MODEL_FRAMEWORK_GGUF", "gguf", "gguf"),
])  # fmt: skip
def test_frameworks_are_written_in_two_ways(stated: str, address: str, library: str) -> None:
    record = record_of(variation(framework=stated))
    assert record.external_id == f"keras/resnetv1/{address}/resnet_50_imagenet"
    assert record.facts["libraries"].value == [library]


def test_what_it_was_tuned_from_is_its_parent() -> None:
    base = {
        "id": 1,
        "owner": {"slug": "google"},
        "modelSlug": "bert",
        "instanceSlug": "en",
        "framework": "JAX",
    }
    record = record_of(variation(baseModelInstanceInformation=base))
    assert record.parent == ("kaggle:google/bert/jax/en", "fine-tuned")


def test_papers_and_repositories_come_from_the_description() -> None:
    record = record_of(variation())
    assert [paper.arxiv_id for paper in record.papers] == ["1512.03385"]
    assert record.repositories == ("keras-team/keras-hub",)


def test_a_private_model_is_not_listed() -> None:
    page = Page(json.dumps([model(isPrivate=True)]).encode())
    assert list(Kaggle("https://www.kaggle.com").records(page)) == []


@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"code": 401, "message": "Unauthenticated"}'])
def test_another_answer_than_a_list_ends_the_run(server: LocalServer, body: bytes) -> None:
    server.replies((200, {}, body))
    run = harvest(kaggle(server))
    assert (run.state, run.created) == ("unreachable", 0)


def test_a_refused_key_ends_the_run(server: LocalServer) -> None:
    server.replies((401, {}, b'{"code": 401, "message": "Unauthenticated"}'))
    run = harvest(kaggle(server))
    assert run.state == "unreachable"
    assert "401" in run.message
