"""One weights file has one key, whichever of its addresses is written; two files have two."""

import pytest

from catalog.keys import repository_name, weights_key


@pytest.mark.parametrize(("one", "other"), [
    ("http://H.org/a.pth?download=1#x", "https://h.org/a.pth"),
    (
        "https://github.com/rwightman/pytorch-image-models/releases/download/v0.1/a.pth",
        "https://github.com/huggingface/pytorch-image-models/releases/download/v0.1/a.pth",
    ),
    (
        "https://raw.githubusercontent.com/open-mmlab/mmclassification/main/zoo/a.pth",
        "https://github.com/open-mmlab/mmpretrain/raw/main/zoo/a.pth",
    ),
    (
        "https://huggingface.co/o/n/blob/main/a.safetensors",
        "https://huggingface.co/o/n/resolve/main/a.safetensors",
    ),
    (
        "https://download.pytorch.org/models/resnet50-19c8e357.pth",
        "https://download.pytorch.org/models/resnet50-0676ba61.pth",
    ),
])  # fmt: skip
def test_addresses_of_one_file_have_one_key(one: str, other: str) -> None:
    assert weights_key(one) == weights_key(other)


@pytest.mark.parametrize(("one", "other"), [
    (
        "https://download.pytorch.org/models/resnet50-0676ba61.pth",
        "https://download.pytorch.org/models/resnet50-11ad3fa6.pth",
    ),
    (  # written again, but the accuracies that are published for it differ
        "https://download.pytorch.org/models/inception_v3_google-1a9a5a14.pth",
        "https://download.pytorch.org/models/inception_v3_google-0cc3c7bd.pth",
    ),
    ("https://h.org/resnet50-19c8e357.pth", "https://h.org/resnet50-0676ba61.pth"),
    ("https://huggingface.co/o/n/resolve/main/a.bin", "https://huggingface.co/o/n/resolve/v2/a.bin"),
    ("https://h.org/A.pth", "https://h.org/a.pth"),
])  # fmt: skip
def test_two_files_have_two_keys(one: str, other: str) -> None:
    assert weights_key(one) != weights_key(other)


@pytest.mark.parametrize(("url", "name"), [
    ("https://github.com/FaceBookResearch/ConvNeXt/tree/main", "facebookresearch/convnext"),
    ("http://www.github.com/a/b.git", "a/b"),
    ("https://github.com/rwightman/pytorch-image-models", "huggingface/pytorch-image-models"),
    ("https://github.com/a/..", ""),
    ("https://github.com/../b", ""),
    ("https://github.com/a/caf\N{LATIN SMALL LETTER E WITH ACUTE}", ""),
    ("https://github.com/a/" + "b" * 101, ""),
    ("https://github.com/a", ""),
    ("https://gitlab.com/a/b", ""),
])  # fmt: skip
def test_the_name_of_a_repository_is_one_that_github_can_have(url: str, name: str) -> None:
    assert repository_name(url) == name
