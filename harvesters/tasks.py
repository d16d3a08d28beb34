"""The doors from the queue to harvesting; each may run twice without harm."""

import logging

from celery import shared_task

from harvesters import services
from harvesters.engine import AlreadyRunning, end_dead_runs

logger = logging.getLogger(__name__)
_WATCH_SECONDS = 60  # as in CELERY_BEAT_SCHEDULE


@shared_task
def harvest(name: str) -> None:
    """Harvest one source; if it is being harvested already, say so and leave it."""
    try:
        services.harvest_source(name)
    except AlreadyRunning as problem:
        logger.info("%s", problem)


@shared_task
def harvest_all() -> None:
    """Harvest what is due: the quick sources here, one after the other, then the slow ones beside each other."""
    quick, slow = services.in_order(services.due_sources())
    for name in quick:
        harvest(name)
    for name in slow:
        harvest.delay(name)


@shared_task
def go_on(name: str) -> None:
    """Harvest a source whose last run broke off, unless another task has done so in the meantime."""
    if name in services.interrupted():
        harvest(name)


@shared_task
def watch() -> None:
    """End the runs of processes that died, let broken ones go on, and read changed folders of weights."""
    end_dead_runs()
    for name in services.interrupted():
        # Dropped if nobody takes it: the next watch sends another, and they must not pile up.
        go_on.apply_async((name,), expires=_WATCH_SECONDS)
    services.harvest_changed_folders()
