"""Many rows in one statement with one parameter: JSON in, rows out.

Django's bulk_create builds a placeholder per column and row, bulk_update a CASE per column and row; for a
page of 500 records that costs several times what Postgres needs to write them.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, models

Row = Mapping[str, Any]


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
    statement = (
        f"INSERT INTO {model._meta.db_table} ({_list(columns)}) SELECT {_list(columns)} "  # noqa: S608
        f"FROM jsonb_populate_recordset(NULL::{model._meta.db_table}, %s::jsonb)"
    )
    if conflict:
        assignments = ", ".join(f"{name} = EXCLUDED.{name}" for name in update)
        statement += f" ON CONFLICT ({_list(conflict)}) DO UPDATE SET {assignments}"
    with connection.cursor() as cursor:
        cursor.execute(f"{statement} RETURNING {key or 'NULL'}, id", [_json(rows)])
        return dict(cursor.fetchall()) if key else {}


def update_rows(model: type[models.Model], rows: Sequence[Row]) -> None:
    """Write the given columns of existing rows; each row names its `id`, all have the same columns."""
    if not rows:
        return
    table = model._meta.db_table
    assignments = ", ".join(f"{name} = new.{name}" for name in rows[0] if name != "id")
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} AS old SET {assignments} "  # noqa: S608 - names of our own columns
            f"FROM jsonb_populate_recordset(NULL::{table}, %s::jsonb) AS new WHERE old.id = new.id",
            [_json(rows)],
        )


def defaults(model: type[models.Model]) -> dict[str, Any]:
    """The values that Django gives a new row's columns: Postgres itself knows none of them."""
    fields = (field for field in model._meta.concrete_fields if not field.primary_key)
    return {field.attname: field.get_default() for field in fields}


def _list(columns: Iterable[str]) -> str:
    return ", ".join(columns)


def _json(rows: Sequence[Row]) -> str:
    return json.dumps(rows, default=str)


def one_writer_at_a_time() -> None:
    """Hold the catalogue's writer lock until the transaction ends."""
    # Two sources may describe the same checkpoint at the same moment: each would create it. Pages are
    # written in milliseconds, so they simply take turns (and never dead-lock).
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('catalog.upsert', 0))")
