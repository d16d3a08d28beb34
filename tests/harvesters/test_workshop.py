"""The workshop's questions about code and papers, one address each, on harvested libraries and recorded answers."""

import csv
import json
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from catalog.models import Repository, Source
from catalog.services import upsert
from harvesters import wanted
from harvesters.engine import harvest
from harvesters.sources.github_api import repository_record
from harvesters.sources.paperswithcode import PapersWithCode
from harvesters.sources.timm import Timm
from harvesters.sources.torchvision import Torchvision
from tests.harvesters.replay_github import recorded_items

CLASSIFIERS_ON_GITHUB = "/repositories/?has=weights&task=image-classification&framework=pytorch"
RESIDUAL_LEARNING = "/papers/1512.03385/"

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def catalogue(
    shared: Path,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Two libraries, what Papers with Code tells of one paper, and the recorded repositories of GitHub."""
    archive = tmp_path_factory.mktemp("archive")
    write_about(shared / "data" / "paperswithcode", archive, "1512.03385")
    with django_db_blocker.unblock(), transaction.atomic():
        harvest(Timm())
        harvest(Torchvision())
        harvest(PapersWithCode(str(archive), (), wanted.keys_at_paperswithcode))
        github, _ = Source.objects.get_or_create(
            name="github", defaults={"title": "GitHub", "kind": Source.Kind.REPOSITORIES}
        )
        items = recorded_items(shared / "data" / "github").values()
        upsert(github, [repository_record(item) for item in items])
        yield
        transaction.set_rollback(True)


def write_about(recorded: Path, folder: Path, arxiv_id: str) -> None:
    """The recorded links of one paper, and a file of tables that names it."""
    with (recorded / "links_sample" / "paper_repo_info.csv").open() as file:
        links = [row for row in csv.DictReader(file) if row["paper_arxiv_id"] == arxiv_id]
    (folder / "links-between-papers-and-code.json").write_text(json.dumps(links))
    tables = (recorded / "evaluation_tables_format" / "eff.json").read_text()
    (folder / "evaluation-tables.json").write_text(tables)


def rows(client: Client, address: str) -> list[str]:
    page = client.get(address).text
    return [part.partition("</a>")[0] for part in page.split("data-row>")[1:]]


def words(page: str) -> str:
    parts = [part.partition(">")[2] for part in page.split("<main")[1].split("<")[1:]]
    return " ".join(unescape(" ".join(parts)).split())


@pytest.mark.usefixtures("catalogue")
def test_pretrained_pytorch_image_classifiers_on_github(client: Client) -> None:
    found = rows(client, CLASSIFIERS_ON_GITHUB)
    assert "huggingface/pytorch-image-models" in found
    assert "pytorch/vision" in found
    assert "facebookresearch/convnext-v2" in found
    # PyTorch, but nobody publishes weights of it; or no PyTorch at all.
    assert "labmlai/annotated_deep_learning_paper_implementations" not in found
    assert "sakib1263/1dresnet-keras" not in found
    named = Repository.objects.filter(checkpoints__task="image-classification").distinct()
    assert sorted(found) == sorted(named.values_list("full_name", flat=True))
    assert len(found) == 24


@pytest.mark.usefixtures("catalogue")
def test_the_same_is_found_by_typing_it(client: Client) -> None:
    typed = client.get("/repositories/?q=has:weights+task:image-classification+framework:pytorch")
    assert typed.headers["Location"] == CLASSIFIERS_ON_GITHUB


@pytest.mark.usefixtures("catalogue")
def test_a_papers_code_its_weights_and_their_scores(client: Client) -> None:
    response = client.get(RESIDUAL_LEARNING)
    page = words(response.text)
    chain = page.split("Paper → code → weights → score")[1].split(" Code Repositories of ")[0]
    # Who implements it, with which framework, and who says so.
    assert "sakib1263/1dresnet-keras" in page
    assert "somebody else's code, tensorflow: Papers with Code, CC BY-SA 4.0" in page
    # Which weights there are, in both libraries, and how each knows.
    assert "resnet152.tv2_in1k timm, torchvision introduces the architecture" in chain
    assert "named in the documentation of the model's builder" in chain
    # What they reach, and what the paper reached.
    assert "top-1 82.28 % on ImageNet-1k resnet152.tv2_in1k, at 224 px stated: torchvision" in chain
    assert "Percentage correct 93.57 on CIFAR-10 Image Recognition DRL published result" in chain
    assert 'href="/models/?paper=1512.03385"' in response.text


@pytest.mark.usefixtures("catalogue")
def test_all_models_of_the_paper_are_one_click_away(client: Client) -> None:
    page = client.get("/models/?paper=1512.03385").text
    linked = client.get(RESIDUAL_LEARNING).text
    total = page.split('<span id="count"><b>')[1].partition("</b>")[0]
    assert f"All {total} models" in linked


@pytest.mark.usefixtures("catalogue")
def test_the_architecture_shows_its_checkpoints_side_by_side_with_paper_and_code(
    client: Client,
) -> None:
    page = words(client.get("/architectures/resnet50/").text)
    assert "Deep Residual Learning for Image Recognition" in page
    assert "pytorch/vision" in page
    table = page.split("Its checkpoints")[1]
    assert all(
        name in table for name in ("resnet50.a1_in1k", "resnet50.a2_in1k", "resnet50.tv_in1k")
    )
