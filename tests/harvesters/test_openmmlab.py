"""OpenMMLab harvested from its recorded metafiles, and the traps that real metafiles set."""

import json

import pytest

from catalog.models import Listing
from catalog.records import ModelRecord, Rejected
from harvesters.engine import harvest
from harvesters.models import RejectedRecord
from harvesters.sources.base import Page
from harvesters.sources.openmmlab import OpenMMLab
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import ReplayServer
from tests.harvesters.replay_metafiles import packed

pytestmark = pytest.mark.django_db


def read(
    *models: str, collections: str = "", repository: str = "open-mmlab/mmpretrain"
) -> list[ModelRecord | Rejected]:
    """The records of one metafile whose models are written as YAML flow mappings."""
    text = f"Collections: [{collections}]\nModels:\n" + "".join(f"  - {one}\n" for one in models)
    files = {"model-index.yml": "Import: [configs/a/metafile.yml]", "configs/a/metafile.yml": text}
    body = json.dumps({"repository": repository, "files": files}).encode()
    return list(OpenMMLab("http://h", []).records(Page(body)))


def model(
    name: str = "resnet50_8xb32_in1k", weights: str = "https://h.org/w.pth", **rest: str
) -> str:
    parts = {
        "Name": name,
        "Weights": weights,
        **{key.replace("_", " "): v for key, v in rest.items()},
    }
    return "{" + ", ".join(f"{key}: {value}" for key, value in parts.items()) + "}"


def records(*models: str) -> list[ModelRecord]:
    return [record for record in read(*models) if isinstance(record, ModelRecord)]


def one(*models: str, **rest: str) -> ModelRecord:
    (record,) = read(*models, **rest)
    assert isinstance(record, ModelRecord)
    return record


def test_every_recorded_checkpoint_is_read_once(replay: ReplayServer) -> None:
    # All six repositories are counted in tests/identity.
    names = ["open-mmlab/mmaction2", "open-mmlab/mmyolo", "open-mmlab/mmrotate"]
    source = OpenMMLab(f"{replay.url}/codeload", names)
    run = harvest(source)
    assert (run.state, run.pages, run.created, run.rejected) == ("done", 3, 188 + 74 + 53, 0)
    again = harvest(source)
    assert (again.created, again.updated, again.unchanged) == (0, 0, 315)


def test_a_walk_that_broke_off_goes_on_with_the_next_repository(server: LocalServer) -> None:
    archive = packed({"model-index.yml": b"Models: [{Name: a, Weights: 'https://h.org/a.pth'}]"})
    server.replies((200, {}, archive), (401, {}, b""))
    source = OpenMMLab(server.url, ["o/one", "o/two"])
    assert harvest(source).state == "partial"
    server.replies((200, {}, archive))
    assert (harvest(source).state, server.paths) == (
        "done",
        ["/o/one/tar.gz/HEAD", "/o/two/tar.gz/HEAD", "/o/two/tar.gz/HEAD"],
    )
    names = Listing.objects.order_by("external_id").values_list("external_id", flat=True)
    assert list(names) == ["o/one:a", "o/two:a"]


def test_a_repository_that_is_gone_or_has_no_index_is_named_and_the_others_are_read(
    server: LocalServer,
) -> None:
    archive = packed({"model-index.yml": b"Models: [{Name: a, Weights: 'https://h.org/a.pth'}]"})
    replies = {"/o/gone": (404, {}, b""), "/o/bare": (200, {}, packed({"README.md": b"x"}))}
    server.answer = lambda path: replies.get(path.partition("/tar.gz")[0], (200, {}, archive))
    run = harvest(OpenMMLab(server.url, ["o/gone", "o/bare", "o/good"]))
    assert (run.state, run.seen) == ("done", 1)
    assert "o/gone has no model-index.yml: take it off OPENMMLAB_REPOSITORIES" in run.message


def test_a_ref_may_be_named(server: LocalServer) -> None:
    server.replies((200, {}, packed({"model-index.yml": b"Models: []"})))
    harvest(OpenMMLab(server.url, ["o/one@v1.0"]))
    assert server.paths == ["/o/one/tar.gz/v1.0"]


def test_a_broken_metafile_among_good_ones_is_rejected_and_can_be_tried_again(
    server: LocalServer,
) -> None:
    files = {
        "model-index.yml": b"Import: [a.yml, configs\\b.yml, gone.yml]",
        "a.yml": b"Models: [{Name: a, Weights: 'https://h.org/a.pth'}]",
        "configs/b.yml": b"Models: [{Name: b",
    }
    server.replies((200, {}, packed(files)))
    source = OpenMMLab(server.url, ["o/one"])
    run = harvest(source)
    assert (run.created, run.rejected) == (1, 2)
    broken = RejectedRecord.objects.get(external_id="o/one:configs/b.yml")
    assert "no readable YAML, line 2" in broken.reason
    (again,) = source.records(Page(broken.raw.encode()))
    assert isinstance(again, Rejected)


