"""Rows of a list out of Postgres as columns: read with COPY, and coded while they come.

A text is kept as its number in a dictionary, so that millions of rows fit; only ids and names are kept as they are.
"""

import re
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    BigIntegerField,
    CharField,
    DateTimeField,
    F,
    FloatField,
    Func,
    QuerySet,
    TextField,
    Value,
)
from django.db.models.expressions import Combinable, RawSQL
from django.db.models.functions import Cast, Coalesce, Extract

from catalog.bulk import as_array
from catalog.facets.kinds import ArrayFacet
from catalog.facets.sets import FacetSet
from catalog.index.keys import sort_keys
from catalog.ranking import squash

# Cleaned texts hold no control characters, so this parts the values of one row.
SEPARATOR = "\x1f"
_BATCH = 1 << 20  # bytes
# What COPY writes for what would break its lines: https://www.postgresql.org/docs/current/sql-copy.html
_ESCAPED = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\"}


class Codes(dict[str, int]):
    """Texts by the order in which they were first asked for."""

    def __missing__(self, text: str) -> int:
        number = self[text] = len(self)
        return number


@dataclass
class Coded:
    """One text per row, as its place in `texts`."""

    texts: Codes = field(default_factory=Codes)
    codes: "array[int]" = field(default_factory=lambda: array("I"))

    def take(self, column: Sequence[str]) -> None:
        self.codes.extend(map(self.texts.__getitem__, column))


@dataclass
class Words:
    """Any number of lexemes per row, as places in `texts`; `lengths` says how many each row has."""

    texts: Codes = field(default_factory=Codes)
    codes: "array[int]" = field(default_factory=lambda: array("I"))
    lengths: "array[int]" = field(default_factory=lambda: array("I"))

    def take(self, column: Sequence[str]) -> None:
        self.lengths.extend(text.count(" ") + 1 if text else 0 for text in column)
        self.codes.extend(map(self.texts.__getitem__, " ".join(column).split()))


@dataclass
class Whole:
    """One whole number per row."""

    values: "array[int]" = field(default_factory=lambda: array("q"))

    def take(self, column: Sequence[str]) -> None:
        self.values.extend(map(int, column))


@dataclass
class Numbers:
    """One number per row; NaN where it is not known."""

    values: "array[float]" = field(default_factory=lambda: array("d"))

    def take(self, column: Sequence[str]) -> None:
        self.values.extend(map(float, column))


@dataclass
class Texts:
    """One text per row as it is, for those that hardly ever come twice."""

    texts: list[str] = field(default_factory=list)

    def take(self, column: Sequence[str]) -> None:
        self.texts.extend(column)


class Squashed(Texts):
    """The same by what `catalog.ranking` compares of it."""

    def take(self, column: Sequence[str]) -> None:
        self.texts.extend(map(squash, column))


Column = Coded | Words | Whole | Numbers | Texts
# Columns by name: "pk", "id", "facet <name>", "range <name>", "key <expression>" for orders, "words", "names".
Rows = Mapping[str, Any]


def read_rows(kind: FacetSet, pks: Sequence[int] | None = None) -> Rows:
    """Every row of the list, or those of these primary keys, in no order."""
    rows = kind.rows()
    if pks is not None:
        rows = rows.filter(pk__in=RawSQL("SELECT unnest(%s::bigint[])", [as_array(pks)]))
    wanted = dict(_wanted(kind, rows))
    # What is narrowed by and sorted by is read once.
    read = {
        (str(expression), type(column)): (expression, column)
        for expression, column in wanted.values()
    }
    # Aliases that no column of the table has.
    aliases = {f"of_{place}": expression for place, (expression, _) in enumerate(read.values())}
    query = rows.annotate(**aliases).order_by().values_list(*aliases).query
    columns = [column for _, column in read.values()]
    for lines in _lines(*query.sql_with_params()):
        for column, values in zip(columns, zip(*lines, strict=True), strict=True):
            column.take(values)
    return {name: read[str(own), type(column)][1] for name, (own, column) in wanted.items()}


def _wanted(
    kind: FacetSet, rows: QuerySet[Any, Any]
) -> Iterator[tuple[str, tuple[Combinable, Column]]]:
    """What is read of a row, by the name of its column; nothing of it is ever null."""
    yield "pk", (Cast(F("pk"), BigIntegerField()), Whole())
    yield "id", (F(kind.tie[-1]), Texts())
    for facet in kind.facets:
        several = isinstance(facet, ArrayFacet)
        texts = _joined(facet.expression()) if several else facet.expression()
        yield f"facet {facet.name}", (texts, Coded())
    for range_ in kind.stored_ranges:
        yield f"range {range_.name}", (_number(range_.expression()), Numbers())
    for name, key in sort_keys(kind).items():
        yield f"key {name}", _key(key, rows)
    if kind.expression:
        yield "words", (_lexemes("search_vector"), Words())
        in_names = Func(
            "search_vector", Value("{a}"), template='ts_filter(%(expressions)s::"char"[])'
        )
        yield "names", (_lexemes(in_names), Words())
        for name, text in kind.ranked_texts().items():
            known = Coalesce(text, Value(""), output_field=TextField())
            yield f"squashed {name}", (known, Squashed())


def _key(key: Combinable, rows: QuerySet[Any, Any]) -> tuple[Combinable, Column]:
    """What a row is sorted by."""
    kind = rows.annotate(of_key=key).query.annotations["of_key"].output_field
    if isinstance(kind, CharField | TextField):
        return Coalesce(key, Value(""), output_field=TextField()), Texts()
    if isinstance(kind, DateTimeField):
        # Microseconds since 1970 are whole numbers that a float holds exactly until the year 2255.
        key = Func(Extract(key, "epoch"), template="(%(expressions)s * 1000000)")
    return _number(key), Numbers()


def _number(expression: Combinable) -> Combinable:
    as_float = expression if isinstance(expression, Cast) else Cast(expression, FloatField())
    return Coalesce(as_float, Value(float("nan")), output_field=FloatField())


def _joined(array_: Combinable) -> Combinable:
    return Func(array_, Value(SEPARATOR), function="array_to_string", output_field=TextField())


def _lexemes(vector: Any) -> Combinable:
    words = Func(vector, function="tsvector_to_array", output_field=ArrayField(TextField()))
    joined = Func(words, Value(" "), function="array_to_string", output_field=TextField())
    return Coalesce(joined, Value(""), output_field=TextField())


def _lines(statement: str, parameters: Sequence[Any]) -> Iterator[list[list[str]]]:
    """The rows of a query in batches, every value as a text."""
    held: list[bytes] = []
    size = 0
    copying = f"COPY ({statement}) TO STDOUT"
    # The cursor within Django's: under DEBUG that one's `copy` takes no parameters.
    with connection.cursor() as cursor, cursor.cursor.copy(copying, parameters) as copy:
        for data in copy:
            held.append(bytes(data))
            size += len(data)
            if size >= _BATCH:
                yield _fields(b"".join(held))
                held, size = [], 0
        if held:
            yield _fields(b"".join(held))


def _fields(data: bytes) -> list[list[str]]:
    lines = [line.split("\t") for line in data.decode().split("\n")[:-1]]
    if b"\\" not in data:
        return lines
    return [[_unescaped(value) if "\\" in value else value for value in line] for line in lines]


def _unescaped(value: str) -> str:
    return re.sub(r"\\(.)", lambda found: _ESCAPED.get(found[1], found[1]), value)
