"""A source without a setting that it cannot be read without says which one, in the same way whatever the source."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from harvesters import services
from harvesters.models import Checkpoint, HarvestRun, Schedule
from harvesters.sources import SOURCES
from harvesters.sources.base import Base

pytestmark = pytest.mark.django_db
# Those that are read through the network wherever nothing is set, with the setting of their address.
ADDRESSES = {
    name: make().bases[0].setting for name, make in SOURCES.items() if make().bases and name != "paperswithcode"
}  # fmt: skip
NEEDED = [
    ("kaggle", {"KAGGLE_USERNAME": "", "KAGGLE_KEY": ""}, "KAGGLE_USERNAME and KAGGLE_KEY are not set: "),
    ("kaggle", {"KAGGLE_USERNAME": "a", "KAGGLE_KEY": ""}, "KAGGLE_KEY is not set: "),
    ("paperswithcode", {"PWC_ARCHIVE": ""}, "PWC_ARCHIVE is not set: "),
    ("huggingface", {"HARVEST_HUGGINGFACE_QUERIES": []}, "HARVEST_HUGGINGFACE_QUERIES is empty: "),
    ("huggingface", {"HARVEST_HUGGINGFACE_QUERIES": ["x"]}, "HARVEST_HUGGINGFACE_QUERIES: 'x' is not understood"),
    ("openmmlab", {"OPENMMLAB_REPOSITORIES": []}, "OPENMMLAB_REPOSITORIES is empty: "),
    ("arxiv-oai", {"HARVEST_ARXIV_SETS": [""]}, "HARVEST_ARXIV_SETS is empty"),
]  # fmt: skip


def harvest_with(settings: Settings, name: str, **values: object) -> HarvestRun:
    for setting, value in values.items():
        setattr(settings, setting, value)
    return services.harvest_source(name)


@pytest.mark.parametrize(("name", "values", "said"), NEEDED)
def test_a_source_names_the_setting_that_it_lacks(
    settings: Settings, name: str, values: dict[str, object], said: str
) -> None:
    run = harvest_with(settings, name, **values)
    assert (run.state, run.pages) == ("not set up", 0)
    assert run.message.startswith(said)


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_source_without_its_address_names_the_setting(settings: Settings, name: str) -> None:
    assert getattr(settings, ADDRESSES[name]) == SOURCES[name]().bases[0].url
    run = harvest_with(settings, name, **{ADDRESSES[name]: ""})
    assert (run.state, run.pages) == ("not set up", 0)
    assert run.message.startswith(f"{ADDRESSES[name]} is empty: name one such as https://")


@pytest.mark.parametrize(
    "url", ["huggingface.co", "ftp://huggingface.co", "https://", "http://[", "https://a:b"]
)
def test_what_is_no_address_is_said_to_be_none(settings: Settings, url: str) -> None:
    run = harvest_with(settings, "huggingface", HF_ENDPOINT=url)
    assert run.state == "not set up"
    assert run.message.startswith(f"HF_ENDPOINT is '{url}', which is no address")


@pytest.mark.parametrize(
    "url", ["https://hub.example", "http://127.0.0.1:8080/hf", "http://[::1]/"]
)
def test_an_address_is_one(url: str) -> None:
    Base(url, setting="HF_ENDPOINT").expect_address()


def test_a_source_that_is_not_set_up_was_not_read_and_is_looked_at_after_its_interval(
    settings: Settings,
) -> None:
    harvest_with(settings, "kaggle", KAGGLE_KEY="")
    assert Checkpoint.objects.get().completed_at is None
    assert services.never_read(["kaggle"]) == ["kaggle"]
    row = Schedule.objects.get(pk="kaggle")
    assert row.next_due is not None
    assert row.next_due > timezone.now() + timedelta(hours=23)


def test_the_page_of_sources_says_what_to_set_once(client: Client, settings: Settings) -> None:
    harvest_with(settings, "kaggle", KAGGLE_KEY="")
    page = client.get("/sources/").content.decode()
    row = page.partition('href="/sources/kaggle/"')[2].partition("</tr>")[0]
    assert '<span class="badge">not set up</span>' in row
    assert row.count("KAGGLE_KEY") == 1


def test_the_command_fails_for_a_named_one_but_goes_on_with_others(settings: Settings) -> None:
    settings.PWC_ARCHIVE = ""
    with pytest.raises(CommandError, match="PWC_ARCHIVE is not set"):
        call_command("harvest", "paperswithcode")
    with pytest.raises(CommandError, match="the lines above say why"):
        call_command("harvest", "paperswithcode", "local")
    assert HarvestRun.objects.get(source="local").state == "done"


def test_of_all_sources_one_that_is_not_set_up_is_no_failure(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.PWC_ARCHIVE = ""
    for name in set(SOURCES) - {"paperswithcode", "local"}:
        monkeypatch.delitem(SOURCES, name)
    call_command("harvest", all=True)
    states = dict(HarvestRun.objects.values_list("source", "state"))
    assert states == {"paperswithcode": "not set up", "local": "done"}
    call_command("harvest", if_empty=True)
