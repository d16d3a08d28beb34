"""timm's result tables, served from the recorded files: joined by name, units and sizes right."""

from pathlib import Path

import pytest
import stamina

from catalog.claims import claims_for
from catalog.models import Evaluation, PretrainedModel, Source
from catalog.records import Fact, ModelRecord
from catalog.services import upsert_records
from harvesters.engine import harvest
from harvesters.models import RejectedRecord
from harvesters.sources.timm_results import TimmResults
from tests.harvesters.conftest import LocalServer

HEADER = "model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation\n"
WORK = "model,infer_img_size,param_count,infer_gmacs,infer_macts\n"

pytestmark = pytest.mark.django_db


@pytest.fixture
def recorded(server: LocalServer, shared: Path) -> TimmResults:
    folder = shared / "data" / "timm" / "results"
    server.answer = lambda path: (200, {}, (folder / Path(path).name).read_bytes())
    return TimmResults(server.url)


def written(server: LocalServer, rows: str, work: str = "") -> TimmResults:
    tables = {"results-imagenet.csv": HEADER + rows}
    server.answer = lambda path: (200, {}, tables.get(Path(path).name, WORK + work).encode())
    return TimmResults(server.url)


def publish(name: str, size: int = 224, crop_pct: float = 0.875) -> None:
    source, _ = Source.objects.get_or_create(name="timm", kind="library")
    facts = {
        "name": Fact(name),
        "input_size": Fact(size),
        "preprocessing": Fact({"crop_pct": crop_pct}),
    }
    upsert_records(source, [ModelRecord(name, facts=facts, identity_keys=(f"timm:{name}",))])


def test_the_recorded_tables_join_their_checkpoints(recorded: TimmResults) -> None:
    publish("resnet50.a1_in1k", 224, 0.95)
    run = harvest(recorded)
    assert (run.state, run.seen, run.rejected) == ("done", 1266, 0)
    checkpoint = PretrainedModel.objects.published().get()
    assert (checkpoint.top1, checkpoint.parameters, checkpoint.gmacs) == (80.382, 25_560_000, 4.11)
    assert checkpoint.activations == 11_110_000
    assert checkpoint.evaluations.filter(metric="top1", input_size=288).get().value == 81.24
    assert harvest(recorded).unchanged == 1266


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


def test_a_broken_row_is_rejected_and_the_others_are_read(server: LocalServer) -> None:
    publish("net.a")
    rows = "net.b,224,-,30,90,10,1.0,0.875,bicubic\nnet.a,224,70,30,90,10,1.0,0.875,bicubic\n"
    run = harvest(written(server, rows))
    assert (run.created, run.rejected) == (1, 1)
    assert RejectedRecord.objects.get().external_id == "net.b"


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
