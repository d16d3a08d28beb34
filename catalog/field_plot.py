"""The plot of a list: a score against a cost, of every row that has both, as numbers that a template draws as SVG.

What it can be drawn by is declared in `catalog/facets/axes.py`. The same address shows the same dots, however
many rows there are.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from django.urls import reverse

from catalog import axes
from catalog.axes import Log, Tick
from catalog.facets import panels
from catalog.facets.axes import Axis
from catalog.facets.counting import Asked
from catalog.facets.counts import Counts
from catalog.facets.drawable import Drawable
from catalog.facets.filters import Filters
from catalog.thinning import Numbers, Thinned, thinned

MOST_ROWS = 100  # of the table of the front
FAMILIES = 8  # as many as there are shapes that differ at a glance
_FRAME = replace(axes.frame(left=52, right=12, top=26, bottom=0), bottom=368, height=420)


@dataclass(frozen=True)
class Dot:
    """One row where it is drawn; its amounts are written in the axes' units."""

    slug: str
    name: str
    family: str
    across: str
    up: str
    x: float
    y: float

    def get_absolute_url(self) -> str:
        return reverse("catalog:model", args=[self.slug])


@dataclass(frozen=True)
class Family:
    """Dots that share colour and shape; `number` is that of both, 0 for all that have none of their own."""

    number: int
    slug: str
    label: str
    dots: Sequence[Dot]


@dataclass(frozen=True)
class FieldPlot:
    """Everything the template draws.

    Of `total` rows `known` have both numbers, `without_up` lack the score. `below` are drawn on the lower edge,
    because their score lies below it. `front` are the rows that nothing beats by ascending cost, the first
    MOST_ROWS of `front_total`; `line` joins them, `rings` mark them. `front_url` is the list of them alone.
    """

    across: Axis
    up: Axis
    total: int
    known: int
    without_up: int
    front_url: str
    below: int = 0
    families: Sequence[Family] = ()
    line: str = ""
    rings: Sequence[Dot] = ()
    front: Sequence[Dot] = ()
    front_total: int = 0
    x_ticks: Sequence[Tick] = ()
    y_ticks: Sequence[Tick] = ()
    thinned: Thinned | None = None
    frame: axes.Frame = _FRAME

    @property
    def without_across(self) -> int:
        """Rows that have the score, but lack the cost."""
        return self.total - self.without_up - self.known

    @property
    def legend(self) -> Sequence[Family]:
        """The families, largest first; what is left comes last, though it lies below all."""
        return sorted(self.families, key=lambda family: family.number or FAMILIES + 1)

    @property
    def drawn(self) -> int:
        return sum(len(family.dots) for family in self.families)


def field_plot(filters: Filters, counts: Counts) -> FieldPlot:
    """The plot of all rows that the filters leave. At most two queries."""
    across, up = filters.axes
    rows = Asked(filters).drawable(across, up).best_first(across, up)
    lacking = 0 if up.name in filters.bounds else counts.unknown.get(up.name, 0)
    alone = panels.link(replace(filters, best=f"{across.name},{up.name}", view="table", page=1))
    plot = FieldPlot(across, up, counts.total, len(rows.pks), lacking, alone)
    return _drawn(plot, rows, filters) if len(rows.pks) else plot


def _drawn(plot: FieldPlot, rows: Drawable, filters: Filters) -> FieldPlot:
    across = Log(rows.across, _FRAME, plot.across.unit.factor)
    up = axes.most_upwards(rows.up, _FRAME, less_is_better=plot.up.less_is_better)
    x, y = across.all_at(rows.across), up.all_at(rows.up)
    front = rows.front(plot.across, plot.up)
    chosen = thinned(x, y, front)
    shown = np.union1d(chosen.kept, front[:MOST_ROWS]).tolist()
    dots = _dots(plot, filters, rows, shown, x, y)
    on_front = {*front.tolist()}
    drawn = [n for n in chosen.kept.tolist() if n in dots]
    return replace(
        plot,
        below=int((rows.up < up.low).sum()),
        families=_families([(rows.family(n), dots[n]) for n in drawn], filters),
        line=" ".join(dict.fromkeys(f"{x[n]:g},{y[n]:g}" for n in front)),
        rings=[dots[n] for n in drawn if n in on_front],
        front=[dots[n] for n in front[:MOST_ROWS].tolist() if n in dots],
        front_total=len(front),
        x_ticks=across.ticks(),
        y_ticks=up.ticks(7),
        thinned=chosen,
    )


def _dots(
    plot: FieldPlot, filters: Filters, rows: Drawable, shown: Sequence[int], x: Numbers, y: Numbers
) -> dict[int, Dot]:
    """By their places; without those that were deleted a moment ago."""
    asked = filters.kind.rows().filter(pk__in=rows.pks[shown].tolist()).order_by()
    named = {pk: (slug, name) for pk, slug, name in asked.values_list("pk", "slug", "name")}
    label = filters.kind.facet["family"].label
    return {
        n: Dot(
            *named[pk],
            label(rows.family(n)) if rows.family(n) else "",
            plot.across.number(rows.across[n]),
            plot.up.number(rows.up[n]),
            x[n],
            y[n],
        )
        for n, pk in zip(shown, rows.pks[shown].tolist(), strict=True)
        if pk in named
    }


def _families(dots: Sequence[tuple[str, Dot]], filters: Filters) -> list[Family]:
    """Those with most dots get colour and shape; all others together are drawn first, so below them."""
    tally = Counter(family for family, _ in dots if family)
    largest = sorted(tally, key=lambda family: (-tally[family], family))[:FAMILIES]
    numbers = {family: number for number, family in enumerate(largest, start=1)}
    layers: dict[int, list[Dot]] = {number: [] for number in range(len(largest) + 1)}
    for family, dot in reversed(dots):  # the best is drawn last
        layers[numbers.get(family, 0)].append(dot)
    label = filters.kind.facet["family"].label
    named = [
        (0, "others", "Others"),
        *((n, family, label(family)) for family, n in numbers.items()),
    ]
    return [Family(n, slug, words, layers[n]) for n, slug, words in named if layers[n]]
