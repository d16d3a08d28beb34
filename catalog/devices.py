"""The devices that speeds were measured on, and how fast checkpoints run there.

A checkpoint runs as fast as its architecture does at the checkpoint's own input size, by the measurement that counts
(`catalog.speeds`); at any other size its speed is unknown. Speeds are images per second at the measured batch, i.e.
throughput: how long one image waits alone is not known.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, FloatField, OuterRef, Q, Subquery
from django.utils.text import slugify

from catalog.models import PretrainedModel, Speed

_PARTS = re.compile(r"[a-z]+|\d+")


@dataclass(frozen=True)
class Device:
    """`slug` stands in addresses, `name` is what the sources call it."""

    slug: str
    name: str

    @property
    def short(self) -> str:
        """`RTX 4090`: the name without who makes it."""
        return re.sub(r"^(NVIDIA( GeForce)?|Intel( Core)?|AMD|Apple) ", "", self.name)


def devices() -> list[Device]:
    """Every device that a speed counts on, by name. One query that reads an index once per device."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES)
        names = [name for (name,) in cursor.fetchall()]
    found = {slugify(name): name for name in reversed(names)}
    return sorted((Device(slug, name) for slug, name in found.items() if slug), key=_by_name)


def find(typed: str, known: Iterable[Device] | None = None) -> Device | None:
    """The device that is meant: by its slug, or the only one that has all parts of what was typed.

    `rtx 4090`, `RTX4090` and `4090` are the NVIDIA GeForce RTX 4090; `rtx` is none of several.
    """
    known = devices() if known is None else list(known)
    for device in known:
        if device.slug == typed:
            return device
    wanted = _PARTS.findall(typed.lower())
    held = [d for d in known if wanted and set(wanted) <= set(_PARTS.findall(d.slug))]
    return held[0] if len(held) == 1 else None


def speed_on(device: Device) -> Subquery:
    """Images per second of a checkpoint on a device, in SQL; null where nobody measured it."""
    own = Speed.objects.filter(
        counts=True,
        device=device.name,
        architecture=OuterRef("architecture"),
        input_size=OuterRef("input_size"),
    )
    return Subquery(own.values("images_per_second"), output_field=FloatField())


def measured_on(device: Device, condition: Q | None = None) -> Q:
    """Checkpoints whose speed on the device is known, and whose measurement fulfils the condition.

    Found from the measurements, of which there are some thousands, however many checkpoints there are.
    """
    own = PretrainedModel.objects.filter(
        condition or Q(),
        architecture__speeds__counts=True,
        architecture__speeds__device=device.name,
        architecture__speeds__input_size=F("input_size"),
    )
    return Q(pk__in=own.order_by().values("pk"))


def speeds_of(rows: Iterable[PretrainedModel], device: Device) -> dict[int, Speed]:
    """The measurement that counts of each checkpoint that has one, by primary key. One query."""
    rows = list(rows)
    measured = Speed.objects.filter(
        counts=True, device=device.name, architecture__in={row.architecture_id for row in rows}
    )
    by_place = {(speed.architecture_id, speed.input_size): speed for speed in measured}
    found = {row.pk: by_place.get((row.architecture_id, row.input_size)) for row in rows}
    return {pk: speed for pk, speed in found.items() if speed is not None}


def _by_name(device: Device) -> str:
    return device.name.casefold()


# Postgres reads every row for SELECT DISTINCT; this way it looks for the next name until there is none.
_NAMES = """
    WITH RECURSIVE found AS (
        (SELECT device FROM catalog_speed WHERE counts ORDER BY device LIMIT 1)
        UNION ALL
        SELECT (SELECT speed.device FROM catalog_speed AS speed
                WHERE speed.counts AND speed.device > found.device ORDER BY speed.device LIMIT 1)
        FROM found WHERE found.device IS NOT NULL
    ) SELECT device FROM found WHERE device IS NOT NULL
"""
