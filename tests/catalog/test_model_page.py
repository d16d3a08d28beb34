"""The page of one checkpoint, as a visitor gets it."""

import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Evaluation, Listing, PretrainedModel, Source
from catalog.records import EvaluationRecord, Fact, ModelRecord, PaperMention
from catalog.services import upsert_records
from tests.catalog.listed import RESNET, SEEN, list_in, page

pytestmark = pytest.mark.django_db


def test_the_page_says_what_it_is_in_one_line_of_facts(client: Client, timm: Source) -> None:
    list_in(timm, "resnet50.a1_in1k", **RESNET)

    html = page(client)

    assert "<h1>resnet50.a1_in1k</h1>" in html
    assert "Image classification, 1,000 classes of ImageNet-1k, 25.6 M parameters" in html


def test_each_of_the_four_questions_is_answered_with_source_and_date(
    client: Client, timm: Source
) -> None:
    list_in(timm, "resnet50.a1_in1k", **RESNET, top1=80.38)

    tiles = page(client).partition('id="model_tiles"')[2].partition("</section>")[0]

    assert "1,000 classes" in tiles
    assert "Apache-2.0" in tiles
    assert "80.38 %" in tiles
    assert "102 MB" in tiles
    assert tiles.count("timm 1.0.31, 20 Nov 2026") == 3
    assert "worked out here" in tiles


def test_what_no_source_states_is_an_en_dash_with_a_title(client: Client, timm: Source) -> None:
    list_in(timm, "mystery")

    html = page(client, "timm/mystery")

    assert "Unknown licence" in html
    assert '<span class="unknown" title="unknown training data">–</span>' in html
    assert "No source publishes a result" in html
    assert "No source says how to load" in html
    assert "None" not in html.partition("<main")[2]


def test_the_licence_is_judged_per_use_with_its_reason(client: Client, timm: Source) -> None:
    list_in(timm, "a", license="cc-by-nc-4.0")

    html = page(client, "timm/a")

    assert "no commercial use" in html
    assert "The licence is for non-commercial purposes only." in html
    assert 'href="https://creativecommons.org/licenses/by-nc/4.0/legalcode"' in html


def test_a_licence_that_the_table_does_not_know_is_quoted_and_unclear(
    client: Client, timm: Source
) -> None:
    list_in(timm, "a", license="Ask-Bob-1.0")

    html = page(client, "timm/a")

    assert "“Ask-Bob-1.0”" in html
    assert "verdict-yes" not in html


def test_sources_that_disagree_stand_side_by_side(
    client: Client, timm: Source, torchvision: Source
) -> None:
    list_in(timm, "r", "key", license="bsd-3-clause", parameters=25_560_000)
    list_in(torchvision, "R.V2", "key", license="cc-by-nc-4.0", parameters=25_557_032)

    html = page(client, "timm/r")

    notice = html.partition("Sources disagree: <strong>Licence</strong>")[2]
    assert 'BSD 3-Clause "New" License' in notice.replace("&quot;", '"')
    assert "Creative Commons Attribution-NonCommercial 4.0" in notice
    assert "shown on this page" in notice
    assert "Sources disagree: <strong>Parameters" not in html, "only rounded differently"


def test_every_claim_is_listed_with_how_the_source_knows_it(client: Client, timm: Source) -> None:
    fact = {"parameters": 25_557_032}
    list_in(timm, "a", **fact)
    Listing.objects.update(
        facts={"parameters": {"value": 5_000, "note": "counted by hand"}, "name": {"value": "a", "note": ""}}
    )  # fmt: skip

    html = page(client, "timm/a").partition("Every claim, with its source")[2]

    assert "5,000" in html
    assert "counted by hand" in html


def test_papers_recipe_origin_and_code_are_linked(client: Client, timm: Source) -> None:
    list_in(
        timm,
        "a",
        papers=[PaperMention("2110.00476", "recipe", "in the record")],
        recipe_url="https://example.org/recipe",
        origin_url="https://example.org/origin",
        repositories=["owner/code"],
    )

    html = page(client, "timm/a")

    assert 'href="/papers/2110.00476/"' in html
    assert "describes the training, says timm (in the record)" in html
    assert 'href="https://example.org/recipe"' in html
    assert 'href="https://example.org/origin"' in html
    assert 'href="/repositories/owner/code/"' in html


