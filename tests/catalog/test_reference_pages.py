"""The pages of papers and repositories: who says what, and where it leads."""

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from catalog.models import PaperListing, Repository, Source
from catalog.reference_records import (
    LeaderboardRecord,
    PaperRecord,
    PublishedResultRecord,
    RepositoryMention,
    RepositoryRecord,
)
from catalog.services import mark_gone, upsert
from tests.catalog.referenced import (
    ATTACK,
    CODE,
    RESNET,
    checkpoint,
    facts,
    resnet,
    text_of,
)

pytestmark = pytest.mark.django_db


# --- Papers ------------------------------------------------------------------------------------------------------


@pytest.fixture
def linked(arxiv: Source, archive: Source, github: Source, timm: Source) -> None:
    """A paper with its code, its weights and its scores, each from another source."""
    upsert(arxiv, [resnet(abstract="Deeper networks are harder.", authors=["Kaiming He"])])
    code = RepositoryMention(CODE, is_official=True, framework="caffe", note="on its page")
    upsert(archive, [
        PaperRecord("deep-residual", RESNET, repositories=(code, RepositoryMention("x/copy", False)),
                    facts=facts(title="Deep Residual Learning")),
        LeaderboardRecord("cifar", "cifar-10", "CIFAR-10", "Image Classification", ("Accuracy",),
            results=(PublishedResultRecord(0, "ResNet-110", "Accuracy", "93.57", 93.57, RESNET),)),
    ])  # fmt: skip
    upsert(github, [
        RepositoryRecord("1", CODE, facts=facts(stars=6500, license="MIT")),
        RepositoryRecord("2", "x/copy", facts=facts(stars=9000)),
    ])  # fmt: skip
    upsert(timm, [checkpoint("a.recipe", "recipe"), checkpoint("z.own")], version="timm 1.0")


@pytest.mark.usefixtures("linked")
def test_a_paper_leads_to_its_code_its_weights_and_its_scores(client: Client) -> None:
    page = text_of(client, f"/papers/{RESNET}/")
    chain = page.split("Paper → code → weights → score")[1].split("Abstract")[0]
    assert f"{CODE} 6,500 stars code of its authors, caffe: Papers with Code" in chain
    assert "z.own timm introduces the architecture: timm timm 1.0" in chain
    assert "(in the documentation)" in chain
    assert "top-1 80.50 % on ImageNet-1k z.own, at 224 px stated: timm" in chain
    assert "Accuracy 93.57 on CIFAR-10 ResNet-110 published result: Papers with Code" in chain


@pytest.mark.usefixtures("linked")
def test_each_step_of_a_chain_is_a_link(client: Client) -> None:
    page = client.get(f"/papers/{RESNET}/").text
    for address in (f"/repositories/{CODE}/", "/models/timm/z.own/", "/datasets/cifar-10/"):
        assert f'href="{address}"' in page


@pytest.mark.usefixtures("linked")
def test_code_of_the_authors_comes_first_and_weights_that_it_introduces(client: Client) -> None:
    page = text_of(client, f"/papers/{RESNET}/")
    code, weights = page.split(" Code Repositories of")[1].split(" Weights Checkpoints ")
    assert code.index("its authors’") < code.index("x/copy") < code.index("others’")
    assert weights.index("z.own") < weights.index("a.recipe")
    assert "describes the training: timm" in weights


def test_sources_that_disagree_about_a_paper_stand_side_by_side(
    client: Client, arxiv: Source, archive: Source
) -> None:
    upsert(arxiv, [resnet()])
    other = facts(title="DEEP residual learning!", published="2016-06-27")
    upsert(archive, [PaperRecord("p", RESNET, facts=other)])
    page = text_of(client, f"/papers/{RESNET}/")
    assert "Sources disagree: Published" in page
    assert "Sources disagree: Title" not in page
    assert "2015-12-10, arXiv" in page
    assert "2016-06-27, Papers with Code" in page


def test_a_paper_that_is_only_named_says_so(client: Client, timm: Source) -> None:
    upsert(timm, [checkpoint("a")])
    page = text_of(client, f"/papers/{RESNET}/")
    assert f"arXiv:{RESNET}" in page
    assert "all that is known is that others name it" in page
    assert "No leaderboard names it." in page


def test_what_arxiv_says_is_text_and_only_http_addresses_are_links(
    client: Client, arxiv: Source
) -> None:
    comment = f"Code: https://a.example/x). See javascript:alert(1) and {ATTACK}"
    upsert(arxiv, [resnet(title=ATTACK, abstract=ATTACK, comment=comment, authors=[ATTACK])])
    page = client.get(f"/papers/{RESNET}/").text
    assert "<img" not in page
    assert '<a href="https://a.example/x" rel="nofollow noopener">https://a.example/x</a>)' in page
    assert "javascript:alert(1)" in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize(
    ("given", "leads_to"),
    [(f"{RESNET}v1", RESNET), (f"arXiv:{RESNET}", RESNET), ("math.GT/0309136", "math/0309136")],
)
def test_another_spelling_of_an_id_leads_to_the_paper(
    client: Client, arxiv: Source, given: str, leads_to: str
) -> None:
    upsert(arxiv, [PaperRecord(leads_to, leads_to, facts=facts(title="x"))])
    response = client.get(f"/papers/{given}/")
    assert response.headers["Location"] == f"/papers/{leads_to}/"


def test_a_paper_without_an_arxiv_id_has_a_page_too(client: Client, archive: Source) -> None:
    record = PaperRecord("old", "doi:10.1/x(y)", facts=facts(title="Old", doi="10.1/x(y)"))
    upsert(archive, [record])
    page = client.get("/papers/doi:10.1/x(y)/").text
    assert 'href="https://doi.org/10.1/x(y)" rel="nofollow noopener"' in page


