"""Which listings are one checkpoint: those that share a key, and no others."""

from typing import Any

import pytest

from catalog.identity import join_listings
from catalog.keys import arxiv_ids, repository_name, weights_key
from catalog.models import Evaluation, Listing, PretrainedModel, Source
from catalog.records import EvaluationRecord, Fact, ModelRecord
from catalog.services import upsert_records

URL = "https://download.pytorch.org/models/resnet50-11ad3fa6.pth"


def record(name: str, *keys: str, **facts: Any) -> ModelRecord:
    return ModelRecord(
        external_id=name,
        facts={"name": Fact(name), **{key: Fact(value) for key, value in facts.items()}},
        identity_keys=keys,
    )


@pytest.fixture
def timm(db: None) -> Source:
    return Source.objects.create(name="timm", kind="library")


@pytest.fixture
def torchvision(db: None) -> Source:
    return Source.objects.create(name="torchvision", kind="library")


def test_the_same_weights_address_makes_one_checkpoint(timm: Source, torchvision: Source) -> None:
    upsert_records(timm, [record("resnet50.tv2_in1k", weights_key(URL))])
    upsert_records(torchvision, [record("V2", weights_key(URL.replace("https", "http") + "?x=1"))])
    checkpoint = PretrainedModel.objects.get()
    assert checkpoint.slug == "timm/resnet50.tv2_in1k"
    assert checkpoint.sources == ["timm", "torchvision"]


def test_names_that_look_alike_stay_apart(timm: Source, torchvision: Source) -> None:
    upsert_records(
        timm, [record("resnet50", "timm:resnet50"), record("resnet50d", "timm:resnet50d")]
    )
    upsert_records(torchvision, [record("resnet50", "torchvision:resnet50")])
    assert PretrainedModel.objects.published().count() == 3


def test_two_new_records_of_one_page_that_share_a_key_are_one(timm: Source) -> None:
    upsert_records(timm, [record("a", "weights:x"), record("b", "weights:x")])
    assert PretrainedModel.objects.get().slug == "timm/a"
    assert Listing.objects.count() == 2


def test_a_record_that_joins_two_checkpoints_keeps_the_first_address(
    timm: Source, torchvision: Source
) -> None:
    upsert_records(timm, [record("a", "key:1"), record("b", "key:2")])
    b = PretrainedModel.objects.get(slug="timm/b")
    Evaluation.objects.create(
        pretrained=b, listing=b.listings.get(), dataset="d", metric="top1", value=1
    )
    upsert_records(torchvision, [record("c", "key:1", "key:2")])
    kept = PretrainedModel.objects.published().get()
    b.refresh_from_db()
    assert kept.slug == "timm/a"
    assert b.merged_into == kept
    assert kept.listings.count() == 3
    assert kept.evaluations.count() == 1


def test_a_changed_record_goes_with_its_checkpoint_when_another_one_of_the_page_joins_it(
    timm: Source,
) -> None:
    upsert_records(timm, [record("a", "key:1"), record("b", "key:2")])
    upsert_records(timm, [record("b", "key:2", task="depth"), record("c", "key:1", "key:2")])
    kept = PretrainedModel.objects.published().get()
    assert (kept.slug, kept.task) == ("timm/a", "depth")
    assert kept.listings.count() == 3


def test_a_checkpoint_that_only_a_measurement_knows_is_not_published(timm: Source) -> None:
    table = Source.objects.create(name="table", kind="measurement")
    scored = ModelRecord(
        "a",
        facts={"name": Fact("a")},
        evaluations=(EvaluationRecord("imagenet-1k", "top1", 80.0, 224),),
        identity_keys=("timm:a",),
    )
    upsert_records(table, [scored])
    assert not PretrainedModel.objects.published().exists()
    upsert_records(timm, [record("a", "timm:a")])
    checkpoint = PretrainedModel.objects.published().get()
    assert (checkpoint.slug, checkpoint.top1) == ("timm/a", 80.0)


def test_joining_everything_again_changes_nothing_where_nothing_is_to_join(timm: Source) -> None:
    upsert_records(timm, [record("a", "key:1"), record("b", "key:2")])
    assert join_listings() == set()
    Listing.objects.filter(external_id="b").update(identity_keys=["key:1"])
    assert join_listings() == {PretrainedModel.objects.get(slug="timm/a").pk}
    assert join_listings() == set()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "http://Download.PyTorch.org/models/a.pth?x#y",
            "https://download.pytorch.org/models/a.pth",
        ),
        (
            "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1/a.pth",
            "https://github.com/huggingface/pytorch-image-models/releases/download/v0.1/a.pth",
        ),
    ],
)
def test_addresses_that_mean_the_same_file_give_one_key(one: str, other: str) -> None:
    assert weights_key(one) == weights_key(other)


def test_paths_keep_their_case() -> None:
    assert weights_key("https://h.org/A.pth") != weights_key("https://h.org/a.pth")


def test_repositories_and_papers_are_found_in_addresses_and_texts() -> None:
    assert repository_name("https://github.com/NVlabs/RADIO.git") == "nvlabs/radio"
    assert repository_name("https://example.org/NVlabs/RADIO") == ""
    text = "see https://arxiv.org/abs/1512.03385v2, arXiv:2110.00476 and arxiv.org/pdf/1512.03385"
    assert arxiv_ids(text) == ["1512.03385", "2110.00476"]
