"""Draws the example pictures in `inference/examples/`: our own artwork, so that a first trial needs no upload.

    python script/draw_examples.py [--out FOLDER]

Each is drawn four times as large as it is kept, so that edges are smooth. What ImageNet checkpoints make of them is
tested where real weights are at hand (`tests/inference/test_real_weights.py`).
"""

import argparse
import math
from collections.abc import Callable, Sequence
from itertools import pairwise
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter

DEFAULT_FOLDER = Path(__file__).resolve().parent.parent / "inference" / "examples"
SIZE = 384
SCALE = 4
FULL = SIZE * SCALE

Point = tuple[float, float]


def canvas(top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    """A picture that fades from `top` to `bottom`."""
    ramp = Image.linear_gradient("L").resize((FULL, FULL))
    return Image.composite(
        Image.new("RGB", (FULL, FULL), bottom), Image.new("RGB", (FULL, FULL), top), ramp
    )


def with_shadow(image: Image.Image, shape: Callable[[ImageDraw.ImageDraw], None]) -> None:
    """Darkens the picture under `shape`, blurred, as light from the upper left does."""
    mask = Image.new("L", image.size, 0)
    shape(ImageDraw.Draw(mask))
    mask = mask.filter(ImageFilter.GaussianBlur(30)).point(lambda value: value // 2)
    image.paste((0, 0, 0), (24, 36), mask)


def around(center: Point, radius: float, degrees: float) -> Point:
    """The point on a circle; 0 degrees is up, clockwise."""
    turn = math.radians(degrees - 90)
    return center[0] + radius * math.cos(turn), center[1] + radius * math.sin(turn)


def circle(center: Point, radius: float) -> tuple[float, float, float, float]:
    x, y = center
    return x - radius, y - radius, x + radius, y + radius


def clock() -> Image.Image:
    """A round wall clock at ten past ten."""
    image = canvas((214, 205, 190), (190, 180, 165))
    middle = (FULL / 2, FULL / 2)
    with_shadow(image, lambda draw: draw.ellipse(circle(middle, 610), fill=255))
    draw = ImageDraw.Draw(image)
    draw.ellipse(circle(middle, 610), fill=(45, 40, 38))
    draw.ellipse(circle(middle, 560), fill=(120, 110, 100))
    draw.ellipse(circle(middle, 545), fill=(250, 248, 240))
    for minute in range(60):
        long = minute % 5 == 0
        ends = [around(middle, radius, minute * 6) for radius in (520, 470 if long else 500)]
        draw.line(ends, fill=(30, 30, 30), width=16 if long else 6)
    for hour in range(1, 13):
        draw.text(
            around(middle, 400, hour * 30), str(hour), fill=(20, 20, 20), font_size=120, anchor="mm"
        )
    draw.line([around(middle, 60, 125), around(middle, 280, 305)], fill=(20, 20, 20), width=34)
    draw.line([around(middle, 80, 240), around(middle, 430, 60)], fill=(20, 20, 20), width=24)
    draw.line([around(middle, 120, 30), around(middle, 460, 210)], fill=(190, 30, 30), width=8)
    draw.ellipse(circle(middle, 34), fill=(20, 20, 20))
    return image


def balloons() -> Image.Image:
    """Three balloons in the sky."""
    image = canvas((90, 150, 220), (215, 232, 245))
    draw = ImageDraw.Draw(image)
    red, yellow, green = (220, 40, 50), (245, 190, 30), (60, 150, 80)
    for x, y, colour in ((480, 520, red), (1040, 460, yellow), (770, 800, green)):
        draw.line([(x, y + 330), (760, FULL)], fill=(235, 235, 235), width=6)
        draw.ellipse((x - 230, y - 280, x + 230, y + 300), fill=colour)
        draw.polygon([(x - 30, y + 335), (x + 30, y + 335), (x, y + 285)], fill=colour)
        shine = Image.new("L", image.size, 0)
        ImageDraw.Draw(shine).ellipse((x - 150, y - 210, x - 40, y - 60), fill=190)
        image.paste((255, 255, 255), mask=shine.filter(ImageFilter.GaussianBlur(25)))
    return image


def web() -> Image.Image:
    """A spider's web in the dark."""
    image = canvas((40, 52, 44), (22, 30, 26))
    draw = ImageDraw.Draw(image)
    middle = (760, 740)
    # Fixed unevenness: a spider does not use a ruler.
    spokes = [spoke * 20 + spoke * 37 % 9 - 4 for spoke in range(18)]
    for degrees in spokes:
        draw.line([middle, around(middle, 1100, degrees)], fill=(200, 205, 200), width=5)
    for ring in range(1, 24):
        corners = [
            around(middle, 40 + ring * 34 + number * ring * 7 % 11, degrees)
            for number, degrees in enumerate(spokes)
        ]
        for start, end in zip(corners, [*corners[1:], corners[0]], strict=True):
            sag = [0.48 * (a + b) + 0.04 * c for a, b, c in zip(start, end, middle, strict=True)]
            draw.line([start, (sag[0], sag[1]), end], fill=(190, 195, 190), width=4)
    return image


def candle() -> Image.Image:
    """A burning candle in the dark."""
    image = canvas((25, 18, 14), (50, 32, 20))
    glow = Image.new("L", image.size, 0)
    ImageDraw.Draw(glow).ellipse(circle((768, 470), 420), fill=150)
    image.paste((255, 180, 80), mask=glow.filter(ImageFilter.GaussianBlur(180)))
    draw = ImageDraw.Draw(image)
    draw.rectangle((600, 720, 936, 1400), fill=(240, 225, 195))
    draw.rectangle((600, 720, 680, 1400), fill=(225, 205, 170))
    draw.ellipse((600, 670, 936, 770), fill=(252, 240, 212))
    draw.ellipse((540, 1340, 996, 1460), fill=(120, 90, 50))
    draw.ellipse((600, 1340, 936, 1420), fill=(225, 205, 170))
    draw.line([(768, 720), (772, 600)], fill=(20, 15, 10), width=16)
    flame = [(768, 280), (830, 480), (815, 590), (768, 630), (721, 590), (706, 480)]
    draw.polygon(flame, fill=(255, 190, 60))
    draw.ellipse((725, 470, 811, 630), fill=(255, 240, 190))
    return image


def written(points: Sequence[Point]) -> Image.Image:
    """A pen's stroke through `points` on paper, rounded as a hand rounds it."""
    image = canvas((250, 248, 242), (240, 236, 226))
    for _ in range(4):  # Chaikin's corner cutting
        points = [
            (near * a[0] + (1 - near) * b[0], near * a[1] + (1 - near) * b[1])
            for a, b in pairwise(points)
            for near in (0.75, 0.25)
        ]
    draw = ImageDraw.Draw(image)
    draw.line(points, fill=(35, 45, 110), width=150)
    for point in points:
        draw.ellipse(circle(point, 75), fill=(35, 45, 110))
    return image


def three() -> Image.Image:
    """A handwritten 3."""
    upper = [(400, 420), (500, 160), (1060, 150), (1120, 540), (830, 690)]
    return written(
        [*upper, (600, 720), (860, 740), (1200, 860), (1130, 1370), (560, 1430), (370, 1120)]
    )


def seven() -> Image.Image:
    """A handwritten 7."""
    return written([(360, 210), (370, 200), (1150, 190), (1190, 230), (900, 700), (700, 1400)])


# What is tried, and what a button shows of it on a dense screen.
ENDINGS = {"": SIZE, "-button": 112}
PICTURES = {
    "clock": clock,
    "balloons": balloons,
    "candle": candle,
    "web": web,
    "three": three,
    "seven": seven,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DEFAULT_FOLDER)
    folder = parser.parse_args().out
    folder.mkdir(parents=True, exist_ok=True)
    for name, draw in PICTURES.items():
        picture = draw()
        for ending, size in ENDINGS.items():
            path = folder / f"{name}{ending}.webp"
            small = picture.resize((size, size), Image.Resampling.LANCZOS)
            small.save(path, quality=50, method=6)
            print(f"{path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
