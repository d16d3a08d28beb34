"""ONNX Model Zoo: the recorded manifest and READMEs; one file under two names is one checkpoint, random exports none."""

import json
from pathlib import Path
from typing import Any

import pytest

from catalog.models import Evaluation, Listing, PretrainedModel
from catalog.records import ModelRecord
from harvesters.engine import harvest
from harvesters.models import RejectedRecord
from harvesters.sources.base import Page
from harvesters.sources.onnx_readme import results_of
from harvesters.sources.onnx_zoo import _MANIFEST, OnnxZoo, _folders
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import ReplayServer

CLASSIFIERS = "validated/vision/classification"
RESNET, DENSENET = f"{CLASSIFIERS}/resnet/model", f"{CLASSIFIERS}/densenet-121/model"
FOLDER = "validated/vision/classification/net/model"
README = """# Net
|Model|Download|Opset version|Top-1 error|Top-5 accuracy (%)|
|---|---|---|---|---|
|Net|[1 MB](model/net-7.onnx)|7|23.52|93.01|

## License
MIT
"""


def entry(file: str = "net-7.onnx", **changes: Any) -> dict[str, Any]:
    """One entry of a manifest, synthetic but in its form."""
    metadata = {"model_sha": "a" * 64, "model_bytes": 5, "tags": ["vision"]}
    return {
        "model": "Net",
        "model_path": f"{FOLDER}/{file}",
        "onnx_version": "1.2",
        "opset_version": 7,
        "metadata": {**metadata, **changes},
    }


def serve(server: LocalServer, *entries: dict[str, Any], readme: str | None = README) -> OnnxZoo:
    manifest = json.dumps(entries).encode()

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        if path.endswith(".json"):
            return 200, {}, manifest
        return (404, {}, b"") if readme is None else (200, {}, readme.encode())

    server.answer = answer
    return OnnxZoo(server.url)


def record(path: str = "net-7.onnx", readme: str = README, **changes: Any) -> ModelRecord:
    body = {"readme": readme, "entries": [entry(path, **changes)], "paths": []}
    (found,) = OnnxZoo("").records(Page(json.dumps(body).encode()))
    assert isinstance(found, ModelRecord)
    return found


def recorded(shared: Path) -> dict[str, ModelRecord]:
    """The recorded classifiers by their path below the folder of classifiers."""
    folder = shared / "data" / "onnx_zoo"
    found = {}
    for name, entries in _folders((folder / _MANIFEST).read_bytes()).items():
        if name.startswith(CLASSIFIERS):
            readme = folder / "readmes" / name.removeprefix("validated/") / "README.md"
            body = {
                "readme": readme.read_text(),
                "entries": entries,
                "paths": [entry["model_path"] for entry in entries],
            }
            for item in OnnxZoo("").records(Page(json.dumps(body).encode())):
                assert isinstance(item, ModelRecord)
                found[item.external_id.removeprefix(f"{CLASSIFIERS}/")] = item
    return found


def introducing(found: ModelRecord) -> list[str]:
    return [paper.arxiv_id for paper in found.papers if paper.role == "introduces"]


@pytest.mark.django_db
def test_the_recorded_manifest_brings_every_file_with_weights(replay: ReplayServer) -> None:
    source = OnnxZoo(f"{replay.url}/raw")
    run = harvest(source)
    # 184 entries, one of which only prepares pictures, in 37 folders.
    assert (run.state, run.created, run.rejected, run.pages) == ("done", 183, 0, 37)
    assert PretrainedModel.objects.published().count() == 180
    assert Evaluation.objects.count() == 119
    assert not [path for path in replay.asked if "Computer_Vision" in path]
    # One file under two opsets is one checkpoint.
    names = [f"{DENSENET}/densenet-6.onnx", f"{DENSENET}/densenet-9.onnx"]
    one = Listing.objects.filter(external_id__in=names).values_list("pretrained", flat=True)
    assert (len(one), len(set(one))) == (2, 1)
    children = PretrainedModel.objects.filter(parent_relation="quantized", parent__isnull=False)
    assert children.count() == 36
    again = harvest(source)
    assert (again.unchanged, again.created, again.updated, again.gone) == (183, 0, 0, 0)


def test_quantised_files_are_children_of_the_one_beside_them(shared: Path) -> None:
    found = recorded(shared)
    child = found["resnet/model/resnet50-v1-12-int8.onnx"]
    assert child.parent == (f"onnx:{RESNET}/resnet50-v1-12.onnx", "quantized")
    # Its opset is 13 and there is no such file of floats.
    assert found["squeezenet/model/squeezenet1.0-13-qdq.onnx"].parent is None


