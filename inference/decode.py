"""Turns one untrusted image file into plain RGB pixels; run as a process of its own by `inference.images`.

    python -I decode.py MAX_PIXELS FOLDER < file

writes FOLDER/image.png (the pixels, lossless) and FOLDER/preview.webp (for a page), or ends with 1 and one sentence on
stderr. Imports neither Django nor the project: it starts in about 0.1 s and holds no secrets. The pixels are what
Pillow's `convert("RGB")` gives, since that is what timm's and torchvision's own examples do; nothing else of the file
survives: no EXIF, no colour profile, no thumbnail, no trailing bytes. Where `convert` would lose the picture it is not
called alone: 16 bits of grey are scaled to 8, and signed or 32-bit numbers, whose white nobody knows, refused.
"""

import contextlib
import io
import resource
import sys
import warnings
from pathlib import Path

from PIL import Image, ImageOps

# Without this list Pillow picks one of more than forty parsers by magic bytes; its EPS parser runs Ghostscript.
FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF")
# The shorter side is scaled to the checkpoint's input: a strip of 12000 x 1 pixels would become gigabytes.
MAX_ASPECT = 20
PREVIEW_PIXELS = 640

MEMORY_BYTES = 2_000_000_000
CPU_SECONDS = 20
FILE_BYTES = 200_000_000

UNREADABLE = (
    "This file cannot be read as an image. Send a JPEG, PNG, WebP, GIF, BMP or TIFF; if it is one, it is damaged: "
    "open it in an image program and save it again."
)
DEEP = (
    "This image stores grey as signed or 32-bit numbers, and nothing in it says which one is white. Save it with 8 or 16 "
    "bits per pixel."
)


class Refused(ValueError):
    """The message tells the person who sent the file what to do."""


def decode(data: bytes, max_pixels: int) -> Image.Image:
    """The first frame of the file as an upright RGB image; raises Refused for everything else."""
    try:
        return _decode(data, max_pixels)
    except Refused:
        raise
    except (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise Refused(
            "This image needs too much memory. Scale it down and send it again."
        ) from None
    except Exception:  # Pillow's parsers raise dozens of types on damaged files
        raise Refused(UNREADABLE) from None


def _decode(data: bytes, max_pixels: int) -> Image.Image:
    Image.MAX_IMAGE_PIXELS = max_pixels
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter("error", Image.DecompressionBombWarning)
        try:
            image: Image.Image = Image.open(io.BytesIO(data), formats=FORMATS)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise Refused(_too_many(max_pixels)) from None
        _check_size(*image.size, max_pixels)
        image.load()
        # Cameras write all sorts of things there; a picture with a broken orientation is still a picture.
        with contextlib.suppress(Exception):
            image = ImageOps.exif_transpose(image)
        image = to_rgb(image)
    return Image.frombytes("RGB", image.size, image.tobytes())


def to_rgb(image: Image.Image) -> Image.Image:
    """RGB of 8 bits; 0 ... 65535 of 16 bits of grey become 0 ... 255, which `convert` alone would clip."""
    if image.mode in ("I", "F"):
        raise Refused(DEEP)
    if image.mode.startswith("I;16"):
        image = image.convert("I").point(lambda value: value / 257 + 0.5).convert("L")
    return image.convert("RGB")


def _check_size(width: int, height: int, max_pixels: int) -> None:
    if width < 1 or height < 1:
        raise Refused(UNREADABLE)
    if width * height > max_pixels:
        raise Refused(_too_many(max_pixels))
    if max(width, height) > MAX_ASPECT * min(width, height):
        raise Refused(
            f"This image is {width} x {height} pixels: more than {MAX_ASPECT} times as long as wide. Crop it first."
        )


def _too_many(max_pixels: int) -> str:
    return (
        f"This image has more than {max_pixels / 1e6:g} million pixels. Scale it down: "
        "checkpoints look at a few hundred pixels per side anyway."
    )


def write(image: Image.Image, folder: Path) -> None:
    """Writes image.png and preview.webp into the folder."""
    image.save(folder / "image.png", compress_level=1)
    image.thumbnail((PREVIEW_PIXELS, PREVIEW_PIXELS))
    image.save(folder / "preview.webp", quality=80)


def _limit_this_process() -> None:
    # macOS refuses an address-space limit; the other limits and the wall clock of the parent still hold there.
    for what, limit in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_FSIZE, FILE_BYTES),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(what, (limit, limit))


def main(max_pixels: str, folder: str) -> int:
    _limit_this_process()
    try:
        write(decode(sys.stdin.buffer.read(), int(max_pixels)), Path(folder))
    except Refused as refused:
        sys.stderr.write(str(refused))
        return 1
    except MemoryError:
        sys.stderr.write("This image needs too much memory. Scale it down and send it again.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
