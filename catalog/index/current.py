"""Which index answers now: a file names the base and the tail, and its time says when they were last looked after."""

import json
import logging
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from pyroaring import BitMap

from catalog.facets.sets import FacetSet
from catalog.index.arrays import Arrays
from catalog.index.bitmaps import of_documents
from catalog.index.keys import orders
from catalog.index.segment import Segment
from catalog.index.view import View

log = logging.getLogger(__name__)
# Raised by whoever changes what the files hold.
FORMAT = 1


@dataclass(frozen=True)
class Version:
    """What a directory's index consists of. `tail` is empty where nothing has changed since the base was built."""

    declared: str
    base: str
    tail: str = ""


def directory(kind: FacetSet) -> Path:
    return Path(settings.INDEX_DIR) / kind.rows_table


def declared(kind: FacetSet) -> str:
    """What the files depend on besides rows: an index that was built for other declarations is not read."""
    facets = [(f.name, type(f).__name__, str(f.expression())) for f in kind.facets]
    ranges = [(r.name, r.edges(), str(r.expression())) for r in kind.stored_ranges]
    every = (FORMAT, facets, ranges, sorted(orders(kind).items()))
    return sha256(repr(every).encode()).hexdigest()[:16]


def read_version(kind: FacetSet) -> Version | None:
    """What the directory names, whether it can be used or not; None if there is nothing or nothing readable."""
    try:
        return Version(**json.loads((directory(kind) / "current.json").read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def looked_at(kind: FacetSet) -> datetime | None:
    """When somebody last compared the index with Postgres."""
    try:
        seconds = (directory(kind) / "current.json").stat().st_mtime
    except OSError:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def write_version(kind: FacetSet, version: Version) -> None:
    """Let everybody answer out of this version from now on."""
    path = directory(kind) / "current.json"
    unfinished = path.with_suffix(".new")
    unfinished.write_text(json.dumps(asdict(version)))
    unfinished.replace(path)


def current(kind: FacetSet) -> View | None:
    """The index of a list, as it is now; None where Postgres must answer."""
    return _opened(kind).view()


class _Opened:
    """The version that this process has open."""

    def __init__(self, kind: FacetSet) -> None:
        self.kind = kind
        self._lock = threading.Lock()
        self._seen = 0
        self._version: Version | None = None
        self._base: tuple[str, Segment] | None = None
        self._view: View | None = None

    def view(self) -> View | None:
        path = directory(self.kind) / "current.json"
        try:
            changed = path.stat().st_mtime_ns
        except OSError:
            return None
        if time.time() - changed / 1e9 > settings.INDEX_MAX_AGE:
            return None
        if changed != self._seen:
            with self._lock:
                self._open(changed)
        return self._view

    def _open(self, changed: int) -> None:
        version = read_version(self.kind)
        if version != self._version:
            try:
                self._view = self._read(version) if version else None
            except (OSError, ValueError, KeyError):
                # Whatever is wrong with it, Postgres has the answers.
                log.exception("The index %s cannot be read; Postgres answers.", version)
                # Tried again when somebody has looked after it.
                self._view = version = None
            self._version = version
        self._seen = changed

    def _read(self, version: Version) -> View | None:
        if version.declared != declared(self.kind):
            return None
        if not self._base or self._base[0] != version.base:
            base = Segment(Arrays(directory(self.kind) / version.base))
            self._base = (version.base, base)
        tail = Arrays(directory(self.kind) / version.tail) if version.tail else None
        dead = of_documents(tail["dead"]) if tail else BitMap()
        return View(self.kind, self._base[1], Segment(tail) if tail else None, dead)


_by_list: dict[str, _Opened] = {}


def _opened(kind: FacetSet) -> _Opened:
    return _by_list.setdefault(kind.route, _Opened(kind))