@pytest.mark.parametrize(
    "address",
    ["/papers/9999.99999/", "/papers/%00/", "/repositories/no/such/", "/repositories/%00/",
     "/licenses/none/", "/licenses/unknown/", "/licenses/%00/", "/organizations/nobody/",
     "/organizations/%00/", "/architectures/none/", "/architectures/%00/"],
)  # fmt: skip
def test_what_nobody_knows_is_not_found(client: Client, address: str) -> None:
    assert client.get(address).status_code == 404


# --- Repositories ------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("linked")
def test_a_repository_leads_back_to_its_paper_and_on_to_its_weights(client: Client) -> None:
    page = text_of(client, f"/repositories/{CODE}/")
    assert "Deep Residual Learning 2015 code of its authors, caffe: Papers with Code" in page
    assert "z.own timm names it as the code: timm timm 1.0" in page
    assert "Accuracy 93.57 on CIFAR-10" in page
    assert "Licence of the code MIT License . The weights may be under another one" in page


def test_a_result_of_somebody_elses_code_is_not_that_of_the_repository(
    client: Client, archive: Source
) -> None:
    code = ({"title": "mine", "url": "https://github.com/Own/Code"},)
    row = PublishedResultRecord(0, "Net", "Accuracy", "93.57", 93.57, RESNET, code_urls=code)
    others = tuple(RepositoryMention(name) for name in ("own/code", "x/copy"))
    upsert(archive, [
        PaperRecord("p", RESNET, facts=facts(title="Paper"), repositories=others),
        LeaderboardRecord("cifar", "cifar-10", results=(row,)),
    ])  # fmt: skip
    assert "Accuracy 93.57" in text_of(client, "/repositories/own/code/")
    assert "Accuracy 93.57" not in text_of(client, "/repositories/x/copy/")


@pytest.mark.parametrize("given", ["old/name", "Old/Name", "NEW/name"])
def test_a_former_name_and_another_spelling_lead_to_the_repository(
    client: Client, github: Source, given: str
) -> None:
    upsert(github, [RepositoryRecord("7", "old/name", facts=facts(github_id=7))])
    upsert(github, [RepositoryRecord("7", "new/name", facts=facts(github_id=7))])
    assert client.get(f"/repositories/{given}/").headers["Location"] == "/repositories/new/name/"
    assert "Former names old/name" in text_of(client, "/repositories/new/name/")


def test_a_name_that_was_given_up_before_anybody_listed_it_leads_there_too(client: Client) -> None:
    Repository.objects.create(full_name="huggingface/pytorch-image-models")
    response = client.get("/repositories/rwightman/pytorch-image-models/")
    assert response.headers["Location"] == "/repositories/huggingface/pytorch-image-models/"


def test_files_of_releases_are_listed_by_downloads_and_only_linked_where_that_is_safe(
    client: Client,
) -> None:
    files = [
        {"name": "small.pth", "bytes": 2_000_000, "downloads": 3, "url": "javascript:alert(1)"},
        {"name": "big.pth", "bytes": 97_000_000, "downloads": 12_000, "release": "v1",
         "url": "https://github.com/a/b/big.pth", "sha256": "ab" * 32},
        {"name": ATTACK}, "no file", None,
    ]  # fmt: skip
    Repository.objects.create(full_name="a/b", weights_files=files)
    page = client.get("/repositories/a/b/").text
    assert page.index("big.pth") < page.index("small.pth")
    assert 'href="https://github.com/a/b/big.pth" rel="nofollow noopener"' in page
    assert 'href="javascript' not in page
    assert "<img" not in page
    assert "12,000" in page
    assert "97.0" in page


def test_an_archived_repository_and_others_of_its_owner_are_told(
    client: Client, github: Source
) -> None:
    upsert(github, [
        RepositoryRecord("1", "a/b", facts=facts(is_archived=True)),
        RepositoryRecord("2", "a/c", facts=facts(stars=5)),
        RepositoryRecord("3", "ab/d"),
    ])  # fmt: skip
    page = text_of(client, "/repositories/a/b/")
    assert "archived: read only" in page
    assert "Others of a a/c 5 stars" in page
    assert "ab/d" not in page


def test_a_repository_that_vanished_says_so(client: Client, github: Source) -> None:
    upsert(github, [RepositoryRecord("1", "a/b")])
    mark_gone(github, unseen_since=timezone.now())
    assert "gone since" in text_of(client, "/repositories/a/b/")


# --- Cost ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "most"),
    [(f"/papers/{RESNET}/", 15), (f"/repositories/{CODE}/", 15), ("/architectures/resnet50/", 15),
     ("/licenses/mit/", 5), ("/organizations/facebook/", 5), ("/licenses/", 2),
     ("/organizations/", 2), ("/architectures/", 3)],
)  # fmt: skip
@pytest.mark.usefixtures("linked")
def test_no_page_asks_per_row(
    client: Client,
    timm: Source,
    archive: Source,
    address: str,
    most: int,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    many = [
        checkpoint(
            f"m{n}", architecture=f"resnet{50 + n % 3}", license="mit", organization="facebook"
        )
        for n in range(30)
    ]
    upsert(timm, many)
    code = tuple(RepositoryMention(f"o/r{n}") for n in range(30))
    upsert(archive, [PaperRecord("again", RESNET, repositories=code, facts=facts(title="x"))])
    with django_assert_max_num_queries(most):
        assert client.get(address).status_code == 200


def test_what_a_source_said_is_kept_as_it_said_it(arxiv: Source) -> None:
    upsert(arxiv, [resnet(tasks=["Image Classification"])])
    listing = PaperListing.objects.get()
    assert listing.facts["tasks"]["value"] == ["Image Classification"]
    assert listing.paper.tasks == ["image-classification"]
