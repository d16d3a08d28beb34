"""The words of the catalogue."""

from pathlib import Path
from typing import Any

import pytest

from catalog import vocabulary
from catalog.records import ModelRecord
from catalog.vocabulary import DATASETS, label
from harvesters.sources.base import Start
from harvesters.sources.local import Local
from harvesters.sources.timm import Timm
from harvesters.sources.torchvision import Torchvision


def test_a_known_slug_has_a_word_and_an_unknown_one_is_shown_as_it_is() -> None:
    assert label(DATASETS, "imagenet-1k") == "ImageNet-1k"
    assert label(DATASETS, "my-birds") == "my-birds"


@pytest.mark.parametrize(
    ("slug", "words"),
    [
        ("sql-parsing", "SQL parsing"),
        ("amr-parsing", "AMR parsing"),
        ("conditional-gans", "Conditional GANs"),
        ("text-to-3d", "Text to 3D"),
        ("mapping", "Mapping"),
    ],
)
def test_abbreviations_are_written_as_such_where_a_slug_is_put_in_words(
    slug: str, words: str
) -> None:
    assert vocabulary.task(slug).casefold() == words.casefold()
    assert vocabulary.spoken(slug) == words


def test_no_abbreviation_is_written_in_two_ways() -> None:
    written = vocabulary._TABLES["abbreviations"]
    assert len({short.lower() for short in written}) == len(written)


@pytest.mark.parametrize(
    "table", ["TASKS", "LIBRARIES", "DATASETS", "FAMILIES", "ORGANIZATIONS", "METRICS"]
)
def test_no_two_slugs_share_a_word(table: str) -> None:
    words = getattr(vocabulary, table)
    assert len(set(words.values())) == len(words)


@pytest.mark.parametrize("source", [Timm(), Torchvision()])
def test_every_data_set_that_the_libraries_name_has_a_word(source: Any) -> None:
    assert wordless(source) == set()


def test_every_data_set_that_the_shared_folders_name_has_a_word(shared: Path) -> None:
    assert wordless(Local({"models": shared / "weights"})) == set()


def wordless(source: Any) -> set[str]:
    """The data sets of training and of results that have no word."""
    named: list[str] = []
    for page in source.pages(None, Start()):
        for record in source.records(page):
            if isinstance(record, ModelRecord):
                stages = record.facts["training"].value if "training" in record.facts else None
                named += [stage["dataset"] for stage in stages or []]
                named += [evaluation.dataset for evaluation in record.evaluations]
    assert any(named)
    return {slug for slug in named if slug} - set(DATASETS)
