"""What models can be drawn by, one line each: in the plot, and in the filter that keeps what nothing beats.

The first of each is drawn where the address asks for none.
"""

from dataclasses import dataclass

from django.db.models import F, FloatField, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast

from catalog.facets.units import GMACS, MEGABYTES, MILLIONS, PERCENT, Unit
from catalog.templatetags.figures import significant


@dataclass(frozen=True)
class Axis:
    """A number that a row may have; above 0, for amounts are drawn by their logarithm.

    `title` stands in sentences and in choices, `lack` is what a row without it has none of.
    """

    name: str
    title: str
    lack: str
    column: str
    unit: Unit
    less_is_better: bool = False

    def expression(self) -> Combinable:
        """The number in SQL, in the column's unit; null where it is unknown."""
        return Cast(F(self.column), FloatField())

    def known(self) -> Q:
        """Rows that may have it, so written that an index on the column can find them."""
        return Q(**{f"{self.column}__gt": 0})

    @property
    def label(self) -> str:
        """ "Parameters, M": the title with the unit that ticks are in."""
        return f"{self.title}, {self.unit.symbol}" if self.unit.symbol else self.title

    @property
    def words(self) -> str:
        """The title within a sentence: "top-1", "speed on RTX 4090"."""
        return self.title[:1].lower() + self.title[1:]

    def number(self, value: float) -> str:
        """An amount in the unit that the header of a column has: "25.6", "80.22"."""
        if self.unit is PERCENT:
            return f"{value:.2f}"
        return significant(value / self.unit.factor)


# What is paid for: left to right, by its logarithm.
COSTS = (
    Axis("params", "Parameters", "number of parameters", "parameters", MILLIONS, True),
    Axis("size", "Weights", "size", "size_bytes", MEGABYTES, True),
    Axis("gmacs", "Compute", "GMACs", "gmacs", GMACS, True),
)
# What is got: bottom to top. Few rows have one, which is what keeps fronts quick over millions.
SCORES = (
    Axis("top1", "Top-1", "top-1", "top1", PERCENT),
    Axis("top5", "Top-5", "top-5", "top5", PERCENT),
)
