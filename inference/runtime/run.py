"""Works on one trial: claim, fetch, load, predict, settle. Whatever happens, the row ends or goes back to the queue."""

import logging
import os
import signal
import time
from typing import IO, Any

import PIL
import timm
import torch
import torchvision
from django.core.files.storage import default_storage

from inference import examples, services, workers
from inference.errors import Cancelled, LeaseLost, TrialError
from inference.models import Trial
from inference.recipes import Recipe, recipe_for
from inference.runtime import cache, load, reproduce
from inference.runtime.device import device_name
from inference.runtime.guard import Guard
from inference.runtime.loaded import Loaded, shelf
from inference.runtime.predict import predict

logger = logging.getLogger(__name__)

PROGRESS_SECONDS = 0.5


def introduce() -> None:
    """Tells the pages which device this worker has and what it holds."""
    workers.describe(device_name(), shelf.names(), cache.keys_on_disk())


def run(trial_id: str) -> None:
    """Works on the trial if it still waits; returns when it has ended or belongs to somebody else."""
    token = workers.new_token()
    trial = services.claim_trial(trial_id, token)
    if trial is None:
        return
    poisoned = False
    try:
        with Guard(trial.pk, token) as guard:
            poisoned = _settle(trial, token, guard)
    except LeaseLost:
        logger.info("trial %s belongs to another attempt now", trial_id)
    introduce()
    if poisoned:
        # After a device-side fault every further CUDA call of this process fails; Celery starts a new one.
        os.kill(os.getpid(), signal.SIGKILL)


def _settle(trial: Trial, token: str, guard: Guard) -> bool:
    """Ends the trial one way or the other; returns whether this process is good for nothing more."""
    try:
        result = _work(trial, token, guard)
    except LeaseLost:
        raise
    except Cancelled:
        services.obey_cancel(trial.pk, token)
    except TrialError as error:
        services.fail_trial(trial.pk, token, error)
    # A MemoryError that leaves a task takes Celery's whole worker with it.
    except (MemoryError, torch.OutOfMemoryError):
        shelf.clear()
        services.fail_trial(trial.pk, token, TrialError("out_of_memory"))
    except Exception as error:
        return _unexpected(trial, token, error)
    else:
        services.finish_trial(trial.pk, token, result)
    return False


def _unexpected(trial: Trial, token: str, error: Exception) -> bool:
    logger.error("trial %s failed", trial.pk, exc_info=error)
    if isinstance(error, torch.AcceleratorError):
        services.fail_trial(trial.pk, token, TrialError("gpu_trouble"))
        return True
    named = TrialError("unexpected", type=type(error).__name__, trial=trial.pk)
    services.fail_trial(trial.pk, token, named)
    return False


def _work(trial: Trial, token: str, guard: Guard) -> dict[str, Any]:
    recipe = recipe_for(trial.pretrained)
    if recipe is None:
        raise TrialError("recipe_missing")
    loaded = _ready(trial, token, guard, recipe)
    services.enter_state(trial.pk, token, Trial.State.RUNNING)
    guard.check()
    with _picture(trial) as file:
        result = predict(loaded, file)
    guard.check()
    return result | {
        "device": device_name() if loaded.device.type != "cpu" else str(loaded.device),
        "precision": "float32",
        "preprocessing": loaded.preprocessing,
        "revision": loaded.revision,
        "versions": {
            "torch": torch.__version__,
            "timm": timm.__version__,
            "torchvision": torchvision.__version__,
            "pillow": PIL.__version__,
        },
        "reproduce": reproduce.lines(recipe, loaded.revision),
    }


def _ready(trial: Trial, token: str, guard: Guard, recipe: Recipe) -> Loaded:
    """The loaded checkpoint: from memory, else from disk, else fetched."""
    key = load.shelf_key(recipe)
    loaded = shelf.get(key)
    if loaded is None:
        fetched = load.fetch(recipe, _Progress(trial, token, guard))
        guard.check()
        services.enter_state(trial.pk, token, Trial.State.LOADING)
        loaded = load.load(recipe, fetched)
        shelf.put(key, loaded)
        guard.check()
    return loaded


def _picture(trial: Trial) -> IO[bytes]:
    if trial.example:
        return examples.path_of(trial.example).open("rb")
    try:
        return default_storage.open(trial.image)
    except FileNotFoundError:
        raise TrialError("picture_missing") from None


class _Progress:
    """Writes the progress of a download into the row, at most twice a second."""

    def __init__(self, trial: Trial, token: str, guard: Guard) -> None:
        self._trial, self._token, self._guard = trial, token, guard
        self._next = 0.0

    def __call__(self, done: int, total: int) -> None:
        self._guard.check()
        if time.monotonic() >= self._next or done >= total:
            services.record_fetch(self._trial.pk, self._token, done, total)
            self._next = time.monotonic() + PROGRESS_SECONDS
