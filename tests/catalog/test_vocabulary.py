"""The words of the catalogue."""

import pytest

from catalog import vocabulary
from catalog.vocabulary import DATASETS, label


def test_a_known_slug_has_a_word_and_an_unknown_one_is_shown_as_it_is() -> None:
    assert label(DATASETS, "imagenet-1k") == "ImageNet-1k"
    assert label(DATASETS, "my-birds") == "my-birds"


@pytest.mark.parametrize(
    "table", ["TASKS", "LIBRARIES", "DATASETS", "FAMILIES", "ORGANIZATIONS", "METRICS"]
)
def test_no_two_slugs_share_a_word(table: str) -> None:
    words = getattr(vocabulary, table)
    assert len(set(words.values())) == len(words)
