"""Reading the Hub's JSON: quickly where it is as it should be, entry by entry where one is not."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson

from harvesters.sources.base import Unreachable


def items_of(body: bytes) -> list[Any]:
    """The entries of a list answer. One that cannot be read comes as its text; Unreachable if it breaks off."""
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        # NaN, half a surrogate or 2,000 brackets in one card: only that one is lost.
        return [_readable(piece) for piece in _pieces(body.decode(errors="replace"))]
    return found if isinstance(found, list) else [found]


def id_of(item: Any) -> str:
    """The id of an entry, as far as it can be told."""
    if isinstance(item, str):
        found = re.search(r'"id"\s*:\s*"([^"\\]{1,400})"', item)
        return found[1] if found else ""
    return str(item.get("id") or "") if isinstance(item, dict) else ""


def raw_of(item: Any) -> str:
    """An entry as the body of a page that holds nothing else."""
    if isinstance(item, str):
        return f"[{item}]"
    return json.dumps([item], ensure_ascii=False)


def moments_of(body: bytes) -> tuple[datetime, ...]:
    """`lastModified` of each entry that has one."""
    stated = (item.get("lastModified") for item in items_of(body) if isinstance(item, dict))
    return tuple(moment for text in stated if (moment := _moment(text)))


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return found if found.tzinfo else None


def _readable(piece: str) -> Any:
    try:
        return json.loads(piece)
    except (RecursionError, ValueError):
        return piece


def _pieces(text: str) -> Iterator[str]:
    """The entries of a JSON list as text, by counting brackets outside of strings."""
    depth, start, at, end = 0, 0, 0, len(text)
    while at < end:
        letter = text[at]
        if letter == '"':
            at = _after_string(text, at)
            continue
        if letter in "[{":
            depth += 1
            start = at + 1 if depth == 1 else start
        elif letter in "]}":
            depth -= 1
        if (letter == "," and depth == 1) or (letter == "]" and depth == 0):
            if text[start:at].strip():
                yield text[start:at].strip()
            start = at + 1
        at += 1
    if depth:
        raise Unreachable("The Hub's answer broke off in the middle.")


def _after_string(text: str, at: int) -> int:
    at += 1
    while at < len(text) and text[at] != '"':
        at += 2 if text[at] == "\\" else 1
    return at + 1
