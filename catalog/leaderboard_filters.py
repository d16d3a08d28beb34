"""What a visitor asks of a leaderboard, read from the query string; reading never fails, it leaves notes."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from catalog.cleaning import clean_text
from catalog.facets.units import MEGABYTES, YEARS, Unit
from catalog.leaderboards import Board, Row, best_first
from catalog.licenses import LICENSES

_MOST_BYTES = 4_000
_LONGEST_VALUE = 200
_MOST_NOTES = 5
OPEN = "open"
SORTS = {
    "": "Best score first",
    "worst": "Worst score first",
    "-date": "Newest first",
    "date": "Oldest first",
    "size": "Smallest file first",
    "params": "Fewest parameters first",
    "name": "Name",
}


# Where nobody knows which of two results is the better one.
_UNRANKED = {"": "Largest value first", "worst": "Smallest value first"}


@dataclass(frozen=True)
class Bounds:
    """Both ends belong to it; None is open."""

    low: Decimal | None = None
    high: Decimal | None = None

    def holds(self, value: float | None) -> bool:
        """Whether a value lies between; what is unknown lies nowhere."""
        if value is None:
            return False
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def written(self, unit: Unit) -> str:
        ends = ["" if end is None else unit.write(end) for end in (self.low, self.high)]
        return "..".join(ends) if any(ends) else ""


@dataclass(frozen=True)
class LeaderboardFilters:
    """Immutable; `notes` says in sentences what could not be used and why."""

    task: str = ""
    metric: str = ""
    size: Bounds = Bounds()
    year: Bounds = Bounds()
    license: str = ""
    weights: bool = False
    sort: str = ""
    page: int = 1
    notes: tuple[str, ...] = ()

    @property
    def narrows(self) -> bool:
        return bool(self.license or self.weights or self.size != Bounds() or self.year != Bounds())

    @property
    def size_text(self) -> str:
        return self.size.written(MEGABYTES)

    @property
    def year_text(self) -> str:
        return self.year.written(YEARS)

    def pairs(self) -> Iterable[tuple[str, str]]:
        """Names and values in the order of the address; what is empty or default is left out."""
        every = (
            ("task", self.task),
            ("metric", self.metric),
            ("size", self.size_text),
            ("year", self.year_text),
            ("license", self.license),
            ("weights", "only" if self.weights else ""),
            ("sort", self.sort),
            ("page", str(self.page) if self.page > 1 else ""),
        )
        return [(name, value) for name, value in every if value]

    def is_canonical(self, query_string: str) -> bool:
        """Whether an address says it in the one spelling; the order is not looked at."""
        given = parse_qsl(query_string[:_MOST_BYTES], keep_blank_values=True)
        return Counter(given) == Counter(self.pairs())

    def query(self, **changes: Any) -> str:
        """The query string of these filters with changes, from their first page unless told; with "?"."""
        changed = replace(self, **{"page": 1, **changes})
        return "?" + urlencode(list(changed.pairs()), safe=".,:/")

    def apply(self, rows: Sequence[Row], board: Board) -> list[Row]:
        """The rows that have everything asked for, in the order asked for."""
        kept = [row for row in rows if self._keeps(row)]
        ordered = best_first(kept, board)
        if not self.sort:
            return ordered
        if self.sort == "worst":
            numbers = [row for row in ordered if row.value is not None]
            return [*reversed(numbers), *(row for row in ordered if row.value is None)]
        return _sorted(ordered, self.sort)

    def _keeps(self, row: Row) -> bool:
        if (self.weights or self.license or self.size != Bounds()) and not row.has_weights:
            return False  # a result without weights has neither file nor licence
        if self.license == OPEN and not row.license_open:
            return False
        if self.license not in ("", OPEN, row.license):
            return False
        if self.size != Bounds() and not self.size.holds(row.size_bytes):
            return False
        year = row.day.year if row.day else None
        return self.year == Bounds() or self.year.holds(year)


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    name = sort.removeprefix("-")
    key = {
        "date": lambda row: row.day.toordinal() if row.day else None,
        "size": lambda row: row.size_bytes,
        "params": lambda row: row.parameters,
        "name": lambda row: row.name.lower(),
    }[name]
    known = [row for row in rows if key(row) is not None]
    # Python's sort keeps the order of equals, which is that of the score, in both directions.
    known.sort(key=key, reverse=sort.startswith("-"))
    return [*known, *(row for row in rows if key(row) is None)]


def sorts_of(board: Board | None) -> dict[str, str]:
    """The orders of a board's rows, as people call them."""
    return SORTS if board is None or board.is_ranked else SORTS | _UNRANKED