def test_a_file_says_opset_ports_hash_and_results(shared: Path) -> None:
    found = recorded(shared)["resnet/model/resnet50-v1-12.onnx"]
    facts = {name: fact.value for name, fact in found.facts.items()}
    assert (facts["opset"], facts["license"], facts["formats"]) == (12, "apache-2.0", ["onnx"])
    assert facts["io_ports"]["inputs"][0]["type"] == "tensor(float)"
    assert facts["files"][0]["sha256"] == facts["loading"]["onnx"]["sha256"]
    assert [e.value for e in found.evaluations] == [74.97, 92.33]


def test_the_second_resnet_is_another_network(shared: Path) -> None:
    found = recorded(shared)
    one, two = found["resnet/model/resnet50-v1-7.onnx"], found["resnet/model/resnet50-v2-7.onnx"]
    assert (one.facts["family"].value, two.facts["family"].value) == ("resnet", "resnetv2")
    assert introducing(one) == ["1512.03385"]
    assert introducing(two) == ["1603.05027"]
    assert one.facts["architecture"] != two.facts["architecture"]


def test_errors_become_accuracies_and_percent_stay() -> None:
    values = [(e.dataset, e.metric, e.value) for e in record().evaluations]
    assert values == [("imagenet-1k", "top1", 76.48), ("imagenet-1k", "top5", 93.01)]
    assert record().facts["license"].value == "mit"


@pytest.mark.parametrize(
    ("heading", "cell", "expected"),
    [
        ("[mIOU](#metric) (%)", "81.92", {"miou": "81.92"}),
        ("Accuracy", "mAP of [0.024](https://x)", {"accuracy": "mAP of [0.024](https://x)"}),
    ],
)
def test_headings_are_read_without_links_and_units(
    heading: str, cell: str, expected: dict[str, str]
) -> None:
    table = f"|Model|Download|{heading}|\n|--|--|--|\n|A|[1 MB](./models/a.onnx)|{cell}|\n"
    (found,) = results_of(table).values()
    assert expected.items() <= found.items()


def test_a_result_whose_data_nobody_names_is_kept_in_words() -> None:
    table = (
        "|Model|Download|Accuracy|\n|--|--|--|\n|A|[1](model/net-7.onnx)|mAP of [0.5](https://x)|\n"
    )
    found = record(readme=table)
    assert found.evaluations == ()
    assert found.facts["metrics"].value == {"accuracy": "mAP of 0.5"}


@pytest.mark.django_db
def test_without_a_readme_the_files_are_listed_without_results(server: LocalServer) -> None:
    run = harvest(serve(server, entry(), readme=None))
    assert (run.state, run.created) == ("done", 1)
    assert Evaluation.objects.count() == 0


@pytest.mark.django_db
def test_a_broken_entry_among_good_ones_is_rejected_and_can_be_tried_again(
    server: LocalServer,
) -> None:
    source = serve(server, entry("bad-7.onnx", model_sha="unknown"), entry())
    run = harvest(source)
    assert (run.created, run.rejected) == (1, 1)
    rejected = RejectedRecord.objects.get()
    assert rejected.external_id == f"{FOLDER}/bad-7.onnx"
    (mended,) = source.records(Page(rejected.raw.replace("unknown", "b" * 64).encode()))
    assert mended.external_id == rejected.external_id


@pytest.mark.django_db
def test_a_walk_that_broke_off_goes_on_with_the_next_folder(server: LocalServer) -> None:
    second = {**entry(model_sha="b" * 64), "model_path": "validated/vision/zz/model/x.onnx"}
    source = serve(server, entry(), second)
    healthy = server.answer

    def broken(path: str) -> tuple[int, dict[str, str], bytes]:
        return (410, {}, b"") if "/zz/" in path else healthy(path)

    server.answer = broken
    assert (harvest(source).state, Listing.objects.count()) == ("partial", 1)
    server.answer = healthy
    server.asked.clear()
    run = harvest(source)
    assert (run.state, run.created, run.seen, run.gone) == ("done", 1, 1, 0)
    assert not [path for path in server.paths if "/net/" in path]


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"<html>", b"[]", b'{"a": 1}', b"[1]"])
def test_another_manifest_is_not_read(server: LocalServer, body: bytes) -> None:
    server.replies((200, {}, body))
    assert harvest(OnnxZoo(server.url)).state == "unreachable"
