"""DAWNBench and cnn-benchmarks: synthetic entries and tables in exactly their form, with what is odd about them."""

import io
import json
import tarfile
from datetime import date
from typing import Any

import pytest

from catalog.models import Leaderboard, PublishedResult, Speed
from catalog.reference_records import LeaderboardRecord, SpeedRecord
from harvesters.engine import harvest
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.sources.base import Page
from harvesters.sources.cnn_benchmarks import CnnBenchmarks
from harvesters.sources.dawnbench import DawnBench
from tests.harvesters.conftest import LocalServer

pytestmark = pytest.mark.django_db

README = """# cnn-benchmarks

|Network|Layers|Top-1 error|Top-5 error|Speed (ms)|Citation|
|---|---:|---:|---:|---:|---|
|[AlexNet](#alexnet)|8|42.90|19.80|14.56|[[1]](#alexnet-paper)|
|[Inception-V1](#inception-v1)|22|-|10.07|39.14|[[2]](#inception-v1-paper)|

|GPU|Memory|Architecture|CUDA Cores|FP32 TFLOPS|Release Date|
|---|---|---|---:|---:|---|
|[GTX 1080](http://www.geforce.com/hardware/10series/geforce-gtx-1080)|8GB GDDRX5|Pascal|2560|8.87|May 2016|


## Inception-V1
(input 16 x 3 x 224 x 224)

|GPU|cuDNN|Forward (ms)|Backward (ms)|Total (ms)|
|---|---|---:|---:|---:|
|GTX 1080|5.0.05|16.00|24.00|40.00|
|GTX 1080|None|64.00|96.00|160.00|
|CPU: Dual Xeon E5-2630 v3|None|1600.00|2400.00|4000.00|

## Citations

<a id='alexnet-paper'>
[1] Alex Krizhevsky
"""
EPOCHS = "epoch\thours\ttop1Accuracy\ttop5Accuracy\n1\t0.5\t60.0\t90.0\n2\t1.0\t70.0\t93.2\n3\t1.5\t71.0\t93.5\n"


def packed(files: dict[str, str], day: date = date(2017, 9, 25)) -> bytes:
    """A tarball as codeload packs it: every file has the day of the commit."""
    target = io.BytesIO()
    with tarfile.open(
        fileobj=target, mode="w:gz", format=tarfile.PAX_FORMAT, pax_headers={"comment": "abc123"}
    ) as archive:
        for path, text in files.items():
            member = tarfile.TarInfo(f"top-master/{path}")
            member.size, member.mtime = len(text.encode()), (day - date(1970, 1, 1)).days * 86400
            archive.addfile(member, io.BytesIO(text.encode()))
    return target.getvalue()


def entry(**changes: Any) -> str:
    stated = {
        "version": "v1.0",
        "author": "Somebody",
        "authorEmail": "somebody@example.org",
        "framework": "PyTorch 0.4.1",
        "codeURL": "https://github.com/some/code/tree/abc",
        "model": "ResNet-50",
        "hardware": "16 p3.16xlarge (AWS)",
        "timestamp": "2018-09-06",
        "misc": {},
    }
    return json.dumps({**stated, **changes})


def trained(**changes: Any) -> str:
    return entry(**{"costPerHour": 10.0, **changes})


def inferred(**changes: Any) -> str:
    return entry(**{"latency": 4.0, "cost": 2e-07, "top5Accuracy": 93.4, **changes})


def results(task: str) -> list[tuple[int, str, str, float | None]]:
    found = PublishedResult.objects.filter(leaderboard__external_id=task).order_by("row", "pk")
    return list(found.values_list("row", "model_name", "metric", "value"))