def read(query_string: str, boards: Sequence[Board]) -> tuple[LeaderboardFilters, Board | None]:
    """The filters of an address and the board that it asks for, else the largest one."""
    reader = _Reader()
    text = query_string[:_MOST_BYTES]
    if len(query_string) > _MOST_BYTES:
        reader.notes.append("This address is too long; only its beginning was read.")
    for name, value in parse_qsl(text, keep_blank_values=True, errors="replace"):
        reader.take(name, value.strip())
    board = reader.pick_board(boards)
    notes = tuple(dict.fromkeys(reader.notes))
    shown = replace(reader.filters, notes=notes[:_MOST_NOTES])
    return shown, board


@dataclass
class _Reader:
    filters: LeaderboardFilters = field(default_factory=LeaderboardFilters)
    notes: list[str] = field(default_factory=list)

    def take(self, name: str, value: str) -> None:
        if not value:
            return
        if clean_text(value) != value or len(value) > _LONGEST_VALUE:
            self.note(name, value, f"at most {_LONGEST_VALUE} printable characters")
        elif name in ("task", "metric"):
            self.set(name, value)
        elif name in ("size", "year"):
            self.take_range(name, value, MEGABYTES if name == "size" else YEARS)
        elif name in _TAKEN:
            accepts, expected, convert = _TAKEN[name]
            if accepts(value):
                self.set(name, convert(value))
            else:
                self.note(name, value, expected)
        else:
            self.notes.append(f"“{name[:40]}” is not the name of a filter; it was left out.")

    def set(self, name: str, value: Any) -> None:
        changed: dict[str, Any] = {name: value}
        self.filters = replace(self.filters, **changed)

    def take_range(self, name: str, value: str, unit: Unit) -> None:
        low, dots, high = value.partition("..")
        ends = [unit.parse(end) if end else None for end in (low, high if dots else low)]
        unread = any(end and number is None for end, number in zip((low, high), ends, strict=True))
        if unread or ends == [None, None]:
            self.note(name, value, f"a range such as {name}=..{unit.example}")
        elif ends[0] is not None and ends[1] is not None and ends[0] > ends[1]:
            self.note(name, value, "the smaller number first, as in 1..2")
        else:
            self.set(name, Bounds(*ends))

    def pick_board(self, boards: Sequence[Board]) -> Board | None:
        """The board that task and metric name; what names none is noted, and the largest is shown."""
        wanted = self.filters
        fitting = [
            board
            for board in boards
            if wanted.task in ("", board.task) and wanted.metric in ("", board.metric)
        ]
        if not fitting and boards:
            asked = " and ".join(filter(None, (wanted.task, wanted.metric)))
            self.notes.append(f"No leaderboard of this data set is about “{asked[:80]}”.")
        board = next(iter(fitting or boards), None)
        is_first = board is not None and board == boards[0]
        named = ("", "") if board is None or is_first else (board.task, board.metric)
        self.filters = replace(wanted, task=named[0], metric=named[1])
        return board

    def note(self, name: str, value: str, expected: str) -> None:
        shown = clean_text(f"{name}={value}")[:80]
        self.notes.append(f"“{shown}” was left out: expected {expected}.")


_TAKEN = {
    "license": (
        lambda value: value == OPEN or value in LICENSES,
        "open or the id of a licence, such as mit",
        str,
    ),
    "weights": (lambda value: value == "only", "only", bool),
    "sort": (lambda value: value in SORTS, "one of " + ", ".join(filter(None, SORTS)), str),
    "page": (
        lambda value: value.isascii() and value.isdigit() and 0 < int(value[:9]) < 10**8,
        "a page's number, from 1",
        int,
    ),
}
