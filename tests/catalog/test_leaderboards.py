"""Leaderboards: one row per checkpoint, papers beside them, dates that say what they are, filters that hold."""

from datetime import date
from typing import Any

import pytest

from catalog.leaderboard_evidence import with_evidence
from catalog.leaderboard_filters import LeaderboardFilters, read
from catalog.leaderboards import Board, Row, arxiv_month, best_first, boards_of, rows_of
from catalog.models import Evaluation, PretrainedModel, Source
from catalog.records import EvaluationRecord, Fact, ModelRecord, PaperMention
from catalog.reference_records import (
    LeaderboardRecord,
    PaperRecord,
    PublishedResultRecord,
    RepositoryMention,
)
from catalog.services import mark_gone, upsert

pytestmark = pytest.mark.django_db
IMAGENET = "imagenet-1k"


def source(name: str, title: str = "", kind: str = "library") -> Source:
    defaults = {"title": title or name, "kind": kind}
    return Source.objects.get_or_create(name=name, defaults=defaults)[0]


def checkpoint(
    name: str,
    *results: tuple[str, float, int],
    by: str = "timm",
    papers: tuple[PaperMention, ...] = (),
    **facts: Any,
) -> None:
    """A checkpoint with (metric, value, input size) on ImageNet."""
    stated = {"name": name, "task": "image-classification", "input_size": 224, **facts}
    record = ModelRecord(
        external_id=name,
        facts={key: Fact(value) for key, value in stated.items()},
        evaluations=tuple(EvaluationRecord(IMAGENET, m, v, s) for m, v, s in results),
        papers=papers,
        identity_keys=(f"timm:{name}",),
    )
    upsert(source(by), [record])


def published(*results: PublishedResultRecord, task: str = "Image Classification") -> None:
    record = LeaderboardRecord(f"{task} / ImageNet", IMAGENET, "ImageNet", task, results=results)
    upsert(source("paperswithcode", "Papers with Code, CC BY-SA 4.0", "papers"), [record])


def result(row: int, name: str, text: str, **more: Any) -> PublishedResultRecord:
    metric = more.pop("metric", "Top 1 Accuracy")
    value = more.pop("value") if "value" in more else float(text)
    return PublishedResultRecord(row, name, metric, text, value, **more)


def only_rows() -> list[Row]:
    (board,) = boards_of(IMAGENET)
    return best_first(rows_of(IMAGENET, board), board)


def introduces(arxiv_id: str) -> PaperMention:
    return PaperMention(arxiv_id, "introduces", "by its documentation")


def recipe(arxiv_id: str) -> PaperMention:
    return PaperMention(arxiv_id, "recipe")


def test_checkpoints_and_papers_share_a_board_whatever_they_call_task_and_metric() -> None:
    checkpoint("net.a", ("top1", 80.0, 224))
    published(result(0, "Big net", "90.1"))
    (board,) = boards_of(IMAGENET)
    assert (board.task, board.metric) == ("image-classification", "top1")
    assert (board.with_weights, board.published) == (1, 1)
    assert [(row.name, row.has_weights) for row in only_rows()] == [
        ("Big net", False),
        ("net.a", True),
    ]


@pytest.mark.parametrize("metric", ["top1", "box_map"])
def test_a_checkpoint_has_one_row_at_its_own_input_size(metric: str) -> None:
    checkpoint("net.a", (metric, 80.0, 224), (metric, 82.0, 288), (metric, 70.0, 160))
    (row,) = only_rows()
    assert (row.value, row.input_size) == (80.0, 224)


def test_the_row_shows_the_value_that_the_models_page_shows() -> None:
    facts = {"name": Fact("net.a"), "task": Fact("image-classification")}
    facts |= {"input_size": Fact(224), "preprocessing": Fact({"crop_pct": 0.9})}
    results = (
        EvaluationRecord(IMAGENET, "top1", 80.1, 224, 0.9),
        EvaluationRecord(IMAGENET, "top1", 80.5, 224, 1.0),
    )
    upsert(source("timm-results"), [ModelRecord("net.a", facts=facts, evaluations=results)])
    assert only_rows()[0].value == PretrainedModel.objects.get().top1 == 80.1


def test_who_publishes_the_weights_is_believed_first() -> None:
    checkpoint("net.a", ("box_map", 40.1, 224), by="timm-results")
    checkpoint("net.a", ("box_map", 40.3, 224), by="torchvision")
    assert [(row.value, row.source) for row in only_rows()] == [(40.3, "torchvision")]


def test_what_is_gone_has_no_row() -> None:
    checkpoint("net.a", ("top1", 80.0, 224))
    published(result(0, "A", "70"))
    later = Evaluation.objects.get().listing.last_seen.replace(year=2099)
    mark_gone(source("timm"), later)
    mark_gone(source("paperswithcode"), later)
    assert boards_of(IMAGENET) == []


