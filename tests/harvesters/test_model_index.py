"""The model-index format, on the examples of its own authors."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from harvesters.sources.model_index import IndexedModel, Unread, missing_files, read_index


@pytest.fixture
def examples(shared: Path) -> Path:
    return shared / "data" / "paperswithcode" / "model_index_examples"


def models_of(files: Mapping[str, str]) -> list[IndexedModel]:
    return [part for part in read_index(files) if isinstance(part, IndexedModel)]


def texts_in(folder: Path) -> dict[str, str]:
    files = [file for file in folder.rglob("*") if file.is_file()]
    return {str(file.relative_to(folder)): file.read_text() for file in files}


@pytest.mark.parametrize(("name", "models", "in_collection"), [
    ("01_base", 1, 0), ("03_col", 2, 2), ("04_imports", 2, 2),
    ("05_field_imports", 2, 2), ("07_import_models", 2, 2), ("08_import_models_json", 2, 2),
    ("11_markdown", 6, 2), ("12_wildcard_imports", 2, 2), ("13_wildcard_model_imports", 2, 2),
    ("17_collections_merge", 2, 2), ("18_library", 2, 2),
])  # fmt: skip
def test_every_way_of_writing_an_index_is_read(
    examples: Path, name: str, models: int, in_collection: int
) -> None:
    found = models_of(texts_in(examples / "tests" / "test-mi" / name))
    assert (len(found), sum(bool(part.collection) for part in found)) == (models, in_collection)


def test_results_and_metadata_may_lie_in_files_of_their_own(examples: Path) -> None:
    first, second = models_of(texts_in(examples / "tests" / "test-mi" / "05_field_imports"))
    assert first.model["Results"][0]["Metrics"]["Top 1 Accuracy"] == "74.67%"
    assert second.model["Results"][0]["Metrics"]["Top 1 Accuracy"] == "75.1%"
    first, second = models_of(texts_in(examples / "tests" / "test-mi" / "06_import_meta"))
    assert second.model["Metadata"]["Epochs"] == 120


@pytest.mark.parametrize("option", ["option1-markdown", "option2-yaml"])
def test_both_of_the_authors_examples_hold_the_same_models(examples: Path, option: str) -> None:
    names = [part.model["Name"] for part in models_of(texts_in(examples / "examples" / option))]
    assert names == ["AlexNet", "ResNet-101", "ResNet-152"]


def test_what_is_not_there_is_named(examples: Path) -> None:
    found = list(read_index(texts_in(examples / "tests" / "test-mi" / "10_import_meta_check")))
    assert [part.name for part in found if isinstance(part, Unread)] == [
        "wrongsubdir/meta2.yaml",
        "noexist.json",
    ]
    assert sum(isinstance(part, IndexedModel) for part in found) == 2


def test_files_that_import_each_other_are_read_once() -> None:
    files = {
        "model-index.yml": "Import: a.yml",
        "a.yml": "{Import: model-index.yml, Models: [{Name: x}]}",
    }
    assert len(list(read_index(files))) == 1


def test_backslashes_part_folders_too() -> None:
    files = {"model-index.yml": r"Import: [zoo\a.yml]", "zoo/a.yml": "[{Name: x}]"}
    assert [part.model["Name"] for part in models_of(files)] == ["x"]


def test_forgotten_metafiles_are_read_and_other_files_are_not() -> None:
    files = {
        "model-index.yml": "Import: []",
        "configs/a.yml": "Models: [{Name: x}]",
        "b.yml": "[{Name: y}]",
    }
    assert [part.model["Name"] for part in models_of(files)] == ["x"]


def test_what_must_be_fetched_yet_is_told() -> None:
    assert missing_files({"model-index.yml": "{Import: [zoo/a.yml], Models: [b.md]}"}) == [
        "b.md",
        "zoo/a.yml",
    ]


def test_a_models_own_file_names_its_collection_first() -> None:
    files = {
        "model-index.yml": "Import: [a.yml, b.yml]",
        "a.yml": "{Collections: [{Name: C, Year: 1}], Models: [{Name: x, In Collection: C}]}",
        "b.yml": "{Collections: [{Name: C, Year: 2}], Models: [{Name: y, In Collection: C}]}",
    }
    assert [part.collection["Year"] for part in models_of(files)] == [1, 2]


def test_an_entry_without_a_name_is_no_entry() -> None:
    (part,) = read_index({"model-index.yml": "Models: [{Name: null}]"})
    assert isinstance(part, Unread)
    assert part.reason == "an entry of it has no name"
