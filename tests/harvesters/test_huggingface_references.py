"""The Hub's data sets and papers: those that models name, and the papers of each day."""

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from catalog.classes.outputs import class_names
from catalog.models import (
    ClassLabel,
    Dataset,
    DatasetListing,
    LabelSet,
    Paper,
    PaperListing,
    PaperRepository,
)
from catalog.records import Rejected
from harvesters import wanted
from harvesters.engine import harvest
from harvesters.models import Checkpoint, RejectedRecord
from harvesters.sources.base import Page
from harvesters.sources.huggingface_datasets import HuggingFaceDatasets
from harvesters.sources.huggingface_papers import HuggingFacePapers
from tests.harvesters.hub_for_tests import address, model, models_of, serving
from tests.harvesters.replay import ReplayServer
from tests.harvesters.replay_huggingface import HubReplay, recorded_papers
from tests.harvesters.replay_huggingface_data import Item

pytestmark = pytest.mark.django_db


def datasets_of(server: ReplayServer, most: int = 10) -> HuggingFaceDatasets:
    return HuggingFaceDatasets(address(server), wanted=wanted.hub_datasets, most=most)


def papers_of(server: ReplayServer, today: date, most: int = 10) -> HuggingFacePapers:
    return HuggingFacePapers(
        address(server), wanted=wanted.hub_papers, most=most, today=lambda: today
    )


def dataset(name: str, **fields: Any) -> Item:
    return {"id": name, "private": False, "tags": [], "downloads": 7, "likes": 1, **fields}


# --- Data sets ----------------------------------------------------------------------------------------


def named(*names: str) -> list[Item]:
    return [model(f"a/m{n}", tags=[f"dataset:{name}"]) for n, name in enumerate(names)]


def test_the_data_sets_that_most_models_name_are_looked_up_first() -> None:
    models = named("owner/seldom", "ILSVRC/imagenet-1k", "ILSVRC/imagenet-1k")
    known = {name: dataset(name) for name in ("owner/seldom", "ILSVRC/imagenet-1k")}
    with serving(HubReplay(lambda _: models, datasets=known)) as server:
        harvest(models_of(server))
        assert wanted.hub_datasets(1) == ["ILSVRC/imagenet-1k"]
        assert harvest(datasets_of(server, most=1)).created == 1
        assert wanted.hub_datasets(9) == ["owner/seldom"]
        assert harvest(datasets_of(server)).created == 1
        assert harvest(datasets_of(server)).seen == 0
    slugs = set(DatasetListing.objects.values_list("dataset__slug", flat=True))
    assert slugs == {"imagenet-1k", "owner/seldom"}


def test_a_data_set_comes_with_its_licence_and_size() -> None:
    splits = [{"name": "train", "num_examples": 900}, {"name": "test", "num_examples": 100}]
    info = {
        "cardData": {
            "pretty_name": "Birds of Europe",
            "license": "cc-by-4.0",
            "dataset_info": [{"dataset_size": 5000, "splits": splits}, {"dataset_size": 500}],
        },
        "tags": ["task_categories:image-classification", "modality:image", "language:de", "size_categories:1K<n<10K"],
        "usedStorage": 9_999_999,
    }  # fmt: skip
    hub = HubReplay(lambda _: named("o/birds"), datasets={"o/birds": dataset("o/birds", **info)})
    with serving(hub) as server:
        harvest(models_of(server))
        harvest(datasets_of(server))
    found = Dataset.objects.get(slug="o/birds")
    assert (found.title, found.license, found.size_bytes, found.examples, found.size_category) == (
        "Birds of Europe", "cc-by-4.0", 5500, 1000, "1K<n<10K",
    )  # fmt: skip
    assert (found.tasks, found.modalities, found.languages) == (
        ["image-classification"],
        ["image"],
        ["de"],
    )
    assert found.aliases == ["o/birds"]


def test_a_data_set_tells_the_classes_of_its_columns() -> None:
    pets = {"name": "label", "dtype": {"class_label": {"names": {"0": "cat", "1": "dog"}}}}
    inner = {"name": "kind", "dtype": {"class_label": {"names": ["bird", "fish"]}}}
    odd = {"name": "x", "dtype": {"class_label": {"names": {"1": "no zero"}}}}
    features = [pets, {"name": "objects", "sequence": [inner]}, odd, {"name": "image"}]
    card = {"dataset_info": [{"features": features}, {"features": [pets]}]}
    hub = HubReplay(
        lambda _: named("o/pets"), datasets={"o/pets": dataset("o/pets", cardData=card)}
    )
    with serving(hub) as server:
        harvest(models_of(server))
        run = harvest(datasets_of(server))
    assert (run.seen, run.created, run.rejected) == (1, 1, 0)
    lists = [class_names(key) for key in LabelSet.objects.values_list("key", flat=True)]
    assert sorted(lists) == [["bird", "fish"], ["cat", "dog"]]
    assert ClassLabel.objects.get(key="cat").datasets == ["o/pets"]


