"""keras.io's table of Keras Applications: size, accuracy, parameters, depth, time per step.

Page: https://keras.io/api/applications/, made from templates/api/applications/index.md. Two ways to write
it are known: `98 | 74.9% | 92.1% | 25.6M` and, older, `98 MB | 0.749 | 0.921 | 25,636,712`.
"""

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.records import EvaluationRecord, Fact, ModelRecord, Rejected
from harvesters.sources.base import Base, Page, Start, Unreachable

if TYPE_CHECKING:
    from harvesters.http import Http

_PATH = "/keras-team/keras-io/master/templates/api/applications/index.md"
_PAGE = "https://keras.io/api/applications/"
_MIB = 1024 * 1024
_MULTIPLES = {"": 1, "K": 1_000, "M": 1_000_000, "B": 1_000_000_000}
# The beginning of a column's heading and what it holds; further columns are passed over.
_COLUMNS = {
    "model": "model",
    "size": "size",
    "top-1": "top1",
    "top-5": "top5",
    "parameters": "parameters",
    "depth": "depth",
    "time (ms) per inference step (cpu": "cpu_ms_per_step",
    "time (ms) per inference step (gpu": "gpu_ms_per_step",
}


class KerasIo:
    """The table of keras.io; `base` is the raw-file address of GitHub."""

    name = "keras-io"
    title = "keras.io's table"
    homepage = _PAGE
    kind = "measurement"
    has_increments = False
    is_complete = True

    def __init__(self, base: str) -> None:
        self.bases = (Base(base, setting="RAW_GITHUB_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - one page
        address = self.bases[0].url + _PATH
        body = http.get(address).body
        if not rows_of(body.decode(errors="replace")):
            raise Unreachable(f"{address} has no table of models any more; nothing was read.")
        yield Page(body)

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        text = page.body.decode(errors="replace")
        conditions = _conditions(text)
        for row, line in rows_of(text):
            try:
                yield _record(row, conditions)
            except (KeyError, OverflowError, ValueError) as problem:
                header = "\n".join(_table(text)[:2])
                name = row.get("model", "")[:250]
                yield Rejected(name, f"a row of the table: {problem!r:.200}", f"{header}\n{line}\n")


def rows_of(text: str) -> list[tuple[dict[str, str], str]]:
    """The rows of the page's table by column, each with its line; none if there is no such table."""
    lines = _table(text)
    if len(lines) < 2:
        return []
    names = [_column(heading) for heading in _cells(lines[0])]
    return [(dict(zip(names, _cells(line), strict=False)), line) for line in lines[2:]]


def _table(text: str) -> list[str]:
    found: list[str] = []
    for line in map(str.strip, text.splitlines()):
        if found and not line.startswith("|"):
            break
        if found or re.match(r"\|\s*Model\s*\|", line):
            found.append(line)
    return found


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _column(heading: str) -> str:
    plain = heading.lower()
    return next((name for start, name in _COLUMNS.items() if plain.startswith(start)), plain)


def _conditions(text: str) -> str:
    """How the times were measured, as the page says below its table."""
    found = re.findall(r"^\s*-\s*((?:CPU|RAM|GPU|Batch size)\s*:.*)$", text, re.M | re.I)
    return ", ".join(" ".join(line.split()) for line in found)


def _record(row: Mapping[str, str], conditions: str) -> ModelRecord:
    link = re.match(r"\[([^\]]+)\]\(([^)]*)\)", row["model"])
    name = link[1] if link else row["model"]
    if not re.fullmatch(r"\w+", name):
        raise ValueError(f"{name!r:.60} is no name of a function")
    size, parameters = row.get("size", ""), row.get("parameters", "")
    facts = {
        "name": Fact(name),
        "size_bytes": Fact(
            round(_number(size) * _MIB) if _is_given(size) else None, "rounded to a MiB"
        ),
        "parameters": Fact(
            round(_number(parameters)) if _is_given(parameters) else None, "with the classifier"
        ),
        "metrics": Fact(_further(row) or None, conditions),
    }
    return ModelRecord(
        external_id=name,
        url=_PAGE,
        facts=facts,
        evaluations=tuple(
            EvaluationRecord("imagenet-1k", metric, _percent(row[metric]), note="keras.io")
            for metric in ("top1", "top5")
            if _is_given(row.get(metric, ""))
        ),
        identity_keys=(f"keras:{name}",),
    )


def _further(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        key: round(_number(row[key])) if key == "depth" else _number(row[key])
        for key in ("depth", "cpu_ms_per_step", "gpu_ms_per_step")
        if _is_given(row.get(key, ""))
    }


def _is_given(cell: str) -> bool:
    return cell not in ("", "-", "–")


def _percent(cell: str) -> float:
    # 0.749 * 100 is 74.9 but for its last digits.
    return _number(cell) if cell.endswith("%") else round(_number(cell) * 100, 6)


def _number(cell: str) -> float:
    """`25.6M`, `25,636,712`, `98 MB`, `74.9%` as a number (millions and thousands multiplied out)."""
    found = re.fullmatch(r"([\d,]*\.?\d+)\s*(K|M|B|MB|%)?", cell)
    if not found:
        raise ValueError(f"{cell!r:.40} is no number")
    unit = (found[2] or "").replace("MB", "").replace("%", "")
    return float(found[1].replace(",", "")) * _MULTIPLES[unit]
