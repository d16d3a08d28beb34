"""What people type finds what they mean: every line of the table, over the whole of timm and torchvision."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from urllib.parse import urlencode

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from catalog.completions import gather_everything
from catalog.facets import read
from catalog.facets.results import results
from catalog.models import PretrainedModel
from harvesters.engine import harvest
from harvesters.sources.timm import Timm
from harvesters.sources.torchvision import Torchvision
from tests.catalog.search_quality import MISSPELT, TYPED

pytestmark = pytest.mark.django_db
FIRST = 3


@pytest.fixture(scope="module", autouse=True)
def _catalogue(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Both harvested once for this module, and taken back at its end."""
    with django_db_blocker.unblock(), transaction.atomic():
        harvest(Timm())
        harvest(Torchvision())
        yield
        transaction.set_rollback(True)


def first_of(typed: str) -> list[tuple[str, str]]:
    """Name and architecture of the first models."""
    filters = read(urlencode({"q": typed}))
    rows = filters.sorted(filters.apply(PretrainedModel.objects.published()))
    return list(rows.values_list("name", "architecture__name")[:FIRST])


def meant_by(typed: str) -> str:
    """What the page asks whether it was meant."""
    return results(read(urlencode({"q": typed}))).suggestion


def missed(table: dict[str, str], found: dict[str, list[tuple[str, str]]]) -> dict[str, object]:
    """What was wanted and not found, with what was found instead; the share that was is printed."""
    wrong = {typed: found[typed] for typed in table if not is_among(table[typed], found[typed])}
    print(f"\n{len(table) - len(wrong)} of {len(table)} queries found what they mean.")
    return wrong


def is_among(wanted: str, found: list[tuple[str, str]]) -> bool:
    names = [name.lower() for both in found for name in both if name]
    return any(fnmatchcase(name, wanted.lower()) for name in names)


def test_what_people_type_is_among_the_first_three(capsys: pytest.CaptureFixture[str]) -> None:
    found = {typed: first_of(typed) for typed in TYPED}
    with capsys.disabled():
        assert missed(TYPED, found) == {}


def test_what_people_mistype_is_asked_for_and_then_among_the_first_three(
    capsys: pytest.CaptureFixture[str],
) -> None:
    gather_everything()
    found = {typed: first_of(meant_by(typed)) for typed in MISSPELT}
    with capsys.disabled():
        assert missed(MISSPELT, found) == {}


def test_the_table_is_long_enough() -> None:
    assert len(TYPED) + len(MISSPELT) >= 100
