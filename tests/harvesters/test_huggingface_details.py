"""Files, scans and cards of the Hub's models: in a run by downloads, or because somebody opened a page."""

import hashlib
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.classes.outputs import class_names
from catalog.models import LabelSet, Listing, PretrainedModel
from harvesters import lookups, wanted
from harvesters.engine import Wishes, harvest
from harvesters.http import Http
from harvesters.models import Checkpoint, Lookup, RejectedRecord
from harvesters.sources.huggingface_details import HuggingFaceDetails, without_front_matter
from harvesters.sources.huggingface_files import weights_sha256
from tests.harvesters.hub_for_tests import address, model, models_of, serving
from tests.harvesters.replay import ReplayServer
from tests.harvesters.replay_huggingface import HubReplay
from tests.harvesters.replay_huggingface_data import Item

pytestmark = pytest.mark.django_db
SHA = hashlib.sha256(b"weights").hexdigest()
CARD = "---\nlicense: mit\n---\n# Birds\n\nSees <script>alert(1)</script> birds.\n"


def file(name: str, size: int = 50_000_000, sha256: str = "") -> Item:
    digest = sha256 or hashlib.sha256(name.encode()).hexdigest()
    return {
        "rfilename": name,
        "size": size,
        "lfs": {"sha256": digest, "size": size, "pointerSize": 135},
    }


def details_of(server: ReplayServer, most: int = 10, **settings: Any) -> HuggingFaceDetails:
    return HuggingFaceDetails(address(server), wanted=wanted.hub_details, most=most, **settings)


def birds(**fields: Any) -> Item:
    files = [file("model.safetensors", 102_000_000, SHA), {"rfilename": "README.md", "size": 70}]
    return model("a/birds", downloads=900, siblings=files, tags=["safetensors"], **fields)


# --- Runs -------------------------------------------------------------------------------------------


def test_the_most_downloaded_are_looked_up_first_and_only_what_changed_again() -> None:
    items = [birds(), model("a/seldom", downloads=1), model("a/often", downloads=5000)]
    hub = HubReplay(lambda moment: items if not moment else [birds(sha="b" * 40), *items[1:]])
    with serving(hub) as server:
        harvest(models_of(server))
        assert wanted.hub_details(2) == ["a/often", "a/birds"]
        run = harvest(details_of(server, most=2))
        assert (run.state, run.created) == ("done", 2)
        assert wanted.hub_details(9) == ["a/seldom"]
        hub.become(1)
        harvest(models_of(server), Wishes(full=True))
        assert wanted.hub_details(9) == ["a/birds", "a/seldom"]


def test_a_run_that_goes_on_knows_how_far_the_one_before_came() -> None:
    items = [model(f"a/m{n}", downloads=n) for n in range(5)]
    with serving(HubReplay(lambda _: items)) as server:
        harvest(models_of(server))
        harvest(details_of(server, most=4), Wishes(limit=3))
        run = harvest(details_of(server, most=4))
    assert (run.seen, run.expected) == (1, 4)
    assert Checkpoint.objects.get(source="huggingface-details").taken == 4
    assert wanted.hub_details(9) == ["a/m0"]


def test_details_stand_beside_what_the_list_says_and_the_next_walk_leaves_them() -> None:
    hub = HubReplay(lambda _: [birds(likes=3)], {"a/birds": CARD})
    with serving(hub) as server:
        harvest(models_of(server))
        harvest(details_of(server))
        harvest(models_of(server), Wishes(full=True))
    pretrained = PretrainedModel.objects.get()
    assert (pretrained.size_bytes, pretrained.likes) == (102_000_000, 3)
    assert pretrained.sources == ["huggingface"]
    facts = pretrained.listings.get(source="huggingface-details").facts
    assert facts["card"]["value"].startswith("# Birds")
    assert facts["security"]["value"] == {"scanned": True, "issues": []}
    assert [f["format"] for f in facts["files"]["value"]] == ["safetensors", "other"]
    assert facts["files"]["value"][0]["sha256"] == SHA


def test_what_is_gone_or_disabled_is_noted_and_left_alone_for_a_week() -> None:
    items = [model("a/gone", downloads=9), model("a/off", disabled=True), model("a/there")]
    hub = HubReplay(lambda moment: items[1 if moment else 0 :])
    with serving(hub) as server:
        harvest(models_of(server))
        hub.become(1)
        run = harvest(details_of(server))
    assert (run.state, run.created, run.rejected) == ("done", 1, 2)
    reasons = dict(RejectedRecord.objects.values_list("external_id", "reason"))
    assert "answers 401" in reasons["a/gone"]
    assert "answers 403" in reasons["a/off"]
    assert wanted.hub_details(9) == []
    RejectedRecord.objects.update(last_seen=timezone.now() - timedelta(days=8))
    assert wanted.hub_details(9) == ["a/gone", "a/off"]