def test_a_data_set_that_is_not_there_is_left_alone_for_a_week() -> None:
    with serving(HubReplay(lambda _: named("o/gone"), datasets={})) as server:
        harvest(models_of(server))
        run = harvest(datasets_of(server))
    assert (run.state, run.rejected) == ("done", 1)
    assert "answers 401" in RejectedRecord.objects.get().reason
    assert wanted.hub_datasets(9) == []


def test_data_sets_with_odd_fields_are_kept_without_them() -> None:
    odd: list[Any] = [None, 5, [1], {"a": 1}, "x", True, -1]
    source = HuggingFaceDatasets("https://huggingface.co")
    for value in odd:
        card = {"dataset_info": value, "license": value, "pretty_name": value}
        info = dataset("o/d", cardData=card, tags=value, usedStorage=value, description=value)
        body = json.dumps({"asked": "o/d", "info": info}).encode()
        [found] = source.records(Page(body))
        assert not isinstance(found, Rejected), found


# --- Papers -------------------------------------------------------------------------------------------


@pytest.fixture
def hub(shared: Path) -> Iterator[ReplayServer]:
    with serving(HubReplay(lambda _: [], papers=recorded_papers(shared / "data"))) as server:
        yield server


def test_the_papers_of_the_recorded_days_come_with_their_code(hub: ReplayServer) -> None:
    run = harvest(papers_of(hub, date(2026, 6, 13)))
    assert (run.state, run.created, run.rejected) == ("done", 30, 0)
    paper = Paper.objects.get(key="2606.00467")
    assert paper.title.startswith("On the Limits of LLM Adaptability")
    assert paper.authors == ["Etienne Casanova", "Rafal Kocielnik", "R. Michael Alvarez"]
    assert str(paper.published) == "2026-05-30"
    assert PaperRepository.objects.count() == 16
    link = PaperRepository.objects.get(repository__full_name="sap/toolsense")
    assert link.is_official is None
    assert "added by a reader or author" in link.note


def test_the_next_walk_reads_the_days_since_and_two_before(hub: ReplayServer) -> None:
    harvest(papers_of(hub, date(2026, 6, 13)))
    assert Checkpoint.objects.get().watermark == "2026-06-13"
    hub.asked.clear()
    again = harvest(papers_of(hub, date(2026, 6, 14)))
    assert [path.partition("date=")[2][:10] for path in hub.asked if "daily" in path] == [
        "2026-06-11", "2026-06-12", "2026-06-13", "2026-06-14",
    ]  # fmt: skip
    assert (again.created, again.updated) == (0, 0)


def test_the_papers_that_models_name_are_looked_up(shared: Path) -> None:
    models = [model("a/b", tags=["arxiv:2606.00467", "arxiv:2101.00001"])]
    hub = HubReplay(lambda _: models, papers=recorded_papers(shared / "data"))
    with serving(hub) as server:
        harvest(models_of(server))
        assert set(wanted.hub_papers(9)) == {"2606.00467", "2101.00001"}
        run = harvest(papers_of(server, date(2026, 1, 1)))
        assert wanted.hub_papers(9) == []
    assert run.state == "done"
    assert Paper.objects.get(key="2606.00467").title
    assert PaperListing.objects.get(paper__key="2101.00001").gone_since


def test_who_submitted_a_paper_is_not_kept(hub: ReplayServer, shared: Path) -> None:
    harvest(papers_of(hub, date(2026, 6, 13)))
    kept = json.dumps(list(PaperListing.objects.values("facts", "url")))
    submitters = {p["submittedBy"]["name"] for p in recorded_papers(shared / "data")}
    assert not [name for name in submitters if f'"{name}"' in kept]
    body = {"daily": [{"paper": {"id": "no id", "submittedOnDailyBy": {"name": "somebody"}}}]}
    [rejected] = HuggingFacePapers("https://huggingface.co").records(
        Page(json.dumps(body).encode())
    )
    assert isinstance(rejected, Rejected)
    assert "somebody" not in rejected.raw
