"""The words by which papers and repositories are found: English ones, by their stems.

Names of checkpoints are cut differently: see `catalog.search`, whose language of the search box this shares.
"""

import re
from collections.abc import Sequence

from django.contrib.postgres.search import SearchQuery, SearchRank
from django.db import connection, models
from django.db.models import Case, F, IntegerField, Q, Value, When
from django.db.models.expressions import OrderBy

from catalog import search
from catalog.models import Paper, Repository

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
    text = search.tsquery(words)
    return Q(search_vector=_query(text)) if text else Q()


def paper_matches(words: str) -> Q:
    """The same, or the paper of that arXiv id or DOI."""
    key = re.sub(r"^arxiv:|v\d+$", "", words.strip().lower())
    found = matches(words)
    return found | Q(key__in=[key, f"doi:{key}"]) if found and re.search(r"\d", key) else found


def relevance(words: str, name: str) -> list[OrderBy]:
    """Sort keys: those whose `name` is or begins with the words; then by how the words occur."""
    text = search.tsquery(words)
    if not text:
        return []
    plain = words.strip()
    tier = Case(
        When(**{f"{name}__iexact": plain}, then=Value(2)),
        When(**{f"{name}__istartswith": plain}, then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    return [tier.desc(), SearchRank(F("search_vector"), _query(text)).desc()]


def _query(text: str) -> SearchQuery:
    return SearchQuery(text, search_type="raw", config="english")