def test_what_was_made_from_a_checkpoint_and_what_it_was_made_from_are_linked(
    client: Client, torchvision: Source
) -> None:
    list_in(torchvision, "Float", "torchvision:Float")
    list_in(torchvision, "Int8", parent={"key": "torchvision:Float", "relation": "quantized"})

    assert 'href="/models/torchvision/Float/"' in page(client, "torchvision/Int8")
    assert 'href="/models/torchvision/Int8/">Int8</a> (quantized)' in page(
        client, "torchvision/Float"
    )


def test_a_pickle_is_called_one_and_safetensors_is_called_safe(
    client: Client, timm: Source
) -> None:
    files = [
        {"name": "model.safetensors", "bytes": 1_000_000, "format": "safetensors", "sha256": "ab" * 32},
        {"name": "model.pth", "format": "pytorch"},
    ]  # fmt: skip
    list_in(timm, "a", files=files)

    html = page(client, "timm/a").partition('id="model_files"')[2]

    assert "verdict-yes" in html
    assert "cannot run code" in html
    assert "verdict-no" in html
    assert "can run any code" in html
    assert "abababab" in html


def test_the_card_is_folded_sanitised_and_walled_off(client: Client, timm: Source) -> None:
    list_in(
        timm,
        "a",
        card="# Hi\n\nSome <b hx-get=/x onclick=y>bold</b> words.<script>alert(1)</script>",
    )

    card = page(client, "timm/a").partition('id="model_card"')[2]

    assert (
        '<div class="card-text" hx-disable hx-ignore><h3>Hi</h3> <p>Some <b>bold</b> words.' in card
    )
    assert "alert(1)" not in card


def test_memory_is_worked_out_for_as_many_images_as_are_asked_for(
    client: Client, timm: Source
) -> None:
    list_in(timm, "resnet50.a1_in1k", **RESNET)

    html = page(client, batch=32)

    assert 'value="32"' in html
    assert 'data-label="Activations, MB at most">1,422</td>' in html  # 32 x 11.11 M x 4 bytes
    assert 'data-label="Together, MB at most">1,524</td>' in html


def test_a_number_of_images_that_cannot_be_used_is_answered_beside_the_field(
    client: Client, timm: Source
) -> None:
    list_in(timm, "resnet50.a1_in1k", **RESNET)

    assert "Give a whole number from 1 to 4,096" in page(client, batch=4097)
    assert "Give a whole number" not in page(client, batch=4096)


@pytest.mark.parametrize(("architecture", "rings"), [("resnet50", True), ("alexnet", False)])
def test_rings_are_explained_where_siblings_are_drawn(
    client: Client, timm: Source, architecture: str, rings: bool
) -> None:
    for n in range(6):
        other = {**RESNET, "architecture": architecture, "parameters": 30_000_000 + n}
        list_in(timm, f"other{n}", **other, top1=70.0 - n)
    list_in(timm, "resnet50.a1_in1k", **RESNET, top1=80.0)

    assert ("rings are siblings" in page(client)) is rings


def test_scores_below_the_axis_are_said_to_be_drawn_on_its_edge(
    client: Client, timm: Source
) -> None:
    for n in range(101):
        other = {**RESNET, "parameters": 30_000_000 + n}
        list_in(timm, f"other{n}", **other, top1=70.0 if n else 1.0)
    list_in(timm, "resnet50.a1_in1k", **RESNET, top1=80.0)

    assert "1 scores below the axis and is drawn on its edge." in page(client)


def test_activations_of_another_size_are_shown_with_that_size(
    client: Client, timm: Source, torchvision: Source
) -> None:
    list_in(torchvision, "R", "key", parameters=1000, input_size=224)
    list_in(timm, "r", "key", activations=5_000_000, input_size=176)

    html = page(client, "torchvision/R")

    assert "An estimate for 1 image of 176 px" in html


