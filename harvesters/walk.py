"""One run's way through a source: where it is, what it has met, and what makes it stop."""

import hashlib
import time
from datetime import datetime, timedelta

from harvesters import schedule
from harvesters.ahead import NotRead
from harvesters.clock import database_now
from harvesters.models import Checkpoint, HarvestRun
from harvesters.runs import Wishes
from harvesters.sources.base import Harvested, Page, Start

_SAME_PAGE_LIMIT = 3
_LOOKS_UP_EVERY = 5.0  # seconds between two questions whether to stop
_MAKES_ROOM_AFTER = timedelta(minutes=15).total_seconds()


class GoesInCircles(Exception):
    """The source names a page that was read already, or sends the same page again and again."""


class Overtaken(Exception):
    """Another run of the source has begun although this one holds, or held, the lock."""


class Stopped(Exception):
    """The run ends here by somebody's wish; the message says whose."""

    def __init__(self, message: str, state: HarvestRun.State) -> None:
        super().__init__(message)
        self.state = state


class NotUnderstood(Exception):
    """Nothing could be made of a whole page."""

    def __init__(self, page: Page, problem: Exception) -> None:
        looks = ", HTML by its looks" if b"<html" in page.body[:2000].lower() else ""
        is_told = isinstance(problem, NotRead)
        said = str(problem) if is_told else f"{type(problem).__name__}: {problem}"
        super().__init__(f"{said:.300} (in a page of {len(page.body):,} bytes{looks})")
        self.page = page


class Walk:
    """What is kept of a run in memory while it goes from page to page."""

    def __init__(
        self, run: HarvestRun, checkpoint: Checkpoint, harvested: Harvested, wishes: Wishes
    ) -> None:
        self.run, self.harvested, self.wishes = run, harvested, wishes
        self.source = run.source
        self.started_at: datetime = checkpoint.walk_started_at  # of the walk, not of this run
        self.is_resumed = bool(checkpoint.cursor)
        self.cursor, self.next_watermark = checkpoint.cursor, checkpoint.next_watermark
        self.stuck, self.since = checkpoint.stuck, checkpoint.since
        self.missing, self.pages_set_aside = "", 0
        is_full = checkpoint.kind == HarvestRun.Kind.FULL
        self._watermark = "" if is_full else checkpoint.since or checkpoint.watermark
        self._cursors: set[str] = set()
        self._last_page, self._repeats = "", 0
        self._was_paused = schedule.is_paused(self.source.pk)
        self._begun = self._looked_up = time.monotonic()

    @property
    def start(self) -> Start:
        """Where pages are to be read from now."""
        return Start(self.cursor, self._watermark, self.next_watermark)

    def now(self) -> datetime:
        """When a page is seen: by Postgres' clock, never before the walk began, even if that was set back."""
        return max(database_now(), self.started_at)

    def check(self, page: Page) -> None:
        """Raise GoesInCircles for a page whose successor was named before, or that comes again and again."""
        if page.next_cursor and page.next_cursor in self._cursors:
            raise GoesInCircles(f"its cursor {page.next_cursor!r:.80} came a second time")
        fingerprint = hashlib.sha256(page.body).hexdigest()
        self._repeats = self._repeats + 1 if fingerprint == self._last_page else 0
        self._last_page = fingerprint
        if self._repeats >= _SAME_PAGE_LIMIT:
            raise GoesInCircles("it sends the same page again and again")
        self.missing = self.missing or page.missing

    def go_on(self, page: Page) -> None:
        """The page was committed: go on behind it, or stop if somebody wishes so."""
        self._cursors.add(page.next_cursor)
        self.cursor, self.next_watermark, self.stuck = page.next_cursor, page.watermark[:100], 0
        if page.next_cursor:
            self.stop_at_limit()
            self._look_up()

    def stop_at_limit(self) -> None:
        """Raise Stopped once as many records were taken as were asked for."""
        limit = self.run.limit
        if limit is not None and self.run.seen >= limit:
            message = f"Stopped after {limit:,} records, as asked; the next run goes on from there."
            raise Stopped(message, HarvestRun.State.DONE)

    def _look_up(self) -> None:
        now = time.monotonic()
        if now - self._looked_up < _LOOKS_UP_EVERY:
            return
        self._looked_up = now
        if not self._was_paused and schedule.is_paused(self.source.pk):
            message = "Paused by staff; goes on from here when it is resumed."
            raise Stopped(message, HarvestRun.State.PARTIAL)
        if self.wishes.makes_room and now - self._begun > _MAKES_ROOM_AFTER:
            self._make_room()

    def _make_room(self) -> None:
        if schedule.is_another_waiting(self.source.pk):
            message = "Made room for another source; goes on from here in a minute."
            raise Stopped(message, HarvestRun.State.PARTIAL)
