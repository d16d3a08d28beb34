"""The words by which papers and repositories are found: English ones, by their stems.

Names of checkpoints are cut differently: see `catalog.search`.
"""

import re
from collections.abc import Sequence

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, models
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.expressions import OrderBy

from catalog import terms
from catalog.models import Paper, Repository
from catalog.terms import PART, Beginning, Expression, Phrase, any_of

# Per table what is indexed with which weight. Dashes, dots and slashes part words, as in what people type.
_TEXTS: dict[type[models.Model], tuple[tuple[str, str], ...]] = {
    Paper: (
        ("A", "translate(title, '/-_', '   ')"),
        ("B", "translate(abstract, '/-_', '   ')"),
        ("C", "array_to_string(authors, ' ')"),
    ),
    Repository: (
        ("A", "translate(full_name, '/-_.', '    ')"),
        ("B", "translate(description, '/-_', '   ')"),
        ("C", "translate(array_to_string(topics, ' '), '-', ' ')"),
    ),
}
# Accents are left out, as `catalog.search` leaves them out of what is typed.
_ACCENTS = "[\u0300-\u036f]"
# Year, month, number: https://info.arxiv.org/help/arxiv_identifier.html; before 2007 the archive and seven digits.
_ARXIV = r"\d\d(0[1-9]|1[0-2])(\.\d{0,5})?|[a-z-]+(\.[a-z]{2})?/\d{1,7}"


def index_words(table: type[models.Model], pks: Sequence[int], *, missing: bool = False) -> None:
    """Write the search column of these rows; with `missing`, only where there is none yet."""
    if not pks:
        return
    parts = " || ".join(
        f"setweight(to_tsvector('english', regexp_replace(normalize({text}, NFKD), %s, '', 'g')), '{weight}')"
        for weight, text in _TEXTS[table]
    )
    statement = f"UPDATE {table._meta.db_table} SET search_vector = {parts} WHERE id = ANY(%s)"  # noqa: S608
    if missing:
        statement += " AND search_vector IS NULL"
    with connection.cursor() as cursor:
        cursor.execute(statement, [*[_ACCENTS] * len(_TEXTS[table]), list(pks)])


def matches(words: str) -> Q:
    """Rows in which the words occur, as the search box means them; every row if there are none."""
    wanted = terms.expression(words, in_prose)
    if wanted is None:
        return Q()
    found = Q(search_vector=_query(wanted))
    # NOT of null would leave out a row of which nothing is known.
    return found | Q(search_vector=None) if terms.has_nothing(wanted) else found


def in_prose(run: Sequence[str]) -> list[Expression]:
    """How each of these chunks may stand in a text: resnet50 also as ResNet-50."""
    return [any_of([Beginning(chunk), *_apart(chunk)]) for chunk in run]


def _apart(chunk: str) -> list[Expression]:
    parts = PART.findall(chunk)
    return [Phrase(tuple(parts), open=True)] if len(parts) > 1 else []


def paper_matches(words: str) -> Q:
    """The same, where an arXiv id or DOI, or the beginning of one, also finds the papers whose id begins so."""
    if not any(_key(term) for group in terms.terms(words) for term in group):
        return matches(words)
    return terms.narrowed(words, _paper_holds)


def _paper_holds(term: terms.Term) -> Q:
    found = Q(search_vector=_query(term.found(in_prose)))
    return found | Q(key__startswith=key) if (key := _key(term)) else found


def _key(term: terms.Term) -> str:
    """How the keys of the papers begin whose id is typed; "" if it is none: 2609, 1512.03385v1, cs/9301111, 10.1000/x."""
    typed = re.sub(r"^(arxiv|doi):|v\d+$", "", term.text.lower())
    if re.fullmatch(_ARXIV, typed):
        return typed
    return f"doi:{typed}" if re.fullmatch(r"10\.\d+/.*", typed) else ""


def relevance(words: str, name: str) -> list[OrderBy]:
    """Sort keys: those whose `name` is or begins with the words; then by how the words occur."""
    plain, wanted = terms.wanted(words), terms.expression(words, in_prose)
    if not plain or wanted is None:
        return []
    tier = Case(
        When(**{f"{name}__iexact": plain}, then=Value(2)),
        When(**{f"{name}__istartswith": plain}, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return [
        tier.desc(),
        SearchRank(F("search_vector"), _query(wanted)).desc(nulls_last=True),
    ]


def _query(wanted: Expression) -> SearchQuery:
    return SearchQuery(terms.tsquery(wanted), search_type="raw", config="english")
