"""What is typed -> classes: by the beginnings of their names' words, synonyms, WordNet id and definition."""

from itertools import islice, product

from django.contrib.postgres.search import SearchRank
from django.db import connection
from django.db.models import Case, F, Func, IntegerField, Q, Value, When
from django.db.models.expressions import OrderBy
from django.db.models.functions import Length

from catalog import terms
from catalog.classes.naming import singulars, squashes
from catalog.classes.words import expression
from catalog.models import ClassLabel
from catalog.search import LexemeQuery
from catalog.spelling import distance
from catalog.terms import CHUNK

_SLIPS = 2  # of the keys, in one word
_MOST_WORDS, _MOST_ALIKE, _MOST_TRIED = 6, 8, 16


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
        # What WordNet tells apart and describes comes before what only has the name.
        Case(When(definition="", then=Value(1)), default=Value(0)).asc(),
        _lists().desc(),
        rank.desc(nulls_last=True),
        Length("name").asc(),
    ]


def called(words: str) -> Q:
    """Classes whose name, synonym or id is all that was typed; none if it is no name at all."""
    forms = squashes(terms.wanted(words))
    return Q(spoken__overlap=forms) | Q(key__in=forms) if forms else Q(pk__in=[])


def suggest(words: str) -> str:
    """The words with those replaced that begin no word of a name, so that a class is found; "" if none is.

    One query for each of the words, and one for each of the spellings that are tried.
    """
    typed = list(dict.fromkeys(terms.chunks(words)))[:_MOST_WORDS]
    for chosen in islice(product(*map(_alike, typed)), _MOST_TRIED):
        better = {word: other for word, other in zip(typed, chosen, strict=True) if word != other}
        found = CHUNK.sub(lambda one: better.get(terms.plain(one[0]), one[0]), words)  # noqa: B023
        if found != words and ClassLabel.objects.filter(matches(found)).exists():
            return found
    return ""


def _alike(typed: str) -> list[str]:
    """The words of names that may have been meant, the most alike and most frequent first; itself if it begins one."""
    span = {"shortest": len(typed) - _SLIPS, "longest": len(typed) + _SLIPS}
    with connection.cursor() as cursor:
        cursor.execute(_WORDS, {"typed": typed, "first": typed[0], **span})
        known = cursor.fetchall()
    begins = (typed, *singulars(typed))
    if typed.isdecimal() or any(word.startswith(begins) for word, _ in known):
        return [typed]
    alike = sorted((distance(typed, word), -number, word) for word, number in known)
    return [word for slips, _, word in alike if slips <= _SLIPS][:_MOST_ALIKE] or [typed]


# Words of names that begin with the same letter, which few people mistype, and how many have them.
_WORDS = """
    SELECT word, count(*)
    FROM catalog_classlabel,
        unnest(regexp_split_to_array(
            lower(concat_ws(' ', name, array_to_string(synonyms, ' '))), '[^[:alnum:]]+'
        )) AS word
    WHERE starts_with(word, %(first)s)
        AND (length(word) BETWEEN %(shortest)s AND %(longest)s OR starts_with(word, %(typed)s))
    GROUP BY word
"""


def _lists() -> Func:
    return Func(F("label_sets"), function="cardinality", output_field=IntegerField())
