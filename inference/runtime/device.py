"""Where to run: the one place that decides."""

import platform
from functools import lru_cache

import torch
from django.conf import settings


@lru_cache(maxsize=1)
def device() -> torch.device:
    """TRIAL_DEVICE, else CUDA where there is one, else the CPU.

    TF32 is switched off: it would move probabilities by more than the 1e-3 that a trial promises.
    """
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    return torch.device(settings.TRIAL_DEVICE or ("cuda" if torch.cuda.is_available() else "cpu"))


def device_name() -> str:
    """For people: "cuda (NVIDIA H200)", "cpu (x86_64, 8 threads)"."""
    where = device()
    if where.type == "cuda":
        return f"{where} ({torch.cuda.get_device_name(where)})"
    return f"{where} ({platform.machine()}, {torch.get_num_threads()} threads)"


def synchronize() -> None:
    """Waits until the device has done what it was given, so that a time means something."""
    if device().type == "cuda":
        torch.cuda.synchronize(device())
