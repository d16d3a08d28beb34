"""Fetches safetensors from a Hub through huggingface_hub: one pinned commit, checked size and hash, progress, plain errors."""

import errno
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from django.conf import settings
from huggingface_hub import (
    constants,
    get_hf_file_metadata,
    hf_hub_download,
    hf_hub_url,
)
from huggingface_hub.errors import (
    EntryNotFoundError,
    GatedRepoError,
    HfHubHTTPError,
    LocalEntryNotFoundError,
    RepositoryNotFoundError,
    RevisionNotFoundError,
)
from huggingface_hub.utils.tqdm import tqdm

from inference.errors import TrialError
from inference.recipes import HubRecipe
from inference.runtime import cache, weights_file

# The chunk store behind Xet is a second host, which a mirror set by HF_ENDPOINT does not stand in for.
constants.HF_HUB_DISABLE_XET = True

ASK_SECONDS = 5
SAFE_NAMES = {
    "": ("model.safetensors",),
    "pytorch_model.bin": ("model.safetensors",),
    "open_clip_pytorch_model.bin": ("open_clip_model.safetensors", "model.safetensors"),
}

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Fetched:
    """Weights on disk: the file, its folder (with config.json if one was asked for), the Hub commit."""

    weights: Path
    revision: str = ""

    @property
    def folder(self) -> Path:
        return self.weights.parent


def fetch(recipe: HubRecipe, with_config: bool, progress: Progress) -> Fetched:
    """The weights file of `recipe`, from the cache or the Hub; `progress(done, total)` in bytes.

    What is in the cache is used as it is, so a trial is repeatable until the weights are evicted; the commit is part
    of the result. Raises TrialError with a sentence.
    """
    cached = _cached(recipe, with_config)
    if cached:
        cache.mark_used(_entry(recipe))
        return cached
    try:
        return _download(recipe, with_config, progress)
    except TrialError:
        raise
    except Exception as error:
        raise _explained(error, recipe) from error


def _names(recipe: HubRecipe) -> tuple[str, ...]:
    if recipe.filename.endswith(".safetensors"):
        return (recipe.filename,)
    return SAFE_NAMES.get(recipe.filename, ())


def _entry(recipe: HubRecipe) -> Path:
    return cache.hub_folder() / ("models--" + recipe.repo.replace("/", "--"))


def _cached(recipe: HubRecipe, with_config: bool) -> Fetched | None:
    snapshots = sorted(
        _entry(recipe).glob(f"snapshots/{recipe.revision or '*'}"),
        key=lambda folder: folder.stat().st_mtime,
    )
    for folder in reversed(snapshots):
        for name in _names(recipe):
            complete = (folder / name).exists()
            if complete and (not with_config or (folder / "config.json").exists()):
                return Fetched(folder / name, folder.name)
    return None


def _download(recipe: HubRecipe, with_config: bool, progress: Progress) -> Fetched:
    name, found = _find(recipe)
    if not found.commit_hash or not found.size:
        raise TrialError("hub_trouble", host=_host(), status="without commit or size")
    weights_file.check_memory(found.size)
    cache.make_room(found.size)
    common: dict[str, Any] = {
        "revision": found.commit_hash,
        "cache_dir": cache.hub_folder(),
        "endpoint": settings.HF_ENDPOINT,
        "token": settings.HF_TOKEN or False,
        "etag_timeout": ASK_SECONDS,
    }
    if with_config:
        hf_hub_download(recipe.repo, "config.json", tqdm_class=_reporter(None), **common)
    progress(0, found.size)
    path = Path(hf_hub_download(recipe.repo, name, tqdm_class=_reporter(progress), **common))
    _check_hash(path, found.etag or "")
    return Fetched(path, found.commit_hash)


def _find(recipe: HubRecipe) -> tuple[str, Any]:
    """The first safe file that the repository has, and what the Hub says about it."""
    for name in _names(recipe):
        url = hf_hub_url(
            recipe.repo, name, revision=recipe.revision or None, endpoint=settings.HF_ENDPOINT
        )
        try:
            return name, get_hf_file_metadata(
                url,
                token=settings.HF_TOKEN or False,
                timeout=ASK_SECONDS,
                endpoint=settings.HF_ENDPOINT,
            )
        except EntryNotFoundError:
            continue
    raise TrialError("unsafe_format", repo=recipe.repo)


def _reporter(progress: Progress | None) -> type[tqdm]:
    """A progress bar that draws nothing and tells `progress`, which may raise to stop the download."""

    class Reporter(tqdm):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            self.arrived = int(kwargs.get("initial") or 0)
            self.expected = int(kwargs.get("total") or 0)
            # `name` is huggingface_hub's own argument, which plain tqdm does not know.
            kwargs.pop("name", None)
            super().__init__(*args, **{**kwargs, "disable": True})

        def update(self, n: float | None = 1) -> bool | None:
            self.arrived += int(n or 0)
            if progress is not None:
                progress(self.arrived, self.expected)
            return None

    return Reporter


def _check_hash(path: Path, etag: str) -> None:
    # The Hub's ETag of a large file is its SHA-256; of a small one a git id, which is not checked.
    if len(etag) != 64:
        return
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() == etag:
            return
    path.resolve().unlink(missing_ok=True)
    path.unlink(missing_ok=True)
    raise TrialError("download_corrupt", file=path.name, host=_host())


def _host() -> str:
    return urlsplit(settings.HF_ENDPOINT).netloc


def _explained(error: Exception, recipe: HubRecipe) -> Exception:
    """The error as a sentence; one that is not about the Hub comes back as it is."""
    values = {"host": _host(), "repo": recipe.repo}
    cause = error.__cause__ if isinstance(error, LocalEntryNotFoundError) else error
    match cause or error:
        case GatedRepoError():
            return TrialError("hub_gated", **values)
        case RepositoryNotFoundError() | RevisionNotFoundError():
            return TrialError("hub_not_found", **values)
        case EntryNotFoundError():
            return TrialError("config_refused", name=recipe.repo, why="the repository has none")
        case HfHubHTTPError() as answer:
            status = answer.response.status_code
            code = "hub_forbidden" if status in (401, 403) else "hub_trouble"
            return TrialError(code, status=status, **values)
        case httpx2.ReadError() | httpx2.RemoteProtocolError():
            return TrialError("download_cut", file=recipe.place)
        case httpx2.TransportError():
            return TrialError("hub_unreachable", host=_host())
        case OSError() as broken if "Consistency check" in str(broken):
            return TrialError("download_cut", file=recipe.place)
        case OSError() as full if full.errno == errno.ENOSPC:
            return TrialError("disk_full")
    return error
