"""My machine, as the templates need it: the devices to choose from, and the ranges that depend on the choice."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from urllib.parse import urlencode

from django.urls import reverse

from catalog.devices import Device
from catalog.facets import panels
from catalog.facets.computed import ComputedRange
from catalog.facets.counts import Counts
from catalog.facets.filters import Bounds, Filters
from catalog.facets.histograms import RangePanel, range_panel
from catalog.facets.on_machine import NONE, PRECISIONS, Machine, on
from catalog.machine import MOST_IMAGES
from catalog.remembered import Remembered

# Images at a time: one as it comes, or a good many of a collection.
_BATCHES = (1, 16)


@dataclass(frozen=True)
class MachinePanel:
    """`ranges` are speed, if a device is chosen, and memory. `fits` are links for the memory that is remembered.

    `no_device` is what the choice of none sends: where a device is remembered, none has to be said.
    """

    machine: Machine
    devices: Sequence[Device]
    ranges: list[RangePanel]
    fits: list[tuple[str, str]]
    remembered: Remembered
    no_device: str
    remember_url: str
    precisions: tuple[str, ...] = PRECISIONS
    most_images: int = MOST_IMAGES


def machine_panel(
    filters: Filters, counts: Counts, devices: Sequence[Device], remembered: Remembered
) -> MachinePanel | None:
    """None for a list whose rows do not run on anything."""
    machine = filters.kind.machine
    if machine is None:
        return None
    here = urlencode({"next": panels.link(filters)})
    return MachinePanel(
        machine=machine,
        devices=devices,
        ranges=[
            range_panel(range_, filters, counts)
            for range_ in filters.kind.ranges
            if isinstance(range_, ComputedRange) and (machine.device or range_.name != "speed")
        ],
        fits=[] if remembered.memory is None else _fits(filters, remembered.memory),
        remembered=remembered,
        no_device=NONE if remembered.device else "",
        remember_url=f"{reverse('catalog:machine')}?{here}",
    )


def _fits(filters: Filters, memory: Decimal) -> list[tuple[str, str]]:
    """ "1 image" and "16 images" with the address of what fits into so many bytes at fp16."""
    found = []
    for batch in _BATCHES:
        machine = replace(filters.kind.machine or Machine(), precision="fp16", batch=batch)
        narrowed = replace(filters, kind=on(filters.kind, machine))
        url = panels.link(narrowed.with_bounds("memory", Bounds(high=memory)))
        found.append(("1 image" if batch == 1 else f"{batch} images", url))
    return found
