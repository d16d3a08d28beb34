"""Which of many measurements says how fast an architecture runs on a device at one input size.

One stands for all of them, so that every model on a page is measured alike as far as it can be: what a person gets
without doing anything special comes first, and the newest software. docs/decisions/0097-speed-memory-and-needs-in-words.md.
"""

import re
from collections.abc import Collection, Iterable

from catalog.models import Speed

# Mixed precision is what frameworks advise on a GPU; on other devices there is only float32.
PRECISIONS = ("amp", "float16", "bfloat16", "amp bfloat16", "float32")
_LAYOUTS = ("nhwc", "nchw")
_NUMBER = re.compile(r"\d+")


def settle_speeds(devices: Collection[str], architectures: Collection[int]) -> None:
    """Let one measurement count per input size of these architectures (primary keys) on these devices."""
    measured = Speed.objects.filter(device__in=devices, architecture__in=architectures)
    listed = measured.filter(
        kind=Speed.Kind.INFERENCE, gone_since=None, input_size__isnull=False
    ).order_by("pk")
    standing = {speed.pk for speed in best(listed)}
    # First those that no longer count: there may be one only at any time.
    measured.filter(counts=True).exclude(pk__in=standing).update(counts=False)
    measured.filter(counts=False, pk__in=standing).update(counts=True)


def settle_gone() -> None:
    """Let others count in the place of what has vanished from its source."""
    vanished = Speed.objects.filter(counts=True).exclude(gone_since=None)
    places = list(vanished.values_list("device", "architecture"))
    if places:
        settle_speeds(
            {device for device, _ in places}, {architecture for _, architecture in places}
        )


def best(speeds: Iterable[Speed]) -> list[Speed]:
    """The one that counts of each device, architecture and input size."""
    found: dict[tuple[str, int, int | None], Speed] = {}
    for speed in speeds:
        place = (speed.device, speed.architecture_id, speed.input_size)
        known = found.setdefault(place, speed)
        if _rank(speed) > _rank(known):
            found[place] = speed
    return list(found.values())


def _rank(speed: Speed) -> tuple[int, bool, list[int], int, float]:
    """The larger, the rather: precision, not compiled, newest software, channels last, the quicker."""
    return (
        -_place(speed.precision, PRECISIONS),
        not speed.is_compiled,
        [int(digits) for digits in _NUMBER.findall(speed.software)],
        -_place(speed.layout, _LAYOUTS),
        speed.images_per_second,
    )


def _place(name: str, order: Collection[str]) -> int:
    return list(order).index(name) if name in order else len(order)
