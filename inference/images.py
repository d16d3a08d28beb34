"""Accepts an uploaded image: limits first, then decoding in a child process, then storage under a random key."""

import logging
import subprocess
import sys
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from inference import decode

logger = logging.getLogger(__name__)

DECODE_SECONDS = 30


class RefusedImage(ValueError):
    """The message tells the person who sent the file what to do."""


@dataclass(frozen=True)
class Picture:
    """What is kept of an upload: the pixels as PNG without metadata, and a small WebP for the page."""

    png: bytes
    preview: bytes


def accept(upload: IO[bytes], size: int) -> Picture:
    """Decodes and re-encodes an upload of `size` bytes; raises RefusedImage with a sentence."""
    if size > settings.UPLOAD_MAX_BYTES:
        raise RefusedImage(too_large())
    if size == 0:
        raise RefusedImage("This file is empty. Choose another one.")
    data = upload.read(settings.UPLOAD_MAX_BYTES + 1)
    with tempfile.TemporaryDirectory(prefix="modelscout-") as folder:
        _decode_in_child(data, folder)
        return Picture(
            png=Path(folder, "image.png").read_bytes(),
            preview=Path(folder, "preview.webp").read_bytes(),
        )


def too_large() -> str:
    """The sentence for a file over the limit."""
    return f"This file is larger than {settings.UPLOAD_MAX_BYTES / 1e6:g} MB. Scale the image down or save it as JPEG."


def _decode_in_child(data: bytes, folder: str) -> None:
    # A crash, an endless loop or a memory bomb in a decoder costs this child, not the web server. It inherits no
    # environment, hence no secrets.
    command = [sys.executable, "-I", decode.__file__, str(settings.UPLOAD_MAX_PIXELS), folder]
    try:
        child = subprocess.run(
            command, input=data, capture_output=True, env={}, timeout=DECODE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise RefusedImage(
            "Reading this image takes too long. Scale it down and send it again."
        ) from None
    if child.returncode == 1 and child.stderr and b"Traceback" not in child.stderr:
        raise RefusedImage(child.stderr.decode(errors="replace"))
    if child.returncode != 0:
        logger.warning("the image decoder ended with %s: %s", child.returncode, child.stderr[-500:])
        raise RefusedImage(decode.UNREADABLE)


def store(picture: Picture) -> tuple[str, str]:
    """Stores both files; returns their keys. Keys are random: no name of a visitor reaches a path."""
    key = uuid.uuid4().hex
    image = default_storage.save(f"trials/{key[:2]}/{key}.png", ContentFile(picture.png))
    try:
        preview = default_storage.save(f"trials/{key[:2]}/{key}.webp", ContentFile(picture.preview))
    except OSError:
        default_storage.delete(image)
        raise
    return image, preview


def discard(*keys: str) -> None:
    """Deletes stored files; one that is gone already is no error."""
    for key in keys:
        if key:
            default_storage.delete(key)
