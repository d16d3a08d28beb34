"""Ranges that are worked out for the machine that a visitor chose: speed on a device, memory at a precision.

Few rows have a value, so whoever counts without Postgres takes them from `values` and never from the range's name:
two ranges of one name differ if their machines do, and are equal if they are the same.
"""

from dataclasses import dataclass, replace
from decimal import Decimal

from django.db.models import FloatField, Q, QuerySet, Subquery, Value
from django.db.models.expressions import Expression
from django.db.models.functions import Cast
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual

from catalog import machine
from catalog.devices import Device, measured_on, speed_on
from catalog.facets.axes import Axis
from catalog.facets.kinds import Range
from catalog.facets.units import IMAGES
from catalog.models import PretrainedModel

Sql = Expression | Subquery


@dataclass(frozen=True)
class ComputedRange(Range):
    """A range that few rows have a value in, which no column holds."""

    def expression(self) -> Sql:
        """The value of a row in SQL; null where it is unknown."""
        raise NotImplementedError

    def known(self) -> Q:
        """Rows that have a value; answered by an index."""
        raise NotImplementedError

    def between(self, low: Decimal | None, high: Decimal | None) -> Q:
        found = self.known()
        if low is not None:
            found &= Q(GreaterThanOrEqual(self.expression(), float(low)))
        if high is not None:
            found &= Q(LessThanOrEqual(self.expression(), float(high)))
        return found

    def values(self, rows: QuerySet[PretrainedModel]) -> list[tuple[int, float]]:
        """(primary key, value) of those of the rows that have a value. One query, by an index."""
        known = rows.filter(self.known()).annotate(value=self.expression())
        return list(known.exclude(value=None).order_by().values_list("pk", "value"))


@dataclass(frozen=True)
class SpeedRange(ComputedRange):
    """Images per second on `device`; without one no row has a speed."""

    device: Device | None = None

    def on(self, device: Device | None) -> "SpeedRange":
        title = f"Speed on {device.short}" if device else self.title
        return replace(self, device=device, title=title)

    def expression(self) -> Sql:
        return speed_on(self.device) if self.device else Cast(Value(None), FloatField())

    def known(self) -> Q:
        return measured_on(self.device) if self.device else Q(pk__in=[])

    def between(self, low: Decimal | None, high: Decimal | None) -> Q:
        if not self.device:
            return Q(pk__in=[])
        ends = {"gte": low, "lte": high}
        path = "architecture__speeds__images_per_second"
        bounds = {f"{path}__{sign}": float(end) for sign, end in ends.items() if end is not None}
        return measured_on(self.device, **bounds)


@dataclass(frozen=True)
class MemoryRange(ComputedRange):
    """Bytes that inference needs at most, see `catalog.machine.memory`."""

    precision: str = "fp16"
    batch: int = 1

    def on(self, precision: str, batch: int) -> "MemoryRange":
        images = "1 image" if batch == 1 else f"{batch:,} images"
        title = f"{self.title} at {precision}, {images}"
        return replace(self, precision=precision, batch=batch, title=title)

    def expression(self) -> Sql:
        return machine.peak(self.precision, self.batch)

    def known(self) -> Q:
        return Q(activations__isnull=False)


@dataclass(frozen=True)
class SpeedAxis(Axis):
    """Images per second on a device, to be drawn by: here more is better, although it is a cost."""

    device: Device | None = None

    def expression(self) -> Sql:
        return speed_on(self.device) if self.device else Cast(Value(None), FloatField())

    def known(self) -> Q:
        return measured_on(self.device) if self.device else Q(pk__in=[])


def speed_axis(device: Device) -> SpeedAxis:
    """The axis of the plot for this device."""
    title, lack = f"Speed on {device.short}", f"speed on {device.short}"
    return SpeedAxis("speed", title, lack, "", IMAGES, device=device)
