"""What is typed as documents: the lexemes of a row are known, phrases are asked of Postgres."""

from typing import assert_never

from django.db.models import Q
from pyroaring import BitMap

from catalog.index.asking import asked
from catalog.index.view import View
from catalog.search import LexemeQuery
from catalog.terms import And, Beginning, Expression, Not, Or, Phrase, Whole, tsquery


def having(view: View, wanted: Expression) -> BitMap:
    """The documents that have what is wanted; dead ones may be among them."""
    match wanted:
        case Whole(lexeme):
            return whole(view, "words", lexeme)
        case Beginning(lexeme):
            return beginning(view, "words", lexeme)
        case And(of):
            return BitMap.intersection(*(having(view, one) for one in of))
        case Or(of):
            return BitMap.union(*(having(view, one) for one in of))
        case Not(one):
            return view.alive - having(view, one)
        case Phrase():
            return asked(view, Q(search_vector=LexemeQuery(tsquery(wanted))))
    assert_never(wanted)


def whole(view: View, name: str, lexeme: str) -> BitMap:
    """The documents with this lexeme in "words", "names" or "squashed ..."."""
    return view.joined([segment.lexemes(name).whole(lexeme) for segment in view.segments])


def beginning(view: View, name: str, lexeme: str) -> BitMap:
    """Those with one that begins so."""
    return view.joined([segment.lexemes(name).beginning(lexeme) for segment in view.segments])
