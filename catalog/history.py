"""What changed when, and what the catalogue said on an earlier day.

`catalog.resolve` writes one `Change` per value that became another one; going back from today's values
change by change gives those of any moment since a checkpoint was first listed.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from catalog.models import Change, PretrainedModel, Verdict
from catalog.querysets import PretrainedModelQuerySet

# The columns whose changes are kept, as people call them; the order is the page's.
LABELS = {
    "name": "Name",
    "merged_into": "Joined or taken out",
    "gone_since": "Listed",
    "license": "Licence",
    "commercial_use": "Commercial use",
    "redistribution": "Redistribution",
    "fine_tuning": "Fine-tuning",
    "gated": "Access",
    "task": "Task",
    "architecture": "Architecture",
    "parameters": "Parameters",
    "size_bytes": "Size",
    "gmacs": "GMACs",
    "input_size": "Input size",
    "num_classes": "Classes",
    "top1": "Top-1",
    "top5": "Top-5",
    "revision": "Revision",
}
_VERDICTS = ("commercial_use", "redistribution", "fine_tuning")
_WHEREABOUTS = ("gone_since", "merged_into")
# What a table of the catalogue as of a day shows.
COLUMNS = ("name", "task", "license", "parameters", "size_bytes", "top1", "top5")


@dataclass(frozen=True)
class Past:
    """A checkpoint as it was: `values` by column of COLUMNS, `since` those that are others today."""

    pretrained: PretrainedModel
    values: dict[str, Any]
    since: frozenset[str]


def read_day(text: str, today: date | None = None) -> date | None:
    """The day that `2026-10-01` names; None if it names none, or one that has not been yet."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day <= (today or timezone.now().date()) and day.year >= 1900 else None


def end_of(day: date) -> datetime:
    """The last moment of a day in UTC, exclusive: the first of the next one."""
    return datetime.combine(day, time(), tzinfo=UTC) + timedelta(days=1)


def first_day() -> date | None:
    """The day (UTC) on which the first checkpoint was listed; None if there is none yet."""
    # The first row by key, not the smallest date: that one has no index.
    first = PretrainedModel.objects.order_by("pk").values_list("created_at", flat=True).first()
    return first.astimezone(UTC).date() if first else None


def usual_day(first: date | None) -> date:
    """The day that is shown where none is asked for: a week ago, or the catalogue's first one if that is later."""
    week_ago = timezone.now().astimezone(UTC).date() - timedelta(days=7)
    return max(week_ago, first) if first else week_ago


def changes(field: str = "", slug: str = "") -> QuerySet[Change]:
    """What became another value, the last first, of one column or one checkpoint if named.

    That something became known at all is kept too, for going back, but is no news; nor is that another
    source is believed now, which only the history of one checkpoint tells.
    """
    found = Change.objects.select_related("pretrained", "now_by").order_by("-at", "-pk")
    found = found.defer("pretrained__search_vector")
    first_told = Q(old=None) | Q(old="") | Q(field__in=_VERDICTS, old=Verdict.UNCLEAR)
    found = found.exclude(first_told & ~Q(field__in=_WHEREABOUTS))
    if field:
        found = found.filter(field=field)
    return found.filter(pretrained__slug=slug) if slug else found.filter(now_by=None)


def listed_at(moment: datetime) -> PretrainedModelQuerySet:
    """The checkpoints that were published at `moment`, by address."""
    known: PretrainedModelQuerySet = PretrainedModel.objects.filter(created_at__lt=moment).exclude(
        sources=[]
    )
    for column in ("gone_since", "merged_into"):
        later = Change.objects.filter(pretrained=OuterRef("pk"), field=column, at__gte=moment)
        first = later.order_by("at", "pk").values("old")[:1]
        known = known.annotate(
            **{f"{column}_changed": Exists(later), f"{column}_then": Subquery(first)}
        )
        known = known.filter(
            Q(**{f"{column}_changed": False, f"{column}__isnull": True})
            | Q(**{f"{column}_changed": True, f"{column}_then__isnull": True})
        )
    return known.order_by("slug").defer("search_vector")


def past_of(rows: Sequence[PretrainedModel], moment: datetime) -> list[Past]:
    """What these checkpoints' columns were at `moment`. One query."""
    then: dict[int, dict[str, Any]] = {}
    undone = Change.objects.filter(pretrained__in=rows, at__gte=moment).order_by("-at", "-pk")
    for pretrained, field, old in undone.values_list("pretrained_id", "field", "old"):
        then.setdefault(pretrained, {})[field] = old
    return [_past(row, then.get(row.pk, {})) for row in rows]


def _past(row: PretrainedModel, then: dict[str, Any]) -> Past:
    values = {name: then.get(name, getattr(row, name)) for name in COLUMNS}
    return Past(row, values, frozenset(name for name in then if name in COLUMNS))


def all_past(moment: datetime, batch: int = 1000) -> Iterator[Past]:
    """Every checkpoint as of `moment`, in batches of a constant size in memory."""
    rows: list[PretrainedModel] = []
    for row in listed_at(moment).iterator(batch):
        rows.append(row)
        if len(rows) == batch:
            yield from past_of(rows, moment)
            rows = []
    yield from past_of(rows, moment)


def fields_with_changes(found: Iterable[str]) -> list[tuple[str, str]]:
    """(column, label) of those that are named, in the page's order."""
    known = set(found)
    return [(name, label) for name, label in LABELS.items() if name in known]
