"""The query string and `Filters`, in both directions. Reading never fails: what cannot be used leaves a note.

`read(write(filters)) == filters`, and `write` knows one spelling only: docs/decisions/0020-the-address-is-the-state.md.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from urllib.parse import parse_qsl, urlencode

from catalog import terms
from catalog.cleaning import clean_text
from catalog.facets import budget
from catalog.facets.axes import Axis
from catalog.facets.filters import BEST, Bounds, Choice, Filters
from catalog.facets.kinds import Range
from catalog.facets.machine_words import MACHINE_NAMES, chosen_machine, images_per_second
from catalog.facets.models import MODELS
from catalog.facets.nearness import Nearness
from catalog.facets.on_machine import Machine, on
from catalog.facets.sets import FacetSet
from catalog.facets.typed import read_typed

MOST_PAGES = 100
_MOST_BYTES = 20_000
_MOST_PAIRS = 300
_MOST_VALUES = 20
_LONGEST_VALUE = 200
_MOST_NOTES = 5
Pair = tuple[str, str]


def read(query_string: str, kind: FacetSet = MODELS) -> Filters:
    """The filters of an address of the list of `kind`. With `live=1`, what is still being typed into the box waits for Enter."""
    reader = _Reader(kind)
    for name, value in reader.pairs(query_string):
        reader.take(name, value)
    return reader.filters()


def write(filters: Filters, *, finds: bool = False) -> str:
    """The one query string of these filters, without "?"; "" where nothing is asked for."""
    return urlencode(list(pairs(filters, finds=finds)), safe=".,:/")


def pairs(filters: Filters, *, finds: bool = False) -> Iterable[Pair]:
    """Names and values in the order of the address; what is empty or default is left out.

    With `finds`, also what stands in the facets' own search boxes.
    """
    if filters.words:
        yield "q", filters.words
    for name, choice in filters.choices.items():
        yield from ((name, value) for value in choice.include)
        yield from ((f"-{name}", value) for value in choice.exclude)
    for name, bounds in filters.bounds.items():
        yield name, write_bounds(filters.kind.range[name], bounds)
    if filters.kind.machine:
        yield from filters.kind.machine.pairs()
    if filters.best:
        yield BEST, filters.best
    if filters.sort:
        yield "sort", filters.sort
    if filters.view != "table":
        yield "view", filters.view
    if not filters.meaning:
        yield "meaning", "off"
    if filters.x:
        yield "x", filters.x
    if filters.y:
        yield "y", filters.y
    if filters.columns != filters.kind.default_columns:
        yield "columns", ",".join(filters.columns)
    if filters.page > 1:
        yield "page", str(filters.page)
    if finds:
        yield from ((f"find-{name}", text) for name, text in filters.finds.items())


def write_bounds(range_: Range, bounds: Bounds) -> str:
    """`5M..30M`; a range whose ends are one is that value, if it is read so again."""
    ends = ["" if end is None else range_.unit.write(end) for end in (bounds.low, bounds.high)]
    alone = range_.alone(ends[0]) == (bounds.low, bounds.high)
    return ends[0] if alone else "..".join(ends)


def is_canonical(query_string: str, filters: Filters) -> bool:
    """Whether the address already says it in the one spelling; the order is not looked at."""
    given = parse_qsl(query_string[:_MOST_BYTES], keep_blank_values=True)
    return Counter(given) == Counter(pairs(filters, finds=True))


@dataclass
class _Reader:
    kind: FacetSet
    live: bool = False
    texts: list[str] = field(default_factory=list)
    include: dict[str, list[str]] = field(default_factory=dict)
    exclude: dict[str, list[str]] = field(default_factory=dict)
    bounds: dict[str, Bounds] = field(default_factory=dict)
    ranged: set[str] = field(default_factory=set)
    single: dict[str, str] = field(default_factory=dict)
    columns: list[str] = field(default_factory=list)
    finds: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    machine: Machine = field(default_factory=Machine)

    def pairs(self, query_string: str) -> list[Pair]:
        found = parse_qsl(query_string[:_MOST_BYTES], keep_blank_values=True, errors="replace")
        if len(query_string) > _MOST_BYTES or len(found) > _MOST_PAIRS:
            self.notes.append("This address is too long; only its beginning was read.")
        self.live = ("live", "1") in found
        return found[:_MOST_PAIRS]

    def take(self, name: str, value: str) -> None:
        value = value.strip()
        if not value:
            return
        if clean_text(value) != value or len(value) > _LONGEST_VALUE:
            self.note(name, value, f"at most {_LONGEST_VALUE} printable characters")
        elif name == "q":
            self.texts.append(value)
        elif name in self.kind.single_names:
            self.single[name] = value
        elif name == "columns":
            self.columns += value.split(",")
        elif name.removeprefix("find-") in self.kind.facet and name.startswith("find-"):
            self.finds[name.removeprefix("find-")] = value
        elif name == "live":
            return
        else:
            self.take_filter(name, value)

    def take_words(self) -> str:
        need = budget.read(" ".join(self.texts)[: terms.MOST_CHARACTERS].strip(), self.kind)
        typed = read_typed(need.words, self.kind)
        if not self.live:
            self.notes += typed.notes
            for name, value in (*need.pairs, *typed.pairs):
                self.take_filter(name, value)
        return typed.words

    def take_filter(self, name: str, value: str) -> None:
        positive = name.removeprefix("-")
        if self.kind.machine and name in MACHINE_NAMES:
            self.take_machine(name, value)
        elif name == "latency" and "speed" in self.kind.range:
            self.take_latency(value)
        elif positive in self.kind.facet:
            self.take_value(name, positive, value)
        elif name in self.kind.range:
            self.take_range(name, value)
        elif name == BEST and self.kind.fronts:
            self.single[name] = value
        elif name.endswith(("-min", "-max")) and name[:-4] in self.kind.range:
            self.take_end(name[:-4], name[-3:], value)
        else:
            self.notes.append(f"“{_short(name)}” is not the name of a filter; it was left out.")

    def take_machine(self, name: str, value: str) -> None:
        self.machine, expected = chosen_machine(self.machine, name, value)
        if expected:
            self.note(name, value, expected)

    def take_latency(self, value: str) -> None:
        """`..20ms` per image is `50..` images per second: one of the two stands in the address."""
        if speed := images_per_second(value):
            self.take_range("speed", speed)
        else:
            self.note("latency", value, "a range of milliseconds per image such as latency=..20ms")

    def take_value(self, name: str, facet: str, value: str) -> None:
        chosen, others = (each.setdefault(facet, []) for each in (self.include, self.exclude))
        if name.startswith("-"):
            chosen, others = others, chosen
        if not self.kind.facet[facet].accepts(value):
            self.note(name, value, "one of " + ", ".join(self.kind.facet[facet].allowed))
        elif value not in chosen and len(chosen) >= _MOST_VALUES:
            self.notes.append(
                f"{self.kind.facet[facet].title}: only the first {_MOST_VALUES} values were used."
            )
        elif value not in chosen:
            chosen.append(value)
        # The last one counts: the button that excludes a ticked value is sent behind its tick.
        if value in chosen and value in others:
            others.remove(value)

    def take_range(self, name: str, value: str) -> None:
        range_ = self.kind.range[name]
        ends = _ends(range_, value)
        if ends is None:
            self.note(name, value, f"a range such as {name}=..{range_.unit.example}")
        elif self.contradicts(name, ends):
            kept = f"“{name}={write_bounds(range_, self.bounds[name])}”"
            self.notes.append(
                f"“{name}={_short(value)}” was left out: a range is given once, and {kept} was kept."
            )
        else:
            self.merge(name, value, ends)
            self.ranged.add(name)

    def contradicts(self, name: str, new: Bounds) -> bool:
        """Whether nothing lies in both; a whole range that was typed replaces the two boxes, though."""
        old = self.bounds.get(name, Bounds())
        if name not in self.ranged:
            return not _crossed(new) and _crossed(_merged(old, new))
        return not _crossed(new) and (
            _crossed(Bounds(old.low, new.high)) or _crossed(Bounds(new.low, old.high))
        )

    def take_end(self, name: str, side: str, value: str) -> None:
        unit = self.kind.range[name].unit
        number = unit.parse(value)
        if number is None:
            self.note(f"{name}-{side}", value, f"a number such as {unit.example}")
        else:
            ends = Bounds(low=number) if side == "min" else Bounds(high=number)
            self.merge(name, value, ends)

    def merge(self, name: str, value: str, new: Bounds) -> None:
        bounds = _merged(self.bounds.get(name, Bounds()), new)
        if _crossed(bounds):
            self.note(name, value, "the smaller number first, as in 1..2")
        else:
            self.bounds[name] = bounds

    def note(self, name: str, value: str, expected: str) -> None:
        shown = f"{_short(name)}={_short(value)}"
        self.notes.append(f"“{shown}” was left out: expected {expected}.")

    def filters(self) -> Filters:
        words = self.take_words()
        self.kind = self.on_machine()
        filters = Filters(
            words=words,
            sort=self.pick("sort", self.kind.sorts),
            view=self.pick("view", self.kind.views) or "table",
            x=self.pick_axis("x", self.kind.costs),
            y=self.pick_axis("y", self.kind.scores),
            best=self.pick(BEST, self.kind.fronts),
            columns=self.pick_columns(),
            page=self.pick_page(),
            finds=self.finds,
            kind=self.kind,
            meaning=not self.pick("meaning", ("off",)),
        )
        page = filters.page
        for name in {**self.include, **self.exclude}:
            include, exclude = (kept.get(name, []) for kept in (self.include, self.exclude))
            filters = filters.with_choice(
                name, Choice(tuple(sorted(include)), tuple(sorted(exclude)))
            )
        for name, bounds in self.bounds.items():
            filters = filters.with_bounds(name, bounds)
        nearness = Nearness(self.kind, filters.words)
        return replace(filters, page=page, notes=_few(self.notes), nearness=nearness)

    def on_machine(self) -> FacetSet:
        """The list on the machine that was asked for; what needs a device is left out where there is none."""
        if not self.kind.machine:
            return self.kind
        sorted_by_speed = self.single.get("sort", "").removeprefix("-") == "speed"
        if not self.machine.device and ("speed" in self.bounds or sorted_by_speed):
            self.bounds.pop("speed", None)
            self.single["sort"] = "" if sorted_by_speed else self.single.get("sort", "")
            self.notes.append(
                "Speed was left out: choose the device first that it is meant on, as in device=rtx-4090."
            )
        return on(self.kind, self.machine)

    def pick(self, name: str, allowed: Iterable[str]) -> str:
        value = self.single.get(name, "")
        if value in allowed or not value:
            return value
        self.note(name, value, "one of " + ", ".join(filter(None, allowed)))
        return ""

    def pick_axis(self, name: str, axes: tuple[Axis, ...]) -> str:
        """ "" for the first, so that one plot has one address."""
        value = self.pick(name, [axis.name for axis in axes])
        return "" if axes and value == axes[0].name else value

    def pick_columns(self) -> tuple[str, ...]:
        always, default = self.kind.always_shown, self.kind.default_columns
        every = [name for name in self.kind.columns if name not in always]
        known = [name for name in self.columns if name in every]
        if len(known) != len(self.columns):
            unknown = next(name for name in self.columns if name not in every)
            self.note("columns", unknown, "any of " + ",".join(every))
        wanted = tuple(dict.fromkeys(known)) or default
        # One order for one set: the form cannot say another one.
        ordered = tuple(name for name in every if name in wanted)
        return default if set(ordered) == set(default) else ordered

    def pick_page(self) -> int:
        value = self.single.get("page", "1")
        if value.isascii() and value.isdigit() and int(value) >= 1:
            return int(value)  # how many there are is known to results() only
        self.note("page", value, "a whole number from 1 on")
        return 1


def _ends(range_: Range, value: str) -> Bounds | None:
    low, dots, high = value.partition("..")
    if not dots:
        ends = range_.alone(value)
        return Bounds(*ends) if ends else None
    numbers = [range_.unit.parse(end) if end else None for end in (low, high)]
    understood = all(
        (number is None) == (not end) for end, number in zip((low, high), numbers, strict=True)
    )
    return Bounds(*numbers) if understood and (low or high) else None


def _merged(old: Bounds, new: Bounds) -> Bounds:
    return Bounds(
        old.low if new.low is None else new.low, old.high if new.high is None else new.high
    )


def _crossed(bounds: Bounds) -> bool:
    return bounds.low is not None and bounds.high is not None and bounds.low > bounds.high


def _short(text: str) -> str:
    clean = clean_text(text)
    return clean if len(clean) <= 40 else clean[:40] + "…"


def _few(notes: Iterable[str]) -> tuple[str, ...]:
    every = tuple(dict.fromkeys(notes))
    if len(every) <= _MOST_NOTES:
        return every
    return (*every[:_MOST_NOTES], f"And {len(every) - _MOST_NOTES} more.")
