"""What people type for a class, over the lists of the installed timm and torchvision: the expected one comes first."""

import json
from collections.abc import Iterator

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from catalog.classes.search import matches, relevance, suggest
from catalog.models import ClassLabel, Source
from catalog.reference_records import LabelSetRecord
from catalog.services import upsert
from harvesters.sources.base import Page
from harvesters.sources.class_lists import ClassLists, read_lists
from harvesters.sources.torchvision import list_of, read_weights

LISTS = {"imagenet-1k", "imagenet-12k", "fashion-mnist", "oxford-flowers102"}

# By what is typed: the key of the class that must come first.
FIRST = {
    "bee-eater": "n01828970",
    "bee eaters": "n01828970",
    "Bee Eater": "n01828970",
    "n01828970": "n01828970",
    "electric locomotive": "n03272562",
    "electric locomotives": "n03272562",
    "forklift": "n03384352",
    "fork lift": "n03384352",
    "fork-lifts": "n03384352",
    "golden retriever": "n02099601",
    "great white": "n01484850",
    "white shark": "n01484850",
    "goldfish": "n01443537",
    "gold fish": "n01443537",
    "tench": "n01440764",
    "zebras": "n02391049",
    "wolves": "n02114100",
    "geese": "n01855672",
    "mice": "n03793489",
    "computer mouse": "n03793489",
    "knives": "n03623556",
    "strawberries": "n07745940",
    "hot dog": "n07697537",
    "pizza": "n07873807",
    "espresso": "n07920052",
    "laptop": "n03642806",
    "mobile phone": "n02992529",
    "automobile": "n02958343",
    "bicycle-built-for-two": "n02835271",
    "tandem bicycle": "n02835271",
    "school bus": "n04146614",
    "fire engine": "n03345487",
    "submarines": "n04347754",
    "umbrella": "n04507155",
    "church": "n03028079",
    "tee shirt": "n03595614",
    "traffic light": "n06874185",
    "acoustic guitar": "n02676566",
    "stop sign": "stop-sign",
    "playing guitar": "playing-guitar",
    "ankle boots": "ankle-boot",
    "pink primrose": "pink-primrose",
    "electric loc": "n03272562",
    "golden retr": "n02099601",
    "bird that eats bees": "",
}


@pytest.fixture(scope="module")
def _lists(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Four lists of timm and torchvision and those of torchvision's weights, taken back at the end."""
    with django_db_blocker.unblock(), transaction.atomic():
        source = Source.objects.create(name="lists", title="Lists", kind="datasets")
        entries = [entry for entry in read_lists()[0] if entry["key"] in LISTS]
        records = list(ClassLists().records(Page(json.dumps(entries).encode())))
        weights = {found.key: found for entry in read_weights() if (found := list_of(entry))}
        upsert(source, [r for r in [*records, *weights.values()] if isinstance(r, LabelSetRecord)])
        yield
        transaction.set_rollback(True)


@pytest.fixture
def _found(_lists: None, db: None) -> None:
    """The lists, in a transaction of the test's own."""


def first(words: str, most: int = 1) -> list[str]:
    rows = ClassLabel.objects.filter(matches(words)).order_by(*relevance(words), "key")
    return list(rows.values_list("key", flat=True)[:most])


@pytest.mark.usefixtures("_found")
@pytest.mark.parametrize(("typed", "key"), FIRST.items())
def test_the_expected_class_comes_first(typed: str, key: str) -> None:
    assert "".join(first(typed)) == key


@pytest.mark.usefixtures("_found")
def test_one_name_of_two_things_finds_both_first() -> None:
    assert set(first("cranes", 2)) == {"n02012849", "n03126707"}


@pytest.mark.usefixtures("_found")
def test_a_word_of_the_definition_finds_too_but_not_first() -> None:
    assert first("wading bird")[0] == "n02000954"
    assert "n02012849" in first("wading bird", 60)


@pytest.mark.usefixtures("_found")
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("forkift", "forklift"),
        ("espreso", "espresso"),
        ("golden retreiver", "golden retriever"),
        ("bee-eatr", "bee-eater"),
        ("Traffik Lights", "traffic Lights"),
        ("forklift", ""),
        ("bee eaters", ""),
        ("xqzvwk", ""),
    ],
)
def test_a_slip_of_the_keys_is_asked_about(typed: str, meant: str) -> None:
    assert suggest(typed) == meant


@pytest.mark.usefixtures("_found")
def test_torchvisions_names_are_imagenets_classes() -> None:
    assert not ClassLabel.objects.filter(key="crane-bird").exists()
    assert ClassLabel.objects.get(key="n02012849").label_sets == ["imagenet-12k", "imagenet-1k"]
