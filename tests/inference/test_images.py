"""Uploads: everything is decoded and re-encoded, nothing but pixels survives, every refusal is a sentence."""

import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from PIL import Image, ImageOps
from pytest_django.fixtures import Settings

from inference import decode, images

FORMATS = ["JPEG", "PNG", "WEBP", "GIF", "BMP", "TIFF"]
PIXELS = 25_000_000


def photo(width: int = 60, height: int = 40) -> Image.Image:
    across, down = np.meshgrid(np.linspace(0, 255, width), np.linspace(0, 255, height))
    stack = np.stack([across, down, 255 - across], axis=2)
    return Image.fromarray(stack.astype(np.uint8))


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def accepted(data: bytes) -> Image.Image:
    """The stored image of an upload."""
    return Image.open(io.BytesIO(images.accept(io.BytesIO(data), len(data)).png))


def refusal(data: bytes, max_pixels: int = PIXELS) -> str:
    with pytest.raises(decode.Refused) as refused:
        decode.decode(data, max_pixels)
    return str(refused.value)


def same_pixels(one: Image.Image, other: Image.Image) -> bool:
    return one.size == other.size and one.tobytes() == other.tobytes()


@pytest.mark.parametrize("kind", FORMATS)
def test_each_format_is_stored_with_exactly_the_pixels_that_pillow_reads(kind: str) -> None:
    data = encoded(photo(), kind)

    stored = accepted(data)

    assert (stored.format, stored.mode) == ("PNG", "RGB")
    assert same_pixels(stored, Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize(
    ("mode", "kind"),
    [
        ("CMYK", "JPEG"),
        ("L", "PNG"),
        ("P", "GIF"),
        ("RGBA", "PNG"),
        ("LA", "PNG"),
        ("1", "TIFF"),
    ],
)
def test_each_pixel_mode_becomes_what_convert_rgb_gives(mode: str, kind: str) -> None:
    data = encoded(photo().convert(mode), kind)

    stored = decode.decode(data, PIXELS)

    assert same_pixels(stored, Image.open(io.BytesIO(data)).convert("RGB"))


@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
def test_sixteen_bits_of_grey_are_scaled_and_not_clipped(kind: str) -> None:
    grey = np.arange(65536, dtype=np.uint16).reshape(256, 256)

    stored = decode.decode(encoded(Image.fromarray(grey), kind), PIXELS)

    scaled = np.asarray(stored)
    assert (scaled == np.round(grey / 257)[..., None]).all()


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_thirty_two_bits_of_grey_are_refused_because_nobody_knows_their_white(kind: type) -> None:
    deep = Image.fromarray(np.ones((40, 60), dtype=kind))

    assert refusal(encoded(deep, "TIFF")) == decode.DEEP


def test_transparent_pixels_keep_their_colour_as_timm_sees_them() -> None:
    data = encoded(Image.new("RGBA", (10, 10), (200, 30, 60, 0)), "PNG")

    assert decode.decode(data, PIXELS).getpixel((5, 5)) == (200, 30, 60)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(photo(), "PNG", exif=exif)

    stored = decode.decode(data, PIXELS)

    assert same_pixels(stored, ImageOps.exif_transpose(Image.open(io.BytesIO(data))))
    assert stored.size == ((60, 40) if orientation < 5 else (40, 60))


@pytest.mark.parametrize("orientation", [0, 9, 65535])
def test_an_invalid_orientation_is_ignored(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(photo(), "JPEG", exif=exif)

    assert decode.decode(data, PIXELS).size == (60, 40)


def test_broken_exif_does_not_lose_the_picture() -> None:
    plain = encoded(photo(), "JPEG")
    junk = b"Exif\0\0MM\0*\xff\xff\xff\xff" + b"\xff" * 40
    data = plain[:2] + b"\xff\xe1" + struct.pack(">H", len(junk) + 2) + junk + plain[2:]

    assert decode.decode(data, PIXELS).size == (60, 40)


def test_metadata_and_trailing_bytes_are_not_stored() -> None:
    exif = Image.Exif()
    exif[0x010E] = "secret place"
    exif.get_ifd(0x8825)[1] = "N"
    data = encoded(
        photo(), "JPEG", exif=exif, icc_profile=b"secret profile", comment=b"secret words"
    )

    picture = images.accept(io.BytesIO(data + b"<script>secret"), len(data) + 14)

    assert b"secret" not in picture.png + picture.preview
    stored = Image.open(io.BytesIO(picture.png))
    assert not stored.getexif()
    assert not stored.info


def test_only_the_first_frame_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])

    stored = decode.decode(data, PIXELS)

    assert stored.getpixel((10, 10)) == (255, 0, 0)


def test_the_preview_is_small() -> None:
    data = encoded(photo(2000, 1000), "PNG")

    picture = images.accept(io.BytesIO(data), len(data))

    assert Image.open(io.BytesIO(picture.preview)).size == (640, 320)


