"""Reading the next page while Postgres writes this one."""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from catalog.cleaning import InvalidRecord
from catalog.records import ModelRecord, Prepared, prepare
from harvesters.sources.base import Harvested, Page, Record

# What a page holds, or the error that reading it raised.
Read = Callable[[], list[Record | Prepared]]


def read(harvested: Harvested, pages: Iterable[Page]) -> Iterator[tuple[Page, Read]]:
    """Each page with what it holds, prepared for writing.

    A source that `reads_ahead` is asked for its next page before the last one is written, which is then
    read in a thread. Only `pages` touches the network or the database, and always in the caller's thread.
    """
    if not getattr(harvested, "reads_ahead", False):
        yield from ((page, _reading(harvested, page)) for page in pages)
        return
    ahead: tuple[Page, Read] | None = None
    failed: Exception | None = None
    following = iter(pages)
    with ThreadPoolExecutor(1, "reader") as thread:
        while True:
            try:
                page = next(following)
            except StopIteration:
                break
            except Exception as problem:  # the page before comes first
                failed = problem
                break
            task = thread.submit(_reading(harvested, page))
            if ahead:
                yield ahead
            ahead = (page, task.result)
        if ahead:
            yield ahead
    if failed:
        raise failed


def _reading(harvested: Harvested, page: Page) -> Read:
    return lambda: [_prepared(entry) for entry in harvested.records(page)]


def _prepared(entry: Record) -> Record | Prepared:
    try:
        return prepare(entry) if isinstance(entry, ModelRecord) else entry
    except InvalidRecord:
        return entry  # is rejected, with its reason, when it is to be written
