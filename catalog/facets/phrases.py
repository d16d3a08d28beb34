"""Amounts and fixed phrases in sentences: what `phrases.toml` says, as patterns with what they mean.

A pattern takes whole words in any case; what it means are names and values for the address.
"""

import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from catalog.facets.sets import FacetSet
from catalog.licenses import LICENSES

PHRASES: dict[str, Any] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)
FORMS = {"<": "..{}", "<=": "..{}", ">": "{}..", ">=": "{}..", ":": "{}", "=": "{}"}
_NUMBER = r"(\d{1,12}(?:\.\d{1,6})?)"

Pair = tuple[str, str]


Meaning = Callable[[re.Match[str], FacetSet], Iterable[Pair]]


@cache
def rules() -> list[tuple[re.Pattern[str], Meaning]]:
    """In the order in which they are tried: what is longer and says more comes first."""
    return [*_memory_rules(), *_amount_rules(), *_year_rules(), *_phrase_rules()]


def _memory_rules() -> Iterator[tuple[re.Pattern[str], Meaning]]:
    spoken = PHRASES["memory"]
    unit = r"\s?(gb|gib|mb|mib|gigabytes)\b"
    precision = any_of(name for names in PHRASES["precisions"].values() for name in names)
    batch = r"(?:batch(?:es)?(?:\s(?:size|of))*\s?(\d{1,4})|(\d{1,4})\simages?(?:\sat\sa\stime)?)"
    how = rf"(?:,?\s(?:(?:at|in|with|and|for)\s)?({precision}))?(?:,?\s(?:(?:at|with|and|for)\s)?{batch})?\b"
    upper = any_of([*PHRASES["comparatives"]["below"], *PHRASES["comparatives"]["at-most"]])
    before, after = any_of(spoken["before"]), any_of(spoken["after"])
    yield (
        pattern(rf"{before}\s(?:{upper}\s)?(?:an?\s)?{_NUMBER}{unit}(?:\s{after})?{how}"),
        _memory,
    )
    yield pattern(rf"(?:{upper}|in|with)\s(?:an?\s)?{_NUMBER}{unit}\s{after}{how}"), _memory


def _memory(found: re.Match[str], _: FacetSet) -> Iterator[Pair]:
    number, unit, precision, *batches = found.groups()
    yield "memory", f"..{number}{_suffix(unit)}"
    for name, spoken in PHRASES["precisions"].items():
        if precision and " ".join(precision.lower().split()) in spoken:
            yield "precision", name
    if batch := next(filter(None, batches), ""):
        yield "batch", str(int(batch))


def _amount_rules() -> Iterator[tuple[re.Pattern[str], Meaning]]:
    signs = {"at-most": "<=", "below": "<", "at-least": ">=", "above": ">"}
    # top5 before top1: "% top 5" begins with "%".
    for name in sorted(PHRASES["units"], key=lambda name: name != "top5"):
        unit = PHRASES["units"][name]
        words, after = any_of(unit["words"]), any_of(unit.get("after", ["\0"]))
        amount = rf"\s?{_NUMBER}\s?({words})(?![\w/%])(?:\s(?:of\s)?(?:{after})(?!\w))?"
        yield (
            pattern(rf"between\s{_NUMBER}\s?(?:{words})?\sand{amount}"),
            _amount(name, "between"),
        )
        for said, sign in signs.items():
            before = any_of([*PHRASES["comparatives"][said], *unit.get(said, ())])
            yield pattern(rf"(?:{before}){amount}"), _amount(name, sign)
    yield pattern(r"(?:at\s)?(\d{2,4})\s?(px|pixels)(?!\w)"), _amount("input", "=")


def _amount(name: str, sign: str) -> Meaning:
    def meaning(found: re.Match[str], kind: FacetSet) -> Iterator[Pair]:
        *low, number, unit = found.groups()
        amount = _written(number, unit)
        if low:
            yield name, f"{_written(low[0], unit)}..{amount}"
        elif name == "latency":
            yield name, FORMS[sign].format(amount)
        elif name in kind.range and kind.range[name].unit.parse(amount) is not None:
            # Strict where values are whole, as in the query language.
            bound = kind.range[name].next_to(amount, sign) if sign in ("<", ">") else amount
            yield name, FORMS[sign].format(bound)

    return meaning


def _written(number: str, unit: str) -> str:
    """`100MB` of 100 and "megabytes"; the bare number where the unit is the filter's own."""
    first = unit.lower().split()[0]
    if first in PHRASES["plain"]["words"]:
        # A bare number would be in millions.
        return f"{(Decimal(number) / 1000).normalize():f}k"
    return number + _suffix(unit)


def _suffix(unit: str) -> str:
    return str(PHRASES["suffixes"].get(unit.lower().split()[0], ""))


def _year_rules() -> Iterator[tuple[re.Pattern[str], Meaning]]:
    year = r"((?:19|20)\d\d)(?![\w.%])"
    yield pattern(rf"(?:newer\sthan|later\sthan|after)\s{year}"), _year(+1, "{}..")
    yield pattern(rf"(?:since|from)\s{year}(?:\son(?:wards?)?)?"), _year(0, "{}..")
    yield pattern(rf"(?:older\sthan|earlier\sthan|before)\s{year}"), _year(-1, "..{}")
    yield pattern(rf"(?:published\sin|of\sthe\syear)\s{year}"), _year(0, "{}")


def _year(step: int, form: str) -> Meaning:
    def meaning(found: re.Match[str], _: FacetSet) -> list[Pair]:
        return [("year", form.format(int(found[1]) + step))]

    return meaning


def _phrase_rules() -> Iterator[tuple[re.Pattern[str], Meaning]]:
    for said in sorted(PHRASES["phrases"], key=len, reverse=True):
        name, _, value = PHRASES["phrases"][said].partition("=")
        before = r"(?<!non)(?<!non[\s-])(?<!not\s)(?<!not\sfor\s)(?<!no\s)"
        yield (
            pattern(rf"{before}(?:with\s(?:an?\s)?|under\san?\s)?{any_of([said])}"),
            _fixed(name, value),
        )
    yield (
        pattern(r"(?:under|with)\s(?:the\s|an?\s)?([\w.+-]+(?:\s[\w.+-]+){0,3}?)\slicen[cs]e"),
        _license,
    )


def _fixed(name: str, value: str) -> Meaning:
    def meaning(*_: object) -> list[Pair]:
        return [(name, value)]

    return meaning


def _license(found: re.Match[str], _: FacetSet) -> list[Pair]:
    value = _licenses().get(plain(found[1]), "")
    return [("license", value)] if value else []


@cache
def _licenses() -> Mapping[str, str]:
    return {
        plain(said): one.id
        for one in LICENSES.values()
        for said in (one.id, one.name, one.spdx)
        if said
    }


def any_of(phrases: Iterable[str]) -> str:
    """One of these, the longest first, however far apart their words stand."""
    longest = sorted(phrases, key=len, reverse=True)
    return "(?:" + "|".join(re.escape(one).replace(r"\ ", r"\s+") for one in longest) + ")"


def pattern(text: str) -> re.Pattern[str]:
    """Whole words, in any case."""
    return re.compile(rf"(?<![\w/.-]){text}(?![\w/-])".replace(r"\s", r"\s"), re.IGNORECASE)


def plain(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
