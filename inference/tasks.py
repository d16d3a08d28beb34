"""The doors from the queue. Only this module opens `inference.runtime`, and only inside functions: Celery imports it in
every process, and torch belongs in a pool process of the inference worker alone."""

import threading
from typing import Any

from celery import shared_task
from celery.signals import (
    celeryd_after_setup,
    worker_process_init,
    worker_ready,
    worker_shutting_down,
)
from django.conf import settings

from inference import example_results, sweeper, workers

_watch: workers.Watch | None = None


# The second wall: the guard in the pool process ends a trial at its limit; this ends a process whose guard hangs, too.
@shared_task(time_limit=settings.TRIAL_TIME_LIMIT_SECONDS + 60)
def run_trial(trial_id: str) -> None:
    """Works on a trial, if it still waits."""
    from inference.runtime.run import run

    run(trial_id)


@shared_task
def sweep() -> None:
    """Settles what dead workers and lost messages left."""
    sweeper.sweep()


@shared_task
def expire() -> None:
    """Deletes uploads and results past their time."""
    sweeper.expire()


@shared_task
def start_missing_examples() -> None:
    """Sees to it that the pages of checkpoints on this machine have a result to show."""
    example_results.start_missing()


@celeryd_after_setup.connect
def note_node(sender: str, instance: Any, **_: Any) -> None:
    """Before the pool is forked: who am I, do I take trials?"""
    workers.settle_node(sender, instance.app.amqp.queues.consume_from)


@worker_process_init.connect
def warm_up(**_: Any) -> None:
    """Imports torch in the pool process before the first trial asks for it.

    In a thread: Celery kills a pool process that is not up within four seconds.
    """
    if workers.Node.serves_trials:
        threading.Thread(target=_open_runtime, name="warm-up", daemon=True).start()


def _open_runtime() -> None:
    from inference.runtime.run import introduce

    introduce()


@worker_ready.connect
def start_watch(sender: Any, **_: Any) -> None:
    """In the worker's main process: the sign of life begins."""
    global _watch  # one worker per process
    if workers.Node.serves_trials:
        _watch = workers.Watch(lambda: sender.pool.info.get("processes"))
        _watch.start()


@worker_shutting_down.connect
def stop_watch(**_: Any) -> None:
    """The sign of life ends with the worker; running trials keep their own lease."""
    if _watch is not None:
        _watch.stop()
