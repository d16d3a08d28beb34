"""What the search box may complete, gathered from the catalogue now and then: values of facets, papers, models.

A person types `conv`; a model is called `facebook/convnext-tiny-224`. So each is kept under a key per beginning: all of
its name, and again from its second, third, fourth word on, without anything but letters and digits. A beginning
is then a range of one index, however many models there are. Figures: docs/decisions/0093-suggestions-are-gathered.md.
"""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from django.db import connection, transaction
from django.db.models import Count, F, Func
from django.db.models.functions import Coalesce

from catalog.bulk import replace_rows
from catalog.facets.kinds import UNKNOWN, ArrayFacet, Facet
from catalog.facets.models import MODELS
from catalog.models import Completion, PaperLink, Word
from catalog.spelling import gather_words
from catalog.terms import chunks

# Facets whose values are completed; those that fill the box only, such as licences, are few.
VALUES = (
    "architecture", "organization", "task", "dataset", "family", "library", "license", "source",
    "language", "format",
)  # fmt: skip
# Of each kind those with most rows, of models the most downloaded: what is rarer is found by searching.
MOST = 20_000
_WORDS = 4
_LONGEST_KEY = 200


class Found(NamedTuple):
    """A thing to complete: what the address calls it, how it is shown, how many rows it has, its names."""

    value: str
    label: str
    rows: int
    names: tuple[str, ...]


@transaction.atomic
def gather_everything(*, only_first: bool = False) -> None:
    """Gather what is completed and the words of `catalog.spelling` anew; if `only_first`, unless they ever were."""
    with connection.cursor() as cursor:
        # Two at once would write the same rows; the second one has nothing left to write.
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalog.completions', 0))")
    if not only_first or not Word.objects.exists():
        gather()
        gather_words()


def gather() -> int:
    """Gather all of them anew; returns how many keys there are."""
    every = {kind: _values(MODELS.facet[kind]) for kind in VALUES}
    every |= {"paper": _papers(), "model": _models()}
    rows = {}
    for kind, found in every.items():
        for one in found:
            for key in keys_of(one.names):
                row = {"kind": kind, "key": key, "value": one.value, "label": one.label}
                rows[kind, key, one.value] = row | {"rows": one.rows}
    replace_rows(Completion, list(rows.values()))
    return len(rows)


def keys_of(names: Iterable[str]) -> set[str]:
    """By which beginnings something with these names is found."""
    return {squashed(parts[first:]) for parts in map(chunks, names) for first in _starts(parts)}


def squashed(parts: Iterable[str]) -> str:
    """Chunks as a key has them."""
    return "".join(parts)[:_LONGEST_KEY]


def _starts(parts: list[str]) -> range:
    return range(min(len(parts), _WORDS))


def _values(facet: Facet) -> Iterator[Found]:
    column = facet.expression()
    each = Func(column, function="unnest") if isinstance(facet, ArrayFacet) else column
    rows = MODELS.rows().order_by().annotate(value=each).values("value")
    counted = dict(
        rows.annotate(number=Count("pk")).order_by("-number").values_list("value", "number")[:MOST]
    )
    counted.pop("", None)
    for value, label in facet.words(list(counted)).items():
        if value != UNKNOWN:
            yield Found(value, label, counted[value], (value, label))


def _papers() -> Iterator[Found]:
    linked = PaperLink.objects.exclude(paper__title="").values("paper__key", "paper__title")
    counted = linked.annotate(number=Count("pretrained", distinct=True)).order_by("-number")[:MOST]
    for row in counted.values_list("paper__key", "paper__title", "number"):
        yield Found(*row, (row[0], row[1]))


def _models() -> Iterator[Found]:
    popular = MODELS.rows().order_by(F("downloads").desc(nulls_last=True), *MODELS.tie)
    rows = popular.values_list("slug", "name", Coalesce("downloads", 0))[:MOST]
    for slug, name, downloads in rows.iterator():
        yield Found(slug, name, downloads, (name, slug.partition("/")[2]))
