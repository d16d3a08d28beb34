"""Who is there to work on trials: the worker's sign of life, and its watch over its own pool processes.

Everything here runs in a worker's main process, which never imports torch and so can always answer and kill.
"""

import logging
import os
import secrets
import signal
import socket
import threading
from collections.abc import Callable, Collection

from django.db import connection
from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Now

from inference import services, sweeper
from inference.models import InferenceWorker, Trial

logger = logging.getLogger(__name__)

SWEEP_EVERY_BEATS = 2


class Node:
    """This worker, as pool processes inherit it by fork. `life` differs after every start."""

    name = f"trials@{socket.gethostname()}"
    life = secrets.token_hex(4)
    serves_trials = False


def settle_node(name: str, queues: Collection[str]) -> None:
    """Notes who this worker is, before its pool processes are forked."""
    Node.name = name
    Node.life = secrets.token_hex(4)
    Node.serves_trials = sweeper.QUEUE in queues


def new_token() -> str:
    """Names one attempt: worker, life, process, and a random part."""
    return f"{Node.name}|{Node.life}|{os.getpid()}|{secrets.token_hex(4)}"


def beat() -> None:
    """Writes the sign of life."""
    InferenceWorker.objects.update_or_create(
        name=Node.name,
        defaults={"last_seen": Now()},
    )


def forget() -> None:
    """Takes the sign of life back: the worker stops in an orderly way."""
    InferenceWorker.objects.filter(name=Node.name).delete()


def describe(device: str, loaded: list[str], on_disk: list[str]) -> None:
    """Writes what the pool process has learnt: its device and what it holds."""
    InferenceWorker.objects.update_or_create(
        name=Node.name,
        defaults={
            "last_seen": Now(),
            "device": device,
            "loaded": loaded,
            "on_disk": on_disk,
        },
    )


def watch_pool(processes: Collection[int]) -> None:
    """Ends attempts of dead pool processes, and kills processes that let a lease run out.

    A process that hangs inside one C call cannot extend its lease; nothing but a kill ends it.
    """
    mine = Trial.objects.filter(state__in=Trial.WORKING, worker__startswith=f"{Node.name}|")
    overdue = ExpressionWrapper(Q(lease_until__lt=Now()), output_field=BooleanField())
    for trial_id, token, is_overdue in mine.values_list("pk", "worker", overdue):
        life, process = token.split("|")[1], int(token.split("|")[2])
        if life != Node.life:
            continue  # of an earlier life; its lease runs out by itself
        if process not in processes:
            services.release_lease(trial_id, token)
        elif is_overdue:
            logger.warning(
                "process %s let the lease of trial %s run out: killed", process, trial_id
            )
            os.kill(process, signal.SIGKILL)


class Watch(threading.Thread):
    """Beats, watches the pool and sweeps until stopped. A database that is away is waited for."""

    def __init__(self, processes: Callable[[], Collection[int] | None]) -> None:
        super().__init__(name="trial-watch", daemon=True)
        self._processes = processes
        self._stop_now = threading.Event()

    def run(self) -> None:
        beats = 0
        while not self._stop_now.is_set():
            try:
                self._once(beats)
            except Exception as error:  # this thread must outlive every fault
                logger.warning("the worker's sign of life failed: %s", error)
            finally:
                # A pool process forked later must not inherit an open connection.
                connection.close()
            beats += 1
            self._stop_now.wait(InferenceWorker.BEAT_SECONDS)

    def _once(self, beats: int) -> None:
        beat()
        processes = self._processes()
        if processes is not None:
            watch_pool(processes)
        if beats % SWEEP_EVERY_BEATS == 0:
            sweeper.sweep()

    def stop(self) -> None:
        """Ends the thread and takes the sign of life back."""
        self._stop_now.set()
        self.join(timeout=5)
        try:
            forget()
        except Exception as error:  # on the way out; the row falls silent by itself
            logger.warning("could not sign off: %s", error)
        finally:
            connection.close()
