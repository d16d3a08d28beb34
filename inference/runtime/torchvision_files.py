"""Fetches torchvision's own weights: one listed URL on one server, the hash in the file's name is the judge."""

import hashlib
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from django.conf import settings

from inference.errors import TrialError
from inference.recipes import TorchvisionRecipe
from inference.runtime import cache, weights_file
from inference.runtime.hub import Fetched, Progress

# What torchvision's source files say; settings may put a mirror in its place.
OFFICIAL_URL = "https://download.pytorch.org/models"
TIMEOUT = httpx2.Timeout(10, connect=5)
CHUNK_BYTES = 1 << 20
ABANDONED_SECONDS = 3600


def fetch(recipe: TorchvisionRecipe, progress: Progress) -> Fetched:
    """The weights file, from the cache or the server; raises TrialError with a sentence."""
    target = cache.torchvision_folder() / recipe.place
    if target.exists():
        cache.mark_used(target)
        return Fetched(target)
    url = _url(recipe)
    host = urlsplit(url).netloc
    try:
        with _answer(url, host, recipe.place) as answer:
            _store(answer, target, recipe, progress)
    except (httpx2.ReadError, httpx2.RemoteProtocolError):
        raise TrialError("server_cut", file=recipe.place, host=host) from None
    except httpx2.TransportError:
        raise TrialError("server_unreachable", host=host) from None
    return Fetched(target)


def _url(recipe: TorchvisionRecipe) -> str:
    if not recipe.url.startswith(OFFICIAL_URL + "/"):
        raise TrialError("server_foreign", host=urlsplit(recipe.url).netloc)
    return settings.TORCHVISION_WEIGHTS_URL + recipe.url.removeprefix(OFFICIAL_URL)


@contextmanager
def _answer(url: str, host: str, name: str) -> Iterator[httpx2.Response]:
    with (
        httpx2.Client(timeout=TIMEOUT, follow_redirects=True, max_redirects=3) as client,
        client.stream("GET", url, headers={"Accept-Encoding": "identity"}) as answer,
    ):
        if answer.status_code != 200:
            raise TrialError("server_refused", host=host, status=answer.status_code, file=name)
        yield answer


def _store(
    answer: httpx2.Response, target: Path, recipe: TorchvisionRecipe, progress: Progress
) -> None:
    total = int(answer.headers.get("Content-Length") or 0)
    weights_file.check_memory(total)
    cache.make_room(total)
    _remove_abandoned(target.parent)
    part = target.with_name(f"{target.name}.{os.getpid()}.part")
    digest, done = hashlib.sha256(), 0
    try:
        with part.open("wb") as file:
            for chunk in answer.iter_bytes(CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
                done += len(chunk)
                weights_file.check_memory(done)
                progress(done, max(total, done))
            file.flush()
            os.fsync(file.fileno())
        if not recipe.sha256_prefix or not digest.hexdigest().startswith(recipe.sha256_prefix):
            raise TrialError("download_corrupt", file=target.name, host=answer.url.host)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _remove_abandoned(folder: Path) -> None:
    # A killed process cannot delete what it had begun.
    for part in folder.glob("*.part"):
        if part.stat().st_mtime < time.time() - ABANDONED_SECONDS:
            part.unlink(missing_ok=True)
