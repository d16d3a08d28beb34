"""One model of the Hub's list: every field of its own, whatever the card's author wrote into it."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.models import PretrainedModel
from catalog.records import ModelRecord, Rejected, normalise
from harvesters.engine import harvest
from harvesters.models import RejectedRecord
from harvesters.sources.base import Page, Unreachable
from harvesters.sources.huggingface import HuggingFace
from tests.harvesters.hub_for_tests import model, models_of, serving
from tests.harvesters.replay_huggingface import HubReplay
from tests.harvesters.replay_huggingface_data import Recordings

SITE = "https://huggingface.co"
SHA = "8af29b8fb89d9767cb8fe37fd47112f68d770f4f"


def records(*items: Any) -> list[ModelRecord | Rejected]:
    return list(HuggingFace(SITE).records(Page(json.dumps(list(items)).encode())))


def record(name: str = "a/b", **fields: Any) -> ModelRecord:
    """What becomes of one model, storable."""
    [found] = records({"id": name, "_id": "6a2cfbf15c4b5ce712d08eb6", **fields})
    assert isinstance(found, ModelRecord), found
    return normalise(found)


def values(found: ModelRecord) -> dict[str, Any]:
    return {name: fact.value for name, fact in found.facts.items()}


def test_a_recorded_model_says_all_it_says(shared: Path) -> None:
    body = (shared / "data/huggingface/api_models_2026-08_scout.json").read_bytes()
    found = {r.external_id: r for r in HuggingFace(SITE).records(Page(body))}
    assert len(found) == 15
    name = "unsloth/DeepSeek-V4-Flash-0731-GGUF"
    facts = values(normalise(found[name]))
    assert facts["formats"] == ["gguf"]
    assert facts["license"] == "mit"
    assert facts["downloads"] == 48707
    assert facts["tags"] == [
        "unsloth",
        "deepseek_v4",
        "deepseek",
        "endpoints_compatible",
        "imatrix",
        "conversational",
    ]
    assert [paper.arxiv_id for paper in found[name].papers] == ["2606.19348"]
    assert found[name].parent == ("hub:deepseek-ai/DeepSeek-V4-Flash-0731", "quantized")
    assert found[name].identity_keys == (f"hub:{name}", "hub-number:6a6c93f8ab7a726c1651182a")
    assert found[name].url == f"{SITE}/{name}"


def test_every_recorded_model_can_be_stored(shared: Path) -> None:
    recordings = Recordings(shared / "data")
    items = [item for item in recordings.at(0) if "cardData" in item]
    found = records(*items)
    assert len(found) == len(items) > 700
    assert [r for r in found if isinstance(r, Rejected)] == []
    assert all(normalise(r) for r in found if isinstance(r, ModelRecord))
    assert sum(bool(r.evaluations) for r in found if isinstance(r, ModelRecord)) == 85


def test_every_name_of_the_whole_hub_is_one(shared: Path) -> None:
    names = Recordings(shared / "data").names_of_2022()
    found = records(*({"id": name} for name in names))
    assert len(found) == 55_524
    assert [r for r in found if isinstance(r, Rejected)] == []
    # What is longer than an id may be here is rejected with that reason.
    assert sorted(len(name) for name in names)[-2:] == [222, 257]


# --- Fields -----------------------------------------------------------------------------------------


def test_parameters_and_size_are_what_the_headers_of_the_files_count() -> None:
    stored = {"parameters": {"BF16": 1000, "F32": 10}, "total": 1010}
    facts = record(safetensors=stored).facts
    assert (facts["parameters"].value, facts["size_bytes"].value) == (1010, 2040)
    assert "estimated" in facts["size_bytes"].note


@pytest.mark.parametrize("tags", [["4-bit"], ["gptq"], ["base_model:quantized:a/c"]])
def test_packed_numbers_are_not_counted_as_parameters(tags: list[str]) -> None:
    facts = record(tags=tags, safetensors={"parameters": {"I32": 100}, "total": 100}).facts
    assert "parameters" not in facts
    assert facts["size_bytes"].value == 400
    assert "packed" in facts["size_bytes"].note


@pytest.mark.parametrize(
    ("card", "tags", "expected"),
    [
        ({"license": "mit"}, [], "mit"),
        ({}, ["license:apache-2.0"], "apache-2.0"),
        ({"license": ["apache-2.0", "cc-by-nc-4.0"]}, [], "cc-by-nc-4.0"),
        ({"license": "other", "license_name": "apple-ascl"}, [], "apple-ascl"),
        ({"license": "other", "license_name": "own", "license_link": "LICENSE"}, [], "own"),
        ({"license": "other"}, ["license:other"], "other"),
        ({"license": 5}, ["license:mit"], "mit"),
    ],
)
def test_the_licence_is_the_most_restrictive_that_is_stated(
    card: dict[str, Any], tags: list[str], expected: str
) -> None:
    assert values(record(cardData=card, tags=tags))["license"] == expected


@pytest.mark.parametrize(
    ("card", "tags", "expected"),
    [
        ({"language": "en"}, ["en"], ["en"]),
        ({"language": ["EN", "zh_CN", "German", False, 5, None]}, [], ["en", "zh-cn", "de", "no"]),
        ({"language": False}, [], ["no"]),
        (None, ["en", "zh", "tf", "ml", "multilingual"], ["en", "zh", "multilingual"]),
        ({"license": "mit"}, ["en"], None),
    ],
)
def test_languages_are_the_cards_or_those_among_the_tags(
    card: Any, tags: list[str], expected: list[str] | None
) -> None:
    assert values(record(cardData=card, tags=tags)).get("languages") == expected


def test_a_merge_keeps_every_parent_and_the_first_one_leads() -> None:
    found = record(
        baseModels={"relation": "merge", "models": [{"id": "x/one"}, {"id": "y/two"}]},
        tags=["base_model:x/one", "base_model:merge:x/one", "base_model:merge:y/two"],
    )
    assert values(found)["base_models"] == [
        {"id": "x/one", "relation": "merged"},
        {"id": "y/two", "relation": "merged"},
    ]
    assert values(found)["parent"] == {"key": "hub:x/one", "relation": "merged"}


def test_a_model_is_not_its_own_parent() -> None:
    assert "parent" not in record(tags=["base_model:a/b", "base_model:finetune:a/b"]).facts


def test_the_day_before_which_the_hub_knew_no_dates_is_unknown() -> None:
    facts = values(
        record(createdAt="2022-03-02T23:29:04.000Z", lastModified="2024-02-30T00:00:00Z")
    )
    assert "created" not in facts
    assert "updated_at" not in facts  # 30 February


def test_the_class_and_the_family_come_from_the_configuration() -> None:
    config = {
        "architectures": ["ViTForImageClassification"],
        "model_type": "vit",
        "image_size": [224, 384],
    }
    facts = values(record(config=config))
    assert (facts["architecture"], facts["family"], facts["input_size"]) == (
        "ViTForImageClassification", "vit", 384,
    )  # fmt: skip


def test_gates_and_the_line_to_load_it_with() -> None:
    info = {"auto_model": "AutoModelForImageClassification", "processor": "AutoImageProcessor"}
    found = values(
        record(gated="manual", sha=SHA, library_name="transformers", transformersInfo=info)
    )
    assert found["gated"] == "manual"
    assert found["loading"] == {"transformers": {"hub_id": "a/b", "revision": SHA, **info}}
    assert "gated" not in record(gated=False).facts


# --- Results ----------------------------------------------------------------------------------------


def results(metrics: list[Any], **dataset: Any) -> dict[tuple[str, str], float]:
    named = {"type": "imagenet-1k", "name": "ImageNet-1k", **dataset}
    index = [
        {"name": "m", "results": [{"task": {"type": "x"}, "dataset": named, "metrics": metrics}]}
    ]
    return {
        (e.dataset, e.metric): e.value for e in record(cardData={"model-index": index}).evaluations
    }


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ({"type": "accuracy", "value": 0.8123}, ("top1", 81.23)),
        ({"type": "accuracy", "value": 81.23}, ("top1", 81.23)),
        ({"type": "accuracy", "value": "81.23%"}, ("top1", 81.23)),
        ({"type": "accuracy", "value": "0.5%"}, ("top1", 0.5)),
        ({"type": "accuracy", "name": "Top 5 Accuracy", "value": 0.95}, ("top5", 95.0)),
        ({"type": "acc@5", "value": 0.95}, ("top5", 95.0)),
        ({"type": "loss", "value": 0.5}, ("loss", 0.5)),
        ({"type": "f1", "value": 0.5}, ("f1", 0.5)),
        ({"type": "accuracy", "value": "9.2e-1"}, ("top1", 92.0)),
        ({"type": "accuracy", "value": "1e-5"}, ("top1", 0.001)),
        ({"type": "loss", "value": "1.5E3"}, ("loss", 1500.0)),
        ({"type": "rouge", "name": "ROUGE-L", "value": "20.0 ± 1.2"}, ("rouge_l", 20.0)),
    ],
)
def test_results_are_in_the_units_of_this_site(metric: Any, expected: tuple[str, float]) -> None:
    name, value = expected
    assert results([metric]) == {("imagenet-1k", name): value}


def test_whatever_is_no_number_is_left_out() -> None:
    odd = ["-", "n/a", None, True, [1], {"a": 1}, 1e300, "1e400", "1e-x", "1,234", "0.5k", "1.2.3"]
    assert results([{"type": "f1", "value": value} for value in odd]) == {}


def test_an_accuracy_that_cannot_be_gives_way_to_one_that_can() -> None:
    for odd in (99999, "99999", -1, "101%"):
        stated = [{"type": "accuracy", "value": value} for value in (odd, 0.5)]
        assert results(stated) == {("imagenet-1k", "top1"): 50.0}


def test_a_loader_of_files_is_not_taken_for_a_data_set() -> None:
    metric = [{"type": "accuracy", "value": 0.9}]
    assert results(metric, type="imagefolder", name="beans") == {("beans", "accuracy"): 90.0}


def test_results_on_several_parts_of_a_data_set_are_told_apart() -> None:
    parts = [
        {"dataset": {"type": "glue", "config": part}, "metrics": [{"type": "f1", "value": n}]}
        for n, part in enumerate(("sst2", "mnli"), start=1)
    ]
    found = record(cardData={"model-index": [{"name": "m", "results": parts}]}).evaluations
    assert {(e.dataset, e.value) for e in found} == {("glue", 1.0), ("glue-mnli", 2.0)}


def test_results_that_the_hub_collects_name_their_task_and_source() -> None:
    stated = {
        "dataset": {"id": "Idavidrein/gpqa", "task_id": "gpqa_diamond"},
        "value": 0.412,
        "source": {"url": "https://example.org", "name": "Eval Logs"},
    }
    [found] = record(evalResults=[stated]).evaluations
    assert (found.dataset, found.metric, found.value) == ("idavidrein/gpqa", "gpqa_diamond", 0.412)
    assert "Eval Logs" in found.note


# --- What a card may hold -----------------------------------------------------------------------------

ODD = [
    None, "text", 5, [], {}, [None], [[1]], {"a": {"b": [1]}}, "\x00", "\ud800", "<script>", 1e308, True, -1,
]  # fmt: skip
FIELDS = (
    "author", "baseModels", "cardData", "config", "createdAt", "disabled", "downloads", "downloadsAllTime",
    "evalResults", "gated", "gguf", "lastModified", "library_name", "likes", "model-index", "pipeline_tag",
    "safetensors", "sha", "tags", "transformersInfo", "usedStorage", "_id",
)  # fmt: skip
CARD = (
    "license",
    "language",
    "datasets",
    "base_model",
    "model-index",
    "license_name",
    "license_link",
)


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_of_another_type_costs_only_itself(field: str) -> None:
    for odd in ODD:
        assert record(**{field: odd, "modelId": "a/b"}).external_id == "a/b"


@pytest.mark.parametrize("field", CARD)
def test_a_cards_field_of_another_type_costs_only_itself(field: str) -> None:
    for odd in ODD:
        assert record(cardData={field: odd, "license_name": "x"}).external_id == "a/b"


@pytest.mark.parametrize("name", [None, 5, "", "a/b/c", "..", "a/..", "a b", "a/<b>", "x" * 300])
def test_what_has_no_name_of_a_repository_is_rejected_and_can_be_tried_again(name: Any) -> None:
    [found] = records({"id": name, "likes": 3})
    assert isinstance(found, Rejected)
    [again] = HuggingFace(SITE).records(Page(found.raw.encode()))
    assert isinstance(again, Rejected)


@pytest.mark.django_db
def test_a_damaged_entry_among_good_ones_costs_only_itself() -> None:
    good = [model("a/one"), model("a/two")]
    deep = '{"id":"a/deep","cardData":' + "[" * 3000 + "]" * 3000 + "}"
    nan = '{"id":"a/nan","likes":NaN,"downloads":4}'
    body = json.dumps(good)[:-1] + f',{deep},{nan},{{"likes":1}}]'
    with serving(lambda asked: (200, {}, body.encode())) as server:
        run = harvest(models_of(server))
    assert (run.state, run.created, run.rejected) == ("done", 3, 2)
    names = set(RejectedRecord.objects.values_list("external_id", flat=True))
    assert names == {"a/deep", "(without id)"}
    assert PretrainedModel.objects.get(name="a/nan").downloads == 4


def test_a_body_that_breaks_off_is_no_page() -> None:
    with pytest.raises(Unreachable, match="broke off"):
        list(HuggingFace(SITE).records(Page(b'[{"id": "a/b"}, {"id": "a/c", "tags": ["x"]')))


@pytest.mark.django_db
def test_hostile_words_are_shown_as_words(client: Any) -> None:
    item = model(
        "a/b",
        tags=["<script>alert(1)</script>", "javascript:alert(1)", "\u202egpj.exe"],
        cardData={"license": "other", "license_name": "<img src=x onerror=alert(1)>", "license_link": "javascript:alert(1)"},
    )  # fmt: skip
    with serving(HubReplay(lambda _: [item])) as server:
        harvest(models_of(server))
    page = client.get("/models/huggingface/a/b/").content.decode()
    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert "\u202e" not in page
    assert "&lt;script&gt;alert" in page
