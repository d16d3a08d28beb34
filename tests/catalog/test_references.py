"""Papers, repositories, data sets, leaderboards and speeds: written once, resolved by trust, never lost."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest
from django.db import connection

from catalog.models import (
    Dataset,
    Leaderboard,
    Paper,
    PaperListing,
    PaperRepository,
    PublishedResult,
    Repository,
    Source,
    Speed,
)
from catalog.records import Fact
from catalog.reference_records import (
    DatasetRecord,
    LeaderboardRecord,
    PaperRecord,
    PublishedResultRecord,
    RepositoryMention,
    RepositoryRecord,
    SpeedRecord,
    paper_key,
)
from catalog.services import mark_gone, upsert

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
TUESDAY = datetime(2026, 11, 17, tzinfo=UTC)


@pytest.fixture
def source() -> Source:
    return Source.objects.create(name="arxiv", title="arXiv", kind="papers")


@pytest.fixture
def archive() -> Source:
    return Source.objects.create(name="paperswithcode", title="Papers with Code", kind="papers")


def paper(key: str = "1512.03385", **facts: Any) -> PaperRecord:
    return PaperRecord(f"at-{key}", key, facts={n: Fact(v) for n, v in facts.items()})


def repository(name: str, number: int | None = None, **more: Any) -> RepositoryRecord:
    facts = {"github_id": Fact(number), **{n: Fact(v) for n, v in more.pop("facts", {}).items()}}
    return RepositoryRecord(str(number or name), name, facts=facts, **more)


SPEED = SpeedRecord("a100/resnet50", "resnet50", "inference", "A100", 3000.5, date="2026-01-02")
BOARD = LeaderboardRecord(
    "classification-on-imagenet",
    "imagenet-1k",
    "ImageNet",
    "Image Classification",
    ("Top 1 Accuracy",),
    results=(
        PublishedResultRecord(0, "ResNet-50", "Top 1 Accuracy", "76.2%", 76.2, "1512.03385"),
        PublishedResultRecord(1, "Mystery", "Top 1 Accuracy", "-", None, date="2016-01-01"),
    ),
)


def versions_of_rows() -> list[tuple[str, str]]:
    """Every row's transaction: a row that was written again has another one."""
    tables = ("paper", "repository", "paperrepository", "dataset", "publishedresult")
    with connection.cursor() as cursor:
        rows = (f"SELECT '{name}' || id, xmin::text FROM catalog_{name}" for name in tables)  # noqa: S608
        cursor.execute(" UNION ALL ".join(rows))
        return sorted(cursor.fetchall())


def everything() -> list[Any]:
    return [
        replace(
            paper(title="Deep Residual Learning", published="2015-12-10"),
            repositories=(RepositoryMention("kaiminghe/deep-residual-networks", is_official=True),),
        ),
        repository("pytorch/vision", 7, papers=("1512.03385",)),
        DatasetRecord("ILSVRC/imagenet-1k", "imagenet-1k", facts={"license": Fact("other")}),
        BOARD,
        SPEED,
    ]


def test_a_second_reading_of_the_same_writes_nothing_but_that_it_was_seen(source: Source) -> None:
    first = upsert(source, everything(), seen_at=MONDAY)
    before = versions_of_rows()
    second = upsert(source, everything(), seen_at=TUESDAY)
    assert (first.created, second.created, second.updated, second.unchanged) == (5, 0, 0, 5)
    assert versions_of_rows() == before
    assert PaperListing.objects.get().last_seen == TUESDAY


def test_a_paper_is_shown_as_who_keeps_it_tells_of_it(source: Source, archive: Source) -> None:
    upsert(archive, [paper(title="deep residual learning", abstract="From the archive")])
    upsert(source, [paper(title="Deep Residual Learning", published="2015-12-10T00:00:00Z")])
    found = Paper.objects.get()
    assert found.title == "Deep Residual Learning"
    assert found.abstract == "From the archive"
    assert found.published == date(2015, 12, 10)


def test_a_paper_that_its_keeper_no_longer_lists_is_told_of_by_others(
    source: Source, archive: Source
) -> None:
    upsert(archive, [paper(title="archived")])
    upsert(source, [paper(title="kept")], seen_at=MONDAY)
    mark_gone(source, TUESDAY)
    upsert(archive, [paper(title="archived", abstract="new")])
    assert Paper.objects.get().title == "archived"


