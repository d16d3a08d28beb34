"""What people type finds what they mean: every line of the table, over the whole of timm and torchvision."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from urllib.parse import urlencode

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from catalog.facets import read
from catalog.models import PretrainedModel
from harvesters.engine import harvest
from harvesters.sources.timm import Timm
from harvesters.sources.torchvision import Torchvision
from tests.catalog.search_quality import TYPED

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


def is_among(wanted: str, found: list[tuple[str, str]]) -> bool:
    names = [name.lower() for both in found for name in both if name]
    return any(fnmatchcase(name, wanted.lower()) for name in names)


def test_what_people_type_is_among_the_first_three(capsys: pytest.CaptureFixture[str]) -> None:
    found = {typed: first_of(typed) for typed in TYPED}
    missed = {typed: found[typed] for typed in TYPED if not is_among(TYPED[typed], found[typed])}
    with capsys.disabled():
        print(f"\n{len(TYPED) - len(missed)} of {len(TYPED)} queries found what they mean.")
    assert missed == {}
