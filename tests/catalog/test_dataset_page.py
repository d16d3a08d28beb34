"""The pages of data sets as a visitor gets them: whole, in parts, narrowed, hostile, large."""

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from catalog.models import Dataset
from catalog.records import Fact
from catalog.reference_records import (
    DatasetRecord,
    LeaderboardRecord,
    PaperRecord,
    PublishedResultRecord,
    RepositoryMention,
)
from catalog.services import upsert
from tests.catalog.test_leaderboards import (
    checkpoint,
    introduces,
    only_rows,
    published,
    recipe,
    result,
    source,
)

pytestmark = pytest.mark.django_db
PAGE = "/datasets/imagenet-1k/"


def text(client: Client, url: str, **headers: str) -> str:
    response = client.get(url, headers=headers)
    assert response.status_code == 200, response.headers.get("Location")
    return response.content.decode()


def notices(html: str) -> list[str]:
    return re.findall(r'<p class="notice">(.*?)</p>', html)


def test_the_page_says_what_the_data_set_is_and_who_says_so(client: Client) -> None:
    facts = {"title": "ImageNet", "description": "Many **pictures**.", "license": "mit"}
    stated = {name: Fact(value) for name, value in facts.items()}
    record = DatasetRecord("datasets/ImageNet", "imagenet-1k", facts=stated)
    upsert(source("paperswithcode", "Papers with Code, CC BY-SA 4.0", "papers"), [record])
    html = text(client, PAGE)
    assert "<h1" in html
    assert "ImageNet-1k</h1>" in html
    assert "<strong>pictures</strong>" in html
    assert "Description, by Papers with Code, CC BY-SA 4.0" in html
    assert 'href="/licenses/mit/"' in html
    assert "No source publishes results on this data set." in html


def test_a_source_that_lists_it_several_times_says_where_each_fact_stands(client: Client) -> None:
    hub = source("huggingface-datasets", "Hugging Face data sets", "datasets")
    for name, likes in (("one/imagenet-1k", 5), ("other/imagenet", 7)):
        record = DatasetRecord(name, "imagenet-1k", facts={"likes": Fact(likes)})
        upsert(hub, [record])
    html = text(client, PAGE)
    assert "Hugging Face data sets (one/imagenet-1k)" in html
    assert "Hugging Face data sets (other/imagenet)" in html


def test_rows_of_papers_are_marked_and_attributed(client: Client) -> None:
    checkpoint("net.a", ("top1", 80.0, 224))
    published(result(0, "Big net", "90.1"))
    html = text(client, PAGE)
    assert "no weights" in html
    assert "Results without weights are from Papers with Code, CC BY-SA 4.0." in html
    assert html.index("Big net") < html.index("net.a")


def test_models_trained_on_it_are_counted_and_lead_into_the_browse_page(client: Client) -> None:
    checkpoint("net.a", training=[{"stage": "train", "dataset": "imagenet-1k", "method": ""}])
    html = text(client, PAGE)
    assert "1 model trained on it" in html
    assert 'href="/models/?dataset=imagenet-1k"' in html


def test_bad_parameters_are_left_out_and_the_page_says_so(client: Client) -> None:
    checkpoint("net.a", ("top1", 80.0, 224))
    html = text(client, f"{PAGE}?foo=1&size=x&page=7&page=abc&%FF=%00&metric=<script>")
    assert len(notices(html)) >= 4
    assert "net.a" in html
    assert "<script>" not in html.split("<main")[1]


def test_a_page_beyond_the_last_one_shows_the_last_one(client: Client) -> None:
    checkpoint("net.a", ("top1", 80.0, 224))
    html = text(client, f"{PAGE}?page=9")
    assert notices(html) == ["The list ends with page 1, which is shown here."]


def test_a_submitted_form_ends_at_the_one_spelling_of_its_address(client: Client) -> None:
    checkpoint("net.a", ("top1", 80.0, 224))
    response = client.get(f"{PAGE}?size=&year=&license=open&sort=")
    assert (response.status_code, response["Location"]) == (302, f"{PAGE}?license=open")


def test_htmx_gets_the_part_and_the_address_and_a_restored_history_the_whole(
    client: Client,
) -> None:
    checkpoint("net.a", ("top1", 80.0, 224))
    part = client.get(f"{PAGE}?size=&weights=only", headers={"HX-Request": "true"})
    assert part.content.startswith(b'<div id="leaderboard"')
    assert part["HX-Push-Url"] == f"{PAGE}?weights=only"
    assert "HX-Request" in part["Vary"]
    restored = {"HX-Request": "true", "HX-History-Restore-Request": "true"}
    assert "<html" in text(client, PAGE, **restored)


def test_another_name_leads_to_the_data_set_and_no_name_to_404(client: Client) -> None:
    checkpoint("net.a", ("top1", 80.0, 224))
    response = client.get("/datasets/ImageNet/?weights=only")
    assert (response.status_code, response["Location"]) == (302, f"{PAGE}?weights=only")
    assert client.get("/datasets/nonsense/").status_code == 404
    assert client.get("/datasets/a%00b/").status_code == 404