def test_what_a_paper_no_longer_names_is_no_longer_linked(source: Source) -> None:
    mentions = (RepositoryMention("a/b"), RepositoryMention("c/d", is_official=True))
    upsert(source, [replace(paper(title="t"), repositories=mentions)])
    upsert(source, [replace(paper(title="t"), repositories=mentions[1:])])
    assert [
        (edge.repository.full_name, edge.is_official) for edge in PaperRepository.objects.all()
    ] == [("c/d", True)]


def test_a_renamed_repository_keeps_its_links_and_its_old_name_leads_to_it(source: Source) -> None:
    upsert(source, [repository("rwightman/pytorch-image-models", 9, papers=("1512.03385",))])
    upsert(source, [repository("huggingface/pytorch-image-models", 9, papers=("1512.03385",))])
    old = Repository.objects.get(full_name="rwightman/pytorch-image-models")
    assert old.renamed_to is not None
    assert old.renamed_to.full_name == "huggingface/pytorch-image-models"
    assert [edge.repository_id for edge in PaperRepository.objects.all()] == [old.renamed_to_id]
    upsert(
        source,
        [replace(paper(), repositories=(RepositoryMention("rwightman/pytorch-image-models"),))],
    )
    assert {edge.repository_id for edge in PaperRepository.objects.all()} == {old.renamed_to_id}


def test_a_former_name_that_is_taken_again_stands_for_itself(source: Source) -> None:
    upsert(source, [repository("new/name", 9, former_names=("old/name",))])
    upsert(source, [repository("old/name", 10)])
    assert Repository.objects.get(full_name="old/name").renamed_to is None


def test_a_paper_without_a_title_is_called_by_what_identifies_it() -> None:
    keys = (
        "1512.03385",
        "doi:10.1/x",
        "title:deep-learning-2020",
        "title:paperswithcode-deep-nets-1",
    )
    names = [str(Paper(key=key)) for key in keys]
    assert names == ["arXiv:1512.03385", "doi:10.1/x", "Deep learning (2020)", "Untitled paper"]


def test_a_leaderboard_keeps_values_that_are_no_numbers(source: Source) -> None:
    upsert(source, [BOARD])
    rows = PublishedResult.objects.order_by("row")
    assert [(row.model_name, row.value, row.text) for row in rows] == [
        ("ResNet-50", 76.2, "76.2%"),
        ("Mystery", None, "-"),
    ]
    assert Leaderboard.objects.get().dataset.title == "ImageNet"


def test_a_changed_leaderboard_is_replaced_as_a_whole(source: Source) -> None:
    upsert(source, [BOARD])
    outcome = upsert(source, [replace(BOARD, results=BOARD.results[:1])])
    assert outcome.updated == 1
    assert [row.model_name for row in PublishedResult.objects.all()] == ["ResNet-50"]


def test_what_vanishes_is_marked_and_what_returns_is_counted_as_changed(source: Source) -> None:
    upsert(source, everything(), seen_at=MONDAY)
    assert mark_gone(source, TUESDAY) == 5
    assert Speed.objects.get().gone_since is not None
    outcome = upsert(source, everything())
    assert (outcome.updated, outcome.unchanged) == (5, 0)
    assert Speed.objects.get().gone_since is None


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (paper("not a key"), "key"),
        (paper(published="soon"), "published"),
        (paper(nonsense="x"), "no field"),
        (repository("UPPER/Case"), "full_name"),
        (DatasetRecord("x", "../etc"), "slug"),
        (replace(SPEED, kind="flying"), "kind"),
        (replace(SPEED, images_per_second=float("nan")), "number"),
        (replace(BOARD, dataset=""), "dataset"),
    ],
)
def test_what_cannot_be_stored_is_refused_with_its_reason_and_the_rest_is_kept(
    source: Source, record: Any, reason: str
) -> None:
    outcome = upsert(source, [record, DatasetRecord("fine", "fine")])
    assert [reason in refused.reason for refused in outcome.rejected] == [True]
    assert outcome.created == 1
    assert Dataset.objects.filter(slug="fine").exists()


@pytest.mark.parametrize(
    ("known", "key"),
    [
        ({"arxiv_id": "1512.03385v2", "doi": "10.1/x"}, "1512.03385"),
        ({"arxiv_id": "math.GT/0309136v1"}, "math/0309136"),
        ({"doi": "10.1109/CVPR.2016.90"}, "doi:10.1109/cvpr.2016.90"),
        ({"title": "Searching for MobileNetV3!", "year": 2019}, "title:searching-for-mobilenetv3-2019"),
        ({"title": "No year"}, ""),
    ],
)  # fmt: skip
def test_a_paper_is_known_by_the_strongest_of_what_is_known(
    known: dict[str, Any], key: str
) -> None:
    assert paper_key(**known) == key
