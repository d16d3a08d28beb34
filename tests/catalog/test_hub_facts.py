"""What a hub counts and says, on the page of a checkpoint."""

import re
from typing import Any

import pytest
from django.test import Client

from catalog.models import Source
from catalog.records import Fact, ModelRecord
from catalog.services import upsert
from tests.factories import make_pretrained

pytestmark = pytest.mark.django_db


def page_of(client: Client, source: str = "elsewhere", **facts: Any) -> str:
    hub, _ = Source.objects.get_or_create(name=source, title="The Hub", kind="hub")
    stated = {"name": Fact("a/b"), **{name: Fact(value) for name, value in facts.items()}}
    upsert(hub, [ModelRecord("a/b", facts=stated)])
    return " ".join(client.get(f"/models/{source}/a/b/").content.decode().split())


def test_use_access_and_dates_are_shown_as_people_write_them(client: Client) -> None:
    page = page_of(
        client, downloads=1160718, likes=169, gated="manual", created="2025-01-23T14:13:54Z",
        languages=["en", "de"], tags=["vision"], revision="8af29b8",
    )  # fmt: skip
    for words in (
        "1,160,718", "the publisher must let you in first", "23 Jan 2025", "English", "German", "vision",
    ):  # fmt: skip
        assert words in page


@pytest.mark.parametrize(
    ("scan", "verdict", "words"),
    [
        ({"scanned": True, "issues": []}, "yes", "no issue found"),
        ({"scanned": False, "issues": []}, "unclear", "not scanned"),
        (
            {"scanned": True, "issues": [{"path": "m.bin", "level": "unsafe"}]},
            "no",
            "m.bin: unsafe",
        ),
    ],
)
def test_the_security_scan_is_a_verdict_with_its_reason(
    client: Client, scan: dict[str, Any], verdict: str, words: str
) -> None:
    page = page_of(client, security=scan)
    assert f'<span class="verdict verdict-{verdict}">{words}</span>' in page


def test_every_parent_of_a_merge_is_named_and_a_single_one_only_once(client: Client) -> None:
    parents = [{"id": "x/one", "relation": "merged"}, {"id": "y/two", "relation": "merged"}]
    page = page_of(client, base_models=parents)
    assert "x/one (merged)" in page
    assert "y/two (merged)" in page
    assert "Merged from" not in page_of(client, base_models=parents[:1])


def test_of_many_tags_the_first_are_shown_and_the_rest_counted(client: Client) -> None:
    page = page_of(client, tags=[f"tag{number}" for number in range(100)])
    assert "tag39" in page
    assert "tag40" not in page
    assert "and 60 more tags" in page


def test_where_no_hub_says_anything_there_is_no_section(client: Client) -> None:
    assert "Where it is published" not in page_of(client)


def test_only_a_model_of_the_hugging_face_hub_is_looked_up_there(client: Client) -> None:
    assert "look-up" not in page_of(client, likes=1)
    assert "/sources/look-up/a/b/" in page_of(client, "huggingface", likes=1)


def test_models_are_sorted_by_what_their_hub_counts(client: Client) -> None:
    for name, downloads, likes in (("few", 5, 90), ("many", 5000, 10), ("unknown", None, None)):
        make_pretrained(name=name, downloads=downloads, likes=likes)
    by_downloads = client.get("/models/?sort=-downloads&columns=downloads,likes").content.decode()
    assert re.findall(r"data-row>(\w+)<", by_downloads) == ["many", "few", "unknown"]
    assert "5,000" in by_downloads
    by_likes = client.get("/models/?sort=-likes").content.decode()
    assert re.findall(r"data-row>(\w+)<", by_likes) == ["few", "many", "unknown"]
    few = client.get("/models/?likes=50..").content.decode()
    assert re.findall(r"data-row>(\w+)<", few) == ["few"]