def test_what_only_a_vanished_listing_states_has_no_row() -> None:
    checkpoint("net.a", by="timm")
    checkpoint("net.a", ("box_map", 40.1, 224), by="torchvision")
    later = Evaluation.objects.get().listing.last_seen.replace(year=2099)
    mark_gone(source("torchvision"), later)
    assert PretrainedModel.objects.published().count() == 1
    assert boards_of(IMAGENET) == []


def test_an_unknown_licence_is_not_open() -> None:
    checkpoint("net.a", ("top1", 80.0, 224))
    assert narrowed("license=open") == []


@pytest.mark.parametrize(
    ("papers", "day", "is_bound"),
    [
        ((introduces("1512.03385"),), date(2015, 12, 1), True),
        ((introduces("1512.03385"), recipe("2110.00476")), date(2021, 10, 1), False),
        ((PaperMention("1512.03385"),), None, False),
        ((), None, False),
    ],
)
def test_a_checkpoints_date_is_that_of_its_training_or_a_lower_bound(
    papers: tuple[PaperMention, ...], day: date | None, is_bound: bool
) -> None:
    checkpoint("net.a", ("top1", 80.0, 224), papers=papers)
    (row,) = only_rows()
    assert (row.day, row.is_lower_bound) == (day, is_bound)


def test_a_papers_own_date_is_finer_than_that_of_its_id() -> None:
    checkpoint("net.a", ("top1", 80.0, 224), papers=(recipe("2110.00476"),))
    paper = PaperRecord("2110.00476", "2110.00476", facts={"published": Fact("2021-10-17")})
    upsert(source("arxiv"), [paper])
    assert only_rows()[0].day == date(2021, 10, 17)


def test_a_published_result_has_the_date_its_source_states_else_its_papers() -> None:
    published(
        result(0, "A", "3", date="2020-05-06", paper="1512.03385"),
        result(1, "B", "2", paper="1512.03385"),
        result(2, "C", "1"),
    )
    assert [row.day for row in only_rows()] == [date(2020, 5, 6), date(2015, 12, 1), None]


@pytest.mark.parametrize(
    ("key", "month"),
    [
        ("1512.03385", date(2015, 12, 1)),
        ("cs/0112017", date(2001, 12, 1)),
        ("hep-th/9901001", date(1999, 1, 1)),
        ("1599.12345", None),
        ("doi:10.1/x", None),
        ("title:1512-03385", None),
    ],
)
def test_an_arxiv_id_names_a_month(key: str, month: date | None) -> None:
    assert arxiv_month(key) == month


def test_what_is_no_number_comes_last_in_either_direction() -> None:
    published(result(0, "A", "n/a", value=None), result(1, "B", "1"), result(2, "C", "2"))
    (board,) = boards_of(IMAGENET)
    rows = rows_of(IMAGENET, board)
    assert [r.name for r in best_first(rows, board)] == ["C", "B", "A"]
    assert [r.name for r in LeaderboardFilters(sort="worst").apply(rows, board)] == ["B", "C", "A"]


def test_where_less_is_better_the_smallest_is_first() -> None:
    published(result(0, "A", "3", metric="Top-1 Error"), result(1, "B", "1", metric="Top-1 Error"))
    assert [row.name for row in only_rows()] == ["B", "A"]


def test_where_nobody_knows_which_is_better_the_largest_is_first() -> None:
    published(*(result(n, f"m{n}", str(n), metric="gen_len") for n in (1, 3, 2)))
    assert not boards_of(IMAGENET)[0].is_ranked
    assert [row.name for row in only_rows()] == ["m3", "m2", "m1"]


def narrowed(query: str) -> list[str]:
    boards = boards_of(IMAGENET)
    filters, board = read(query, boards)
    assert board
    assert filters.notes == ()
    return [row.name for row in filters.apply(rows_of(IMAGENET, board), board)]


@pytest.fixture
def _four() -> None:
    checkpoint(
        "small.mit", ("top1", 70.0, 224), size_bytes=20_000_000, license="mit", parameters=5_000_000,
        papers=(introduces("1801.00001"),),
    )  # fmt: skip
    checkpoint(
        "big.mit", ("top1", 80.0, 224), size_bytes=200_000_000, license="mit", parameters=50_000_000
    )
    checkpoint("closed", ("top1", 75.0, 224), size_bytes=50_000_000, license="cc-by-nc-4.0")
    published(result(0, "paper", "90", date="2020-01-01"))


