"""The devices that speeds were measured on, and how fast checkpoints run there.

A checkpoint runs as fast as its architecture does at the checkpoint's own input size, by the measurement that counts
(`catalog.speeds`); at any other size its speed is unknown. Speeds are images per second at the measured batch, i.e.
throughput: how long one image waits alone is not known.
"""

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection
from django.db.models import F, FloatField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils.text import slugify

from catalog.models import PretrainedModel, Speed

_MAKER = re.compile(r"^(NVIDIA( GeForce)?|Intel( Core)?|AMD|Apple) ")
_SHOWN = (
    "images_per_second",
    "precision",
    "layout",
    "is_compiled",
    "software",
    "batch_size",
    "input_size",
)
_CPU = re.compile(r"\b(Core|Xeon|Ryzen|EPYC|CPU)\b")
_PARTS = re.compile(r"[a-z]+|\d+")


@dataclass(frozen=True)
class Device:
    """`slug` stands in addresses, `name` is what the sources call it."""

    slug: str
    name: str

    @property
    def short(self) -> str:
        """`RTX 4090`: the name without who makes it."""
        return _short(self.name)

    @property
    def is_cpu(self) -> bool:
        return bool(_CPU.search(self.name))


def devices() -> list[Device]:
    """Every device that a speed counts on, by name. One query that reads an index once per device."""
    with connection.cursor() as cursor:
        cursor.execute(_NAMES)
        names = sorted((name for (name,) in cursor.fetchall()), key=str.casefold)
    often = Counter(slugify(_short(name)) for name in names)
    slugs = {
        name: slug if often[slug := slugify(_short(name))] == 1 else slugify(name) for name in names
    }
    return [Device(slug, name) for name, slug in slugs.items() if slug]


def find(typed: str, known: Iterable[Device] | None = None) -> Device | None:
    """The device that is meant: by its slug, or the only one whose name has all parts of what was typed.

    `rtx 4090`, `RTX4090` and `4090` are the NVIDIA GeForce RTX 4090; `rtx` is none of several, and `cpu` is the
    only one there is.
    """
    known = devices() if known is None else list(known)
    wanted = set(_PARTS.findall(typed.lower()))
    named = [device for device in known if device.slug == typed]
    held = [d for d in known if wanted and wanted <= set(_PARTS.findall(d.name.lower()))]
    if wanted == {"cpu"}:
        held = [device for device in known if device.is_cpu]
    return next(iter(named), held[0] if len(held) == 1 else None)


def speed_on(device: Device) -> Subquery:
    """Images per second of a checkpoint on a device, in SQL; null where nobody measured it."""
    own = _own(device).values("images_per_second")
    return Subquery(own, output_field=FloatField())


def measurement_on(device: Device) -> Subquery:
    """The same with how it was measured, as an object with the columns of `Speed`; null where nobody did."""
    return Subquery(_own(device).values(shown=JSONObject(**{name: name for name in _SHOWN})))


def _own(device: Device) -> QuerySet[Speed]:
    return Speed.objects.filter(
        counts=True,
        device=device.name,
        architecture=OuterRef("architecture"),
        input_size=OuterRef("input_size"),
    )


def measured_on(device: Device, **conditions: float) -> Q:
    """Checkpoints whose speed on the device is known, and whose measurement fulfils the conditions.

    Found from the measurements, of which there are some thousands, however many checkpoints there are.
    Conditions are lookups of a checkpoint: `architecture__speeds__images_per_second__gte=50`.
    """
    own = PretrainedModel.objects.filter(
        input_size__isnull=False,  # or the index of those that have one is not used
        architecture__speeds__counts=True,
        architecture__speeds__device=device.name,
        architecture__speeds__input_size=F("input_size"),
        **conditions,
    )
    return Q(pk__in=own.order_by().values("pk"))


def _short(name: str) -> str:
    return _MAKER.sub("", name)


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
