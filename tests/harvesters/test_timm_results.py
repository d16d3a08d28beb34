"""timm's result tables, served from the recorded files: joined by name, units, sizes and devices right."""

from pathlib import Path

import pytest
import stamina

from catalog.claims import claims_for
from catalog.models import Evaluation, PretrainedModel, Source, Speed
from catalog.records import Fact, ModelRecord
from catalog.reference_records import SpeedRecord
from catalog.services import upsert_records
from harvesters.engine import harvest
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.sources.base import Page
from harvesters.sources.timm_benchmarks import TABLES, conditions
from harvesters.sources.timm_results import TimmResults
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import ReplayServer

HEADER = "model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation\n"
WORK = "model,infer_img_size,param_count,infer_gmacs,infer_macts,infer_samples_per_sec\n"
SPEED = "model,infer_batch_size,infer_samples_per_sec,infer_img_size\n"
RESNET50_AT_288 = {
    "imagenet-1k": 81.24,
    "imagenet-real": 86.579,
    "imagenetv2-matched-frequency": 69.69,
    "imagenet-sketch": 28.189,
    "imagenet-a": 15.84,
    "imagenet-a-clean": 94.77,
    "imagenet-r": 38.993,
    "imagenet-r-clean": 94.31,
}
NEWEST = TABLES[0].removesuffix(".csv")

pytestmark = pytest.mark.django_db


def written(server: LocalServer, rows: str, work: str = "", **tables: str) -> TimmResults:
    """A source over synthetic tables: `rows` of results, `work` in both tables of work, others by stem."""

    def answer(path: str) -> tuple[int, dict[str, str], bytes]:
        name = Path(path).stem.replace("-", "_")
        body = WORK + work if name.startswith("benchmark_infer") else HEADER
        if name == "results_imagenet":
            body = HEADER + rows
        return 200, {}, tables.get(name, body).encode()

    server.answer = answer
    return TimmResults(server.url)


def publish(name: str, size: int = 224, crop_pct: float = 0.875) -> None:
    source, _ = Source.objects.get_or_create(name="timm", kind="library")
    facts = {
        "name": Fact(name),
        "input_size": Fact(size),
        "preprocessing": Fact({"crop_pct": crop_pct}),
    }
    upsert_records(source, [ModelRecord(name, facts=facts, identity_keys=(f"timm:{name}",))])


def test_the_recorded_tables_join_their_checkpoints(replay: ReplayServer) -> None:
    publish("resnet50.a1_in1k", 224, 0.95)
    source = TimmResults(f"{replay.url}/raw")
    run = harvest(source)
    assert (run.state, run.created, run.rejected, run.pages) == ("done", 1267 + 30_438, 0, 23)
    assert (Speed.objects.count(), Evaluation.objects.count()) == (30_438, 1556 * 8 * 2)
    checkpoint = PretrainedModel.objects.published().get()
    assert (checkpoint.top1, checkpoint.parameters, checkpoint.gmacs) == (80.382, 25_560_000, 4.11)
    assert checkpoint.activations == 11_110_000
    results = checkpoint.evaluations.filter(metric="top1", input_size=288)
    assert dict(results.values_list("dataset", "value")) == RESNET50_AT_288
    # Seven seconds for all of them: two tables show it, the results a smaller test.
    Checkpoint.objects.update(cursor=TABLES[-2])
    again = harvest(source)
    assert (again.unchanged, again.created, again.updated, again.gone) == (838 + 834, 0, 0, 0)


def test_the_headline_is_the_result_at_the_checkpoints_own_size(server: LocalServer) -> None:
    publish("net.a", 160)
    source = written(
        server,
        "net.a,160,70.0,30,90.0,10,1.00,0.875,bicubic\nnet.a,224,75.0,25,92.0,8,1.00,1.000,bicubic\n",
    )
    harvest(source)
    assert PretrainedModel.objects.get().top1 == 70.0
    assert Evaluation.objects.count() == 4


def test_thousands_are_set_off_in_millions_of_parameters(server: LocalServer) -> None:
    publish("net.a")
    harvest(written(server, 'net.a,224,70,30,90,10,"1,013.01",0.875,bicubic\n'))
    assert PretrainedModel.objects.get().parameters == 1_013_010_000


