"""The list of models as it looks on one machine: what its speed and its memory mean.

`on` gives another `FacetSet` with the same names, whose speed is that on the device and whose memory is worked out for
the precision and the number of images. The choice narrows nothing by itself; it stands in the address all the same.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.db.models import QuerySet
from django.db.models.expressions import Combinable

from catalog.devices import Device, measurement_on
from catalog.facets.columns import SPEED, SPEED_SORTS, before_input
from catalog.facets.computed import MemoryRange, SpeedRange, speed_axis
from catalog.facets.kinds import Range
from catalog.facets.sets import FacetSet
from catalog.machine import BYTES

Slim = Callable[[QuerySet[Any, Any]], QuerySet[Any, Any]]
NONE = "none"
PRECISIONS = ("fp16", "fp32")
_SPELLINGS = {"half": "fp16", "float16": "fp16", "float32": "fp32", "single": "fp32"}


@dataclass(frozen=True)
class Machine:
    """`device` is what speeds are those of; `refused` if the address asks for none, whatever is remembered."""

    device: Device | None = None
    precision: str = "fp16"
    batch: int = 1
    refused: bool = False

    def pairs(self) -> list[tuple[str, str]]:
        """Names and values for the address; what is default is left out."""
        device = NONE if self.refused else self.device.slug if self.device else ""
        precision = self.precision if self.precision != Machine.precision else ""
        batch = str(self.batch) if self.batch != Machine.batch else ""
        named = {"device": device, "precision": precision, "batch": batch}
        return [(name, value) for name, value in named.items() if value]


def precision(text: str) -> str:
    """What a way to write a precision means; "" if memory is not worked out for it."""
    plain = text.lower()
    found = _SPELLINGS.get(plain, plain)
    return found if found in PRECISIONS and found in BYTES else ""


@lru_cache(maxsize=256)
def on(kind: FacetSet, machine: Machine) -> FacetSet:
    """The same list on this machine; `kind` itself where that is what it is on."""
    if kind.machine == machine:
        return kind
    kind = kind.origin or kind
    ranges = tuple(_bound(range_, machine) for range_ in kind.ranges)
    slim = _slim(kind, ranges, machine)
    found = replace(kind, origin=kind, machine=machine, ranges=ranges, slim=slim)
    if not machine.device:
        return found
    return replace(
        found,
        columns=before_input(kind.columns),
        always_shown=(SPEED.name,),
        sorts={**kind.sorts, **SPEED_SORTS},
        costs=(*kind.costs, speed_axis(machine.device)),
    )


def _bound(range_: Range, machine: Machine) -> Range:
    if isinstance(range_, SpeedRange):
        return range_.on(machine.device)
    if isinstance(range_, MemoryRange):
        return range_.on(machine.precision, machine.batch)
    return range_


def _slim(kind: FacetSet, ranges: tuple[Range, ...], machine: Machine) -> Slim:
    """What a table needs of rows, with what it shows of this machine: `memory` in bytes, `speed` as it was measured."""
    shown: dict[str, Combinable] = {
        r.name: r.expression() for r in ranges if isinstance(r, MemoryRange)
    }
    if machine.device:
        shown["speed"] = measurement_on(machine.device)
    return lambda rows: kind.slim(rows).annotate(**shown)
