"""Amounts as people write them: "100MB", "5.5M", "80%"."""

import re
from dataclasses import dataclass
from decimal import Decimal

_AMOUNT = re.compile(r"(\d{1,16}(?:\.\d{0,12})?|\.\d{1,12})\s?([a-z%]{0,8})", re.ASCII)
MOST = Decimal(10**16)

_BYTES = {f"{prefix}b": 1000**power for power, prefix in enumerate(("", "k", "m", "g", "t"))}
_BYTES |= {f"{prefix}ib": 1024**power for power, prefix in enumerate("kmgt", start=1)}


@dataclass(frozen=True)
class Unit:
    """`symbol` is shown beside an amount; an amount without a suffix is taken times `factor`.

    From `plain` on it is taken as it stands: nobody means 25,557,032 millions of parameters.
    `written` is the suffix that the address uses, `suffixes` are those that are understood.
    """

    symbol: str
    factor: int = 1
    written: str = ""
    suffixes: tuple[tuple[str, int], ...] = ()
    example: str = "10"
    plain: int | None = None

    def parse(self, text: str) -> Decimal | None:
        """The amount in the column's unit, None if it cannot be understood or is beyond 10^16."""
        found = self._read(text)
        return found[0] if found else None

    def step(self, text: str) -> Decimal | None:
        """What one of the last digit is worth: 100000 for "14.2MB"; None as for `parse`."""
        found = self._read(text)
        return found[1] if found else None

    def _read(self, text: str) -> tuple[Decimal, Decimal] | None:
        found = _AMOUNT.fullmatch(text.strip().lower())
        if not found:
            return None
        number = Decimal(found[1])
        factor = dict(self.suffixes).get(found[2]) if found[2] else self._bare_factor(number)
        if factor is None or number * factor > MOST:
            return None
        decimals = len(found[1].partition(".")[2])
        return number * factor, Decimal(factor).scaleb(-decimals)

    def _bare_factor(self, number: Decimal) -> int:
        return 1 if self.plain is not None and number >= self.plain else self.factor

    def box(self, amount: Decimal) -> str:
        """The amount for a box that names the unit: bare, but for what would be taken as it stands."""
        bare = self.number(amount)
        return bare if self.parse(bare) == amount else self.write(amount)

    def number(self, amount: Decimal) -> str:
        """The amount as a bare number of this unit: 100000000 bytes -> "100"."""
        return f"{(amount / self.factor).normalize():f}"

    def write(self, amount: Decimal) -> str:
        """The amount as the address writes it: 100000000 bytes -> "100MB"."""
        return self.number(amount) + self.written


MEGABYTES = Unit("MB", 10**6, "MB", tuple(_BYTES.items()), "100MB", 10**6)
_COUNTS = (("k", 10**3), ("m", 10**6), ("b", 10**9), ("g", 10**9))
GIGABYTES = Unit("GB", 10**9, "GB", tuple(_BYTES.items()), "8GB", 10**6)
IMAGES = Unit("images/s", suffixes=(("k", 1000), ("fps", 1)), example="500")
MILLIONS = Unit("M", 10**6, "M", _COUNTS, "25M", 10**5)
COUNT = Unit("", suffixes=_COUNTS, example="10k")
GMACS = Unit("GMACs", suffixes=(("g", 1), ("gmacs", 1)), example="4")
PERCENT = Unit("%", suffixes=(("%", 1),), example="80")
PIXELS = Unit("px", suffixes=(("px", 1),), example="224")
YEARS = Unit("", example="2021")