def test_work_is_found_by_architecture_and_size(server: LocalServer) -> None:
    publish("net.a")
    work = "net,160,1.0,0.5,2.5\nnet,224,1.0,1.25,3.5\nother,224,1,9,9\n"
    harvest(written(server, "net.a,224,70,30,90,10,1.0,0.875,bicubic\n", work))
    checkpoint = PretrainedModel.objects.get()
    assert (checkpoint.gmacs, checkpoint.activations) == (1.25, 3_500_000)
    assert "at 224 px" in claims_for(checkpoint)["gmacs"][0].note


def test_a_broken_row_is_rejected_and_can_be_tried_again(server: LocalServer) -> None:
    publish("net.a")
    rows = "net.b,224,-,30,90,10,1.0,0.875,bicubic\nnet.a,224,70,30,90,10,1.0,0.875,bicubic\n"
    source = written(server, rows, "net,224,1.0,1.25,3.5,\n")
    run = harvest(source)
    assert (run.created, run.rejected) == (1, 1)
    rejected = RejectedRecord.objects.get()
    assert rejected.external_id == "net.b"
    mended = rejected.raw.replace("224,-,30", "224,70,30")
    (record,) = source.records(Page(mended.encode()))
    assert isinstance(record, ModelRecord)
    assert (record.external_id, record.facts["gmacs"].value) == ("net.b", 1.25)


@pytest.mark.parametrize("count", ["9" * 400, "nan", "-", ""])
def test_numbers_that_are_none_reject_their_checkpoint_only(
    server: LocalServer, count: str
) -> None:
    rows = f"net.b,224,70,30,90,10,{count},0.875,bicubic\nnet.a,224,70,30,90,10,1.0,0.875,bicubic\n"
    run = harvest(written(server, rows))
    assert (run.state, run.created, run.rejected) == ("done", 1, 1)


def test_a_table_that_is_no_csv_is_kept_and_the_others_are_read(server: LocalServer) -> None:
    huge = SPEED + "x" * 200_000 + ",8,10,224\n"
    rows = "net.a,224,70,30,90,10,1.0,0.875,bicubic\n"
    second = TABLES[1].removesuffix(".csv").replace("-", "_")
    run = harvest(written(server, rows, **{second: huge}))
    assert (run.state, run.created, run.rejected) == ("done", 1, 1)
    assert RejectedRecord.objects.get().external_id == TABLES[1]


def test_companion_sets_are_results_of_the_same_checkpoint(server: LocalServer) -> None:
    publish("net.a")
    row = "net.a,224,{},30,90,10,1.0,0.875,bicubic\n"
    source = written(
        server,
        row.format(70),
        results_imagenet_a=HEADER + row.format(5),
        results_sketch=HEADER + row.format(35),
    )
    harvest(source)
    top1 = Evaluation.objects.filter(metric="top1").values_list("dataset", "value")
    assert dict(top1) == {"imagenet-1k": 70.0, "imagenet-a": 5.0, "imagenet-sketch": 35.0}
    assert PretrainedModel.objects.get().top1 == 70.0
    again = harvest(source)
    assert (again.unchanged, again.created, again.updated, again.gone) == (1, 0, 0, 0)


def test_a_speed_says_under_which_conditions_it_was_measured(server: LocalServer) -> None:
    table = {NEWEST.replace("-", "_"): SPEED + 'net,1024.0,"1,234.5",288\n'}
    harvest(written(server, "", **table))
    speed = Speed.objects.select_related("architecture").get()
    assert (speed.architecture.name, speed.input_size, speed.batch_size) == ("net", 288, 1024)
    assert (speed.images_per_second, speed.kind) == (1234.5, "inference")
    assert (speed.device, speed.software) == ("NVIDIA GeForce RTX 5090", "torch 2.9.1, CUDA 13.0")
    assert (speed.precision, speed.layout, speed.is_compiled) == ("amp", "nchw", False)
    assert speed.external_id == f"{NEWEST}/net/288"


