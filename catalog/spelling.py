"""Did you mean: words that nothing in the catalogue begins with, and the word of it that is spelled most alike.

Postgres has no extension for it here. Two words that differ by up to two slips of the keys share a spelling with as
many letters left out (the idea of https://github.com/wolfgarbe/SymSpell), and those are in an index. Only the first
letters are left out in turn: what differs behind them is found by what is the same before it.
"""

import re
from collections.abc import Iterator
from itertools import combinations

from django.db import connection

from catalog.bulk import as_array, replace_rows
from catalog.models import Architecture, PretrainedModel, Word
from catalog.search import matches
from catalog.synonyms import LINES
from catalog.terms import EITHER, PART, chunks, plain

SHORTEST, LONGEST = 4, 30
MOST = 50_000
# Of so many rows words are counted; of more, in a sample of so many.
SAMPLE = 100_000
_PREFIX = 8
_TWICE = 6  # shorter words allow for one slip only
_OFTEN = 20  # a word that occurs is doubted only if another occurs so many times as often
_MOST_WORDS = 8
_LETTERS = re.compile(r"[^\W\d_]+")


def gather_words() -> int:
    """Gather the words of the catalogue anew; returns how many there are."""
    words = {word: 1 for word in _known_words() if SHORTEST <= len(word) <= LONGEST}
    words |= _counted()
    rows = [{"word": w, "rows": n, "near": sorted(near(w))} for w, n in words.items()]
    replace_rows(Word, rows)
    return len(rows)


def did_you_mean(words: str) -> str:
    """The words with those replaced that are misspelt; "" if none is, or if nothing would be found so either."""
    slips = [word for word in dict.fromkeys(_LETTERS.findall(words)) if word != EITHER]
    better = {word: closest(plain(word)) for word in slips[:_MOST_WORDS]}
    corrected = _LETTERS.sub(lambda found: better.get(found[0]) or found[0], words)
    if corrected == words:
        return ""
    found = PretrainedModel.objects.published().filter(matches(corrected)).exists()
    return corrected if found else ""


def closest(typed: str) -> str:
    """The word of the catalogue that was meant; "" if it is one, or too short, or nothing is near."""
    if not SHORTEST <= len(typed) <= LONGEST:
        return ""
    with connection.cursor() as cursor:
        end = typed + "\U0010ffff"
        cursor.execute(_CANDIDATES, [as_array(near(typed)), _OFTEN, typed, end])
        candidates = cursor.fetchall()
    far = 2 if len(typed) >= _TWICE else 1
    found = [
        (slips, -rows, word)
        for word, rows in candidates
        if 0 < (slips := distance(typed, word)) <= far
    ]
    return min(found)[2] if found else ""


# Joined, for an overlap of arrays is taken for frequent and answered by reading them all.
_CANDIDATES = """
    SELECT DISTINCT word, rows FROM unnest(%s::varchar[]) AS typed (spelling)
    JOIN catalog_word ON near @> ARRAY[typed.spelling] WHERE rows > %s * (
        SELECT coalesce(sum(rows), 0) FROM catalog_word WHERE word >= %s AND word < %s)
"""


def near(word: str) -> set[str]:
    """The word with up to two of its first letters left out, of a short one with one."""
    start, rest = word[:_PREFIX], range(min(len(word), _PREFIX))
    left_out = [
        gone for n in range(3 if len(word) >= _TWICE else 2) for gone in combinations(rest, n)
    ]
    return {"".join(c for place, c in enumerate(start) if place not in gone) for gone in left_out}


def distance(one: str, other: str) -> int:
    """How many letters were left out, added, mistaken or swapped with their neighbour."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, a in enumerate(one):
        last, before, row = before, row, [i + 1]
        for j, b in enumerate(other):
            row.append(min(before[j + 1] + 1, row[j] + 1, before[j] + (a != b)))
            if i and j and a == other[j - 1] and b == one[i - 1]:
                row[-1] = min(row[-1], last[j - 1] + 1)
    return row[-1]


def _known_words() -> Iterator[str]:
    """Those that must not be missed for being rare: of every architecture, and of what means the same."""
    for name in Architecture.objects.values_list("name", flat=True).iterator():
        for chunk in chunks(name):
            first = PART.match(chunk)
            if first and first[0].isalpha():
                yield first[0]
                if first[0] != chunk and first[0].endswith("v"):
                    yield first[0][:-1]  # the deeplab of deeplabv3
    for line in LINES:
        yield from (chunk for spelling in line for chunk in chunks(spelling) if chunk.isalpha())


def _counted() -> dict[str, int]:
    """In how many checkpoints of the sample each word of letters occurs, the most frequent ones."""
    table = PretrainedModel._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE oid = %s::regclass", [table])
        rows = cursor.fetchone()[0]
        sampled = rows > SAMPLE
        part = f" TABLESAMPLE SYSTEM ({100 * SAMPLE / rows:.4f})" if sampled else ""
        cursor.execute(
            "SELECT word, ndoc FROM ts_stat(%s) WHERE word ~ '^[[:alpha:]]+$'"
            " AND length(word) BETWEEN %s AND %s AND ndoc > %s ORDER BY ndoc DESC, word LIMIT %s",
            [f"SELECT search_vector FROM {table}{part}", SHORTEST, LONGEST, int(sampled), MOST],  # noqa: S608
        )
        return dict(cursor.fetchall())
