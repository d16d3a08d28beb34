"""The same table and the same statements in DuckDB, a ready-made column store in this process: the peer of `bench.facets`.

Words are not asked of it: it has no lexemes.
"""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.db import connection

from bench.narrow_table import TABLE

# What Postgres calls a column's type, and what it is here; arrays come as texts.
_TYPES = {
    "integer": "INTEGER", "bigint": "BIGINT", "double precision": "DOUBLE", "ARRAY": "VARCHAR",
    "timestamp with time zone": "VARCHAR", "real": "FLOAT", "smallint": "SMALLINT",
}  # fmt: skip


def loaded(folder: Path) -> Any:
    """A database in this folder with the rows of Postgres' narrow table; None where DuckDB is not installed."""
    if not find_spec("duckdb"):
        print("DuckDB is not installed, so it is not asked: .venv/bin/uv pip install --group bench")
        return None
    import duckdb

    folder.mkdir(parents=True, exist_ok=True)
    file, lines = folder / "peer.duckdb", folder / "peer.csv"
    file.unlink(missing_ok=True)
    with connection.cursor() as cursor, lines.open("wb") as out:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
            " ORDER BY ordinal_position",
            [TABLE],
        )
        types = {name: _TYPES.get(kind, "VARCHAR") for name, kind in cursor.fetchall()}
        cursor.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = %s AND data_type = 'ARRAY'",
            [TABLE],
        )
        arrays = {name for (name,) in cursor.fetchall()}
        columns = [f"translate({c}::text, '{{}}', '[]')" if c in arrays else c for c in types]
        read = f"COPY (SELECT {', '.join(columns)} FROM {TABLE}) TO STDOUT WITH (FORMAT csv)"  # noqa: S608
        with cursor.copy(read) as copy:
            for data in copy:
                out.write(data)
    peer = duckdb.connect(str(file), config={"threads": 2})
    peer.execute("SET enable_progress_bar = false")
    kept = ", ".join(f"{c}::INTEGER[] AS {c}" if c in arrays else c for c in types)
    peer.execute(
        f"CREATE TABLE {TABLE} AS SELECT {kept} FROM read_csv(?, header = false, columns = {types})",  # noqa: S608
        [str(lines)],
    )
    lines.unlink()
    return peer
