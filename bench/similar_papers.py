"""How long papers are compared and how much memory that takes: `.venv/bin/python bench/similar_papers.py 50000`.

The texts are synthetic: 186 words each, drawn so that their frequencies fall as those of English do
(Zipf-Mandelbrot), about 115 of them different, as in the abstracts recorded from arXiv. No database is needed.
"""

import resource
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from catalog.similar_words import Words

WORDS_OF_A_TEXT = 186


def texts(number: int) -> Iterator[tuple[int, str]]:
    """(primary key, text), always the same ones."""
    random = np.random.default_rng(0)
    vocabulary = np.array([f"word{place}" for place in range(int(30 * number**0.7))])
    frequency = np.cumsum(1 / (np.arange(len(vocabulary)) + 2.7))
    for pk in range(number):
        places = np.searchsorted(frequency, random.random(WORDS_OF_A_TEXT) * frequency[-1])
        yield pk, " ".join(vocabulary[places])


def main() -> None:
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 50_000
    before = peak()
    began = time.perf_counter()
    words = Words(texts(number))
    read = time.perf_counter()
    print(f"{number:,} texts read in {read - began:.1f} s, peak {peak() - before:,.0f} MB more")
    for share in (100, 1):
        began = time.perf_counter()
        wanted = range(0, number, share)
        found = sum(len(block) for block in words.neighbours(wanted, 10, 0.05))
        took = time.perf_counter() - began
        print(
            f"{found:,} of them compared with all in {took:.1f} s, peak {peak() - before:,.0f} MB more"
        )


def peak() -> float:
    """The most memory that this process has had, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


if __name__ == "__main__":
    main()
