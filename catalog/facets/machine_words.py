"""What an address says of the machine: `device=rtx-4090&precision=fp32&batch=16`, `latency=..20ms`."""

import re
from dataclasses import replace
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from catalog.devices import devices, find
from catalog.facets.on_machine import NONE, PRECISIONS, Machine, precision
from catalog.machine import MOST_IMAGES

MACHINE_NAMES = ("device", "precision", "batch")
_LATENCY = re.compile(r"(\d{1,7}(?:\.\d{1,4})?|\.\d{1,4})\s?(ms|s|milliseconds?|seconds?)?")


def chosen_machine(machine: Machine, name: str, value: str) -> tuple[Machine, str]:
    """The machine with one thing more chosen, and what was expected where that cannot be chosen, else ""."""
    if name == "precision":
        found = precision(value)
        return replace(machine, precision=found or machine.precision), (
            "" if found else f"one of {', '.join(PRECISIONS)}"
        )
    if name == "batch":
        digits = value.isascii() and value.isdigit() and len(value) < 10
        fits = digits and 1 <= int(value) <= MOST_IMAGES
        return (
            replace(machine, batch=int(value)) if fits else machine,
            "" if fits else f"a whole number of images from 1 to {MOST_IMAGES}",
        )
    if value.lower() == NONE:
        return replace(machine, device=None, refused=True), ""
    known = devices()
    device = find(value, known)
    names = ", ".join(one.slug for one in known) or "a device, but no speeds are known yet"
    if not device:
        return machine, f"one of {names}"
    return replace(machine, device=device, refused=False), ""


def images_per_second(value: str) -> str:
    """`50..` for `..20ms`: the speed at which an image takes as long; "" if it is no range of time.

    Only the time per image in a full batch is known, so this is throughput and not how long one image waits.
    """
    low, dots, high = value.replace(" ", "").lower().partition("..")
    ends = [_speed(high, ROUND_CEILING), _speed(low, ROUND_FLOOR)]
    if not dots or not any(ends) or (high and not ends[0]) or (low and not ends[1]):
        return ""
    return "..".join(ends)


def _speed(time: str, rounding: str) -> str:
    found = _LATENCY.fullmatch(time)
    milliseconds = Decimal(found[1]) if found else Decimal(0)
    if not found or not milliseconds:
        return ""
    if (found[2] or "ms").startswith("s"):
        milliseconds *= 1000
    # Never quicker or slower than was said, whatever is left out of 1000 / 33.
    return f"{(1000 / milliseconds).quantize(Decimal('.01'), rounding).normalize():f}"
