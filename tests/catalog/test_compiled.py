"""The compiled parts of a page of results: the same addresses as everywhere, and nothing unescaped."""

import pytest
from django.test import Client
from django.urls import reverse

from catalog.compiled import address
from catalog.facets.columns import COLUMNS
from tests.factories import make_pretrained

HOSTILE = "\"'><script>alert(1)</script>&amp;"


@pytest.mark.parametrize(
    "view", [f"catalog:{name}" for name in ("model", "license", "organization", "architecture")]
)
@pytest.mark.parametrize(
    "text", ["timm/resnet50.a1_in1k", "a b%20c?d=e#f", "ä-ö/🦜", "~x:@!$&'()*+,;=", "<i>", "//evil"]
)
def test_an_address_is_what_reverse_gives(view: str, text: str) -> None:
    text = text.replace("/", "-") if view == "catalog:license" else text
    assert address(text, view) == reverse(view, args=[text])


@pytest.mark.django_db
@pytest.mark.parametrize("view", ["table", "cards"])
def test_what_sources_say_comes_out_escaped(client: Client, view: str) -> None:
    texts = ("name", "task", "family", "organization", "license", "architecture")
    lists = ("sources", "libraries", "datasets", "languages", "formats")
    make_pretrained(
        **dict.fromkeys(texts, HOSTILE), **{name: [HOSTILE] for name in lists}, slug="timm/hostile"
    )
    shown = "" if view == "cards" else f"&columns={','.join(COLUMNS)}"
    page = client.get(f"/models/?view={view}{shown}", follow=True).text
    assert "<script>alert" not in page
    assert "&amp;amp;" in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") >= len(texts) + len(lists)