def test_a_renamed_model_is_found_under_its_new_name() -> None:
    item = model("old/name", _id="a" * 24)
    renamed = {**item, "id": "new/name", "modelId": "new/name"}
    hub = HubReplay(lambda m: [renamed] if m else [item], renamed={"old/name": "new/name"})
    with serving(hub) as server:
        harvest(models_of(server))
        hub.become(1)
        harvest(details_of(server))
    assert PretrainedModel.objects.count() == 1
    assert Listing.objects.filter(source="huggingface-details").get().external_id == "new/name"


def test_a_refused_token_ends_the_run_with_its_name() -> None:
    with serving(HubReplay(lambda _: [birds()])) as server:
        harvest(models_of(server))
    with serving(lambda _: (401, {}, b"{}")) as server:
        run = harvest(details_of(server, token="hf_old"))
    assert run.state == "unreachable"
    assert "HF_TOKEN" in run.message


# --- The same weights -------------------------------------------------------------------------------


def test_copies_of_the_same_weights_are_one_checkpoint() -> None:
    copy = {**birds(), "_id": "c" * 24, "id": "b/copy", "modelId": "b/copy"}
    with serving(HubReplay(lambda _: [birds(), copy])) as server:
        harvest(models_of(server))
        assert PretrainedModel.objects.filter(merged_into=None).count() == 2
        harvest(details_of(server))
    one = PretrainedModel.objects.get(merged_into=None)
    assert one.listings.filter(source="huggingface").count() == 2


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ([file("model.safetensors", sha256=SHA)], SHA),
        ([file("pytorch_model.bin", sha256=SHA)], SHA),
        (
            [
                file("model.safetensors", sha256=SHA),
                file("pytorch_model.bin"),
                file("onnx/model.onnx"),
            ],
            SHA,
        ),
        (
            [
                file("model.safetensors", sha256=SHA),
                file("training_args.bin"),
                file("optimizer.pt"),
            ],
            SHA,
        ),
        ([file("model.safetensors", sha256=SHA), file("model.gguf")], ""),
        ([file("model-00001-of-00002.safetensors"), file("model-00002-of-00002.safetensors")], ""),
        ([file("model.safetensors", sha256=SHA), file("adapter_model.safetensors")], ""),
        ([file("adapter_model.safetensors", sha256=SHA)], ""),
        ([file("model.safetensors", size=900_000, sha256=SHA)], ""),
        ([file("unet/model.safetensors", sha256=SHA)], ""),
        ([file("tokenizer.bin", sha256=SHA)], ""),
        ([{"rfilename": "model.safetensors", "size": 50_000_000, "lfs": {"sha256": "x"}}], ""),
        ([None, {"rfilename": 5}], ""),
    ],
)
def test_only_the_one_file_that_is_the_checkpoint_identifies_it(
    files: list[Any], expected: str
) -> None:
    assert weights_sha256({"siblings": files}) == expected


# --- Opened pages -----------------------------------------------------------------------------------


@pytest.fixture
def opened(settings: Settings) -> Any:
    hub = HubReplay(lambda _: [birds()], {"a/birds": CARD})
    with serving(hub) as server:
        harvest(models_of(server))
        settings.HF_ENDPOINT = address(server)
        settings.CELERY_TASK_ALWAYS_EAGER = True
        server.asked.clear()
        yield server


def test_opening_a_page_asks_once_a_day_and_shows_what_came(
    opened: ReplayServer, client: Client
) -> None:
    page = client.get("/models/huggingface/a/birds/").content.decode()
    assert 'hx-post="/sources/look-up/a/birds/"' in page
    assert opened.asked == []  # the web process itself asks nobody
    assert lookups.claim("a/birds")
    assert not lookups.claim("a/birds")
    assert lookups.look_up("a/birds")
    page = client.get("/models/huggingface/a/birds/").content.decode()
    assert "look-up" not in page
    assert "no issue found" in page
    assert "model.safetensors" in page
    assert "<h3>Birds</h3>" in page or "Birds</h" in page
    assert "<script>alert" not in page
    Lookup.objects.update(asked_at=timezone.now() - timedelta(days=2))
    assert not lookups.claim("a/birds")  # what is known is younger than a day


