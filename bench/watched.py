"""The Hub's source as `bench.harvest` walks it: with a line on time and memory on the way."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

from harvesters.http import Http
from harvesters.sources.base import Page, Start
from harvesters.sources.huggingface import HuggingFace

PAGE = 1000


class Watched(HuggingFace):
    """The Hub's source on the generated hub, and a line on time and memory on the way."""

    def __init__(self, url: str, models: int) -> None:
        super().__init__(url, page_size=PAGE)
        self._models = models

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        begun, seen = time.perf_counter(), 0
        marks = [round(share * self._models) for share in (0.01, 0.1, 0.25, 0.5, 0.75, 1)]
        for page in super().pages(http, start):
            yield page
            seen += PAGE
            while marks and seen >= marks[0]:
                took = time.perf_counter() - begun
                print(
                    f"  {marks.pop(0):>9,} records {took:8.1f} s {megabytes():6.0f} MB", flush=True
                )


def megabytes() -> float:
    """Resident memory of this process now."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
