"""The doors from the queue to harvesting; each may run twice without harm."""

import logging

from celery import shared_task

from harvesters import lookups, replaying, schedule, services
from harvesters.engine import AlreadyRunning, AskedToWait, end_dead_runs
from harvesters.forgetting import forget_old_lookups, forget_old_runs
from harvesters.http_cache import forget_unused
from harvesters.sources.local import Local

logger = logging.getLogger(__name__)


@shared_task
def harvest(name: str) -> None:
    """Harvest a source that is due; if it is at work or wants to be left alone, say so and leave it."""
    try:
        services.harvest_when_due(name)
    except (AlreadyRunning, AskedToWait) as problem:
        logger.info("%s", problem)
    _send_due()


@shared_task
def replay(name: str, group: str | None = None) -> None:
    """Try the rejected records of a source again, all or those of one reason."""
    try:
        replaying.replay(name, group=group)
    except AlreadyRunning as problem:
        logger.info("%s", problem)


@shared_task
def refresh_details(external_id: str) -> None:
    """Ask the Hugging Face Hub for files, scan and card of one model whose page was opened."""
    lookups.look_up(external_id)


@shared_task
def watch() -> None:
    """The tick: end the runs of processes that died, send what is due, read changed folders, forget what is old."""
    end_dead_runs()
    services.add_schedules()
    if Local.name not in _send_due():
        services.harvest_changed_folders()
    forget_unused()
    forget_old_runs()
    forget_old_lookups()


def _send_due() -> list[str]:
    """Claim what is due and send it: at every tick, and as soon as a run makes room."""
    names = schedule.claim_due()
    for name in names:
        # Dropped if nobody takes it in time: the source is then due once more, and they must not pile up.
        harvest.apply_async((name,), expires=schedule.CLAIM.total_seconds())
    return names