def test_a_file_over_the_byte_limit_is_refused_before_it_is_read(settings: Settings) -> None:
    settings.UPLOAD_MAX_BYTES = 2_000_000

    with pytest.raises(images.RefusedImage, match="larger than 2 MB"):
        images.accept(None, 2_000_001)  # type: ignore[arg-type]


def png_header(width: int, height: int) -> bytes:
    """A PNG that announces a size and holds no pixels."""
    header = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [header, b"IDAT" + zlib.compress(b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
        for body in chunks
    )


@pytest.mark.parametrize(
    ("width", "height"), [(5001, 5000), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
def test_too_many_pixels_are_refused_from_the_header_alone(width: int, height: int) -> None:
    assert "more than 25 million pixels" in refusal(png_header(width, height))


def test_a_strip_that_preprocessing_would_blow_up_is_refused() -> None:
    assert "times as long as wide" in refusal(encoded(Image.new("RGB", (2100, 100)), "PNG"))


def test_a_bomb_of_text_is_refused_or_dropped() -> None:
    text = zlib.compress(b"x" * 80_000_000)
    body = b"zTXtcomment\0\0" + text
    chunk = struct.pack(">I", len(body) - 4) + body + struct.pack(">I", zlib.crc32(body))
    plain = encoded(photo(), "PNG")

    assert "cannot be read" in refusal(plain[:33] + chunk + plain[33:])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"GIF89a",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
        b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"PK\x03\x04" + b"\0" * 100,
        png_header(10, 10),
        encoded(photo(), "JPEG")[:300],
        encoded(photo(), "PNG")[:-40],
        encoded(photo(), "ICO"),
    ],
)
def test_what_is_no_image_gets_one_sentence(data: bytes) -> None:
    assert refusal(data) == decode.UNREADABLE


SEEDS = [encoded(photo(), kind) for kind in FORMATS]


@hypothesis_settings(max_examples=300, deadline=None, derandomize=True)
@given(
    seed=st.sampled_from(SEEDS),
    cuts=st.lists(st.tuples(st.floats(0, 1), st.binary(max_size=8)), min_size=1, max_size=6),
)
def test_a_damaged_file_gives_pixels_or_a_sentence_never_an_error(
    seed: bytes, cuts: list[tuple[float, bytes]]
) -> None:
    data = bytearray(seed)
    for where, new in cuts:
        at = int(where * len(data))
        data[at : at + len(new)] = new

    try:
        outcome = decode.decode(bytes(data), 1_000_000).mode
    except decode.Refused as refused:
        outcome = str(refused)

    assert outcome == "RGB" or outcome.endswith(".")


def test_a_decoder_that_dies_costs_only_the_child(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    fatal = tmp_path / "decode.py"
    fatal.write_text("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    monkeypatch.setattr(decode, "__file__", str(fatal))

    with pytest.raises(images.RefusedImage, match="cannot be read as an image"):
        images.accept(io.BytesIO(SEEDS[0]), len(SEEDS[0]))


def test_a_decoder_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    endless = tmp_path / "decode.py"
    endless.write_text("while True: pass")
    monkeypatch.setattr(decode, "__file__", str(endless))
    monkeypatch.setattr(images, "DECODE_SECONDS", 0.5)

    with pytest.raises(images.RefusedImage, match="takes too long"):
        images.accept(io.BytesIO(SEEDS[0]), len(SEEDS[0]))


def test_the_child_sees_no_secrets(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    spy = tmp_path / "decode.py"
    spy.write_text("import os, sys; sys.stderr.write(' '.join(os.environ)); sys.exit(1)")
    monkeypatch.setattr(decode, "__file__", str(spy))

    with pytest.raises(images.RefusedImage) as seen:
        images.accept(io.BytesIO(SEEDS[0]), len(SEEDS[0]))

    assert "SECRET_KEY" not in str(seen.value)
    assert "DATABASE_URL" not in str(seen.value)


def test_the_child_has_a_memory_limit(tmp_path: Path) -> None:
    greedy = (
        f"import sys; sys.path.insert(0, {str(Path(decode.__file__).parent)!r}); import decode; "
    )
    greedy += "decode._limit_this_process(); bytearray(3_000_000_000)"

    import subprocess
    import sys

    child = subprocess.run([sys.executable, "-I", "-c", greedy], capture_output=True, check=False)

    assert b"MemoryError" in child.stderr


def test_names_are_random_and_files_private(tmp_path: Path) -> None:
    picture = images.accept(io.BytesIO(SEEDS[0]), len(SEEDS[0]))

    keys = {key for _ in range(3) for key in images.store(picture)}

    assert len(keys) == 6
    assert all(key.startswith("trials/") for key in keys)
