"""Many rows at once: COPY straight into a table, or into a passing one that is merged in one statement.

Whoever writes the catalogue holds its writer lock, so nobody else brings rows that are not there yet: they
go straight in. What may exist already is staged and merged by its key. Django's bulk_create builds a
placeholder per column and row, bulk_update a CASE per column and row; that costs several times what
Postgres needs to write them.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import cache
from itertools import islice
from typing import Any

import orjson
from django.contrib.postgres.fields import ArrayField
from django.db import connection, models

Row = Mapping[str, Any]
# Postgres reads one batch while the next is written down.
_BATCH = 100


class Written(str):
    """JSON that is written down already, for a column that holds JSON."""

    __slots__ = ()


def new_ids(model: type[models.Model], count: int) -> list[int]:
    """So many primary keys that no row of the table has or will have."""
    if not count:
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "WITH sequence AS MATERIALIZED (SELECT pg_get_serial_sequence(%s, 'id')::regclass AS name)"
            " SELECT nextval(name) FROM sequence, generate_series(1, %s)",
            [model._meta.db_table, count],
        )
        return [row[0] for row in cursor.fetchall()]


def copy_rows(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Write new rows, given by column name, all with the same columns."""
    if rows:
        copy_lines(model, list(rows[0]), _lines(model, rows))


def line_of(model: type[models.Model], columns: Sequence[str], row: Row) -> str:
    """The values of these columns as COPY takes them: a line of `copy_lines`, or a part of one."""
    writers = _writers(model)
    return "\t".join(
        ["\\N" if (value := row[name]) is None else writers[name](value) for name in columns]
    )


def copy_lines(model: type[models.Model], columns: Sequence[str], lines: Iterable[str]) -> None:
    """Write new rows that `line_of` has made lines of."""
    _copy_lines(model._meta.db_table, columns, lines)


@contextmanager
def staged(
    model: type[models.Model], columns: Sequence[str], lines: Iterable[str]
) -> Iterator[str]:
    """Lines of rows, as for `copy_lines`, in a temporary table, which is not logged and goes with the block."""
    table = model._meta.db_table
    staging = f"staged_{table}"
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TEMP TABLE {staging} AS"  # noqa: S608 - our own names
            f" SELECT {_list(columns)} FROM {table} WITH NO DATA"
        )
        _copy_lines(staging, columns, lines)
        yield staging
        cursor.execute(f"DROP TABLE {staging}")


def delete_of(model: type[models.Model], owner: str, owners: Iterable[int]) -> None:
    """Delete the rows that belong to these, by the column `owner`; most owners have none."""
    table = model._meta.db_table
    # One look into the index for each: for a thousand the planner would rather read the whole table.
    with connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} WHERE id = ANY(ARRAY("  # noqa: S608 - our own names
            "SELECT row.id FROM unnest(%s::bigint[]) AS of (pk) JOIN LATERAL"
            f" (SELECT id FROM {table} WHERE {owner} = of.pk OFFSET 0) AS row ON true))",
            [as_array(owners)],
        )


def known_or_new(model: type[models.Model], key: str, wanted: Mapping[str, Row]) -> dict[str, int]:
    """The primary keys of the rows with these keys; those that are missing are made with the values given."""
    if not wanted:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, id FROM {model._meta.db_table} WHERE {key} = ANY(%s::text[])",  # noqa: S608
            [as_array(wanted)],
        )
        known: dict[str, int] = dict(cursor.fetchall())
    missing = sorted(wanted.keys() - known.keys())
    new = dict(zip(missing, new_ids(model, len(missing)), strict=True))
    blank = defaults(model)
    copy_rows(model, [{**blank, "id": pk, key: name, **wanted[name]} for name, pk in new.items()])
    return known | new


def insert_rows(
    model: type[models.Model], rows: Sequence[Row], conflict: Sequence[str] = (), key: str = ""
) -> dict[Any, int]:
    """Insert rows given by column name, all with the same columns.

    With `conflict`, the columns of a unique constraint, existing rows get the new values instead. Returns
    the primary keys by the column `key`, if one is named.
    """
    if not rows:
        return {}
    columns = list(rows[0])
    update = [name for name in columns if name not in conflict]
    with _staged(model, rows) as staging, connection.cursor() as cursor:
        statement = (
            f"INSERT INTO {model._meta.db_table} ({_list(columns)})"  # noqa: S608 - our own names
            f" SELECT {_list(columns)} FROM {staging}"
        )
        if conflict:
            assignments = ", ".join(f"{name} = EXCLUDED.{name}" for name in update)
            statement += f" ON CONFLICT ({_list(conflict)}) DO UPDATE SET {assignments}"
        cursor.execute(f"{statement} RETURNING {key}, id" if key else statement)
        return dict(cursor.fetchall()) if key else {}


