"""Beside each trial, a thread of its pool process that keeps the lease, listens for a cancel, and ends what hangs.

What cannot be asked to stop (a forward pass, a blocked socket) is ended by killing the pool process: Celery starts a new
one. The trial is settled in Postgres first, so the visitor gets a sentence and nobody tries again.
"""

import logging
import os
import signal
import threading
import time
from types import TracebackType
from typing import Self
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, connection

from inference import services
from inference.errors import Cancelled, LeaseLost, TrialError

logger = logging.getLogger(__name__)

LISTEN_SECONDS = 0.5
# How long a trial may take to notice a cancel by itself before its process is killed.
GRACE_SECONDS = 2.0


class Guard:
    """`with Guard(trial, token) as guard:`; the work calls `guard.check()` wherever it can stop."""

    def __init__(self, trial_id: UUID, worker: str) -> None:
        self._trial_id, self._worker = trial_id, worker
        self._deadline = time.monotonic() + settings.TRIAL_TIME_LIMIT_SECONDS
        self._over, self._lost, self._cancelled = (threading.Event() for _ in range(3))
        # Held while the process is killed, and while the work says that it is over: never both.
        self._ending = threading.Lock()
        self._thread = threading.Thread(target=self._listen, name="trial-guard", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._ending:
            self._over.set()
        self._thread.join(timeout=10)

    def check(self) -> None:
        """Raises Cancelled or LeaseLost if the work should stop here."""
        if self._lost.is_set():
            raise LeaseLost
        if self._cancelled.is_set():
            raise Cancelled

    def _listen(self) -> None:
        asked_at: float | None = None
        try:
            while not self._over.wait(LISTEN_SECONDS):
                if time.monotonic() > self._deadline:
                    self._end_by_force(timed_out=True)
                elif asked_at and time.monotonic() > asked_at + GRACE_SECONDS:
                    self._end_by_force(timed_out=False)
                elif self._hear() and asked_at is None:
                    asked_at = time.monotonic()
        finally:
            connection.close()

    def _hear(self) -> bool:
        """Extends the lease; whether the work has been asked to stop."""
        try:
            if services.extend_lease(self._trial_id, self._worker):
                self._cancelled.set()
        except LeaseLost:
            self._lost.set()
        except DatabaseError as error:
            # The lease may run out meanwhile; then another attempt owns the trial and this one hears LeaseLost.
            logger.warning("could not extend the lease of trial %s: %s", self._trial_id, error)
            connection.close()
        return self._cancelled.is_set() or self._lost.is_set()

    def _end_by_force(self, *, timed_out: bool) -> None:
        with self._ending:
            if self._over.is_set():
                return
            self._settle(timed_out=timed_out)
            logger.warning("trial %s did not stop when asked: process killed", self._trial_id)
            os.kill(os.getpid(), signal.SIGKILL)

    def _settle(self, *, timed_out: bool) -> None:
        try:
            if timed_out:
                limit = settings.TRIAL_TIME_LIMIT_SECONDS
                error = TrialError("time_out", seconds=limit)
                services.fail_trial(self._trial_id, self._worker, error)
            else:
                services.obey_cancel(self._trial_id, self._worker)
        except (LeaseLost, DatabaseError) as error:
            logger.warning("trial %s could not be settled: %r", self._trial_id, error)