def test_the_time_of_training_is_that_of_the_first_epoch_that_reached_the_goal(
    server: LocalServer,
) -> None:
    server.replies(
        (200, {}, packed({"ImageNet/train/a.json": trained(), "ImageNet/train/a.tsv": EPOCHS}))
    )
    run = harvest(DawnBench(server.url))
    assert (run.state, run.created) == ("done", 1)
    assert results("ImageNet/train") == [
        (0, "ResNet-50", "Training time (hours)", 1.0),
        (0, "ResNet-50", "Training cost (USD)", 10.0),
    ]
    result = PublishedResult.objects.all()[0]
    assert result.date == date(2018, 9, 6)
    assert result.note == "16 p3.16xlarge (AWS), PyTorch 0.4.1, Somebody"
    assert result.code_urls == [{"title": "code", "url": "https://github.com/some/code/tree/abc"}]
    board = Leaderboard.objects.get()
    assert (board.dataset.slug, board.task) == (
        "imagenet-1k",
        "DAWNBench: Training to Top-5 accuracy of 93 %",
    )
    assert harvest(DawnBench(server.url)).unchanged == 1


def test_entries_are_ranked_and_may_lack_cost_or_time(server: LocalServer) -> None:
    files = {
        "CIFAR10/train/a_slow.json": trained(model="Slow"),
        "CIFAR10/train/a_slow.tsv": "epoch\thours\ttop1Accuracy\n1\t2.0\t94.0\n",
        # Carriage returns alone, spaces behind headings, a goal reached twice.
        "CIFAR10/train/b_fast.json": trained(model="Fast", costPerHour=None, timestamp="2018-4-20"),
        "CIFAR10/train/b_fast.tsv": "epoch\thours \ttop1Accuracy\r1\t0.5\t93.9\r2\t1.0\t94.1\r3\t2\t95\r",
        "CIFAR10/train/dawn_sample_keras.json": trained(model="Sample"),
        "CIFAR10/inference/a.json": inferred(model="A", cost=None, top1Accuracy=94.97),
        "CIFAR10/inference/b.json": inferred(model="B", latency=None, top1Accuracy=95.0),
    }
    server.replies((200, {}, packed(files)))
    run = harvest(DawnBench(server.url))
    assert (run.created, run.rejected, run.pages) == (2, 0, 2)
    assert results("CIFAR10/train") == [
        (0, "Fast", "Training time (hours)", 1.0),
        (1, "Slow", "Training time (hours)", 2.0),
        (1, "Slow", "Training cost (USD)", 20.0),
    ]
    assert results("CIFAR10/inference") == [
        (0, "A", "Latency (ms)", 4.0),
        (0, "A", "Top-1 accuracy", 94.97),
        (1, "B", "Cost per inference (USD)", 2e-07),
        (1, "B", "Top-1 accuracy", 95.0),
    ]
    assert PublishedResult.objects.filter(date=date(2018, 4, 20)).exists()


@pytest.mark.parametrize(
    ("contest", "epochs", "hours"),
    [
        # Spaces where a tab should be, and tabs behind the last cell.
        ("CIFAR10", "epoch\thours\ttop1Accuracy\n1\t0.5 93.1\t\n2\t1.5 94.2 \n", 1.5),
        ("CIFAR10", "epoch\thours\ttop1Accuracy\n1\t0.5\t0.93\n2\t1.5\t0.94\n", 1.5),
        ("SQuAD", "epoch\tf1Score\thours\n1\t0.71\t0.5\n2\t0.74\t1.5\n", 1.5),
        ("SQuAD", "epoch\thours\tf1Score\n1\t0.5\t67.6\n2\t1.5\t74.1\n", 1.5),
        # A first epoch that has learned nothing yet is no fraction.
        ("CIFAR10", "epoch\thours\ttop1Accuracy\n1\t0.5\t0.95\n2\t1.5\t94.2\n", 1.5),
    ],
)
def test_epochs_are_read_however_they_were_handed_in(
    server: LocalServer, contest: str, epochs: str, hours: float
) -> None:
    files = {f"{contest}/train/a.json": trained(costPerHour="NA"), f"{contest}/train/a.tsv": epochs}
    server.replies((200, {}, packed(files)))
    assert harvest(DawnBench(server.url)).rejected == 0
    assert results(f"{contest}/train") == [(0, "ResNet-50", "Training time (hours)", hours)]


