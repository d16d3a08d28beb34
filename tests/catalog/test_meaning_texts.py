"""What a checkpoint is about, as words: what says something is taken, what says how it was made is not."""

import time

import pytest

from catalog.meaning.texts import MOST_CLASSES, Said, name_words, plain_prose, text_of


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("nielsr/vit-base-finetuned-eurosat-imgaug", ["eurosat", "imgaug"]),
        ("hgarg/fruits", ["fruits"]),
        ("chest_xray.v2-224", ["chest", "xray"]),
        ("vit-base-patch16-224", []),
    ],
)
def test_of_a_name_only_words_are_taken(name: str, words: list[str]) -> None:
    assert name_words(name) == words


def test_checkpoints_that_differ_in_size_only_share_a_text() -> None:
    small, large = (
        Said(f"birds-{size}-384", "image-classification", prose=["It tells birds apart."])
        for size in ("small", "large")
    )
    assert (
        text_of(small, {})
        == text_of(large, {})
        == ("birds. Image classification. It tells birds apart")
    )


def test_task_data_sets_tags_prose_and_classes_are_in_it() -> None:
    said = Said(
        "x1", "image-classification", datasets=["cub-200-2011", "somebodys-own"],
        tags=["ornithology", "pytorch", "license:mit", "en"], prose=["Knows birds."], classes=["wren", "robin"],
    )  # fmt: skip
    text = text_of(said, {"somebodys-own": "Feathers, photographed."})
    assert text.startswith("Image classification. ")
    assert "somebodys-own (Feathers, photographed.)" in text
    assert "ornithology. Knows birds. wren, robin" in text


@pytest.mark.parametrize(
    "said",
    [
        Said("resnet50.a1_in1k", "image-classification", has_architecture=True),
        Said("somebody/pancakes", "text-generation"),
        Said("vit-base-patch16-224", "image-classification"),
        Said("model", "image-classification", tags=["safetensors", "region:us", "AdamW"]),
        Said("model", "image-classification", prose=["![logo](https://x.example/logo.png)"]),
    ],
)
def test_where_nothing_is_said_there_is_no_text(said: Said) -> None:
    assert text_of(said, {}) == ""


def test_a_task_is_also_called_what_people_call_it() -> None:
    said = Said("x1", "automatic-speech-recognition", prose=["It knows Welsh."])
    assert text_of(said, {}) == (
        "Automatic speech recognition: Turns speech into text. It knows Welsh"
    )


def test_the_name_of_a_classifier_says_enough() -> None:
    said = Said("somebody/pancake-waffle", "image-classification")
    assert text_of(said, {}) == "pancake waffle. Image classification"


def test_a_thousand_classes_say_nothing() -> None:
    classes = [f"class {number}" for number in range(MOST_CLASSES + 1)]
    assert text_of(Said("x", "image-classification", classes=classes), {}) == ""
    assert "class 7" in text_of(Said("x", "image-classification", classes=classes[:-1]), {})


def test_a_card_is_read_without_its_signs() -> None:
    card = """# Bird *finder*
![badge](https://img.example/x.svg) <img src="x" onerror="alert(1)">
| a | b |
|---|---|
It tells [200 birds](https://x.example) apart.
```python
import torch
```
"""
    assert plain_prose(card) == "Bird finder a b It tells 200 birds apart"


@pytest.mark.parametrize("hostile", ["<" * 90_000, "![" * 45_000, "```" * 30_000, "[a](" * 30_000])
def test_a_hostile_card_costs_no_time(hostile: str) -> None:
    began = time.perf_counter()
    plain_prose(hostile)
    assert time.perf_counter() - began < 2