def test_what_sources_write_cannot_become_markup_or_a_script(client: Client) -> None:
    hostile = '"><script>alert(1)</script><img src=x onerror=alert(1)>'
    facts = {"title": Fact(hostile), "description": Fact(hostile), "license": Fact(hostile)}
    upsert(source("paperswithcode"), [DatasetRecord("x", "x", facts=facts)])
    results = tuple(
        PublishedResultRecord(
            n, hostile, f"{hostile} AP", hostile[:90], float(n), paper_title=hostile,
            date=f"201{n}-01-01", code_urls=({"title": hostile, "url": "https://example.org/"},),
        )
        for n in range(4)
    )  # fmt: skip
    record = LeaderboardRecord(
        "t", "x", hostile, hostile[:150], (f"{hostile} AP",), results=results
    )
    upsert(source("paperswithcode"), [record])
    html = text(client, "/datasets/x/") + text(client, "/datasets/")
    assert '<svg class="plot"' in html
    assert "<script>alert" not in html
    assert "<img" not in html
    assert 'href="https://example.org/" rel="nofollow noopener"' in html


def test_code_that_is_not_the_authors_stands_in_the_evidence_only(client: Client) -> None:
    checkpoint("net.a", ("top1", 80.0, 224), papers=(introduces("1512.03385"),))
    mentions = (RepositoryMention("kornia/kornia", False), RepositoryMention("some/body"))
    record = PaperRecord("net", "1512.03385", repositories=mentions)
    upsert(source("paperswithcode"), [record])
    shown, _, evidence = text(client, PAGE).partition('<details class="small"><summary>Evidence')
    assert "kornia" not in shown
    assert "some/body" not in shown
    assert "kornia/kornia</a>: paperswithcode" in evidence
    assert evidence.count(", unofficial") == 1


def test_the_plot_says_whose_dates_it_shows_and_which_are_lower_bounds(client: Client) -> None:
    for n in range(3):
        checkpoint(f"old.{n}", ("top1", 70.0 + n, 224), papers=(introduces(f"151{n}.00001"),))
    checkpoint("new", ("top1", 80.0, 224), papers=(recipe("2110.00001"),))
    caption = re.findall(r"<figcaption[^>]*>(.*?)</figcaption>", text(client, PAGE))[0]
    assert "over time, by the dates of papers: 4 results." in caption
    assert "3 of them are dated by the paper of the architecture only" in caption


@pytest.mark.parametrize("url", ["/datasets/", PAGE])
def test_the_number_of_queries_does_not_grow_with_the_rows(client: Client, url: str) -> None:
    def grow(first: int, last: int) -> None:
        for n in range(first, last):
            papers = (introduces(f"1512.{n:05}"), recipe(f"2110.{n:05}"))
            checkpoint(
                f"net.{n}", ("top1", 70 + n / 100, 224), papers=papers, repositories=[f"a/b{n}"]
            )
        published(*(result(n, f"Net {n}", "80", paper=f"1512.{n:05}") for n in range(last)))
        for n in range(last):
            upsert(source("timm"), [DatasetRecord(f"d{n}", f"d{n}")])

    grow(0, 3)
    text(client, url)
    with CaptureQueriesContext(connection) as few:
        text(client, url)
    grow(3, 40)
    with CaptureQueriesContext(connection) as many:
        text(client, url)
    assert len(many) == len(few)


def test_nothing_is_the_best_where_nobody_knows_which_is_better(client: Client) -> None:
    dated = [f"{year}-01-01" for year in (2018, 2019, 2020)]
    for metric, is_ranked in (("gen_len", False), ("top1", True)):
        published(*(result(n, f"m{n}", f"{n}.5", metric=metric, date=dated[n]) for n in range(3)))
        html = text(client, PAGE)
        assert ("whether more or less is better is not known" in html) is not is_ranked
        assert ('data-label="#">1<' in html) is is_ranked
        assert ("Best score first" in html) is is_ranked
        assert ('id="timeline"' in html) is is_ranked
        assert ("Largest value first" in html) is not is_ranked


def test_a_long_board_is_shown_in_pages(client: Client) -> None:
    published(*(result(n, f"Net {n}", f"{n}") for n in range(120)))
    html = text(client, f"{PAGE}?page=2")
    assert "51–100 of 120 results" in html
    assert "Net 69" in html
    assert "Net 70" not in html
    assert len(only_rows()) == 120


@pytest.mark.parametrize(
    "query",
    ["q=cifar", "q=tiny", "task=image-classification", "license=open", "size=..200MB"],
)
def test_the_list_is_searched_and_narrowed(client: Client, query: str) -> None:
    of_pictures = {
        "title": Fact("CIFAR-10"),
        "tasks": Fact(["image-classification"]),
        "license": Fact("mit"),
        "size_bytes": Fact(170_000_000),
        "aliases": Fact(["tiny pictures"]),
    }
    of_text = {"title": Fact("SQuAD"), "size_bytes": Fact(10**9)}
    records = [
        DatasetRecord("1", "cifar-10", facts=of_pictures),
        DatasetRecord("2", "squad", facts=of_text),
    ]
    upsert(source("paperswithcode"), records)
    assert "SQuAD" in text(client, "/datasets/")
    html = text(client, f"/datasets/?{query}")
    assert "CIFAR-10" in html
    assert "SQuAD" not in html


def test_every_data_set_that_a_model_names_gets_its_place_in_the_list() -> None:
    stages = [
        {"stage": "train", "dataset": name, "method": ""}
        for name in ("jft-300m", "A B", "imagenet21k")
    ]
    checkpoint("net.a", ("top1", 80.0, 224), training=stages)
    assert set(Dataset.objects.values_list("slug", flat=True)) == {"jft-300m", "imagenet-1k"}