@pytest.mark.usefixtures("_four")
@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", ["paper", "big.mit", "closed", "small.mit"]),
        ("weights=only", ["big.mit", "closed", "small.mit"]),
        ("size=..100MB", ["closed", "small.mit"]),
        ("size=100MB..", ["big.mit"]),
        ("license=open", ["big.mit", "small.mit"]),
        ("license=cc-by-nc-4.0", ["closed"]),
        ("license=open&size=..100MB", ["small.mit"]),
        ("year=2019..", ["paper"]),
        ("year=2018", ["small.mit"]),
        ("sort=size", ["small.mit", "closed", "big.mit", "paper"]),
        ("sort=params", ["small.mit", "big.mit", "paper", "closed"]),
        ("sort=date", ["small.mit", "paper", "big.mit", "closed"]),
        ("sort=-date", ["paper", "small.mit", "big.mit", "closed"]),
        ("sort=name", ["big.mit", "closed", "paper", "small.mit"]),
        ("sort=worst", ["small.mit", "closed", "big.mit", "paper"]),
    ],
)
def test_filters_and_orders(query: str, names: list[str]) -> None:
    assert narrowed(query) == names


BOARDS = [
    Board("image-classification", "top1", frozenset(), frozenset(), 9, 0),
    Board("image-classification", "top5", frozenset(), frozenset(), 5, 0),
]


@pytest.mark.parametrize(
    ("query", "note"),
    [
        ("foo=1", "“foo” is not the name of a filter"),
        ("size=huge", "“size=huge” was left out: expected a range such as size=..100MB"),
        ("size=..", "was left out"),
        ("year=2020..2010", "the smaller number first"),
        ("license=my-own", "expected open or the id of a licence"),
        ("weights=yes", "expected only"),
        ("sort=-top1", "expected one of worst"),
        ("page=0", "expected a page's number"),
        ("page=²", "expected a page's number"),
        ("page=99999999999999999999", "expected a page's number"),
        ("metric=nonsense", "No leaderboard of this data set is about “nonsense”"),
        ("size=%00", "printable characters"),
        ("task=" + "x" * 5000, "too long"),
    ],
)
def test_what_cannot_be_used_is_left_out_and_named(query: str, note: str) -> None:
    filters, board = read(query, BOARDS)
    assert note in " ".join(filters.notes)
    assert board == BOARDS[0]


def test_reading_what_was_written_gives_the_same() -> None:
    query = "metric=top5&size=..100MB&year=2010..2020&license=open&weights=only&sort=size&page=3"
    filters, board = read(query, BOARDS)
    assert (filters.notes, board) == ((), BOARDS[1])
    again, _ = read(filters.query(page=filters.page).removeprefix("?"), BOARDS)
    assert again == filters
    assert again.is_canonical("task=image-classification&" + query)


def test_every_edge_says_who_states_it() -> None:
    checkpoint("net.a", ("top1", 70.0, 224), papers=(introduces("1512.03385"),))
    code = [{"title": "Official", "url": "https://example.org/code", "kind": "code"}]
    published(result(0, "Net", "80", paper="1512.03385", code_urls=tuple(code)))
    mentions = (
        RepositoryMention("else/net", is_official=False),
        RepositoryMention("own/net", is_official=True, framework="pytorch"),
    )
    paper = PaperRecord("net/code", "1512.03385", repositories=mentions)
    upsert(source("paperswithcode"), [paper])

    of_paper, of_checkpoint = with_evidence(only_rows(), 1)

    assert (of_paper.score.by, of_paper.rank) == ("Papers with Code, CC BY-SA 4.0", 1)
    assert [one.name for one in of_paper.code] == ["own/net", "Official", "else/net"]
    own = of_paper.code[0]
    assert of_paper.main_code == of_checkpoint.main_code == own
    assert (own.is_official, own.said.note) == (True, "pytorch")
    assert own.said.at is not None
    assert of_paper.introduced == 1
    assert "paper=1512.03385" in of_paper.models_url
    (paper_edge,) = of_checkpoint.papers
    assert paper_edge[1].by == "timm"
    assert paper_edge[1].note == "introduces the architecture, by its documentation"
    assert [one.name for one in of_checkpoint.code] == ["own/net", "else/net"]


def test_the_repositories_that_a_checkpoints_source_names_are_its_code() -> None:
    checkpoint("net.a", ("top1", 70.0, 224), repositories=["own/net"])
    (shown,) = with_evidence(only_rows(), 1)
    assert [(one.name, one.said.by) for one in shown.code] == [("own/net", "timm")]
    assert shown.main_code == shown.code[0]


def test_a_paper_that_only_mentions_a_checkpoint_has_no_weights_in_the_catalogue() -> None:
    checkpoint("net.a", ("top1", 70.0, 224), papers=(PaperMention("1512.03385"),))
    published(result(0, "Net", "80", paper="1512.03385"))
    assert with_evidence(only_rows(), 1)[0].introduced == 0
