"""Reading the next page while Postgres writes this one."""

import logging
import marshal
import pickle
import subprocess
import sys
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple
from functools import partial
from typing import Any, BinaryIO, cast

from django.conf import settings

from catalog.cleaning import InvalidRecord
from catalog.models import Source
from catalog.prepared import Alone, Prepared, prepare
from catalog.records import EvaluationRecord, ModelRecord, PaperMention
from harvesters.sources.base import Harvested, Page, Record

logger = logging.getLogger(__name__)
# What a page holds, or the error that reading it raised.
Entries = list[Record | Prepared]
Read = Callable[[], Entries]
# Bytes after which a walk is long enough for a process of its own, and after which it looks as if it would be:
# then the process is started, which takes a second.
_LONG = 4_000_000
_GROWING = 1_000_000


class NotRead(Exception):
    """A page could not be read by the process that should; the message is the error there."""


def read(harvested: Harvested, pages: Iterable[Page]) -> Generator[tuple[Page, Read], None, None]:
    """Each page with what it holds, prepared for writing.

    A source that `reads_ahead` is asked for its next page before the last one is written, which is then
    read at the same time: in a thread, and once the walk turns out to be long in another process, for which
    such a source must be picklable. Only `pages` touches the network or the database, and always in the
    caller's thread.
    """
    if not getattr(harvested, "reads_ahead", False):
        yield from ((page, partial(entries_of, harvested, page)) for page in pages)
        return
    ahead: tuple[Page, Read] | None = None
    failed: Exception | None = None
    following, size = iter(pages), 0
    with _Reader(harvested) as reader, ThreadPoolExecutor(1, "reader") as thread:
        while True:
            try:
                page = next(following)
            except StopIteration:
                break
            except Exception as problem:  # the page before comes first
                failed = problem
                break
            if size > _GROWING:
                reader.start()
            task = (
                thread.submit(reader.read, page)
                if size > _LONG
                else thread.submit(entries_of, harvested, page)
            )
            size += len(page.body)
            if ahead:
                yield ahead
            ahead = (page, task.result)
        if ahead:
            yield ahead
    if failed:
        raise failed


def entries_of(harvested: Harvested, page: Page) -> Entries:
    """What a page holds, prepared for writing as far as it can be."""
    source = Source(pk=harvested.name, kind=harvested.kind)
    return [_prepared(entry, source) for entry in harvested.records(page)]


def answer_for(harvested: Harvested, page: Page) -> bytes:
    """What a page holds, or the error that reading it raised, as `_Reader` takes it."""
    try:
        packed = [_packed(entry) for entry in entries_of(harvested, page)]
    except Exception as problem:
        # Told as a text, since not every kind of error survives being written down; where it arose stays here.
        logger.warning("%s: a page could not be read", harvested.name, exc_info=True)
        return pickle.dumps(f"{type(problem).__name__}: {problem}")
    return pickle.dumps(marshal.dumps(packed))


class _Reader:
    """A process that reads pages (harvesters/reader.py), started when the first one comes or is near."""

    def __init__(self, harvested: Harvested) -> None:
        self._harvested = harvested
        self._process: subprocess.Popen[bytes] | None = None
        self._is_asked = False

    def __enter__(self) -> "_Reader":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            if not self._is_asked:  # it may still be starting
                self._process.kill()
            self._process.communicate()

    def read(self, page: Page) -> Entries:
        """What the page holds; raises what reading it raised."""
        process, self._is_asked = self.start(), True
        try:
            given = cast("BinaryIO", process.stdin)
            pickle.dump(page, given)
            given.flush()
            answer = pickle.load(cast("BinaryIO", process.stdout))  # noqa: S301 - our own process
        except (EOFError, BrokenPipeError) as problem:
            raise NotRead(f"the process that read it ended ({process.wait()})") from problem
        if isinstance(answer, str):
            raise NotRead(answer)
        return [_unpacked(entry) for entry in marshal.loads(answer)]  # noqa: S302

    def start(self) -> "subprocess.Popen[bytes]":
        """The process, which is started if there is none yet."""
        self._process = self._process or self._started()
        return self._process

    def _started(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            [sys.executable, "-m", "harvesters.reader"],
            cwd=settings.BASE_DIR,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for us; it ends with its input
        )
        pickle.dump(self._harvested, cast("BinaryIO", process.stdin))
        return process


def _prepared(entry: Record, source: Source) -> Record | Prepared:
    try:
        return prepare(entry, source) if isinstance(entry, ModelRecord) else entry
    except InvalidRecord:
        return entry  # is rejected, with its reason, when it is to be written


def _packed(entry: Record | Prepared) -> Any:
    """An entry in what marshal knows, which is several times as quick as pickle: nearly all are Prepared."""
    if not isinstance(entry, Prepared):
        return pickle.dumps(entry)
    *plain, evaluations, papers, keys, alone = entry
    return (
        *plain,
        tuple(map(astuple, evaluations)),
        tuple(map(astuple, papers)),
        keys,
        tuple(alone),
    )


def _unpacked(packed: Any) -> Record | Prepared:
    if isinstance(packed, bytes):
        entry: Record = pickle.loads(packed)  # noqa: S301 - our own process
        return entry
    *plain, evaluations, papers, keys, alone = packed
    results = tuple(EvaluationRecord(*item) for item in evaluations)
    mentions = tuple(PaperMention(*item) for item in papers)
    return Prepared._make([*plain, results, mentions, keys, Alone._make(alone)])
