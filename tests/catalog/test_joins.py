"""Why several listings are one checkpoint."""

import pytest
from django.test import Client

from catalog.joins import joins_of, sentence
from catalog.keys import weights_key
from catalog.models import Listing, PretrainedModel, Source
from catalog.records import Fact, ModelRecord
from catalog.services import upsert

pytestmark = pytest.mark.django_db


def list_in(source: str, name: str, *keys: str) -> None:
    row, _ = Source.objects.get_or_create(name=source, defaults={"title": source.title()})
    record = ModelRecord(name, facts={"name": Fact(name)}, identity_keys=keys)
    assert not upsert(row, [record]).rejected


def reasons(name: str) -> list[tuple[str, str | None, tuple[str, ...]]]:
    found = Listing.objects.get(external_id=name).pretrained
    rows = found.listings.prefetch_related("source", "keys_that_count").order_by("pk")
    return [
        (j.listing.source_id, j.other.source_id if j.other else None, j.reasons)
        for j in joins_of(rows)
    ]


def test_each_listing_says_what_it_shares_and_with_whom_the_strongest_first() -> None:
    list_in("timm", "a", "timm:a", "weights:https://x.org/a.pth")
    list_in("torchvision", "b", "weights:https://x.org/a.pth", "sha256:ff", "torchvision:b")
    list_in("onnx", "c", "sha256:ff", "torchvision:b")
    assert reasons("a") == [
        ("timm", None, ()),
        ("torchvision", "timm", ("both name the weights file https://x.org/a.pth",)),
        ("onnx", "torchvision", (sentence("sha256:ff"), sentence("torchvision:b"))),
    ]


def test_files_that_were_written_again_are_not_said_to_be_one_file() -> None:
    folder = "https://download.pytorch.org/models"
    older, newer = f"{folder}/resnet50-19c8e357.pth", f"{folder}/resnet50-0676ba61.pth"
    list_in("torchvision", "a", weights_key(newer))
    list_in("open-model-zoo", "b", weights_key(older))
    (reason,) = reasons("b")[1][2]
    assert reason == (
        "name weights files that torchvision wrote again, as is believed with the same weights: "
        f"{newer} or, before, {older}"
    )
    elsewhere = "weights:https://h.org/resnet50-0676ba61.pth"
    assert sentence(elsewhere) == "both name the weights file https://h.org/resnet50-0676ba61.pth"


def test_one_that_was_linked_only_later_names_the_listing_that_links_it() -> None:
    list_in("timm", "a", "timm:a")
    list_in("onnx", "b", "sha256:ff")
    list_in("torchvision", "c", "timm:a", "sha256:ff")
    assert PretrainedModel.objects.filter(merged_into=None).count() == 1
    assert reasons("a")[1][:2] == ("onnx", "torchvision")


def test_the_page_of_a_model_shows_them(client: Client) -> None:
    list_in("timm", "a", "weights:https://x.org/a.pth")
    list_in("torchvision", "b", "weights:https://x.org/a.pth")
    page = client.get("/models/timm/a/").text
    assert "Listed by 2 sources" in page
    assert "both name the weights file https://x.org/a.pth" in page
    alone = client.get("/models/timm/a/").text.count("the first listing")
    assert alone == 1
