"""Leaderboards of a data set: checkpoints with weights and results that papers publish, in one table.

A board is one task and one metric. A checkpoint has one row, at its own input size. The date of a row is when
its result was published: that of the paper that reports it, or of the latest paper that describes how the
checkpoint was trained. Where only the paper of its architecture is known, the weights may be much younger:
`is_lower_bound`. Why: docs/decisions/0075-what-the-date-of-a-score-means.md.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db.models import Case, Count, F, IntegerField, Q, QuerySet, Value, When

from catalog import vocabulary
from catalog.aliases import task_slug
from catalog.claims import TRUST
from catalog.metrics import Direction, direction, metric_slug, metric_title
from catalog.models import Evaluation, PaperLink, PretrainedModel, PublishedResult

_HEADLINES = {("imagenet-1k", "top1"): "top1", ("imagenet-1k", "top5"): "top5"}
_DATING = (PaperLink.Role.INTRODUCES, PaperLink.Role.RECIPE)


@dataclass(frozen=True)
class Board:
    """One table: `metrics` and `tasks` are the names that the sources give what `metric` and `task` stand for."""

    task: str
    metric: str
    tasks: frozenset[str]
    metrics: frozenset[str]
    with_weights: int
    published: int

    @property
    def task_title(self) -> str:
        named = next(iter(sorted(self.tasks - {self.task})), self.task)
        return vocabulary.TASKS.get(self.task) or vocabulary.spoken(named) or "no task named"

    @property
    def metric_title(self) -> str:
        return metric_title(self.metric, next(iter(sorted(self.metrics - {self.metric})), ""))

    @property
    def less_is_better(self) -> bool:
        return direction(self.metric) is Direction.LESS

    @property
    def is_ranked(self) -> bool:
        """Whether it is known which of two results is the better one; otherwise none is the best."""
        return direction(self.metric) is not Direction.UNKNOWN

    @property
    def total(self) -> int:
        return self.with_weights + self.published


@dataclass(frozen=True)
class Row:
    """One row of a board. `pk` is that of the Evaluation or, without weights, of the PublishedResult.

    `value` is None where the source's text is no number. Sizes are bytes, `input_size` pixels.
    """

    pk: int
    has_weights: bool
    name: str
    value: float | None
    text: str = ""
    slug: str = ""
    pretrained_id: int | None = None
    day: date | None = None
    is_lower_bound: bool = False
    paper_key: str = ""
    size_bytes: int | None = None
    parameters: int | None = None
    input_size: int | None = None
    license: str = ""
    license_open: bool | None = None
    commercial_use: str = ""
    source: str = ""
    seen: datetime | None = None
    note: str = ""
    extra_data: bool | None = None

    @property
    def key(self) -> tuple[bool, int]:
        """What tells it from every other row of its board."""
        return (self.has_weights, self.pk)


def boards_of(slug: str) -> list[Board]:
    """Every board of a data set, the one with most rows first; two queries."""
    found: dict[tuple[str, str], Board] = {}
    for task, metric, number in (
        _evaluations(slug)
        .order_by()
        .values_list("pretrained__task", "metric")
        .annotate(number=Count("pretrained", distinct=True))
    ):
        _add(found, task, metric, with_weights=number)
    named = _published(slug).order_by().values_list("leaderboard__task", "metric")
    for task, metric, number in named.annotate(number=Count("pk")):
        _add(found, task, metric, published=number)
    return sorted(found.values(), key=lambda board: (-board.total, board.task, board.metric))


def _add(
    found: dict[tuple[str, str], Board],
    task: str,
    metric: str,
    with_weights: int = 0,
    published: int = 0,
) -> None:
    key = (task_slug(task), metric_slug(metric))
    old = found.get(key, Board(*key, frozenset(), frozenset(), 0, 0))
    found[key] = replace(
        old,
        tasks=old.tasks | {task},
        metrics=old.metrics | {metric},
        with_weights=old.with_weights + with_weights,
        published=old.published + published,
    )


def rows_of(slug: str, board: Board) -> list[Row]:
    """Every row of a board, in no order; three queries, however many there are."""
    return [*_checkpoints(slug, board), *_papers(slug, board)]


def _evaluations(slug: str) -> QuerySet[Evaluation]:
    shown = PretrainedModel.objects.published().values("pk")
    return Evaluation.objects.filter(dataset=slug, pretrained__in=shown, listing__gone_since=None)


def _published(slug: str) -> QuerySet[PublishedResult]:
    return PublishedResult.objects.filter(
        leaderboard__dataset__slug=slug, leaderboard__gone_since=None
    )


def _checkpoints(slug: str, board: Board) -> list[Row]:
    results = _evaluations(slug).filter(pretrained__task__in=board.tasks, metric__in=board.metrics)
    chosen = results.order_by("pretrained_id", *_own_result(slug, board)).distinct("pretrained_id")
    dated = _dates(results)
    return [
        replace(
            Row(
                pk, True, name, value, pretrained_id=owner, **dict(zip(_COLUMNS, rest, strict=True))
            ),
            **dated.get(owner, {}),
        )
        for pk, name, value, owner, *rest in chosen.values_list(
            "pk", "pretrained__name", "value", "pretrained_id", *_COLUMNS.values()
        )
    ]


_COLUMNS = {
    "slug": "pretrained__slug",
    "size_bytes": "pretrained__size_bytes",
    "parameters": "pretrained__parameters",
    "input_size": "input_size",
    "license": "pretrained__license",
    "license_open": "pretrained__license_open",
    "commercial_use": "pretrained__commercial_use",
    "source": "listing__source__title",
    "seen": "listing__last_seen",
    "note": "note",
}


def _own_result(slug: str, board: Board) -> list[Any]:
    """Sort keys: first the result that the model's page shows, at its own input size and crop."""
    keys: list[Any] = []
    if headline := _HEADLINES.get((slug, board.metric)):
        keys.append(_matching(Q(value=F(f"pretrained__{headline}"))))
    keys.append(
        Case(
            When(input_size=F("pretrained__input_size"), then=Value(0)),
            When(input_size=None, then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
    )
    trusted = [When(listing__source=name, then=Value(n)) for n, name in enumerate(TRUST["top1"])]
    keys.append(Case(*trusted, default=Value(len(trusted)), output_field=IntegerField()))
    return [*keys, "input_size", "-crop_pct", "pk"]


def _matching(condition: Q) -> Case:
    return Case(When(condition, then=Value(0)), default=Value(1), output_field=IntegerField())


def _dates(results: QuerySet[Evaluation]) -> dict[int, dict[str, Any]]:
    """By checkpoint its date, whether that is only the architecture's, and the paper it is taken from."""
    links = PaperLink.objects.filter(
        role__in=_DATING, pretrained__in=results.order_by().values("pretrained")
    ).values_list("pretrained_id", "role", "paper__key", "paper__published")
    by_owner: dict[int, list[tuple[date, str, str]]] = defaultdict(list)
    for owner, role, key, published in links:
        if day := published or arxiv_month(key):
            by_owner[owner].append((day, role, key))
    found = {}
    for owner, papers in by_owner.items():
        day, _, key = max(papers)
        only_architecture = all(role == PaperLink.Role.INTRODUCES for _, role, _ in papers)
        found[owner] = {"day": day, "is_lower_bound": only_architecture, "paper_key": key}
    return found


def _papers(slug: str, board: Board) -> Iterable[Row]:
    found = _published(slug).filter(leaderboard__task__in=board.tasks, metric__in=board.metrics)
    for pk, name, value, text, day, key, published, title, source, seen, extra in found.values_list(
        "pk", "model_name", "value", "text", "date", "paper__key", "paper__published",
        "paper_title", "leaderboard__source__title", "leaderboard__last_seen", "uses_additional_data",
    ):  # fmt: skip
        yield Row(
            pk,
            False,
            name or title or "no name given",
            value,
            text,
            day=day or published or arxiv_month(key or ""),
            paper_key=key or "",
            source=source,
            seen=seen,
            extra_data=extra,
        )


def arxiv_month(key: str) -> date | None:
    """The first day of the month that an arXiv id names: `1512.03385` -> 2015-12-01, `cs/0112017` too."""
    found = re.fullmatch(r"(?:[a-z-]+/)?(\d\d)(\d\d)[\d.]+", key)
    if not found or not 1 <= int(found[2]) <= 12:
        return None
    short = int(found[1])
    return date(1900 + short if short > 90 else 2000 + short, int(found[2]), 1)


def best_first(rows: Sequence[Row], board: Board) -> list[Row]:
    """By score, the best first, or the largest where nobody knows which is better; what is no number comes last."""
    sign = 1 if board.less_is_better else -1
    return sorted(
        rows, key=lambda row: (row.value is None, sign * (row.value or 0), row.name, row.key)
    )
