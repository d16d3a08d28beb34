"""How well a checkpoint fits what was typed, in a form that Postgres and an index can both work out exactly.

No ts_rank: it weighs positions and lengths, which an index of sets does not have. The sort keys are tier, score
and a static order of the row: docs/decisions/0092-words-as-sets.md.
"""

import re
from dataclasses import dataclass
from functools import lru_cache

from django.db.models import Case, F, Func, IntegerField, Q, TextField, Value, When
from django.db.models.expressions import Combinable, OrderBy
from django.db.models.functions import Coalesce, Collate, Length, Lower
from django.db.models.lookups import Exact, In, StartsWith

from catalog import synonyms, terms

# Only what ASCII has is taken out or made small, so that Postgres and Python agree whatever their Unicode.
_SIGNS = r"[ -/:-@\[-`{-~]+"


@dataclass(frozen=True)
class Ranking:
    """What decides the order of rows that were found: first their tier, then their score, then `static_order`.

    Tier, with `squashed` and the row's texts written without anything but letters and digits: 6 its id is that,
    with or without its source; 5 its name is; 4 its architecture is; 2 its family is; and 1 more than what is left,
    2 or 0, if its architecture or name begins so. A family may also be called by another of `families`: vit, where
    "vision transformer" was typed.

    Score: of the `chunks` how many are a lexeme of the row, and again how many of its name.
    Beginnings of words find rows, but only whole words make one row better than another.
    """

    squashed: str
    families: tuple[str, ...]
    chunks: tuple[str, ...]


def ranking(words: str) -> Ranking | None:
    """What the words that must occur rank by; None if there are none."""
    chunks = terms.chunks(terms.wanted(words))
    if not chunks:
        return None
    families = ("".join(spelling) for spelling in (chunks, *synonyms.spellings(tuple(chunks))))
    return Ranking(
        "".join(chunks), tuple(families), tuple(dict.fromkeys(chunks[: terms.MOST_CHUNKS]))
    )


def texts() -> dict[str, Combinable]:
    """The texts of a row that its tier depends on."""
    own = Func(F("slug"), Value("/"), function="strpos", output_field=IntegerField())
    return {
        "slug": F("slug"),
        "id": Func(F("slug"), own + 1, function="substr", output_field=TextField()),
        "name": F("name"),
        "architecture": F("architecture__name"),
        "family": F("family"),
    }


@lru_cache(maxsize=50_000)
def squash(text: str) -> str:
    """A text without signs and blanks, in small letters."""
    return re.sub(_SIGNS, "", text.encode().lower().decode())


def tier(typed: Ranking) -> Case:
    """The tier of a row, 0 to 6."""
    text = {name: _squashed(own) for name, own in texts().items()}
    exactly = Value(typed.squashed)
    begins = Q(StartsWith(text["architecture"], typed.squashed)) | Q(
        StartsWith(text["name"], typed.squashed)
    )
    in_family = Q(In(text["family"], typed.families))
    return Case(
        When(Exact(text["id"], exactly), then=6),
        When(Exact(text["slug"], exactly), then=6),
        When(Exact(text["name"], exactly), then=5),
        When(Exact(text["architecture"], exactly), then=4),
        When(in_family & begins, then=3),
        When(in_family, then=2),
        When(begins, then=1),
        default=Value(0),
        output_field=IntegerField(),
    )


def score(typed: Ranking) -> Coalesce:
    """The score of a row."""
    counted = (_has(f"'{chunk}'{where}") for chunk in typed.chunks for where in ("", ":A"))
    return Coalesce(sum(counted, start=Value(0)), 0, output_field=IntegerField())


def static_order() -> list[OrderBy]:
    """What decides between rows of one tier and score; the list's own last keys come behind."""
    return [
        Length("architecture__name").asc(nulls_last=True),
        F("downloads").desc(nulls_last=True),
    ]


def relevance(words: str) -> list[OrderBy]:
    """Sort keys: the best first."""
    typed = ranking(words)
    return [tier(typed).desc(), score(typed).desc(), *static_order()] if typed else []


def _has(lexeme: str) -> Func:
    query = Func(Value(lexeme), template="%(expressions)s::tsquery")
    has = "(%(expressions)s)::int"
    return Func(
        "search_vector", query, template=has, arg_joiner=" @@ ", output_field=IntegerField()
    )


def _squashed(text: Combinable) -> Func:
    """`squash` in SQL."""
    small = Lower(Collate(text, "C"))
    return Func(
        small,
        Value(_SIGNS),
        Value(""),
        Value("g"),
        function="regexp_replace",
        output_field=TextField(),
    )