def test_nobody_is_asked_for_what_the_hub_does_not_list(opened: ReplayServer) -> None:
    assert not lookups.claim("a/other")
    assert not Lookup.objects.exists()


def test_a_hub_that_does_not_answer_is_asked_again_tomorrow(
    settings: Settings, opened: ReplayServer
) -> None:
    settings.HF_ENDPOINT = "http://127.0.0.1:9"
    assert lookups.claim("a/birds")
    assert not lookups.look_up("a/birds")
    assert not Listing.objects.filter(source="huggingface-details").exists()


def test_visitors_have_only_so_many_models_asked_for_in_an_hour(
    settings: Settings, opened: ReplayServer, client: Client
) -> None:
    settings.HARVEST_LOOKUPS_PER_HOUR = 2
    now = timezone.now()
    rows = [Lookup(external_id=f"a/{n}", asked_at=now - timedelta(minutes=n)) for n in (5, 50)]
    Lookup.objects.bulk_create(rows)
    htmx = {"HX-Request": "true"}
    answer = client.post("/sources/look-up/a/birds/", headers=htmx).content.decode()
    assert "come back later" in answer
    assert opened.asked == []
    Lookup.objects.filter(external_id="a/50").update(asked_at=now - timedelta(minutes=61))
    answer = client.post("/sources/look-up/a/birds/", headers=htmx).content.decode()
    assert "is being asked" in answer
    assert opened.asked


def test_only_a_post_has_something_looked_up(client: Client) -> None:
    assert client.get("/sources/look-up/a/birds/").status_code == 405


@pytest.mark.parametrize(
    ("card", "prose"),
    [
        ("---\na: 1\n---\ntext", "text"),
        ("\ufeff---\r\na: 1\r\n---\r\ntext", "text"),
        ("no front matter", "no front matter"),
        ("---\nnever closed", "---\nnever closed"),
        ("text\n---\nmore", "text\n---\nmore"),
    ],
)
def test_a_cards_metadata_is_not_its_prose(card: str, prose: str) -> None:
    assert without_front_matter(card) == prose


# --- Names of classes -------------------------------------------------------------------------------


def classifier(name: str, **fields: Any) -> Item:
    own = hashlib.sha256(name.encode()).hexdigest()  # with one hash they were one checkpoint
    files = [file("model.safetensors", sha256=own), {"rfilename": "config.json", "size": 700}]
    return model(name, pipeline_tag="image-classification", siblings=files, **fields)


def test_a_classifiers_config_says_what_its_outputs_stand_for() -> None:
    named = {"id2label": {"0": "cat", "1": "bee-eater"}, "architectures": ["X"]}
    unnamed = {"id2label": {"0": "LABEL_0", "1": "LABEL_1"}}
    items = [classifier("a/pets"), classifier("a/again"), classifier("a/unnamed"), birds()]
    configs = {"a/pets": named, "a/again": named, "a/unnamed": unnamed, "a/birds": named}
    with serving(HubReplay(lambda _: items, configs=configs)) as server:
        harvest(models_of(server))
        run = harvest(details_of(server))
    assert (run.state, run.created, run.rejected) == ("done", 4, 0)
    lists = dict(PretrainedModel.objects.values_list("name", "label_set"))
    assert lists["a/pets"] == lists["a/again"] == LabelSet.objects.get().key
    assert class_names(lists["a/pets"]) == ["cat", "bee-eater"]
    # Names that say nothing, and a model whose task has no classes: nobody asks for its config.
    assert (lists["a/unnamed"], lists["a/birds"]) == ("", "")


@pytest.mark.parametrize("config", [[1], "text", {"id2label": "x"}, {"id2label": {"0": {}}}, None])
def test_a_config_that_names_no_classes_costs_nothing_but_them(config: Any) -> None:
    hub = HubReplay(lambda _: [classifier("a/odd")], configs={"a/odd": config})
    with serving(hub) as server:
        harvest(models_of(server))
        run = harvest(details_of(server))
    assert (run.state, run.created) == ("done", 1)
    assert not LabelSet.objects.exists()


def test_opening_a_page_brings_the_classes_too() -> None:
    hub = HubReplay(
        lambda _: [classifier("a/pets")], configs={"a/pets": {"id2label": {"0": "cat"}}}
    )
    with serving(hub) as server:
        harvest(models_of(server))
        details = details_of(server)
        with Http(*details.bases) as http:
            entries = list(details.records(details.look_up(http, "a/pets")))
    assert [type(entry).__name__ for entry in entries] == ["ModelRecord", "LabelSetRecord"]
