"""Walking through a source: fetch -> normalise -> upsert -> resolve, one page and one transaction at a time.

Whatever happens, the run ends in a state that says what happened, and the next run goes on where the last
committed page ended. See docs/decisions/0010-one-transaction-per-page.md and 0081-what-a-fault-does.md.
"""

import logging
import time
from contextlib import closing

from django.db import InterfaceError, OperationalError, connection
from django.db.models import F

from catalog.services import mark_gone
from harvesters.ahead import read
from harvesters.clock import database_now
from harvesters.doubts import why_nothing_is_gone
from harvesters.garbage import rare_collections
from harvesters.http import Http, HttpError
from harvesters.models import Checkpoint, HarvestRun
from harvesters.pages import set_aside, take_page
from harvesters.rejects import forget_vanished
from harvesters.runs import (
    AlreadyRunning,
    AskedToWait,
    Wishes,
    begin,
    end,
    end_abandoned_runs,
    end_dead_runs,
    only_one_run,
    refuse_too_early,
    registered,
    summary,
)
from harvesters.sources.base import Harvested, NotSetUp, Unreachable
from harvesters.walk import GoesInCircles, NotUnderstood, Overtaken, Stopped, Walk

__all__ = [
    "AlreadyRunning",
    "AskedToWait",
    "Wishes",
    "end_dead_runs",
    "harvest",
    "only_one_run",
    "registered",
    "summary",
]

logger = logging.getLogger(__name__)
_STATE = HarvestRun.State
_SECOND_LOOK = 1.0  # seconds between two tries of a page that is not understood
_STUCK_RUNS = 2  # after which a page that cannot be understood is set aside
_RECONNECTING = 10  # tries, a second apart, to write down how a run ended


def harvest(harvested: Harvested, wishes: Wishes | None = None) -> HarvestRun:
    """Walk through a source from its checkpoint to the end; returns the ended run.

    Raises AlreadyRunning if another process is at it and AskedToWait if the source wants to be left alone.
    Every other failure ends the run as partial, unreachable, not set up or failed with a sentence in
    `message`; what was committed stays.
    """
    source = registered(harvested)
    with only_one_run(source), rare_collections():
        end_abandoned_runs(source)
        refuse_too_early(source)
        run, checkpoint = begin(source, harvested, wishes or Wishes())
        walk = Walk(run, checkpoint, harvested, wishes or Wishes())
        try:
            _read(walk)
        except (OperationalError, InterfaceError) as problem:
            _end_after_lost_database(run, problem)
        except Exception as problem:
            _end_after(walk, problem)
        except BaseException:
            end(run, _STATE.PARTIAL, "Stopped; the next run goes on from the last page.")
            raise
        else:
            _complete(walk)
    return run


def _read(walk: Walk) -> None:
    for base in walk.harvested.bases:
        base.expect_address()
    with Http(*walk.harvested.bases) as http:
        _take_pages(walk, http)


def _take_pages(walk: Walk, http: Http) -> None:
    """Take every page; one that is not understood gets a second look, for it may have come damaged."""
    looked_twice: set[str] = set()
    while True:
        try:
            pages = walk.harvested.pages(http, walk.start)
            with closing(read(walk.harvested, pages)) as taken:
                for page, entries in taken:
                    take_page(walk, page, entries)
        except (Unreachable, HttpError, GoesInCircles, Overtaken, Stopped):
            raise
        except (OperationalError, InterfaceError):
            raise
        except Exception as problem:
            if walk.cursor not in looked_twice:
                looked_twice.add(walk.cursor)
                logger.warning("%s: a page is read once more: %s", walk.source.pk, problem)
                time.sleep(_SECOND_LOOK)
            elif isinstance(problem, NotUnderstood) and _can_be_set_aside(walk, problem):
                set_aside(walk, problem)
            else:
                raise
        else:
            return


def _can_be_set_aside(walk: Walk, problem: NotUnderstood) -> bool:
    """Whether runs before failed at this page too, and there is a way on behind it."""
    return bool(problem.page.next_cursor) and walk.stuck >= _STUCK_RUNS


def _end_after(walk: Walk, problem: Exception) -> None:
    run, rest = walk.run, Checkpoint.objects.filter(source=walk.source, run=walk.run)
    match problem:
        case Stopped():
            end(run, problem.state, str(problem))
        case Overtaken():
            end(run, _STATE.PARTIAL, str(problem))
        case NotSetUp():
            end(run, _STATE.NOT_SET_UP, str(problem))
        case Unreachable() | HttpError():
            wait = _wait_of(problem)
            is_partial = run.pages or wait is not None
            end(run, _STATE.PARTIAL if is_partial else _STATE.UNREACHABLE, str(problem), wait)
        case GoesInCircles():
            rest.update(cursor="")
            end(run, _STATE.FAILED, f"The source goes in circles: {problem}.")
        case NotUnderstood():
            logger.error("%s: harvest failed", walk.source.pk, exc_info=problem)
            rest.update(stuck=F("stuck") + 1)
            end(run, _STATE.FAILED, str(problem))
        case _:
            logger.error("%s: harvest failed", walk.source.pk, exc_info=problem)
            end(run, _STATE.FAILED, f"{type(problem).__name__}: {problem}")


def _wait_of(problem: BaseException | None) -> float | None:
    """How long the source wants to be left alone; sources may wrap what http raised."""
    met: list[BaseException] = []
    while problem is not None and problem not in met:  # what was raised twice may be its own cause
        if isinstance(problem, HttpError) and problem.wait is not None:
            return problem.wait
        met.append(problem)
        problem = problem.__cause__
    return None


def _complete(walk: Walk) -> None:
    """A walk came to its end: what a complete one did not meet is gone from the source."""
    run, source = walk.run, walk.source
    message = why_nothing_is_gone(walk)
    if message:
        logger.warning("%s: %s", source.pk, message)
    elif run.kind == HarvestRun.Kind.FULL and walk.harvested.is_complete:
        run.gone = mark_gone(source, walk.started_at, database_now())
        forget_vanished(source, walk.started_at)
    now = database_now()
    changed: dict[str, object] = {"since": ""}
    if run.seen or not walk.missing:  # else there was nothing that could have been read
        changed["completed_at"] = now
        if run.kind == HarvestRun.Kind.FULL:
            changed["full_at"] = now
    if not walk.since and not walk.pages_set_aside:
        changed["watermark"] = F("next_watermark")
    Checkpoint.objects.filter(source=source, run=run).update(**changed)
    end(run, _STATE.DONE, message)


def _end_after_lost_database(run: HarvestRun, problem: Exception) -> None:
    logger.warning("%s: the database was lost: %s", run.source_id, problem)
    for _ in range(_RECONNECTING):
        connection.close()
        try:
            end(run, _STATE.PARTIAL, "The database went away; the next run goes on.")
        except (OperationalError, InterfaceError):
            time.sleep(1)
        else:
            return
    # Still away: the row keeps saying running, and whoever comes next finds the lock free.
    logger.warning("%s: the run could not be ended, the next one will do it", run.source_id)