def update_rows(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Write the given columns of existing rows; each row names its `id`, all have the same columns."""
    if not rows:
        return
    assignments = ", ".join(f"{name} = new.{name}" for name in rows[0] if name != "id")
    with _staged(model, rows) as staging, connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {model._meta.db_table} AS old SET {assignments}"  # noqa: S608 - our own names
            f" FROM {staging} AS new WHERE old.id = new.id"
        )


def replace_rows(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Make these, given by all of their columns, the rows of the table; those that it has are left alone."""
    table = model._meta.db_table
    if not rows:
        model._default_manager.all().delete()
        return
    same = " AND ".join(f"old.{name} = new.{name}" for name in rows[0])
    with _staged(model, rows) as staging, connection.cursor() as cursor:
        cursor.execute(
            f"DELETE FROM {table} AS old"  # noqa: S608 - our own names
            f" WHERE NOT EXISTS (SELECT FROM {staging} AS new WHERE {same})"
        )
        cursor.execute(
            f"INSERT INTO {table} ({_list(rows[0])}) SELECT {_list(rows[0])} FROM {staging} AS new"  # noqa: S608
            f" WHERE NOT EXISTS (SELECT FROM {table} AS old WHERE {same})"
        )


def defaults(model: type[models.Model]) -> dict[str, Any]:
    """The values that Django gives a new row's columns: Postgres itself knows none of them."""
    fields = (field for field in model._meta.concrete_fields if not field.primary_key)
    return {field.attname: field.get_default() for field in fields}


def one_writer_at_a_time() -> None:
    """Hold the catalogue's writer lock until the transaction ends."""
    # Two sources may describe the same checkpoint at the same moment: each would create it. Pages are
    # written in milliseconds, so they simply take turns (and never dead-lock).
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalog.upsert', 0))")


def _staged(model: type[models.Model], rows: Sequence[Row]) -> AbstractContextManager[str]:
    return staged(model, list(rows[0]), _lines(model, rows))


def _lines(model: type[models.Model], rows: Sequence[Row]) -> Iterator[str]:
    columns = list(rows[0])
    return (line_of(model, columns, row) for row in rows)


def _copy_lines(table: str, columns: Sequence[str], lines: Iterable[str]) -> None:
    left = iter(lines)
    with (
        connection.cursor() as cursor,
        connection.wrap_database_errors,  # as Django does around everything but this
        cursor.copy(f"COPY {table} ({_list(columns)}) FROM STDIN") as copy,
    ):
        while batch := list(islice(left, _BATCH)):
            copy.write("\n".join(batch) + "\n")


def as_array(values: Iterable[object]) -> str:
    """Texts or numbers as the literal of an array: for thousands, quicker than a parameter each."""
    return _literal([str(value) for value in values])


def _list(columns: Iterable[str]) -> str:
    return ", ".join(columns)


@cache
def _writers(model: type[models.Model]) -> dict[str, Callable[[Any], str]]:
    """By column, what writes its values in the text format of COPY."""
    return {field.attname: _writer(field) for field in model._meta.concrete_fields}


def _writer(field: "models.Field[Any, Any]") -> Callable[[Any], str]:
    if isinstance(field, models.ForeignKey):
        field = field.target_field
    if isinstance(field, models.JSONField):
        return _json
    if isinstance(field, ArrayField):
        return _array
    numbers = (models.IntegerField, models.FloatField, models.BooleanField, models.DateField)
    return str if isinstance(field, numbers) else _text


_ESCAPES = {ord(char): f"\\{code}" for char, code in zip("\\\t\n\r", "\\tnr", strict=True)}


def _text(value: str) -> str:
    # Nothing printable but the backslash means something to COPY.
    return value if value.isprintable() and "\\" not in value else value.translate(_ESCAPES)


def _json(value: Any) -> str:
    written = value if isinstance(value, Written) else orjson.dumps(value, default=str).decode()
    return written.replace("\\", "\\\\") if "\\" in written else written


def _array(values: Sequence[str]) -> str:
    return _text(_literal(values)) if values else "{}"


def _literal(values: Sequence[str]) -> str:
    if not values:
        return "{}"
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * len(values) - 2:
        escaped = (value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
        joined = '","'.join(escaped)
    return '{"' + joined + '"}'