@pytest.mark.parametrize(("stated", "score"), [(0.7589, 0.7589), (82.52, 0.8252)])
def test_f1_is_a_fraction_also_where_it_was_handed_in_as_percent(
    server: LocalServer, stated: float, score: float
) -> None:
    files = {"SQuAD/inference/a.json": inferred(cost=None, f1Score=stated)}
    server.replies((200, {}, packed(files)))
    harvest(DawnBench(server.url))
    assert results("SQuAD/inference")[-1] == (0, "ResNet-50", "F1", pytest.approx(score))


def test_training_that_never_reached_the_goal_is_no_result(server: LocalServer) -> None:
    epochs = EPOCHS.replace("93.2", "92.9").replace("93.5", "92.98")
    files = {"ImageNet/train/a.json": trained(), "ImageNet/train/a.tsv": epochs}
    server.replies((200, {}, packed(files)))
    assert harvest(DawnBench(server.url)).rejected == 1
    assert "no epoch reaches the goal" in RejectedRecord.objects.get().reason


def test_the_latency_of_a_known_network_is_a_speed_too(server: LocalServer) -> None:
    files = {
        "ImageNet/inference/a.json": inferred(model="ResNet26d", hardware="1 T4"),
        "ImageNet/inference/b.json": inferred(model="MIVT-NET"),
        "CIFAR10/inference/c.json": inferred(model="ResNet 50", top1Accuracy=94.1),
    }
    server.replies((200, {}, packed(files)))
    harvest(DawnBench(server.url))
    speed = Speed.objects.get()
    assert (speed.architecture.name, speed.device, speed.batch_size) == ("resnet26d", "1 T4", 1)
    assert (speed.images_per_second, speed.date) == (250.0, date(2018, 9, 6))


def test_a_broken_entry_leaves_the_others_and_can_be_tried_again(server: LocalServer) -> None:
    files = {"ImageNet/inference/a.json": "{", "ImageNet/inference/b.json": inferred()}
    server.replies((200, {}, packed(files)))
    run = harvest(DawnBench(server.url))
    assert (run.state, run.rejected) == ("done", 1)
    assert {name for _, name, _, _ in results("ImageNet/inference")} == {"ResNet-50"}
    rejected = RejectedRecord.objects.get()
    assert "a.json" in rejected.reason
    content = json.loads(rejected.raw)
    content["files"]["ImageNet/inference/a.json"] = inferred(model="Other")
    board, *_ = DawnBench("").records(Page(json.dumps(content).encode()))
    assert isinstance(board, LeaderboardRecord)
    assert {result.model_name for result in board.results} == {"ResNet-50", "Other"}


@pytest.mark.parametrize(
    "change",
    [
        {"model": ""},
        {"model": None, "latency": "fast", "cost": None},
        {"latency": -1, "cost": float("inf")},
        {"latency": None, "cost": None},
    ],
)
def test_entries_without_sense_are_no_results(server: LocalServer, change: dict[str, Any]) -> None:
    server.replies((200, {}, packed({"ImageNet/inference/a.json": inferred(**change)})))
    run = harvest(DawnBench(server.url))
    assert run.rejected == 1
    assert not PublishedResult.objects.exists()


def test_endless_nesting_and_hours_that_are_no_number_stop_nothing(server: LocalServer) -> None:
    files = {
        "ImageNet/train/a.json": "[" * 100_000,
        "ImageNet/train/b.json": trained(),
        "ImageNet/train/b.tsv": EPOCHS.replace("1.0", "inf"),
        "ImageNet/train/c.json": trained(model="Good"),
        "ImageNet/train/c.tsv": EPOCHS,
    }
    server.replies((200, {}, packed(files)))
    run = harvest(DawnBench(server.url))
    assert (run.state, run.created, run.rejected) == ("done", 1, 1)
    assert {name for _, name, _, _ in results("ImageNet/train")} == {"Good"}


