"""How many rows each value of each facet has, its own selection ignored: one statement in Postgres.

Every row that fails at most one filter is read once and remembers which filter that was (`missed`, 0 for none).
A facet is counted on the rows that fail nothing or only the facet itself; what each filter hides falls out of the
same numbers: docs/decisions/0021-counting-in-one-statement.md. It answers where no index does.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import connection
from django.db.models import (
    Case,
    FloatField,
    Func,
    IntegerField,
    QuerySet,
    TextField,
    Value,
    When,
)  # fmt: skip
from django.db.models.functions import Cast

from catalog.facets.counts import Counts
from catalog.facets.filters import Filters
from catalog.facets.kinds import ArrayFacet, Facet, Range

# (which filter was missed, facet or range or "", value or bar, rows)
_Row = tuple[int, str, str, int]


def count_in_postgres(filters: Filters) -> Counts:
    """Counts of every facet and range among the rows of the list; one query, whatever is asked for."""
    kind = filters.kind
    names = list(filters.conditions())
    rows = _rows(filters, names)
    totals = Counter({missed: number for missed, name, _, number in rows if not name})
    tallies: dict[str, Counter[str]] = defaultdict(Counter)
    for _, name, value, number in rows:
        if name:
            tallies[name][value] += number
    return Counts(
        total=totals[0],
        values={f.name: f.with_groups(tallies[f.name]) for f in kind.facets},
        bars={r.name: [tallies[r.name][str(bar)] for bar in range(r.bins)] for r in kind.ranges},
        unknown={r.name: tallies[r.name][""] for r in kind.ranges},
        without={name: totals[0] + totals[place] for place, name in enumerate(names, start=1)},
    )


def _rows(filters: Filters, names: Sequence[str]) -> list[_Row]:
    inner, parameters = _base(filters).query.sql_with_params()
    places = range(1, len(names) + 1)
    failed = " + ".join(f"miss_{place}" for place in places) or "0"
    which = " + ".join(f"miss_{place} * {place}" for place in places) or "0"
    owners = {name: place for place, name in enumerate(names, start=1)}
    kind = filters.kind
    plain = [facet for facet in kind.facets if not isinstance(facet, ArrayFacet)]
    arrays = [f for f in kind.facets if isinstance(f, ArrayFacet)]
    counted = [_count_scalars([*plain, *kind.ranges]), *(_count_array(facet) for facet in arrays)]
    ours = ", ".join(f"('{name}', {place})" for name, place in owners.items()) or "('', 0)"
    # Only names of our own declarations and whole numbers are written into the statement.
    statement = (
        f"WITH base AS MATERIALIZED ("  # noqa: S608
        f"SELECT *, {which} AS missed FROM ({inner}) AS every_row WHERE {failed} <= 1) "
        f"SELECT missed, name, value, number FROM ({' UNION ALL '.join(counted)}) AS counted "
        f"WHERE missed = 0 OR name = '' OR (name, missed) IN ({ours})"
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


def _base(filters: Filters) -> QuerySet[Any, dict[str, object]]:
    """Every row of the list with a column per facet, a bar per range, and per filter 1 if the row fails it."""
    columns = {_alias(facet): facet.expression() for facet in filters.kind.facets}
    columns |= {_alias(range_): _bar(range_) for range_ in filters.kind.ranges}
    missing = {
        f"miss_{place}": Case(
            When(condition, then=Value(0)), default=Value(1), output_field=IntegerField()
        )
        for place, condition in enumerate(filters.conditions().values(), start=1)
    }
    every = {**columns, **missing}
    return filters.kind.rows().annotate(**every).values(*every).order_by()


def _alias(facet: Facet | Range) -> str:
    return "of_" + facet.name.replace("-", "_")


def _bar(range_: Range) -> Cast:
    edges = Value(range_.edges(), output_field=ArrayField(FloatField()))
    number = Func(range_.expression(), edges, function="width_bucket", output_field=IntegerField())
    return Cast(number, TextField())


def _count_scalars(facets: Sequence[Facet | Range]) -> str:
    aliases = [_alias(facet) for facet in facets]
    names = " ".join(f"WHEN GROUPING({_alias(f)}) = 0 THEN '{f.name}'" for f in facets)
    values = " ".join(f"WHEN GROUPING({alias}) = 0 THEN {alias}" for alias in aliases)
    sets = ", ".join(f"(missed, {alias})" for alias in aliases)
    return (
        f"SELECT missed, CASE {names} ELSE '' END AS name, "  # noqa: S608 - names of declarations
        f"coalesce(CASE {values} END, '') AS value, count(*) AS number "
        f"FROM base GROUP BY GROUPING SETS ((missed), {sets})"
    )


def _count_array(facet: ArrayFacet) -> str:
    alias = _alias(facet)
    return (
        f"SELECT missed, '{facet.name}', value, count(*) FROM base, "  # noqa: S608 - as above
        f"unnest(CASE WHEN cardinality({alias}) = 0 THEN ARRAY['']::varchar[] ELSE {alias} END) "
        f"AS value GROUP BY missed, value"
    )
