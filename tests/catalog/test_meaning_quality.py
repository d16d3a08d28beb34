"""Search by meaning finds what people mean: a table of words with what must come first. Real weights."""

from collections.abc import Iterator

import pytest
from pytest_django.plugin import DjangoDbBlocker

from catalog.facets import read
from catalog.facets.results import results
from catalog.meaning.making import make_meanings
from catalog.models import Listing, MeaningWalk, PretrainedModel, Source, TextVector
from tests.catalog.meaning_quality import MODELS, NONSENSE, WANTED
from tests.catalog.test_meaning_encoder import needs_weights
from tests.factories import make_pretrained

pytestmark = [pytest.mark.django_db, needs_weights]
MOST = 4


@pytest.fixture(scope="module", autouse=True)
def _catalogue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        hub = Source.objects.create(name="huggingface", kind=Source.Kind.HUB)
        for name, (task, description) in MODELS.items():
            row = make_pretrained(name=name, task=task, sources=["huggingface"])
            facts = {"description": {"value": description}} if description else {}
            Listing.objects.create(
                source=hub, external_id=name, pretrained=row, facts=facts, first_seen="2026-11-20T00:00Z",
                last_seen="2026-11-20T00:00Z", changed_at="2026-11-20T00:00Z",
            )  # fmt: skip
        make_meanings()
        yield
        for table in (MeaningWalk, TextVector, Listing, PretrainedModel, Source):
            table.objects.all().delete()


def found(words: str) -> list[str]:
    return [row.name for row in results(read(f"q={words.replace(' ', '+')}")).rows]


@pytest.mark.parametrize("words", WANTED)
def test_what_is_meant_comes_first(words: str) -> None:
    names = found(words)[:MOST]
    places = [[name.startswith(wanted) for name in names] for wanted in WANTED[words]]
    assert any(names[0].startswith(wanted) for wanted in WANTED[words]), names
    assert all(any(row) for row in places), names


@pytest.mark.parametrize("words", NONSENSE)
def test_what_is_about_none_of_them_finds_nothing(words: str) -> None:
    assert found(words) == []
