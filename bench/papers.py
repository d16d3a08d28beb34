"""How quickly papers are written: `script/bench papers [--papers 20000]`.

Made-up papers with abstracts of ordinary length, half of them with a repository, in pages of 2,000: first
all new, then unchanged, then 1 % changed. Works in a database of its own, which is dropped at the end.
"""

import argparse
import os
import random
import time
from collections.abc import Iterator

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.db import connection  # noqa: E402

from catalog.models import Source  # noqa: E402
from catalog.records import Fact  # noqa: E402
from catalog.reference_records import PaperRecord, RepositoryMention  # noqa: E402
from catalog.services import upsert  # noqa: E402

_PAGE = 2_000
_WORDS = [f"{start}{end}" for start in ("net", "train", "class", "image", "deep", "graph", "token",
          "learn", "model", "scal") for end in ("", "ing", "ed", "er", "ation", "ive", "s", "able")]  # fmt: skip


def paper(number: int, changed: int) -> PaperRecord:
    choice = random.Random(number)  # noqa: S311 - the same paper every time
    facts = {
        "title": " ".join(choice.choices(_WORDS, k=9)) + f" {changed}" * bool(changed),
        "abstract": " ".join(choice.choices(_WORDS, k=170)),
        "authors": [f"Author {choice.randint(1, 50_000)}" for _ in range(choice.randint(1, 8))],
        "tasks": [f"Task {choice.randint(1, 500)}" for _ in range(choice.randint(0, 4))],
        "methods": [f"Method {choice.randint(1, 2000)}" for _ in range(choice.randint(0, 6))],
        "published": f"20{choice.randint(10, 25)}-01-02",
    }
    key = f"{choice.randint(10, 25)}{choice.randint(1, 12):02}.{number:05}"
    code = RepositoryMention(f"owner{number % 5000}/code{number}", None, "pytorch")
    return PaperRecord(
        external_id=key,
        key=key,
        url=f"https://example.org/paper/{number}",
        facts={name: Fact(value) for name, value in facts.items()},
        repositories=(code,) if number % 2 else (),
    )


def pages(papers: int, changed: int = 0) -> Iterator[list[PaperRecord]]:
    for first in range(0, papers, _PAGE):
        numbers = range(first, min(first + _PAGE, papers))
        yield [paper(n, changed if n % 100 == 0 else 0) for n in numbers]


def write(name: str, source: Source, papers: int, changed: int = 0) -> None:
    took = cpu = 0.0
    for page in pages(papers, changed):
        begun, used = time.perf_counter(), time.process_time()
        upsert(source, page)
        took += time.perf_counter() - begun
        cpu += time.process_time() - used
    print(
        f"{name:12} {took:7.1f} s {papers / took:8,.0f} papers/s"
        f" ({1e6 * cpu / papers:,.0f} µs of this process each)",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--papers", type=int, default=20_000)
    papers = parser.parse_args().papers
    print(f"load before: {os.getloadavg()[0]:.1f}; {os.cpu_count()} cores")
    connection.settings_dict["TEST"]["NAME"] = "bench_papers"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        source = Source.objects.create(name="bench", title="Bench", kind="papers")
        write("new", source, papers)
        write("unchanged", source, papers)
        write("1 % changed", source, papers, 1)
    finally:
        connection.creation.destroy_test_db("bench_papers", verbosity=0)


if __name__ == "__main__":
    main()