def test_what_did_not_run_has_no_speed_and_what_makes_no_sense_is_rejected(
    server: LocalServer,
) -> None:
    rows = "huge,,,224\nodd,1.5,10,224\nnet,8,10,224\n"
    source = written(server, "", **{NEWEST.replace("-", "_"): SPEED + rows})
    run = harvest(source)
    assert (run.created, run.rejected) == (1, 1)
    rejected = RejectedRecord.objects.get()
    assert rejected.external_id == f"{NEWEST}/odd/224"
    (record,) = source.records(Page(rejected.raw.replace("1.5", "1").encode()))
    assert record == SpeedRecord(
        rejected.external_id, "odd", batch_size=1, images_per_second=10.0, input_size=224,
        url=source.homepage, **conditions(TABLES[0]),
    )  # fmt: skip


def test_older_tables_use_names_that_timm_has_given_up(server: LocalServer) -> None:
    rows = "tv_resnet50,8,10,224\nig_resnext101_32x48d,8,10,224\nresnet50,8,11,224\n"
    harvest(written(server, "", **{NEWEST.replace("-", "_"): SPEED + rows}))
    speeds = Speed.objects.order_by("pk").values_list("architecture__name", "note")
    assert set(speeds) == {
        ("resnet50", "measured as tv_resnet50"),
        ("ig_resnext101_32x48d", ""),  # timm's own list leads it to 32x8d
        ("resnet50", ""),
    }


@pytest.mark.parametrize(
    ("table", "software", "device", "is_compiled"),
    [
        (TABLES[15], "torch 1.13, CUDA 11.7", "NVIDIA GeForce RTX 3090", False),
        (TABLES[19], "torch 2.2.1", "Intel Core i9-10940X", True),
        (TABLES[4], "torch 2.9.1, CUDA 13.0", "NVIDIA RTX PRO 6000 Max-Q", True),
    ],
)
def test_the_name_of_a_table_says_how_it_was_measured(
    table: str, software: str, device: str, is_compiled: bool
) -> None:
    read = conditions(table)
    assert (read["software"], read["device"], read["is_compiled"]) == (
        software, device, is_compiled,
    )  # fmt: skip


def test_every_recorded_table_is_asked_for(shared: Path) -> None:
    folder = shared / "data" / "timm" / "results"
    assert {file.name for file in folder.glob("benchmark-*.csv")} == set(TABLES)


def test_a_walk_that_broke_off_goes_on_with_the_table_it_had_not_read(server: LocalServer) -> None:
    publish("net.a")
    rows = "net.a,224,70,30,90,10,1.0,0.875,bicubic\n"
    third = TABLES[2].removesuffix(".csv").replace("-", "_")
    run = harvest(written(server, rows, **{third: "<html>"}))
    assert (run.state, run.pages) == ("partial", 3)
    server.asked.clear()
    run = harvest(written(server, rows))
    assert (run.state, run.pages, run.gone) == ("done", 20, 0)
    assert Path(server.paths[0]).name == TABLES[2]


def test_a_table_that_timm_has_given_up_takes_its_speeds_along(server: LocalServer) -> None:
    table = NEWEST.replace("-", "_")
    rows = "net.a,224,70,30,90,10,1.0,0.875,bicubic\n"
    harvest(written(server, rows, **{table: SPEED + "net,8,10,224\n"}))
    assert Speed.objects.get().gone_since is None
    complete = written(server, rows)
    healthy = server.answer
    second = TABLES[1]
    server.answer = lambda path: (404, {}, b"") if Path(path).name == second else healthy(path)
    run = harvest(complete)
    assert (run.state, run.gone) == ("done", 1)
    assert Speed.objects.get().gone_since is not None


@pytest.mark.parametrize("body", [b"<html>maintenance</html>", b""])
def test_another_answer_than_a_table_is_not_read(server: LocalServer, body: bytes) -> None:
    server.replies((200, {}, body))
    run = harvest(TimmResults(server.url))
    assert run.state == "unreachable"
    assert "is not the table it was" in run.message


def test_without_a_network_the_run_says_so_and_is_no_failure() -> None:
    with stamina.set_testing(testing=True, attempts=2):
        run = harvest(TimmResults("http://127.0.0.1:9"))
    assert run.state == "unreachable"
    assert "could not be read" in run.message
