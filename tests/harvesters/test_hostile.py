"""Two thousand hostile records through the whole engine: no abort, nothing lost, nothing that acts on a page."""

from contextlib import suppress

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings

from catalog.cleaning import InvalidRecord
from catalog.models import (
    Dataset,
    DatasetListing,
    Listing,
    Paper,
    PaperListing,
    PretrainedModel,
    Repository,
    RepositoryListing,
)
from catalog.outcome import reject, restore
from catalog.records import ModelRecord, normalise, written
from harvesters.engine import harvest
from harvesters.models import RejectedRecord
from tests.harvesters.hostile import (
    ATTACKS,
    RECORDS,
    Any_Record,
    Harmless,
    HostileShelf,
    full_records,
    generate,
)

RECORDS_IN_ALL = 2_000
PAGES_LOOKED_AT = 10


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(RECORDS)
def test_a_refused_record_can_always_be_written_down_and_taken_up_again(record: Any_Record) -> None:
    kept = reject(record, "tried")
    assert ascii(restore(kept.raw)) == ascii(record)
    if isinstance(record, ModelRecord):
        with suppress(InvalidRecord, TypeError, AttributeError):
            assert written(normalise(record)) == written(normalise(record))


@pytest.mark.django_db
def test_hostile_records_abort_nothing_and_none_is_lost_or_acts(client: Client) -> None:
    records = generate(RECORDS_IN_ALL)
    assert len(records) == RECORDS_IN_ALL
    run = harvest(HostileShelf(records))
    assert (run.state, run.seen) == ("done", RECORDS_IN_ALL), run.message
    assert run.seen == run.created + run.updated + run.unchanged + run.rejected
    tables = (Listing, PaperListing, RepositoryListing, DatasetListing)
    assert sum(table.objects.count() for table in tables) == run.created
    # Neither all refused nor all taken: else this would prove little.
    assert RECORDS_IN_ALL * 0.3 < run.created < RECORDS_IN_ALL * 0.95
    for address in addresses():
        answer = client.get(address, follow=True)  # a repository may have been renamed
        assert answer.status_code == 200, address
        assert Harmless.acts(answer.content.decode()) == [], address


@pytest.mark.django_db
def test_every_field_is_shown_with_every_value_that_it_takes(client: Client) -> None:
    records = full_records()
    run = harvest(HostileShelf(records))
    assert (run.state, run.created) == ("done", len(records)), run.message
    for model in PretrainedModel.objects.all():
        answer = client.get(model.get_absolute_url())
        assert answer.status_code == 200, model
        assert Harmless.acts(answer.content.decode()) == [], model


def addresses() -> list[str]:
    """Pages that show what was harvested: lists, some of each kind, and what was rejected."""
    shown = [
        "/models/",
        "/models/?view=cards",
        "/papers/",
        "/repositories/",
        "/datasets/",
        "/sources/",
    ]
    pages = RejectedRecord.objects.count() // 25 + 1
    shown += [f"/sources/hostile/?page={page}" for page in range(1, min(pages, 4) + 1)]
    for table in (PretrainedModel, Paper, Repository, Dataset):
        some = table._default_manager.order_by("pk")[:PAGES_LOOKED_AT]
        shown += [row.get_absolute_url() for row in some]
    return shown


@pytest.mark.parametrize("attack", ATTACKS[:12])
def test_the_reader_of_pages_finds_what_acts(attack: str) -> None:
    acting = attack if "<" in attack else f"<a href=\"{attack}\" src='{attack}'>x</a>"
    is_plain = attack.startswith(("' on", "[click", "![x"))
    assert Harmless.acts(f"<p>{acting}</p>") or is_plain
