"""What is read out of arXiv's texts: ids, names and links to code."""

import pytest

from catalog.reference_cleaning import normalise_reference
from catalog.reference_records import PaperRecord
from harvesters.sources.arxiv_text import (
    bare_id,
    is_possible_id,
    readable_name,
    repository_mentions,
)


@pytest.mark.parametrize(
    "arxiv_id",
    ["0704.0001", "1412.9999", "1501.00001", "2606.13677", "astro-ph/0601001", "math/0309136", "cs/0503050"],
)  # fmt: skip
def test_ids_that_arxiv_can_have_given(arxiv_id: str) -> None:
    assert is_possible_id(arxiv_id)


@pytest.mark.parametrize(
    "arxiv_id",
    ["0703.0001", "1412.00001", "1501.0001", "2613.00001", "2600.00001", "0000.0000", "abc", "math/0313136", ""],
)  # fmt: skip
def test_ids_that_it_cannot(arxiv_id: str) -> None:
    assert not is_possible_id(arxiv_id)


@pytest.mark.parametrize(
    ("address", "bare"),
    [
        ("http://arxiv.org/abs/2606.13677v12", "2606.13677"),
        ("https://arxiv.org/abs/astro-ph/0601001v1", "astro-ph/0601001"),
        ("math.GT/0309136v2", "math/0309136"),
    ],
)
def test_ids_lose_address_version_and_subject_class(address: str, bare: str) -> None:
    assert bare_id(address) == bare


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Tutt\\\"os\\'i", "Tuttösí"), ("Mikol\\'a\\v{s}", "Mikoláš"), ("Erd\\H{o}s", "Erdős"),
        ("{\\O}ystein", "Øystein"), ("H{\\aa}kon", "Håkon"), ("D'Amico", "D'Amico"),
        ("Sørensen 100% & Co_", "Sørensen 100% & Co_"),
    ],
)  # fmt: skip
def test_names_in_tex_become_letters(written: str, read: str) -> None:
    assert readable_name(written) == read


def test_a_name_that_breaks_tex_stays_as_it_is() -> None:
    assert readable_name("{" * 400) is not None
    assert readable_name("\\begin{x}" * 60) is not None


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Code: https://github.com/Facebook/ConvNeXt.", ["facebook/convnext"]),
        ("http://www.github.com/a/b.git, 8 pages", ["a/b"]),
        ("(github.com/a/b_c-d)", ["a/b_c-d"]),
        ("https://github.com/a/b\\_c", ["a/b_c"]),
        ("https://github.com/a/b/tree/main and https://github.com/a/b", ["a/b"]),
        ("https://github.com/a/b。代码", ["a/b"]),
        ("https://github.com/a/b代码", ["a/b"]),
        ("https://github.com/rwightman/pytorch-image-models", ["huggingface/pytorch-image-models"]),
        ("https://gist.github.com/a/1234, https://a.github.io/b", []),
        ("https://github.com/topics/pytorch https://github.com/orgs/a/b https://github.com/a", []),
        ("https://notgithub.com/a/b https://github.company/a/b", []),
        ("https://github.com/../.. https://github.com/a/..", []),
        (f"https://github.com/{'a' * 101}/b", []),
    ],
)
def test_links_to_code_are_found(text: str, names: list[str]) -> None:
    found = repository_mentions({"comment": text})
    assert [mention.full_name for mention in found] == names
    normalise_reference(PaperRecord("2606.13677", "2606.13677", repositories=found))


def test_of_two_places_the_first_one_is_named() -> None:
    texts = {
        "comment": "https://github.com/a/b",
        "abstract": "https://github.com/A/B, github.com/c/d",
    }
    found = repository_mentions(texts)
    assert [(m.full_name, m.note) for m in found] == [
        ("a/b", "link in its comment"),
        ("c/d", "link in its abstract"),
    ]
