"""The replay server as a whole: a site that is led to it asks nobody else, and finds what was recorded."""

import json
import re
from pathlib import Path
from urllib.parse import quote, urlencode

import httpx2
import pytest
from django.conf import settings

from harvesters.sources import SOURCES
from harvesters.sources.huggingface_files import file_facts
from tests.harvesters.replay import SETTINGS, Asked, ReplayServer
from tests.harvesters.replay_arxiv import recorded_entries
from tests.harvesters.replay_huggingface import HubReplay
from tests.harvesters.replay_huggingface_data import Recordings

NOT_RECORDED = ("/kaggle", "/modelscope", "/pypi", "/weights")
MISTRAL = "mistralai/Mistral-Small-24B-Base-2501"


def test_every_address_that_a_site_asks_by_itself_has_a_setting() -> None:
    example = (settings.BASE_DIR / ".env.example").read_text()
    addresses = set(re.findall(r"^(\w+)=https://", example, re.MULTILINE))
    named = {base.setting for make in SOURCES.values() for base in make().bases}
    # Where a Hub may redirect to: this one does not.
    assert addresses | named - {""} <= {*SETTINGS, "PWC_ARCHIVE_REDIRECTS"}


def test_of_what_was_not_recorded_nothing_is_there(replay: ReplayServer) -> None:
    for prefix in NOT_RECORDED:
        assert httpx2.get(f"{replay.url}{prefix}/openapi/v1/models").status_code == 404


def test_every_recorded_paper_comes_whatever_else_is_asked_for(
    replay: ReplayServer, shared: Path
) -> None:
    recorded = list(recorded_entries(shared / "data" / "arxiv"))
    assert len(recorded) == 110
    for n, paper in enumerate(recorded):
        ids = f"1512.03385,{paper},2010.{n:05}"
        url = f"{replay.url}/arxiv?{urlencode({'id_list': ids, 'max_results': 3})}"
        found = re.findall(r"<id>http://arxiv\.org/abs/(.+?)v\d+</id>", httpx2.get(url).text)
        assert found == [paper]


@pytest.fixture(scope="module")
def recordings(shared: Path) -> Recordings:
    return Recordings(shared / "data")


def details(recordings: Recordings, name: str) -> dict[str, int]:
    """The size that the product makes of a replayed answer."""
    query = (("blobs", "true"), ("securityStatus", "true"))
    hub = HubReplay(recordings.at)
    status, _, body = hub(Asked(f"/api/models/{quote(name)}", query, {}, "http://127.0.0.1/hf"))
    assert status == 200
    facts = file_facts(json.loads(body), "https://huggingface.co")
    return {key: fact.value for key, fact in facts.items() if key == "size_bytes"}


def test_a_replayed_model_is_as_large_as_its_recorded_numbers(recordings: Recordings) -> None:
    assert details(recordings, MISTRAL) == {"size_bytes": 2 * 23_572_403_200}


@pytest.mark.parametrize("name", ["timm/resnet50.a1_in1k", "gpt2"])
def test_of_a_model_of_which_no_size_was_recorded_none_is_told(
    recordings: Recordings, name: str
) -> None:
    assert details(recordings, name) == {}
