"""What is typed -> classes: by the beginnings of their names' words, synonyms, WordNet id and definition."""

from django.contrib.postgres.search import SearchRank
from django.db import connection
from django.db.models import Case, F, Func, IntegerField, Q, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Length

from catalog import terms
from catalog.classes.naming import squashes
from catalog.classes.words import expression
from catalog.search import LexemeQuery
from catalog.spelling import distance
from catalog.terms import CHUNK

_SLIPS = 2  # of the keys, in one word


def matches(words: str) -> Q:
    """Classes in whose names, id or definition the words occur; every class if nothing is asked for."""
    wanted = expression(words)
    return Q(search_vector=LexemeQuery(terms.tsquery(wanted))) if wanted else Q()


def relevance(words: str) -> list[OrderBy]:
    """Sort keys: exactly that name, then that synonym, then those that begin so, or have the words in a name.

    Of classes of one name that come first which most lists have.
    """
    forms, wanted = squashes(terms.wanted(words)), expression(words)
    if not forms or wanted is None:
        return []
    begins = Q()
    for form in forms:
        begins |= Q(spoken__0__startswith=form)
    query = terms.tsquery(wanted)
    tier = Case(
        When(spoken__0__in=forms, then=Value(4)),
        When(spoken__overlap=forms, then=Value(3)),
        When(begins, then=Value(2)),
        When(search_vector=LexemeQuery(query.replace(":*", ":*A")), then=Value(1)),
        default=Value(0),
        output_field=IntegerField(),
    )
    rank = SearchRank(F("search_vector"), LexemeQuery(query))
    return [
        tier.desc(),
        _lists().desc(),
        rank.desc(nulls_last=True),
        Length("name").asc(),
    ]


def called(words: str) -> Q:
    """Classes whose name, synonym or id is all that was typed; none if it is no name at all."""
    forms = squashes(terms.wanted(words))
    return Q(spoken__overlap=forms) | Q(key__in=forms) if forms else Q(pk__in=[])


def suggest(words: str) -> str:
    """The words with each that begins no word of a name replaced by the one most alike; "" if there is none to be."""
    slips = {word: _closest(word) for word in terms.chunks(words) if not word.isdecimal()}
    found = CHUNK.sub(lambda one: slips.get(terms.plain(one[0]), one[0]), words)
    return found if found != words else ""


def _closest(typed: str) -> str:
    shortest, longest = len(typed) - _SLIPS, len(typed) + _SLIPS
    with connection.cursor() as cursor:
        cursor.execute(
            _WORDS,
            {"typed": typed, "first": typed[0], "shortest": shortest, "longest": longest},
        )
        known = cursor.fetchall()
    if any(begins for _, begins in known):
        return typed
    alike = [(slips, word) for word, _ in known if (slips := distance(typed, word)) <= _SLIPS]
    return min(alike)[1] if alike else typed


# Words of names that begin with the same letter, which few people mistype, and whether they begin with all of it.
_WORDS = """
    SELECT DISTINCT word, starts_with(word, %(typed)s)
    FROM catalog_classlabel,
        unnest(regexp_split_to_array(
            lower(concat_ws(' ', name, array_to_string(synonyms, ' '))), '[^[:alnum:]]+'
        )) AS word
    WHERE starts_with(word, %(first)s)
        AND (length(word) BETWEEN %(shortest)s AND %(longest)s OR starts_with(word, %(typed)s))
"""


def _lists() -> Func:
    return Func(F("label_sets"), function="cardinality", output_field=IntegerField())
