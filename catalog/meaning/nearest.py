"""The checkpoints whose texts lie nearest to what was typed."""

from datetime import datetime
from functools import lru_cache

from django.db import connection, transaction

from catalog.meaning.encoder import query
from catalog.models import MeaningWalk

MOST = 200
# Cosines, found by the queries of tests/catalog/meaning_quality.py; see docs/decisions/0094-search-by-meaning.md.
LEAST = 0.33
LEAST_UNKNOWN = 0.5  # of what is hardly made of words: anything lies near to that
SHARE_OF_BEST = 0.6  # what is much farther away than the best is about something else
_TEXTS = 100
_REMEMBERED = 500

# So many candidates the index looks at: as many as are asked for, else it may find fewer.
_WIDTH = f"SET LOCAL hnsw.ef_search = {_TEXTS}"
_NEAREST = """
WITH near AS MATERIALIZED (
    SELECT id, 1 - (vector <=> %(vector)s::halfvec) AS closeness FROM catalog_textvector
    ORDER BY vector <=> %(vector)s::halfvec LIMIT %(texts)s
)
SELECT pretrained_id FROM near
JOIN catalog_meaning ON text_id = near.id JOIN catalog_pretrainedmodel AS row ON row.id = pretrained_id
WHERE closeness >= greatest(%(least)s, %(share)s * (SELECT max(closeness) FROM near))
ORDER BY closeness DESC, downloads DESC NULLS LAST, top1 DESC NULLS LAST, pretrained_id LIMIT %(most)s
"""


def nearest(words: str) -> tuple[int, ...]:
    """Primary keys, nearest first. Raises NoEncoder where there are vectors, but none can be made of the words."""
    # Half a second and 60 MB are not spent where nothing can be found.
    made_at = MeaningWalk.objects.filter(pk=1).values_list("ran_at", flat=True).first()
    return _nearest(words, made_at) if made_at else ()


@lru_cache(maxsize=_REMEMBERED)
def _nearest(words: str, made_at: datetime) -> tuple[int, ...]:
    """The same as of the last run: who turns pages or ticks filters asks for the same words again and again."""
    asked = query(words)
    values: dict[str, str | float] = {
        "vector": asked.vector.to_text(),
        "least": LEAST if asked.is_known else LEAST_UNKNOWN,
        "share": SHARE_OF_BEST,
        "texts": _TEXTS,
        "most": MOST,
    }
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_WIDTH)
        cursor.execute(_NEAREST, values)
        return tuple(pk for (pk,) in cursor.fetchall())
