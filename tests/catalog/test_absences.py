"""What a source was asked for and does not have."""

import pytest
from django.test import Client

from catalog.models import Paper, PaperListing, Repository, RepositoryListing, Source
from catalog.records import Fact
from catalog.reference_records import GoneRecord, PaperRecord, RepositoryRecord
from catalog.services import upsert
from harvesters.counting import count_listed

pytestmark = pytest.mark.django_db


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="arxiv", title="arXiv", kind="papers")


def paper(key: str = "1512.03385", title: str = "Nets") -> PaperRecord:
    return PaperRecord(key, key, facts={"title": Fact(title)})


def test_a_listing_is_marked_gone_once_and_keeps_what_it_said(source: Source) -> None:
    upsert(source, [paper()])
    assert upsert(source, [GoneRecord("1512.03385", paper="1512.03385")]).updated == 1
    listing = PaperListing.objects.get()
    assert listing.gone_since
    assert listing.facts["title"]["value"] == "Nets"
    assert Paper.objects.get().title == "Nets"

    assert upsert(source, [GoneRecord("1512.03385", paper="1512.03385")]).unchanged == 1
    again = PaperListing.objects.get()
    assert again.gone_since == listing.gone_since
    assert again.last_seen > listing.last_seen


def test_what_was_gone_and_comes_back_is_there_again(source: Source) -> None:
    upsert(source, [paper()])
    upsert(source, [GoneRecord("1512.03385", paper="1512.03385")])
    assert upsert(source, [paper()]).updated == 1
    assert PaperListing.objects.get().gone_since is None


def test_what_others_name_and_the_source_never_had_is_remembered_but_is_not_gone(
    source: Source, client: Client
) -> None:
    Repository.objects.create(full_name="a/b")
    outcome = upsert(source, [GoneRecord("a/b", repository="a/b")])
    assert (outcome.created, outcome.unchanged) == (0, 1)
    assert count_listed(source.pk)[:3] == ({}, 0, 1)
    page = client.get("/repositories/a/b/").text
    assert "gone since" not in page
    assert "arXiv was asked on" in page
    listing = RepositoryListing.objects.get()
    assert listing.repository.full_name == "a/b"
    assert listing.gone_since
    found = RepositoryRecord("a/b", "a/b", facts={"stars": Fact(3)})
    assert upsert(source, [found]).updated == 1
    assert Repository.objects.get().stars == 3


def test_nothing_is_made_of_what_nobody_names(source: Source) -> None:
    outcome = upsert(source, [GoneRecord("1512.03385", paper="1512.03385")])
    assert (outcome.created, outcome.updated, outcome.unchanged) == (0, 0, 1)
    assert not Paper.objects.exists()
    assert not PaperListing.objects.exists()


@pytest.mark.parametrize("record", [GoneRecord("x"), GoneRecord("x", "1512.03385", "a/b")])
def test_it_must_say_which_one_is_gone(source: Source, record: GoneRecord) -> None:
    assert len(upsert(source, [record]).rejected) == 1