def test_addresses_and_dates_that_are_none_are_left_out(server: LocalServer) -> None:
    odd = inferred(codeURL="javascript:alert(1)", timestamp="2018-13-40")
    server.replies((200, {}, packed({"ImageNet/inference/a.json": odd})))
    assert harvest(DawnBench(server.url)).rejected == 0
    for result in PublishedResult.objects.all():
        assert (result.code_urls, result.date) == ([], None)


def test_a_walk_that_broke_off_goes_on_with_the_next_contest(server: LocalServer) -> None:
    files = {"CIFAR10/inference/a.json": inferred(), "ImageNet/inference/b.json": inferred()}
    source = DawnBench(server.url)
    server.replies((200, {}, packed(files)))
    harvest(source)
    Checkpoint.objects.update(cursor="ImageNet/inference")
    run = harvest(source)
    assert (run.pages, run.unchanged, run.gone) == (1, 2, 0)


def test_times_become_pictures_per_second(server: LocalServer) -> None:
    server.replies((200, {}, packed({"README.md": README})))
    source = CnnBenchmarks(server.url)
    run = harvest(source)
    assert (run.state, run.created, run.rejected) == ("done", 7, 0)
    forward = Speed.objects.get(external_id="Inception-V1/GTX 1080/5.0.05/inference")
    assert (forward.architecture.name, forward.images_per_second) == ("googlenet", 1000.0)
    assert (forward.device, forward.software) == (
        "NVIDIA GeForce GTX 1080",
        "Torch 7, CUDA 8.0, cuDNN 5.0.05",
    )
    assert (forward.batch_size, forward.input_size, forward.precision) == (16, 224, "float32")
    assert forward.date == date(2017, 9, 25)
    both = Speed.objects.get(external_id="Inception-V1/GTX 1080/None/training")
    assert (both.images_per_second, both.kind) == (100.0, "training")
    assert both.software == "Torch 7, CUDA 8.0, no cuDNN"
    on_cpu = Speed.objects.get(external_id__startswith="Inception-V1/CPU", kind="inference")
    assert (on_cpu.device, on_cpu.software) == ("Dual Xeon E5-2630 v3", "Torch 7")
    assert harvest(source).unchanged == 7


def test_the_errors_of_the_networks_are_a_leaderboard(server: LocalServer) -> None:
    server.replies((200, {}, packed({"README.md": README})))
    harvest(CnnBenchmarks(server.url))
    assert results("errors") == [
        (0, "AlexNet", "Top-1 error", 42.9),
        (0, "AlexNet", "Top-5 error", 19.8),
        (1, "Inception-V1", "Top-5 error", 10.07),
    ]


def test_a_broken_row_is_rejected_and_can_be_tried_again(server: LocalServer) -> None:
    broken = README.replace("16.00|24.00|40.00", "16.00|24.00|n/a")
    server.replies((200, {}, packed({"README.md": broken})))
    run = harvest(CnnBenchmarks(server.url))
    assert (run.created, run.rejected) == (5, 1)
    raw = RejectedRecord.objects.get().raw.replace("n/a", "40.00")
    mended = list(CnnBenchmarks("").records(Page(raw.encode())))
    assert [record.external_id for record in mended] == [
        "Inception-V1/GTX 1080/5.0.05/inference",
        "Inception-V1/GTX 1080/5.0.05/training",
    ]
    assert all(isinstance(record, SpeedRecord) and record.batch_size == 16 for record in mended)


@pytest.mark.parametrize("files", [{"README.md": "# moved"}, {"docs/a.md": README}])
def test_other_repositories_than_expected_are_not_read(
    server: LocalServer, files: dict[str, str]
) -> None:
    server.replies((200, {}, packed(files)))
    runs = [harvest(CnnBenchmarks(server.url)), harvest(DawnBench(server.url))]
    assert [run.state for run in runs] == ["unreachable", "unreachable"]
