"""What only Postgres can tell: the rows that a condition holds for, as documents."""

import numpy as np
from django.db.models import Q
from pyroaring import BitMap

from catalog.index.view import View


def asked(view: View, condition: Q) -> BitMap:
    """The documents of the rows for which it holds."""
    rows = view.kind.rows().filter(condition).order_by().values_list("pk", flat=True)
    return view.documents_of(np.fromiter(rows.iterator(chunk_size=10_000), dtype=np.int64))
