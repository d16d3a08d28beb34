"""Values made storable: what Postgres refuses is removed or refused here, with a reason.

Each function of a type gives the cleaner of one field: `text(300)` cuts to 300 characters, `whole(0, 9)`
takes the whole numbers from 0 to 9. A cleaner raises InvalidRecord for what it cannot take.
"""

import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from typing import Any
from urllib.parse import urlsplit


class InvalidRecord(ValueError):
    """A record that cannot be stored; the message says which field and why."""


def text(limit: int) -> Callable[[Any], str]:
    def clean(value: Any) -> str:
        if not isinstance(value, str):
            raise InvalidRecord(f"expected text, got {type(value).__name__}")
        return clean_text(value)[:limit]

    return clean


def whole(low: int, high: int) -> Callable[[Any], int]:
    def clean(value: Any) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise InvalidRecord(
                f"expected a whole number from {low} to {high}, got {_shown(value)}"
            )
        return value

    return clean


def number(low: float, high: float) -> Callable[[Any], float]:
    def clean(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise InvalidRecord(f"expected a number, got {_shown(value)}")
        if not low <= value <= high:  # also refuses what is not a number
            raise InvalidRecord(f"expected a number from {low} to {high}, got {_shown(value)}")
        return float(value)

    return clean


def flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise InvalidRecord(f"expected true or false, got {_shown(value)}")
    return value


def day(value: Any) -> str:
    """A date as `2026-01-31`; of a moment its day in UTC. Years 1900 to 2999."""
    return moment(value)[:10]


def moment(value: Any) -> str:
    """A moment as ISO 8601 in UTC, from such a text (a date alone is its midnight) or a datetime."""
    if not isinstance(value, str | date):
        raise InvalidRecord(f"expected a date, got {_shown(value)}")
    try:
        parsed = datetime.fromisoformat(value) if isinstance(value, str) else value
        if not isinstance(parsed, datetime):
            parsed = datetime.combine(parsed, time())
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=UTC)
        if parsed.tzinfo is not UTC:
            parsed = parsed.astimezone(UTC)
    except (OverflowError, ValueError) as problem:
        raise InvalidRecord(f"expected a date, got {_shown(value)}") from problem
    if not 1900 <= parsed.year < 3000:
        raise InvalidRecord(f"expected a date of our time, got {_shown(value)}")
    return parsed.isoformat()


def texts(limit: int, most: int) -> Callable[[Any], list[str]]:
    one = text(limit)

    def clean(value: Any) -> list[str]:
        if not isinstance(value, list | tuple) or len(value) > most:
            raise InvalidRecord(f"expected a list of at most {most} texts")
        try:
            is_plain = "".join(value).isprintable()
        except TypeError:
            is_plain = False
        return [item.strip()[:limit] if is_plain else one(item) for item in value]

    return clean


def json_value(kind: type) -> Callable[[Any], Any]:
    def clean(value: Any) -> Any:
        if not isinstance(value, kind):
            raise InvalidRecord(f"expected {kind.__name__}, got {type(value).__name__}")
        return clean_json(value)

    return clean


def mapping(**members: Callable[[Any], Any]) -> Callable[[Any], dict[str, Any]]:
    """An object with these members only, each cleaned by its own; one that is null is left out."""

    def clean(value: Any) -> dict[str, Any]:
        if not isinstance(value, dict | Mapping):
            raise InvalidRecord(f"expected an object, got {type(value).__name__}")
        unknown = [key for key in value if key not in members]
        if unknown:
            raise InvalidRecord(f"no member of it: {_shown(unknown[0])}")
        return {key: members[key](item) for key, item in value.items() if item is not None}

    return clean


def ways(value: Any) -> dict[str, dict[str, Any]]:
    """Objects by name: what each way of loading needs."""
    clean: dict[str, dict[str, Any]] = json_value(dict)(value)
    wrong = [name for name, needs in clean.items() if not isinstance(needs, dict)]
    if wrong:
        raise InvalidRecord(f"expected an object for {_shown(wrong[0])}")
    return clean


def each(clean_one: Callable[[Any], Any], most: int) -> Callable[[Any], list[Any]]:
    """A list of at most so many, each of them cleaned."""

    def clean(value: Any) -> list[Any]:
        if not isinstance(value, list | tuple) or len(value) > most:
            raise InvalidRecord(f"expected a list of at most {most}")
        return [clean_one(item) for item in value]

    return clean


def clean_url(value: Any) -> str:
    """An http(s) address with a host, or nothing; raises InvalidRecord for `javascript:` and its like."""
    if not isinstance(value, str):
        raise InvalidRecord(f"expected an address, got {type(value).__name__}")
    url = clean_text(value)
    if not url or (len(url) <= 500 and _PLAIN_URL.fullmatch(url)):
        return url
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable or len(url) > 500 or re.search(r"[\s\\\\<>\"]", url):
        raise InvalidRecord(
            f"expected an http(s) address of at most 500 characters, got {url!r:.80}"
        )
    return url


_PLAIN_URL = re.compile(r"https?://[a-z0-9.-]+(?::\d{1,5})?/[\w.,~%@+=&?#:/-]*", re.ASCII)
_UNWANTED = re.compile(
    # Control characters but tab and newline, lone surrogates, and the bidirectional controls that
    # let a name show as another one.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u200e\u200f\u202a-\u202e\u2066-\u2069]"
)


def clean_text(value: str) -> str:
    """`value` without what Postgres refuses (NUL, lone surrogates) and what spoofs a reader."""
    # Nothing unwanted is printable, and nearly every text is: 3,000,000 records are full of them.
    return (value if value.isprintable() else _UNWANTED.sub("", value)).strip()


def clean_json(value: Any, depth: int = 0) -> Any:
    """`value` with texts cleaned, addresses checked, numbers finite; InvalidRecord if it cannot be stored."""
    if depth > 20:
        raise InvalidRecord("nested more than 20 deep")
    if isinstance(value, str):
        return clean_text(value)[:20_000]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float) and not math.isfinite(value):
        raise InvalidRecord("a number that is not finite")
    if isinstance(value, int) and abs(value) >= 2**63:
        raise InvalidRecord("a whole number of more than 64 bits")
    if isinstance(value, int | float):
        return value
    if isinstance(value, dict | Mapping):  # asking for the abstract class alone takes longer
        return {_key(key): _member(key, item, depth) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [clean_json(item, depth + 1) for item in value]
    raise InvalidRecord(f"{type(value).__name__} cannot be stored")


def _key(key: Any) -> str:
    if not isinstance(key, str) or len(key) > 200:
        raise InvalidRecord("a key that is not a text of at most 200 characters")
    return key if key.isidentifier() else clean_text(key)


def _member(key: Any, value: Any, depth: int) -> Any:
    if key == "url" and value is not None:
        return clean_url(value)
    return clean_json(value, depth + 1)


def _shown(value: Any) -> str:
    try:
        return f"{value!r:.60}"
    except (RecursionError, ValueError):  # 5,000 digits, 1,000 levels
        return f"an unprintable {type(value).__name__}"
