"""Where the page of a checkpoint is, what it refuses, and odd names and addresses on it."""

from html.parser import HTMLParser
from urllib.parse import urlsplit

import pytest
from django.test import Client

from catalog.models import Listing, PretrainedModel, Source
from tests.catalog.listed import SEEN, list_in, page

pytestmark = pytest.mark.django_db


def test_an_address_of_a_listing_leads_to_the_checkpoint_with_its_query(
    client: Client, timm: Source, torchvision: Source
) -> None:
    list_in(timm, "resnet50.tv2_in1k", "key")
    list_in(torchvision, "ResNet50_Weights.IMAGENET1K_V2", "key")

    answer = client.get("/models/torchvision/ResNet50_Weights.IMAGENET1K_V2/?batch=8&x=%C3%A9")

    assert answer.status_code == 302
    assert answer["Location"] == "/models/timm/resnet50.tv2_in1k/?batch=8&x=%C3%A9"


def test_a_merged_checkpoint_leads_to_the_one_it_became_part_of(
    client: Client, timm: Source
) -> None:
    kept = list_in(timm, "kept")
    PretrainedModel.objects.create(slug="old/name", name="name", merged_into=kept)

    assert client.get("/models/old/name/")["Location"] == "/models/timm/kept/"


@pytest.mark.parametrize("slug", ["timm/nothing", "nothing", "a/b/c/d", "timm/%00", "%ff/x"])
def test_an_address_that_nobody_lists_is_not_found(client: Client, timm: Source, slug: str) -> None:
    assert client.get(f"/models/{slug}/").status_code == 404


def test_a_vanished_checkpoint_keeps_its_page_and_says_so(client: Client, timm: Source) -> None:
    list_in(timm, "a")
    PretrainedModel.objects.update(gone_since=SEEN)

    assert "Every source has stopped listing this checkpoint" in page(client, "timm/a")


@pytest.mark.parametrize("method", ["post", "put", "delete", "patch"])
def test_nothing_can_be_written_here(client: Client, timm: Source, method: str) -> None:
    list_in(timm, "a")

    assert getattr(client, method)("/models/timm/a/").status_code == 405


def test_head_is_answered(client: Client, timm: Source) -> None:
    list_in(timm, "a")

    assert client.head("/models/timm/a/").status_code == 200


ODD_NAMES = [
    '"><script>alert(1)</script>', "' onmouseover='x", "a & b", "{{ 7|add:7 }}{% now 'Y' %}", "ünï/cödé 模型",
    "a?b#c", "a%2Fb", "javascript:alert(1)",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD_NAMES)
def test_an_odd_name_is_text_wherever_it_stands(client: Client, timm: Source, name: str) -> None:
    pretrained = list_in(
        timm, name, license=name, description=name, architecture=name, family=name,
        organization=name, loading={"timm": {"name": name, "hub_id": f"timm/{name}"}},
        training=[{"stage": name, "dataset": name, "method": name}], top1=70.0,
        files=[{"name": name, "format": name}], url="https://example.org/x",
    )  # fmt: skip

    answer = client.get(pretrained.get_absolute_url())

    seen = Reader(answer.content.decode())
    assert answer.status_code == 200
    assert seen.headings[0] == name
    assert {src for src in seen.scripts if not src.startswith("/static/")} == set()
    assert [a for a in seen.attributes if a.startswith("on")] == []
    assert {urlsplit(link).scheme for link in seen.links} <= {"", "https"}


def test_a_dangerous_address_that_got_into_the_facts_is_never_linked(
    client: Client, timm: Source
) -> None:
    list_in(timm, "a", files=[{"name": "f", "format": "x"}])
    bad = "javascript:alert(1)"
    names = ("recipe_url", "origin_url")
    facts = {name: {"value": bad, "note": ""} for name in names}
    facts["files"] = {"value": [{"name": "f", "url": bad}], "note": ""}
    facts["name"] = {"value": "a", "note": ""}
    Listing.objects.update(facts=facts, url=bad)
    PretrainedModel.objects.update(loading={"torchvision": {"url": bad}, "timm": {"url": bad}})

    seen = Reader(client.get("/models/timm/a/").content.decode())

    assert [link for link in seen.links if "javascript" in link.lower()] == []


class Reader(HTMLParser):
    """Links, script addresses, attribute names and first-level headings of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.scripts: list[str] = []
        self.attributes: list[str] = []
        self.headings: list[str] = []
        self._in_heading = False
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._in_heading = tag == "h1"
        self.attributes += [name for name, _ in attrs]
        self.links += [value or "" for name, value in attrs if name in ("href", "hx-get", "action")]
        self.scripts += [dict(attrs).get("src") or "inline"] if tag == "script" else []

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = False

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.headings.append(data)
