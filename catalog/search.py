"""Words to rows: how names are cut into lexemes, and how what a person types becomes a safe tsquery.

A name is cut at everything that is neither letter nor digit, and each chunk once more where letters meet
digits: `resnet50.a1_in1k` is found by resnet50, resnet, 50, a1, in1k and by every beginning of these.
Why lexemes are made here and not by Postgres' parser: docs/decisions/0022-names-are-cut-into-lexemes.md.
"""

from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection
from django.db.models import Case, F, Func, IntegerField, Q, TextField, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Length, Lower
from django.db.models.lookups import Exact, StartsWith

from catalog.bulk import as_array
from catalog.terms import CHUNK, EITHER, MOST_CHUNKS, PART, chunks, plain, terms, tsquery, wanted
from catalog.vocabulary import DATASETS, FAMILIES, LIBRARIES, ORGANIZATIONS, TASKS

# Where the positions of each field begin, and how much room a text of the last one has: so far apart that
# no phrase reaches from one into the next, and always at the same place, so that it is cut only once.
_PLACES = {"A": 1, "B": 1000, "C": 2000, "D": 3000}
_ROOM = 100


def search_text(name: str, architecture: str = "", family: str = "", others: str = "") -> str:
    """The lexemes of one checkpoint with position and weight, in the text form of a tsvector.

    Weights: A name, B architecture, C family, D everything else.
    """
    texts = zip((name, architecture, family, others), "ABCD", strict=True)
    placed = [_placed(text, weight, _PLACES[weight]) for text, weight in texts if text]
    return " ".join(filter(None, placed))


def words_of(columns: Mapping[str, Any], names: Iterable[str]) -> str:
    """The same of a checkpoint by its resolved columns; `names` are those by which sources list it."""
    name, family = columns["name"], columns["family"]
    parts = [_placed(name, "A", _PLACES["A"])]
    if columns["architecture"]:
        parts.append(_known(columns["architecture"], "B", _PLACES["B"]))
    if family:
        parts.append(_known(family, "C", _PLACES["C"]))
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
                text = f"{slug} {words[slug]}" if slug in words else slug
                parts.append(_known(text, "D", start))
            start += _ROOM
    for other in dict.fromkeys(names):
        if other != name:
            parts.append(_placed(other, "D", start))
        start += _ROOM
    return " ".join(filter(None, parts))


def _placed(text: str, weight: str, start: int) -> str:
    """The lexemes of a text from position `start` on. Postgres unites what comes twice."""
    position, before, where = start, "", 0
    written = []
    for chunk in chunks(text):
        inner, length = _lexemes(chunk)
        written += [f"'{lexeme}':{position + offset}{weight}" for lexeme, offset in inner]
        if before and weight == "B":
            # One library writes MobileNet_V3, the other mobilenetv3.
            written.append(f"'{before}{chunk}':{where}{weight}")
        before, where = chunk, position
        position += length
    return " ".join(written)


# What thousands of checkpoints share: tasks, libraries, data sets, organisations, architectures.
_known = lru_cache(maxsize=20_000)(_placed)


def matches(words: str, config: str = "simple") -> Q:
    """Rows in which the words occur; every row if they hold neither letter nor digit."""
    text = tsquery(words)
    if not text:
        return Q()
    found = Q(search_vector=_query(text, config))
    # Where nothing is known to be said, nothing excluded is said: NOT of null would leave such a row out.
    silent = all(any(term.excluded for term in group) for group in terms(words))
    return found | Q(search_vector=None) if silent else found


def relevance(words: str) -> list[OrderBy]:
    """Sort keys: exactly that name, that architecture, that family; whole words; then short architectures."""
    whole = _whole(words)
    if not whole:
        return []
    exact = _squash(wanted(words))
    name, architecture = _chunks_of("name"), _chunks_of("architecture__name")
    tier = Case(
        When(Exact(name, Value(exact)), then=4),
        When(Exact(architecture, Value(exact)), then=3),
        When(Exact(_chunks_of("family"), Value(exact)), then=2),
        When(StartsWith(architecture, exact), then=1),
        When(StartsWith(name, exact), then=1),
        default=Value(0),
        output_field=IntegerField(),
    )
    # Beginnings of words find rows, but only whole words make one row better than another.
    rank = SearchRank(F("search_vector"), _query(whole))
    return [
        tier.desc(),
        rank.desc(nulls_last=True),
        Length("architecture__name").asc(nulls_last=True),
    ]


def suggest(words: str, known: Iterable[tuple[str, str]]) -> str:
    """The words with each that begins no known name replaced by its closest neighbour; "" if nothing is near."""
    names = sorted({plain(name) for pair in known for name in pair if name})
    found = [_closest(word, names) for word in words.split()]
    return " ".join(found) if found != words.split() else ""


def _closest(word: str, names: Sequence[str]) -> str:
    typed = plain(word)
    if word == EITHER or not CHUNK.fullmatch(typed) or any(typed in name for name in names):
        return word
    return next(iter(get_close_matches(typed, names, n=1, cutoff=0.7)), word)


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


@lru_cache(maxsize=10_000)
def _lexemes(chunk: str) -> tuple[list[tuple[str, int]], int]:
    """The lexemes of one chunk with their places in it, and how many places it takes."""
    parts = PART.findall(chunk)
    inner = [(part, offset) for offset, part in enumerate(parts)] if len(parts) > 1 else []
    return [(chunk, 0), *inner], len(parts)


def _whole(words: str) -> str:
    return " | ".join(f"'{chunk}'" for chunk in chunks(wanted(words))[:MOST_CHUNKS])


def _query(text: str, config: str = "simple") -> SearchQuery:
    return SearchQuery(text, search_type="raw", config=config)


def _squash(text: str) -> str:
    return "".join(chunks(text))


def _chunks_of(column: str) -> Func:
    return Func(
        Lower(column),
        Value("[^[:alnum:]]+"),
        Value(""),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    )
