"""Papers whose words are alike: worked out in the background, stored, read by the page of a paper.

Only papers that are new or have changed are compared with all others, and taken up by those that they are closer
to than what these had; `full` compares everything again. Figures: docs/decisions/0076-similar-papers.md.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db.models import F, Max, Q, QuerySet
from django.utils import timezone

from catalog.alone import alone
from catalog.models import Paper, SimilarPapers

MOST = 10
_WIDELY = 100  # so many of its nearest may take a new paper up, though it keeps only the first ten
LEAST = 0.05  # a cosine below it means a few common words
_BATCH = 2_000
Neighbours = list[tuple[float, int]]  # cosine, primary key; the most similar first


def find_similar(*, full: bool = False, now: datetime | None = None) -> int:
    """Compare what is new, or with `full` everything; returns how many papers were compared.

    Raises AlreadyAtWork if another process does so, ImportError where scikit-learn is not installed.
    """
    with alone("catalog.similar", "Papers are being compared already."):
        todo = set(_readable().values_list("pk", flat=True)) if full else _waiting()
        if not todo:
            return 0
        # Hundreds of megabytes of libraries, which no web process should load.
        from catalog.similar_words import Words

        words = Words(_texts())
        at = now or timezone.now()
        closer: dict[int, Neighbours] = {}
        for found in words.neighbours(todo, _WIDELY, LEAST):
            _write(found, at)
            for pk, neighbours in found.items():
                for score, other in neighbours:
                    if other not in todo:
                        closer.setdefault(other, []).append((score, pk))
        _take_up(closer)
    return len(todo)


def _readable() -> QuerySet[Paper]:
    return Paper.objects.exclude(abstract="").exclude(title="")


def _waiting() -> set[int]:
    """Papers that have never been compared, or whose listings have changed since."""
    changed = _readable().annotate(changed=Max("listings__changed_at"))
    found = changed.filter(Q(similar=None) | Q(changed__gt=F("similar__worked_out")))
    return set(found.values_list("pk", flat=True))


def _texts() -> Iterator[tuple[int, str]]:
    rows = _readable().order_by("pk").values_list("pk", "title", "abstract")
    for pk, title, abstract in rows.iterator(chunk_size=_BATCH):
        yield pk, f"{title} {abstract}"


def _write(found: dict[int, Neighbours], at: datetime) -> None:
    rows = (
        SimilarPapers(
            paper_id=pk,
            others=[other for _, other in neighbours[:MOST]],
            scores=[score for score, _ in neighbours[:MOST]],
            worked_out=at,
        )
        for pk, neighbours in found.items()
    )
    _store(rows, "others", "scores", "worked_out")


def _take_up(closer: dict[int, Neighbours]) -> None:
    """Let papers that were compared before know of new ones that are closer than what they have."""
    pks = sorted(closer)
    for start in range(0, len(pks), _BATCH):
        rows = list(SimilarPapers.objects.filter(pk__in=pks[start : start + _BATCH]))
        for row in rows:
            known = dict(zip(row.others, row.scores, strict=True))
            known |= {other: score for score, other in closer[row.pk]}
            best = sorted(known.items(), key=lambda item: (-item[1], item[0]))[:MOST]
            row.others = [other for other, _ in best]
            row.scores = [score for _, score in best]
        _store(rows, "others", "scores")


def _store(rows: Iterable[SimilarPapers], *columns: str) -> None:
    SimilarPapers.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["paper"], update_fields=columns
    )
