"""Words to rows: how names are cut into lexemes, and what of them finds a row. How well: catalog/ranking.py.

A name is cut at everything that is neither letter nor digit, and each chunk once more where letters meet
digits; neighbouring letters and digits are written joined, too: `resnet50.a1_in1k` is found by resnet50, resnet,
50, a1, in1k, and by every beginning of these, and `resnet-50d` by resnet50 and 50d.
Why lexemes are made here and not by Postgres' parser: docs/decisions/0022-names-are-cut-into-lexemes.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple

from django.contrib.postgres.search import SearchQuery
from django.db import connection
from django.db.models import F, Q

from catalog import terms
from catalog.bulk import as_array
from catalog.synonyms import instead, same_as
from catalog.terms import PART, Beginning, Expression, Whole, all_of, any_of
from catalog.vocabulary import DATASETS, FAMILIES, LIBRARIES, ORGANIZATIONS, TASKS

# Where the positions of each field begin, and how much room a text of the last one has: so far apart that
# no phrase reaches from one into the next, and always at the same place, so that it is cut only once.
_PLACES = {"A": 1, "B": 1000, "C": 2000, "D": 3000}
_ROOM = 100
# Letters behind digits belong to them if they are so few: the d of resnet-50-d, not the imagenet of 50-imagenet.
_SUFFIX = 2


class Text(NamedTuple):
    """A text by which a checkpoint is found: weight A its name, B architecture, C family, D everything else.

    The position of its first chunk is `start`; `shared` are those that thousands of checkpoints have.
    """

    text: str
    weight: str
    start: int
    shared: bool


def texts_of(columns: Mapping[str, Any], names: Iterable[str]) -> Iterator[Text]:
    """Those of a checkpoint by its resolved columns; `names` are those by which sources list it."""
    name, architecture, family = columns["name"], columns["architecture"], columns["family"]
    yield Text(name, "A", _PLACES["A"], False)
    if architecture:
        yield Text(architecture, "B", _PLACES["B"], True)
    if family:
        yield Text(family, "C", _PLACES["C"], True)
    start = _PLACES["D"]
    for words, slugs in (
        (FAMILIES, (family,)),
        (ORGANIZATIONS, (columns["organization"],)),
        (TASKS, (columns["task"],)),
        (LIBRARIES, columns["libraries"]),
        (DATASETS, columns["datasets"]),
    ):
        for slug in slugs:
            if slug:  # one without a label is its own
                yield Text(f"{slug} {words[slug]}" if slug in words else slug, "D", start, True)
            start += _ROOM
    for other in dict.fromkeys(names):
        if other != name:
            yield Text(other, "D", start, False)
        start += _ROOM


def words_of(columns: Mapping[str, Any], names: Iterable[str]) -> str:
    """The lexemes of a checkpoint with position and weight, in the text form of a tsvector."""
    placed = (
        (_known if shared else _placed)(text, weight, start)
        for text, weight, start, shared in texts_of(columns, names)
    )
    return " ".join(filter(None, placed))


def lexemes_of(text: str) -> list[str]:
    """The lexemes that a text gives, each once: the one place where names are cut."""
    return list(dict.fromkeys(lexeme for lexeme, _ in _cut(text)))


def _cut(text: str) -> Iterator[tuple[str, int]]:
    """Each lexeme of a text with the number of its chunk, from 0."""
    before = ""
    for place, chunk in enumerate(terms.chunks(text)):
        lexemes, first, last = _lexemes(chunk)
        for lexeme in lexemes:
            yield lexeme, place
        if before and _belong_together(before, first):
            yield before + first, place - 1
        before = last


@lru_cache(maxsize=10_000)
def _lexemes(chunk: str) -> tuple[tuple[str, ...], str, str]:
    """The lexemes of one chunk, its first part and its last."""
    parts = PART.findall(chunk)
    joined = [a + b for a, b in pairwise(parts) if _belong_together(a, b)]
    return tuple(dict.fromkeys([chunk, *parts, *joined])), parts[0], parts[-1]


def _belong_together(before: str, after: str) -> bool:
    """Whether two neighbouring parts are also written as one: letters and digits, resnet-50 as resnet50."""
    if after[0].isdecimal():
        return not before[0].isdecimal()
    return before[0].isdecimal() and len(after) <= _SUFFIX


def _placed(text: str, weight: str, start: int) -> str:
    """The lexemes of a text from position `start` on. Postgres unites what comes twice."""
    return " ".join(f"'{lexeme}':{start + place}{weight}" for lexeme, place in _cut(text))


# What thousands of checkpoints share: tasks, libraries, data sets, organisations, architectures.
_known = lru_cache(maxsize=20_000)(_placed)


def expression(words: str) -> Expression | None:
    """The checkpoints in which what was typed occurs; None if neither letter nor digit was."""
    return terms.expression(words, in_names)


def in_names(run: Sequence[str]) -> list[Expression]:
    """How each of these chunks, typed side by side, may stand in a name: "mobilenet v3" as mobilenetv3."""
    before = [[], *([Beginning(a + b)] for a, b in pairwise(run))]
    every = zip(run, before, instead(run), strict=True)
    return [any_of([*_written(chunk), *joined, *others]) for chunk, joined, others in every]


def _written(chunk: str) -> Iterator[Expression]:
    """The ways in which a chunk is written: resnet50d also as resnet-50d and resnet50-d, wrn50 as wide-resnet-50."""
    yield Beginning(chunk)
    letters, *others = parts = PART.findall(chunk)
    if len(parts) > 2:
        yield all_of(_in_parts(parts))
    if not others or letters[0].isdecimal() or len(letters) == 1:
        return
    if same := same_as(letters):
        yield all_of([any_of(same), *_in_parts(others)])
    # The letter before a number may belong to it: mobilenet-v3, vit-b-16.
    rest, letter = letters[:-1], letters[-1]
    yield all_of([any_of([Whole(rest), *same_as(rest)]), *_in_parts([letter, *others])])


def _in_parts(parts: Sequence[str]) -> list[Expression]:
    """Each two neighbours as one lexeme, in so far as names are cut so; the last one may go on."""
    pairs = [a + b if _belong_together(a, b) else b for a, b in pairwise(parts)] or list(parts)
    return [*map(Whole, pairs[:-1]), Beginning(pairs[-1])]


def matches(words: str) -> Q:
    """Rows in which the words occur; every row if they hold neither letter nor digit."""
    wanted = expression(words)
    if wanted is None:
        return Q()
    found = Q(search_vector=LexemeQuery(terms.tsquery(wanted)))
    # NOT of null would leave out a row of which nothing is known.
    return found | Q(search_vector=None) if terms.has_nothing(wanted) else found


class LexemeQuery(SearchQuery):
    """A raw tsquery whose lexemes are taken as they stand, as they are written in the search column."""

    template = "%(expressions)s::tsquery"


def refresh_search(pks: Iterable[int]) -> int:
    """Write the search columns of these checkpoints where they differ; returns how many did."""
    from catalog.models import PretrainedModel  # whose queryset knows this file

    pks = list(pks)
    names = _listed_names(pks)
    columns = ("name", "family", "organization", "task", "libraries", "datasets")
    rows = PretrainedModel.objects.filter(pk__in=pks).values(
        "pk", *columns, architecture_name=F("architecture__name")
    )
    return write_search(
        {
            row["pk"]: words_of(
                {**row, "architecture": row["architecture_name"] or ""}, names.get(row["pk"], ())
            )
            for row in rows
        }
    )


def write_search(words: Mapping[int, str]) -> int:
    """Write these words, by primary key, where they differ; returns how many did."""
    if not words:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE catalog_pretrainedmodel AS old SET search_vector = new.words::tsvector"
            " FROM unnest(%s::bigint[], %s::text[]) AS new (id, words)"
            " WHERE old.id = new.id AND search_vector IS DISTINCT FROM new.words::tsvector",
            [as_array(words), as_array(words.values())],
        )
        return cursor.rowcount


def _listed_names(pks: Sequence[int]) -> dict[int, list[str]]:
    """What those who still publish the checkpoints call them: their names and their ids there."""
    from catalog.models import Listing, Source

    listings = Listing.objects.filter(pretrained__in=pks, gone_since=None).exclude(
        source__kind=Source.Kind.MEASUREMENT
    )
    names: dict[int, list[str]] = {}
    for pk, *both in listings.order_by("pk").values_list(
        "pretrained_id", "facts__name__value", "external_id"
    ):
        names.setdefault(pk, []).extend(name for name in both if name)
    return names