def test_what_a_broken_metafile_listed_is_not_taken_for_gone(server: LocalServer) -> None:
    files = {
        "model-index.yml": b"Import: a.yml",
        "a.yml": b"[{Name: a, Weights: 'https://h.org/a.pth'}]",
    }
    source = OpenMMLab(server.url, ["o/one"])
    server.replies((200, {}, packed(files)))
    harvest(source)
    server.replies((200, {}, packed({**files, "a.yml": b"[{Name: a"})))
    run = harvest(source)
    assert (run.gone, run.rejected) == (0, 1)
    assert "a.yml could not be read" in run.message
    other = b"[{Name: b, Weights: 'https://h.org/b.pth'}]"
    server.replies((200, {}, packed({**files, "a.yml": other})))
    assert harvest(source).gone == 1


@pytest.mark.parametrize(("name", "prefix"), [
    ("resnet50_8xb32_in1k_20210831-ea4938fc", "ea4938fc"),
    ("rtmpose-tiny_coco_420e-256x192-e613ba3f_20230127", "e613ba3f"),
    ("rtmw-dw-x-l_cocktail14_270e-384x288-20231122", None),
    ("resnet50_8xb32_in1k", None),
])  # fmt: skip
def test_the_hash_in_a_files_name_is_kept_and_a_date_is_none(name: str, prefix: str | None) -> None:
    (file,) = (
        one(model(weights=f"https://download.openmmlab.com/v0/{name}.pth")).facts["files"].value
    )
    assert file.get("sha256") == prefix


@pytest.mark.parametrize("results", [
    "[{Task: Image Classification, Dataset: ImageNet-1k, Metrics: {Top 1 Accuracy: 76.55}}]",
    "{Task: Image Classification, Dataset: ImageNet, Metrics: {top1 accuracy: 76.55%}}",
])  # fmt: skip
def test_results_are_a_list_or_one(results: str) -> None:
    (result,) = one(model(Results=results)).evaluations
    assert (result.dataset, result.metric, result.value) == ("imagenet-1k", "top1", 76.55)


@pytest.mark.parametrize("results", ["null", "[]", "[{Dataset: '-', Metrics: {PSNR: 1}}]"])
def test_no_results_are_none(results: str) -> None:
    assert one(model(Results=results)).evaluations == ()


@pytest.mark.parametrize(("task", "metric", "stored", "value"), [
    ("Body 2D Keypoint", "AP", "kp_map", 75.6),
    ("Object Detection", "box AP", "box_map", 75.6),
    ("Image Super-Resolution", "SSIM", "ssim", 0.756),
])  # fmt: skip
def test_shares_become_percent_and_other_numbers_stay(
    task: str, metric: str, stored: str, value: float
) -> None:
    results = f"{{Task: {task}, Dataset: COCO, Metrics: {{{metric}: 0.756}}}}"
    (result,) = one(model(Results=results)).evaluations
    assert (result.metric, result.value) == (stored, value)


def test_two_numbers_under_one_name_are_two_results_where_the_name_tells_them_apart() -> None:
    numbers = "{PSNR: 70.0, SSIM: 0.5}"
    metrics = f"{{'<br>PSNR/SSIM (Y)': {numbers}, 'P&R10k': {numbers}, 'Size / Number': {{a: 1}}}}"
    results = f"{{Task: Deblurring, Dataset: GoPro, Metrics: {metrics}}}"
    found = {(e.metric, e.value) for e in one(model(Results=results)).evaluations}
    assert found == {("psnr-y", 70.0), ("ssim-y", 0.5)}


def test_settings_among_the_numbers_are_no_results() -> None:
    results = "{Task: Denoising, Dataset: Set12, Metrics: {$\\\\sigma$: 15.0, Iter: 500000, CGS: 1.0, PSNR: 33.0}}"
    assert [e.metric for e in one(model(Results=results)).evaluations] == ["psnr"]


@pytest.mark.parametrize(("flops", "parameters"), [
    ("43000000000", "22400000"), ("43G", "22.4M"), ("'43 G'", "'22,400,000'"),
])  # fmt: skip
def test_work_and_parameters_are_numbers_or_texts(flops: str, parameters: str) -> None:
    facts = one(model(Metadata=f"{{FLOPs: {flops}, Parameters: {parameters}}}")).facts
    assert (facts["gmacs"].value, facts["parameters"].value) == (43.0, 22_400_000)


def test_dates_stay_texts() -> None:
    assert one(model(Name="2021-08-31")).external_id == "mmpretrain:2021-08-31"


@pytest.mark.parametrize("paper", [
    "{URL: https://arxiv.org/abs/1512.03385v2, Title: ResNet}",
    "[{URL: https://arxiv.org/pdf/1512.03385.pdf}]",
    "https://arxiv.org/abs/1512.03385",
])  # fmt: skip
def test_a_paper_is_an_object_a_list_or_an_address(paper: str) -> None:
    (mention,) = one(
        model(In_Collection="ResNet"), collections=f"{{Name: ResNet, Paper: {paper}}}"
    ).papers
    assert (mention.arxiv_id, mention.role) == ("1512.03385", "introduces")


