"""The pages of licences, organisations and architectures: what they have in common, counted and listed."""

import pytest
from django.test import Client
from django.utils import timezone

from catalog.models import Source
from catalog.reference_records import (
    RepositoryRecord,
    SpeedRecord,
)
from catalog.services import mark_gone, upsert
from tests.catalog.conftest import source
from tests.catalog.referenced import CODE, RESNET, checkpoint, facts, resnet, text_of

pytestmark = pytest.mark.django_db


def test_a_licence_says_per_use_why_and_counts_its_models_by_task(
    client: Client, timm: Source
) -> None:
    upsert(timm, [
        checkpoint("a", license="cc-by-nc-4.0"),
        checkpoint("b", license="CC BY-NC 4.0", task="object-detection"),
        checkpoint("c", license="mit"),
    ])  # fmt: skip
    page = text_of(client, "/licenses/cc-by-nc-4.0/")
    assert "Commercial use no The licence is for non-commercial purposes only." in page
    assert "Image classification 1" in page
    assert "Object detection 1" in page
    assert "Spellings that we take for it" in page
    links = client.get("/licenses/cc-by-nc-4.0/").text
    assert "/models/?license=cc-by-nc-4.0&amp;task=object-detection" in links
    assert 'href="/models/timm/c/"' not in links


def test_the_list_of_licences_counts_models_and_never_takes_unknown_for_open(
    client: Client, timm: Source
) -> None:
    upsert(timm, [checkpoint("a", license="mit"), checkpoint("b", license="whatever")])
    page = text_of(client, "/licenses/")
    assert "MIT License permissive yes yes yes 1" in page
    assert "Of 1 models no licence is known" in page


def test_an_organisation_shows_its_models_by_task(client: Client, timm: Source) -> None:
    upsert(timm, [checkpoint("a", organization="facebook")])
    assert "Image classification 1" in text_of(client, "/organizations/facebook/")
    assert 'href="/organizations/facebook/"' in client.get("/organizations/").text


def test_an_organisation_shows_the_code_and_the_papers_of_its_models(
    client: Client, timm: Source
) -> None:
    upsert(timm, [
        checkpoint("a", organization="facebook"),
        checkpoint("b", "recipe", organization="facebook"),
        checkpoint("c", "mentioned", organization="facebook"),
        checkpoint("d", organization="google"),
    ])  # fmt: skip
    page = text_of(client, "/organizations/facebook/")
    assert f"{CODE} named by 3 models" in page
    assert f"arXiv:{RESNET} of 2 models" in page


def test_a_licence_names_the_code_that_is_under_it(client: Client, github: Source) -> None:
    upsert(github, [RepositoryRecord("1", "a/b", facts=facts(license="MIT"))])
    page = client.get("/licenses/mit/").text
    assert 'href="/repositories/?license=mit">1 repository</a>: their code, not the weights' in page


def test_the_checkpoints_of_an_architecture_stand_side_by_side_never_merged(
    client: Client, arxiv: Source, timm: Source
) -> None:
    upsert(arxiv, [resnet()])
    upsert(timm, [checkpoint("a1", license="mit"), checkpoint("a2", license="cc-by-nc-4.0")])
    page = text_of(client, "/architectures/resnet50/")
    table = page.split("Its checkpoints")[1]
    assert table.index("a1") < table.index("MIT") < table.index("a2") < table.index("CC-BY-NC-4.0")
    assert "Deep Residual Learning 2015 introduces the architecture: timm" in page
    assert f"{CODE} names it as the code: timm" in page


def test_a_checkpoint_that_is_gone_stays_with_its_architecture_and_says_so(
    client: Client, timm: Source
) -> None:
    upsert(timm, [checkpoint("a1")])
    mark_gone(timm, unseen_since=timezone.now())
    page = text_of(client, "/architectures/resnet50/")
    assert "a1 gone since" in page
    assert "Narrow" not in page


def test_speeds_name_device_precision_resolution_source_and_date(
    client: Client, timm: Source
) -> None:
    measured = source("timm-benchmarks", Source.Kind.MEASUREMENT, "timm benchmarks")
    upsert(timm, [checkpoint("a1")])
    upsert(measured, [
        SpeedRecord("x", "resnet50", "inference", "RTX 3090", 4302.84, "amp", "nhwc", False,
                    "torch 2.4", 224, 256, "2024-08-01", "https://b.example/x.csv"),
    ])  # fmt: skip
    page = text_of(client, "/architectures/resnet50/")
    assert (
        "RTX 3090 inference amp nhwc 224 256 4,303 torch 2.4 timm benchmarks , 1 Aug 2024" in page
    )


def test_of_many_speeds_the_quickest_per_device_at_one_input_size_come_first(
    client: Client, timm: Source
) -> None:
    upsert(timm, [checkpoint("a1")])
    measured = [
        ("GPU A", 224, 100.0),
        ("GPU A", 224, 200.0),
        ("GPU B", 224, 300.0),
        ("GPU B", 160, 999.0),
    ]
    upsert(timm, [
        SpeedRecord(f"{n}", "resnet50", "inference", device, rate, input_size=size)
        for n, (device, size, rate) in enumerate(measured)
    ])  # fmt: skip
    shown, every = text_of(client, "/architectures/resnet50/").split("All 4 measurements")
    first = shown.split("How fast it runs")[1]
    assert first.index("GPU B") < first.index("GPU A")
    assert [rate in first for rate in ("300", "200", "100", "999")] == [True, True, False, False]
    assert "999" in every


def test_architectures_are_found_by_a_part_of_their_name(client: Client, timm: Source) -> None:
    upsert(timm, [checkpoint("a1"), checkpoint("b1", architecture="vit_tiny")])
    page = client.get("/architectures/", {"find": "VIT"}).text
    assert 'href="/architectures/vit_tiny/"' in page
    assert 'href="/architectures/resnet50/"' not in page
    assert "No architecture is called so" in client.get("/architectures/?find=nothing").text
