"""The folder of fetched weights: bounded by WEIGHTS_CACHE_MAX_BYTES, the longest unused goes first.

`hub/models--<owner>--<name>/` is huggingface_hub's own layout, `torchvision/<file>` ours. The modification time of such an
entry is when it was last used.
"""

import os
import shutil
from pathlib import Path

from django.conf import settings

from inference.errors import TrialError, megabytes

DISK_RESERVE_BYTES = 1_000_000_000


def hub_folder() -> Path:
    return _made(Path(settings.WEIGHTS_DIR) / "hub")


def torchvision_folder() -> Path:
    return _made(Path(settings.WEIGHTS_DIR) / "torchvision")


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def mark_used(entry: Path) -> None:
    """Notes that an entry was used now."""
    os.utime(entry)


def keys_on_disk() -> list[str]:
    """The keys (see `inference.recipes`) of everything that is completely here."""
    hub = [
        "hub:" + entry.name.removeprefix("models--").replace("--", "/", 1)
        for entry in hub_folder().glob("models--*")
        if any(entry.glob("snapshots/*/*.safetensors"))
    ]
    files = [f"torchvision:{entry.name}" for entry in torchvision_folder().glob("*.pth")]
    return sorted(hub + files)


def make_room(needed: int) -> None:
    """Deletes old entries until `needed` bytes fit the limit and the disk; raises TrialError("no_space")."""
    entries = sorted(_entries(), key=lambda entry: entry.stat().st_mtime)
    sizes = {entry: size_of(entry) for entry in entries}
    while not _fits(needed, sum(sizes.values())):
        if not entries or needed > settings.WEIGHTS_CACHE_MAX_BYTES:
            raise TrialError(
                "no_space",
                size=megabytes(needed),
                reserve=megabytes(DISK_RESERVE_BYTES),
                limit=megabytes(settings.WEIGHTS_CACHE_MAX_BYTES),
            )
        oldest = entries.pop(0)
        del sizes[oldest]
        delete(oldest)


def _fits(needed: int, held: int) -> bool:
    free = shutil.disk_usage(settings.WEIGHTS_DIR).free
    within = held + needed <= settings.WEIGHTS_CACHE_MAX_BYTES
    return within and free - needed >= DISK_RESERVE_BYTES


def _entries() -> list[Path]:
    return [*hub_folder().glob("models--*"), *torchvision_folder().iterdir()]


def size_of(entry: Path) -> int:
    """Bytes of a file or of all files below a folder; links are not followed."""
    if entry.is_file():
        return entry.stat().st_size
    files = (path for path in entry.rglob("*") if path.is_file() and not path.is_symlink())
    return sum(path.stat().st_size for path in files)


def delete(entry: Path) -> None:
    """Removes an entry; a model that is loaded from it keeps its pages until it is dropped."""
    if entry.is_dir():
        shutil.rmtree(entry, ignore_errors=True)
    else:
        entry.unlink(missing_ok=True)
