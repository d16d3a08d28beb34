"""Texts as tf-idf vectors, and which lie close to which. Needs scikit-learn; only `catalog.similar` opens it.

As arxiv-sanity does it (https://github.com/karpathy/arxiv-sanity-lite): logarithmic counts of single words, stop
words and what stands in every tenth paper left out, vectors of length one, so that their product is the cosine.
Words are hashed: no vocabulary grows with the number of papers.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

_HASHES = 2**18
_READ = 2_000  # texts at a time
_COMPARE = 256  # papers at a time; a block of products has at most this many rows of all papers
_FEW = 100  # of so few papers no word is too common


class Words:
    """The words of many texts, given with their primary keys: about 90 numbers of 8 bytes a text."""

    def __init__(self, texts: Iterable[tuple[int, str]]) -> None:
        self._pks: list[int] = []
        counts = sparse.vstack(list(self._counted(texts)), format="csr", dtype=np.float32)
        counts = counts[:, _telling(counts)]
        weights = TfidfTransformer(sublinear_tf=True)
        # Without a word that two of them share there is nothing to weigh.
        self._vectors = weights.fit(counts).transform(counts, copy=False) if counts.nnz else counts

    def _counted(self, texts: Iterable[tuple[int, str]]) -> Iterator[sparse.csr_matrix]:
        vectorizer = HashingVectorizer(
            n_features=_HASHES,
            alternate_sign=False,
            norm=None,
            dtype=np.float32,
            stop_words="english",
            token_pattern=r"(?u)\b[^\W\d]\w+\b",  # noqa: S106 - words that begin with a letter
        )
        left = iter(texts)
        while chunk := list(islice(left, _READ)):
            self._pks += [pk for pk, _ in chunk]
            yield vectorizer.transform(text for _, text in chunk)

    def neighbours(
        self, wanted: Collection[int], most: int, least: float
    ) -> Iterator[dict[int, list[tuple[float, int]]]]:
        """(cosine, primary key) of the nearest texts of each wanted one, nearest first, in blocks."""
        rows = [row for row, pk in enumerate(self._pks) if pk in wanted]
        across = self._vectors.T.tocsr()
        for start in range(0, len(rows), _COMPARE):
            block = rows[start : start + _COMPARE]
            products = self._vectors[block] @ across
            yield {self._pks[row]: self._nearest(products, place, row, most, least)
                   for place, row in enumerate(block)}  # fmt: skip

    def _nearest(
        self, products: sparse.csr_matrix, place: int, row: int, most: int, least: float
    ) -> list[tuple[float, int]]:
        begin, end = products.indptr[place], products.indptr[place + 1]
        columns, scores = products.indices[begin:end], products.data[begin:end]
        close = (scores >= least) & (columns != row)
        columns, scores = columns[close], scores[close]
        if len(scores) > most:
            best = np.argpartition(-scores, most)[:most]
            columns, scores = columns[best], scores[best]
        found = [
            (round(min(float(score), 1.0), 4), self._pks[column])
            for score, column in zip(scores, columns, strict=True)
        ]
        return sorted(found, key=lambda item: (-item[0], item[1]))


def _telling(counts: sparse.csr_matrix) -> np.ndarray:
    """The columns of words that tell papers apart: in two at least, and not in more than every tenth."""
    papers = counts.shape[0]
    occurs = np.bincount(counts.indices, minlength=counts.shape[1])
    most = papers / 10 if papers >= _FEW else papers
    return np.flatnonzero((occurs >= 2) & (occurs <= most))
