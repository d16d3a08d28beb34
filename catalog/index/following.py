"""Keeps the files of an index up with Postgres.

A base is built from all rows. Afterwards triggers note which rows change (`catalog_changedrows`); what has
changed since the base was built becomes a tail, written anew each time, until that is more work than a new base.
Processes that read notice by the time of `current.json`. A file is there whole or not at all.
"""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from catalog.alone import AlreadyAtWork
from catalog.facets.sets import FacetSet
from catalog.index.arrays import Arrays, Writer
from catalog.index.building import build
from catalog.index.current import Version, declared, directory, read_version, write_version
from catalog.index.reading import read_rows
from catalog.index.segment import Segment
from catalog.models import ChangedRows

# After so long notes of changes are deleted, and somewhat earlier a base that needs them is built anew.
NOTES_KEPT_FOR, OLDEST_BASE = timedelta(days=7), timedelta(days=6)
# A tail may hold so many rows, or so large a part of its base, before a new base is built.
LARGEST_TAIL, LARGEST_PART = 50_000, 0.05


@dataclass(frozen=True)
class Refreshed:
    """What a look at Postgres came to; `is_due` if a new base should be built."""

    rows: int
    is_due: bool = False


def rebuild(kind: FacetSet) -> int:
    """Build a new base and let it answer; returns its number of documents. Raises AlreadyAtWork."""
    place = directory(kind)
    place.mkdir(parents=True, exist_ok=True)
    with _locked(kind, "building", wait=False):
        had = read_version(kind)
        # A build that was killed has left its file.
        _sweep(kind, "base", had.base if had else "")
        name = f"base-{time.time_ns()}"
        with _snapshot() as seen:
            rows = read_rows(kind)
        with Writer(place / name) as file:
            number = build(kind, rows, file)
            file.write("seen", np.array([seen], dtype=np.int64))
        del rows
        with _locked(kind, "switching"):
            version = Version(declared(kind), name, _write_tail(kind, name))
            write_version(kind, version)
            _sweep(kind, "tail", version.tail)
        _sweep(kind, "base", name)
    ChangedRows.objects.filter(at__lt=timezone.now() - NOTES_KEPT_FOR).delete()
    return number


def refresh(kind: FacetSet) -> Refreshed:
    """Take up what has changed since the last time."""
    version = read_version(kind)
    if version is None or version.declared != declared(kind):
        return Refreshed(0, is_due=True)
    with _locked(kind, "switching"):
        version = read_version(kind) or version  # a new base may just have been switched to
        try:
            base = Arrays(directory(kind) / version.base)
            had = Arrays(directory(kind) / version.tail)["changes"][0] if version.tail else 0
        except (
            OSError,
            ValueError,
            KeyError,
        ):  # damaged or removed: nothing but a new base mends it
            return Refreshed(0, is_due=True)
        changes = _changes(int(base["seen"][0]))
        if changes == had:
            os.utime(directory(kind) / "current.json")
            return Refreshed(0, is_due=_is_old(version.base))
        tail = _write_tail(kind, version.base)
        write_version(kind, Version(version.declared, version.base, tail))
        _sweep(kind, "tail", tail)
    rows = len(Arrays(directory(kind) / tail)["changed"]) if tail else 0
    limit = max(LARGEST_TAIL, LARGEST_PART * len(base["pks"]))
    return Refreshed(rows, is_due=rows > limit or _is_old(version.base))


def _is_old(base: str) -> bool:
    return time.time_ns() - int(base.partition("-")[2]) > OLDEST_BASE.total_seconds() * 1e9


def _write_tail(kind: FacetSet, base_name: str) -> str:
    """Write what has changed since the base was built; returns the file's name, "" if nothing has."""
    base = Arrays(directory(kind) / base_name)
    with _snapshot():
        changes, pks = _changed(int(base["seen"][0]))
        if not changes:
            return ""
        rows = read_rows(kind, pks)
    name = f"tail-{time.time_ns()}"
    with Writer(directory(kind) / name) as file:
        build(kind, rows, file, base)
        changed = np.array(sorted(pks), dtype=np.int64)
        file.write("changed", changed)
        file.write("changes", np.array([changes], dtype=np.int64))
        file.write("dead", np.sort(Segment(base).documents_of(changed)))
    return name


@contextmanager
def _snapshot() -> Iterator[int]:
    """All that is read inside is of one moment; gives the oldest transaction that was not over then."""
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
        yield cursor.fetchone()[0]


def _changes(seen: int) -> int:
    """How many notes there are of transactions that were not over when a base was read."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM catalog_changedrows WHERE transaction >= %s", [seen])
        return int(cursor.fetchone()[0])


def _changed(seen: int) -> tuple[int, list[int]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pks FROM catalog_changedrows WHERE transaction >= %s", [seen])
        notes = cursor.fetchall()
    return len(notes), sorted({pk for (pks,) in notes for pk in pks})


def _sweep(kind: FacetSet, what: str, kept: str) -> None:
    """Remove all bases or tails but one. Who still reads a removed file keeps what it has open."""
    for path in directory(kind).glob(f"{what}-*"):
        if path.name != kept:
            path.unlink(missing_ok=True)


@contextmanager
def _locked(kind: FacetSet, name: str, *, wait: bool = True) -> Iterator[None]:
    # A lock of files, not of Postgres: each machine has an index of its own.
    with (directory(kind) / f"{name}.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            raise AlreadyAtWork("Another process is building this index already.") from None
        yield
