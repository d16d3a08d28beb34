"""timm's recorded result tables: accuracy per checkpoint and size, work per architecture and size.

Tables: https://github.com/huggingface/pytorch-image-models/tree/main/results.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.records import EvaluationRecord, Fact, ModelRecord, Rejected
from harvesters.sources.base import Base, Page, Start, Unreachable

if TYPE_CHECKING:
    from harvesters.http import Http

_FOLDER = "/huggingface/pytorch-image-models/main/results/"
_ACCURACY = "results-imagenet.csv"
# Work is the same on every device; the newer table is asked first, the older one fills its gaps.
_WORK = (
    "benchmark-infer-amp-nchw-pt291-cu130-5090.csv",
    "benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv",
)
_PAGE = "https://github.com/huggingface/pytorch-image-models/tree/main/results"
_MILLION = 1_000_000
Row = Mapping[str, str]


class TimmResults:
    """Measurements of timm's checkpoints by timm's authors; `base` is the raw-file address of GitHub."""

    name = "timm-results"
    title = "timm's result tables"
    homepage = _PAGE
    kind = "measurement"
    has_increments = False
    is_complete = True

    def __init__(self, base: str) -> None:
        self.bases = (Base(base),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - three files, one page
        address = self.bases[0].url + _FOLDER
        tables = {name: http.get(address + name).body.decode() for name in (_ACCURACY, *_WORK)}
        if not tables[_ACCURACY].startswith("model,"):
            raise Unreachable(f"{address}{_ACCURACY} is not the table it was; nothing was read.")
        yield Page(json.dumps(tables).encode())

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        tables = json.loads(page.body)
        work = _work(tables)
        by_checkpoint: dict[str, list[Row]] = defaultdict(list)
        for row in csv.DictReader(io.StringIO(tables[_ACCURACY])):
            by_checkpoint[row["model"]].append(row)
        for name, rows in by_checkpoint.items():
            try:
                yield _record(name, rows, work)
            except (KeyError, TypeError, ValueError) as problem:
                yield Rejected(name, f"a row of {_ACCURACY}: {problem!r}", json.dumps(rows))


def _work(tables: Mapping[str, str]) -> dict[tuple[str, str], tuple[str, Row]]:
    """(architecture, image size) -> (table, row); the tables order their columns differently."""
    found: dict[tuple[str, str], tuple[str, Row]] = {}
    for table in _WORK:
        for row in csv.DictReader(io.StringIO(tables[table])):
            if row.get("infer_gmacs"):
                found.setdefault((row["model"], row["infer_img_size"]), (table, row))
    return found


def _record(
    name: str, rows: list[Row], work: Mapping[tuple[str, str], tuple[str, Row]]
) -> ModelRecord:
    facts: dict[str, Fact] = {
        "name": Fact(name),
        "parameters": Fact(
            round(_number(rows[0]["param_count"]) * _MILLION), f"{_ACCURACY}, rounded to 10,000"
        ),
    }
    # Smallest size first: a checkpoint's own size is the smallest it was tested at.
    for row in sorted(rows, key=lambda row: int(row["img_size"])):
        table, counted = work.get((name.partition(".")[0], row["img_size"]), ("", {}))
        if counted:
            note = f"{table}, at {row['img_size']} px"
            facts["gmacs"] = Fact(_number(counted["infer_gmacs"]), note)
            facts["activations"] = Fact(round(_number(counted["infer_macts"]) * _MILLION), note)
            facts["input_size"] = Fact(int(row["img_size"]), "at which it was counted")
            break
    return ModelRecord(
        external_id=name,
        url=_PAGE,
        facts=facts,
        evaluations=tuple(e for row in rows for e in _evaluations(row)),
        identity_keys=(f"timm:{name}",),
    )


def _evaluations(row: Row) -> Iterator[EvaluationRecord]:
    for metric in ("top1", "top5"):
        yield EvaluationRecord(
            "imagenet-1k",
            metric,
            _number(row[metric]),
            int(row["img_size"]),
            _number(row["crop_pct"]),
            "measured by timm",
        )


def _number(text: Any) -> float:
    # Thousands are set off: "1,013.01" million parameters.
    return float(str(text).replace(",", ""))