def test_a_quantised_checkpoint_is_worked_out_at_int8_from_its_file_and_its_parent(
    client: Client, torchvision: Source
) -> None:
    list_in(torchvision, "Float", "torchvision:Float", activations=5_000_000, input_size=224)
    loading = {"torchvision": {"builder": "quantized_net", "weights": "Net.V1"}}
    list_in(
        torchvision, "Int8", parent={"key": "torchvision:Float", "relation": "quantized"},
        loading=loading, size_bytes=2_000_000, parameters=1_900_000, input_size=224,
    )  # fmt: skip

    html = page(client, "torchvision/Int8").partition('id="model_machine"')[2]

    [row] = re.findall(r'<th scope="row">int8</th>(.*)</tr>', html)
    assert re.findall(r">([\d.]+)</td>", row) == ["2.00", "5.00", "7.00"]
    assert "fp32</th>" not in html


def test_a_description_in_restructured_text_reads_as_words(client: Client, timm: Source) -> None:
    list_in(timm, "a", description="See the `new recipe <https://a.org/x>`_ of ``net``.")

    assert "See the new recipe of net." in page(client, "timm/a")


def test_a_result_on_a_data_set_of_its_own_still_answers_whether_it_is_good(
    client: Client, timm: Source
) -> None:
    record = ModelRecord(
        external_id="a",
        facts={"name": Fact("a"), "parameters": Fact(5)},
        evaluations=(EvaluationRecord("team/parts", "top1", 97.56, 64),),
    )
    upsert_records(timm, [record], version="2", seen_at=SEEN)

    tile = page(client, "timm/a").partition("Is it good?")[2].partition("</li>")[0]

    assert "97.56 %" in tile
    assert "top-1 on team/parts at 64 px" in tile
    assert "timm 2, 20 Nov 2026" in tile


def test_the_try_form_is_loaded_into_the_page_and_linked_without_javascript(
    client: Client, timm: Source
) -> None:
    list_in(timm, "resnet50.a1_in1k", **RESNET)

    html = page(client)

    address = "/models/timm/resnet50.a1_in1k/try/"
    assert f'<div id="try" hx-get="{address}"' in html
    assert html.count(f'href="{address}"') == 2


def test_the_number_of_queries_does_not_grow(client: Client, timm: Source) -> None:
    list_in(timm, "resnet50.a1_in1k", "key", **RESNET, top1=80.0, card="x")
    with CaptureQueriesContext(connection) as few:
        page(client)

    _add_much(timm)
    with CaptureQueriesContext(connection) as many:
        html = page(client)

    assert "All checkpoints of resnet50" in html
    assert html.count("polyline") == 1
    assert len(many) == len(few) <= 14


def _add_much(timm: Source) -> None:
    mine = PretrainedModel.objects.get(slug="timm/resnet50.a1_in1k")
    for n in range(4):
        source = Source.objects.create(name=f"s{n}", title=f"Source {n}", kind="hub")
        list_in(source, f"copy{n}", "key", license="mit", top1=80.0 + n,
                papers=[PaperMention(f"2001.0000{n}")], repositories=[f"o/r{n}"])  # fmt: skip
    listing = mine.listings.first()
    assert listing
    Evaluation.objects.bulk_create(
        Evaluation(pretrained=mine, listing=listing, dataset=f"d{n}", metric="top1", value=n)
        for n in range(20)
    )
    others = [
        {**RESNET, "parameters": 10_000_000 + n, "gmacs": 1 + n / 10, "license": "mit"}
        for n in range(20)
    ]
    for n, facts in enumerate(others):
        list_in(timm, f"other{n}", **facts, top1=70.0 + n, papers=[PaperMention(f"1901.{n:05}")])


@pytest.mark.parametrize(
    ("loading", "is_offered"),
    [(RESNET["loading"], True), ({"keras": {"function": "ResNet50", "module": "resnet"}}, False)],
)
def test_the_button_to_try_stands_only_on_what_loads_here(
    client: Client, timm: Source, loading: dict[str, Any], is_offered: bool
) -> None:
    list_in(timm, "resnet50.a1_in1k", **{**RESNET, "loading": loading})
    assert (">Try it</a>" in page(client)) is is_offered