@pytest.mark.parametrize(("name", "collection", "role"), [
    ("resnet50_8xb32_in1k", "ResNet", "introduces"),
    ("resnet50_simclr-200e-pre_8xb512-linear-coslr-90e_in1k", "SimCLR", "recipe"),
    ("vit-base-p16_mae-1600e-pre_8xb128-coslr-100e_in1k", "MAE", "recipe"),
    ("convnext-v2-atto_3rdparty-fcmae_in1k", "ConvNeXt V2", "introduces"),
    ("van-tiny_3rdparty_in1k", "Visual-Attention-Network", "introduces"),
])  # fmt: skip
def test_only_the_paper_of_its_own_collection_introduces_an_architecture(
    name: str, collection: str, role: str
) -> None:
    part = f"{{Name: {collection}, Paper: 'https://arxiv.org/abs/2002.05709'}}"
    (mention,) = one(model(name, In_Collection=collection), collections=part).papers
    assert mention.role == role


def test_the_paper_of_a_family_introduces_it_whatever_the_collection_is_called() -> None:
    part = "{Name: V, Paper: 'https://arxiv.org/abs/2010.11929'}"
    record = one(model("vit-base-p32_in1k", In_Collection="V"), collections=part)
    assert [paper.role for paper in record.papers] == ["introduces"]


@pytest.mark.parametrize(("name", "role"), [
    ("stgcnpp_8xb16-joint", "introduces"), ("slowonly_r50_gym-keypoint", "recipe"),
])  # fmt: skip
def test_where_the_name_tells_no_architecture_the_collection_must_be_named_in_it(
    name: str, role: str
) -> None:
    part = "{Name: STGCN++, Paper: 'https://arxiv.org/abs/2205.09443'}"
    stated = model(name, In_Collection="STGCN++")
    record = one(stated, collections=part, repository="open-mmlab/mmaction2")
    assert [paper.role for paper in record.papers] == [role]


def test_the_model_says_more_than_its_collection() -> None:
    collection = "{Name: C, Metadata: {Training Data: COCO, Parameters: 1M}}"
    record = one(model(In_Collection="C", Metadata="{Parameters: 2M}"), collections=collection)
    assert record.facts["parameters"].value == 2_000_000
    assert record.facts["training"].value[0]["dataset"] == "coco"


@pytest.mark.parametrize("weights", ["null", "<>", "''", "[]"])
def test_without_weights_it_is_no_checkpoint(weights: str) -> None:
    assert read(model(weights=weights)) == []


def test_two_files_with_one_name_are_two_checkpoints() -> None:
    first, second = read(model("a"), model("a", "https://h.org/other.pth"))
    assert (first.external_id, second.external_id) == ("mmpretrain:a", "mmpretrain:a#other")


def converted(name: str, origin: str) -> str:
    return model(name, f"https://h.org/{name}.pth", Converted_From=f"{{Weights: {origin}}}")


def origins(*models: str) -> list[str]:
    return [
        key for record in records(*models) for key in record.identity_keys if "h.org" not in key
    ]


def test_a_conversion_is_its_origin() -> None:
    assert origins(converted("swin-base", "https://x.org/swin_base.pth")) == [
        "weights:https://x.org/swin_base.pth"
    ]
    hub = "https://huggingface.co/timm/vit_base_patch32_clip_224.openai_ft_in1k"
    assert origins(converted("vit-base", hub)) == [
        "hub:timm/vit_base_patch32_clip_224.openai_ft_in1k"
    ]


@pytest.mark.parametrize(("name", "origin"), [
    ("mlp-mixer-large-p16_in1k", "https://x.org/jx_mixer_b16_224_in21k-617b3de2.pth"),
    ("twins-pcpvt-base_in1k", "https://x.org/twins_pcpvt_small-e70e7e7a.pth"),
    ("deit3-huge-p14_in21k-pre_in1k", "https://x.org/deit_3_huge_224_1k.pth"),
    ("any", "https://x.org/MODEL_ZOO.md"),
    ("any", "https://x.org/fetch.pth?id=1"),
    ("any", "https://drive.google.com/u/0/uc?id=abc&export=download"),
    ("any", "https://huggingface.co/openflamingo/OpenFlamingo-9B"),
])  # fmt: skip
def test_a_conversion_that_cannot_be_is_no_identity(name: str, origin: str) -> None:
    assert origins(converted(name, origin)) == []


def test_of_two_models_that_claim_one_origin_neither_is_believed() -> None:
    origin = "https://x.org/blip2_pretrained_opt2.7b.pth"
    assert origins(converted("one", origin), converted("two", origin)) == []


def test_weights_that_two_models_name_are_those_of_the_one_they_are_called_after() -> None:
    url = "https://h.org/res101_coco_256x192-065d3625.pth"
    keys = [
        r.identity_keys
        for r in records(model("res101_coco_256x192", url), model("res101_big", url))
    ]
    assert keys == [(f"weights:{url}",), ()]
