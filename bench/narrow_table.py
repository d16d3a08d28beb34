"""The best plain SQL that we know of for a page of models, for Postgres and for DuckDB alike.

A table of its own has of each model only what can be asked for: values as numbers, those of a column with
several as int[] with a GIN index, each range with its bar, and the sort keys. One statement reads the models once for
all facets that nothing is chosen of, and once more for each that has a choice; of the long ones it gives the first.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR
from typing import Any, Protocol

from django.db import connection
from django.db.models import F

from catalog.facets.counts import SHOWN, Counts
from catalog.facets.filters import WORDS, Filters
from catalog.facets.kinds import ArrayFacet, Facet, Range
from catalog.facets.models import MODELS
from catalog.facets.results import PER_PAGE
from catalog.index.keys import orders, sort_keys

TABLE = "bench_narrow"
# Of a facet with more values only the first are counted, as by the index.
LONG = 1_000


class Runs(Protocol):
    """A cursor of Postgres or of DuckDB."""

    def execute(self, statement: str, parameters: Any = ..., /) -> Any: ...
    def fetchall(self) -> list[Any]: ...


@dataclass
class Narrow:
    """What the columns of the table mean: `codes` are the numbers of the values by facet, "" is 0."""

    codes: dict[str, dict[str, int]] = field(default_factory=dict)
    values: dict[str, list[str]] = field(default_factory=dict)
    column: dict[str, str] = field(default_factory=dict)

    @property
    def keys(self) -> list[str]:
        return list(sort_keys(MODELS))

    # --- The table -----------------------------------------------------------------------------------

    def make(self) -> None:
        """Make the table of the connection's database anew."""
        facets, ranges = MODELS.facets, MODELS.stored_ranges
        self.column = {f.name: f"f_{place}" for place, f in enumerate(facets)}
        self.column |= {r.name: f"v_{place}" for place, r in enumerate(ranges)}
        read = {"row_pk": F("pk"), "row_slug": F("slug")}
        read |= {self.column[each.name]: each.expression() for each in (*facets, *ranges)}
        read |= {f"k_{place}": key for place, key in enumerate(sort_keys(MODELS).values())}
        query = MODELS.rows().annotate(**read).values(*read).order_by().query
        with connection.cursor() as cursor:
            cursor.execute(f"DROP TABLE IF EXISTS {TABLE}, bench_wide, bench_coded")
            sql, parameters = query.sql_with_params()
            cursor.execute(f"CREATE UNLOGGED TABLE bench_wide AS {sql}", parameters)
            coded = [self._code(cursor, facet) for facet in facets]
            bars = [self._bar(r) for r in ranges]
            kept = [f"k_{place}" for place in range(len(self.keys))]
            columns = ["row_pk", "row_slug", *(c for c, _ in coded), *bars, *kept]
            # Joined as they are written: left to itself Postgres tries random orders of so many tables.
            cursor.execute(
                "ANALYZE bench_wide, bench_coded; SET join_collapse_limit = 1; SET enable_nestloop = off; SET work_mem = '256MB'"
            )
            joins = " ".join(join for _, join in coded)
            cursor.execute(
                f"CREATE UNLOGGED TABLE {TABLE} AS SELECT {', '.join(columns)} FROM bench_wide {joins}"  # noqa: S608
            )
            cursor.execute(
                "RESET join_collapse_limit; RESET enable_nestloop; RESET work_mem; DROP TABLE bench_wide, bench_coded"
            )
            self._index(cursor)

    def _code(self, cursor: Any, facet: Facet) -> tuple[str, str]:
        """Number a facet's values; gives the column's expression and the join that it needs."""
        name, column = facet.name, self.column[facet.name]
        source = f"unnest({column})" if isinstance(facet, ArrayFacet) else column
        cursor.execute(f"SELECT DISTINCT {source} FROM bench_wide")  # noqa: S608
        self.values[name] = ["", *sorted({value for (value,) in cursor.fetchall()} - {""})]
        self.codes[name] = {value: code for code, value in enumerate(self.values[name])}
        cursor.execute("CREATE TABLE IF NOT EXISTS bench_coded (facet text, value text, code int)")
        with cursor.copy("COPY bench_coded FROM STDIN") as copy:
            for value, code in self.codes[name].items():
                copy.write_row((name, value, code))
        known = f"(SELECT value, code FROM bench_coded WHERE facet = '{name}')"  # noqa: S608
        if not isinstance(facet, ArrayFacet):
            return (
                f"d_{column}.code AS {column}",
                f"JOIN {known} d_{column} ON d_{column}.value = {column}",
            )
        each = (
            f"(SELECT row_pk, array_agg(code) AS codes FROM bench_wide, unnest({column}) AS v"  # noqa: S608
            f" JOIN {known} d ON d.value = v GROUP BY row_pk)"
        )
        return (
            f"coalesce(d_{column}.codes, ARRAY[0]) AS {column}",
            f"LEFT JOIN {each} d_{column} USING (row_pk)",
        )

    def _bar(self, range_: Range) -> str:
        column = self.column[range_.name]
        edges = ", ".join(map(repr, range_.edges()))
        bar = f"width_bucket({column}, ARRAY[{edges}]::float8[])"
        return f"{column}, coalesce({bar}, -1)::int AS b_{column}"

    def _index(self, cursor: Any) -> None:
        for facet in MODELS.facets:
            using = "gin" if isinstance(facet, ArrayFacet) else "btree"
            cursor.execute(f"CREATE INDEX ON {TABLE} USING {using} ({self.column[facet.name]})")
        for range_ in MODELS.stored_ranges:
            cursor.execute(f"CREATE INDEX ON {TABLE} ({self.column[range_.name]})")
        cursor.execute(f"CREATE UNIQUE INDEX ON {TABLE} (row_pk)")
        cursor.execute(f"VACUUM ANALYZE {TABLE}")

    # --- The statements ------------------------------------------------------------------------------

    def conditions(self, filters: Filters) -> dict[str, tuple[str, list[Any]]]:
        """SQL and parameters of each filter by its name."""
        found: dict[str, tuple[str, list[Any]]] = {}
        for name, condition in filters.conditions().items():
            if name in MODELS.facet:
                found[name] = (self._chosen(MODELS.facet[name], filters), [])
            elif name in MODELS.range:
                found[name] = (self._between(MODELS.range[name], filters), [])
            else:
                assert name == WORDS, name
                rows = MODELS.rows().filter(condition).order_by().values("pk")
                sql, parameters = rows.query.sql_with_params()
                found[name] = (f"row_pk IN ({sql})", list(parameters))
        return found

    def _chosen(self, facet: Facet, filters: Filters) -> str:
        choice = filters.choice(facet.name)
        parts = [self._any(facet, choice.include)] if choice.include else []
        if choice.exclude:
            parts.append(f"NOT {self._any(facet, choice.exclude)}")
        return " AND ".join(parts)

    def _any(self, facet: Facet, values: Sequence[str]) -> str:
        known = self.codes[facet.name]
        codes = sorted(known.get(value, -1) for value in facet.expand(values))
        listed, column = ", ".join(map(str, codes)), self.column[facet.name]
        if isinstance(facet, ArrayFacet):
            return f"({column} && ARRAY[{listed}]::int[])"
        return f"({column} IN ({listed}))"

    def _between(self, range_: Range, filters: Filters) -> str:
        bounds, column = filters.bounds[range_.name], self.column[range_.name]
        parts = [f"{column} IS NOT NULL"]
        for sign, end, rounding in ((">=", bounds.low, ROUND_CEILING), ("<=", bounds.high, ROUND_FLOOR)):  # fmt: skip
            if end is not None:
                number = int(end.to_integral_value(rounding)) if range_.whole else float(end)
                parts.append(f"{column} {sign} {number}")
        return f"({' AND '.join(parts)})"

    def counts(self, filters: Filters, cursor: Runs) -> Counts:
        """All that a page counts, in one statement."""
        statement, parameters = self._statement(filters)
        cursor.execute(statement, parameters)
        tallies: dict[str, dict[int, int]] = defaultdict(dict)
        for column, code, number in cursor.fetchall():
            tallies[column][code] = number
        bars = {r.name: tallies[f"b_{self.column[r.name]}"] for r in MODELS.stored_ranges}
        return Counts(
            total=tallies[""].get(0, 0),
            values={f.name: f.with_groups(self._named(f, tallies)) for f in MODELS.facets},
            bars={r.name: [bars[r.name].get(n, 0) for n in range(r.bins)] for r in MODELS.stored_ranges},
            unknown={name: tally.get(-1, 0) for name, tally in bars.items()},
            without={},
        )  # fmt: skip

    def _named(self, facet: Facet, tallies: Mapping[str, Mapping[int, int]]) -> dict[str, int]:
        values = self.values[facet.name]
        return {values[code]: n for code, n in tallies[self.column[facet.name]].items()}

    def _statement(self, filters: Filters) -> tuple[str, list[Any]]:
        conditions = self.conditions(filters)
        sources, parameters = [], []
        for left_out in ("", *(name for name in conditions if name != WORDS)):
            kept = [condition for name, condition in conditions.items() if name != left_out]
            where = " AND ".join(sql for sql, _ in kept) or "true"
            columns = self._columns(left_out) if left_out else self._shared(conditions)
            sources.append(
                f"{_source(left_out, self.column)} AS MATERIALIZED"  # noqa: S608
                f" (SELECT {', '.join(columns)} FROM {TABLE} WHERE {where})"
            )
            parameters += [value for _, some in kept for value in some]
        counted = [self._counted("", self._shared(conditions), filters)]
        counted += [
            self._counted(name, self._columns(name), filters)
            for name in conditions
            if name != WORDS
        ]
        return f"WITH {', '.join(sources)} {' UNION ALL '.join(counted)}", parameters

    def _columns(self, name: str) -> list[str]:
        column = self.column[name]
        return [f"b_{column}" if name in MODELS.range else column]

    def _shared(self, conditions: Mapping[str, Any]) -> list[str]:
        """The columns of everything that nothing is chosen of."""
        every = (*MODELS.facets, *MODELS.stored_ranges)
        return [
            c for each in every if each.name not in conditions for c in self._columns(each.name)
        ]

    def _counted(self, left_out: str, columns: Sequence[str], filters: Filters) -> str:
        """What is counted on one source, as (column, code, rows)."""
        source = _source(left_out, self.column)
        facet_of = {self.column[f.name]: f for f in MODELS.facets}
        alone = [c for c in columns if c not in facet_of or not self._apart(facet_of[c])]
        names = " ".join(f"WHEN grouping({c}) = 0 THEN '{c}'" for c in alone)
        codes = " ".join(f"WHEN grouping({c}) = 0 THEN {c}" for c in alone)
        parts = []
        if alone:
            sets = ", ".join(f"({c})" for c in alone) + ("" if left_out else ", ()")
            parts.append(
                f"SELECT CASE {names} ELSE '' END, CASE {codes} ELSE 0 END, count(*)"  # noqa: S608
                f" FROM {source} GROUP BY GROUPING SETS ({sets})"
            )
        for column in columns:
            if column not in alone:
                parts += self._parted(facet_of[column], source, filters)
        return " UNION ALL ".join(parts)

    def _apart(self, facet: Facet) -> bool:
        return isinstance(facet, ArrayFacet) or len(self.values[facet.name]) > LONG

    def _parted(self, facet: Facet, source: str, filters: Filters) -> list[str]:
        """A facet that is counted by itself; of a long one the first values, the chosen and unknown."""
        column, choice = self.column[facet.name], filters.choice(facet.name)
        rows = f"SELECT {column} AS v FROM {source}"  # noqa: S608
        if isinstance(facet, ArrayFacet):
            rows = f"SELECT unnest({column}) AS v FROM {source}"  # noqa: S608
        counted = f"SELECT '{column}', v, count(*) AS n FROM ({rows}) AS each_{column}"  # noqa: S608
        if len(self.values[facet.name]) <= LONG:
            return [f"{counted} GROUP BY v"]
        chosen = {*choice.include, *choice.exclude}
        codes = {0, *(self.codes[facet.name].get(value, -1) for value in facet.expand(chosen))}
        most = SHOWN + len(chosen) + 2
        also = ", ".join(map(str, sorted(codes)))
        return [
            f"(SELECT * FROM ({counted} GROUP BY v) AS all_{column} ORDER BY n DESC, v LIMIT {most})",  # noqa: S608
            f"{counted} WHERE v IN ({also}) GROUP BY v",
        ]

    def page(self, filters: Filters, cursor: Runs) -> list[str]:
        """The slugs of the page's rows; by relevance to words it is asked for elsewhere."""
        sort = filters.sort or MODELS.default_order(filters.words)
        places = {name: place for place, name in enumerate(self.keys)}
        keys = [
            f"k_{places[key.name]} {'DESC' if key.descending else 'ASC'} NULLS LAST"
            for key in orders(MODELS)[sort]
        ]
        conditions = self.conditions(filters).values()
        where = " AND ".join(sql for sql, _ in conditions) or "true"
        cursor.execute(
            f"SELECT row_slug FROM {TABLE} WHERE {where} ORDER BY {', '.join(keys)}, row_slug"  # noqa: S608
            f" LIMIT {PER_PAGE} OFFSET {(filters.page - 1) * PER_PAGE}",
            [value for _, some in conditions for value in some],
        )
        return [slug for (slug,) in cursor.fetchall()]


def _source(left_out: str, column: Mapping[str, str]) -> str:
    return f"less_{column[left_out]}" if left_out else "narrowed"
