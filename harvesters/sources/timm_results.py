"""timm's recorded result tables: accuracy per checkpoint and size, work and speed per architecture and size.

Tables: https://github.com/huggingface/pytorch-image-models/tree/main/results.
"""

import csv
import io
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.records import EvaluationRecord, Fact, ModelRecord, Rejected
from catalog.reference_records import SpeedRecord
from harvesters.http_errors import HttpError
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.timm_benchmarks import (
    TABLES,
    benchmark_page,
    number,
    read_renamed,
    speeds_of,
    written,
)

if TYPE_CHECKING:
    from harvesters.http import Http

_FOLDER = "/huggingface/pytorch-image-models/main/results/"
_ACCURACY = "results-imagenet.csv"
# Every table of results and the slug of the data set that it was measured on; what is called clean is the
# part of ImageNet's own validation set with the same 200 classes.
_DATASETS = {
    _ACCURACY: "imagenet-1k",
    "results-imagenet-real.csv": "imagenet-real",
    "results-imagenetv2-matched-frequency.csv": "imagenetv2-matched-frequency",
    "results-sketch.csv": "imagenet-sketch",
    "results-imagenet-a.csv": "imagenet-a",
    "results-imagenet-a-clean.csv": "imagenet-a-clean",
    "results-imagenet-r.csv": "imagenet-r",
    "results-imagenet-r-clean.csv": "imagenet-r-clean",
}
# Work is the same on every device; the newer table is asked first, the older one fills its gaps.
_WORK = (
    "benchmark-infer-amp-nchw-pt291-cu130-5090.csv",
    "benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv",
)
_PAGE = "https://github.com/huggingface/pytorch-image-models/tree/main/results"
_MILLION = 1_000_000
Row = Mapping[str, str]
# table -> model or architecture -> its rows
Tables = Mapping[str, Mapping[str, list[Row]]]


class TimmResults:
    """Measurements of timm's checkpoints by timm's authors; `base` is the raw-file address of GitHub.

    The first page holds all results, for a checkpoint's record is made of all of them; every further one
    is a table of speeds.
    """

    name = "timm-results"
    title = "timm's result tables"
    homepage = _PAGE
    kind = "measurement"
    has_increments = False
    is_complete = True

    def __init__(self, base: str) -> None:
        self.bases = (Base(base, setting="RAW_GITHUB_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        renamed = read_renamed()
        following = TABLES.index(start.cursor) if start.cursor in TABLES else -1
        if following < 0:
            tables = {name: self._table(http, name) for name in (*_DATASETS, *_WORK)}
            yield Page(json.dumps({"tables": tables}).encode(), TABLES[0])
            following = 0
        for at in range(following, len(TABLES)):
            text = self._speeds(http, TABLES[at])
            after = TABLES[at + 1] if at + 1 < len(TABLES) else ""
            yield Page(benchmark_page(TABLES[at], text, renamed).encode(), after)

    def _speeds(self, http: "Http", name: str) -> str:
        try:
            return self._table(http, name)
        except HttpError as problem:
            if problem.status == 404:  # given up by timm, and so are its speeds
                return ""
            raise

    def _table(self, http: "Http", name: str) -> str:
        address = self.bases[0].url + _FOLDER + name
        text = http.get(address).body.decode(errors="replace")
        if not text.startswith("model,"):
            raise Unreachable(f"{address} is not the table it was; nothing more was read.")
        return text

    def records(self, page: Page) -> Iterator[ModelRecord | SpeedRecord | Rejected]:
        body = json.loads(page.body)
        try:
            if "benchmark" in body:
                yield from speeds_of(body["benchmark"], body["text"], body["renamed"], _PAGE)
            else:
                yield from self._checkpoints(body)
        except csv.Error as problem:
            name = body.get("benchmark", _ACCURACY)
            yield Rejected(name, f"no table any more: {problem}", page.body.decode())

    def _checkpoints(self, body: Mapping[str, Any]) -> Iterator[ModelRecord | Rejected]:
        tables = {name: _by_model(text) for name, text in body["tables"].items()}
        # Not every table lists the same checkpoints.
        for name in dict.fromkeys(name for table in _DATASETS for name in tables.get(table, ())):
            try:
                yield _record(name, tables)
            except (KeyError, OverflowError, TypeError, ValueError) as problem:
                alone = {table: written(rows) for table, rows in _of(name, tables) if rows}
                yield Rejected(
                    name, f"a row of its results: {problem!r}", json.dumps({"tables": alone})
                )


def _by_model(text: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        found[row["model"]].append(row)
    return dict(found)


def _of(name: str, tables: Tables) -> Iterator[tuple[str, list[Row]]]:
    """The rows of one checkpoint, and in the tables of work those of its architecture."""
    architecture = name.partition(".")[0]
    for table, models in tables.items():
        yield table, models.get(name if table in _DATASETS else architecture, [])


def _record(name: str, tables: Tables) -> ModelRecord:
    results = {table: rows for table, rows in _of(name, tables) if rows and table in _DATASETS}
    rows = [row for rows in results.values() for row in rows]
    parameters = round(number(rows[0]["param_count"]) * _MILLION)
    facts: dict[str, Fact] = {
        "name": Fact(name),
        "parameters": Fact(parameters, f"{next(iter(results))}, rounded to 10,000"),
    }
    work = _work(name, tables)
    # Smallest size first: a checkpoint's own size is the smallest it was tested at.
    for row in sorted(rows, key=lambda row: int(row["img_size"])):
        table, counted = work.get(row["img_size"], ("", {}))
        if counted:
            note = f"{table}, at {row['img_size']} px"
            facts["gmacs"] = Fact(number(counted["infer_gmacs"]), note)
            facts["activations"] = Fact(round(number(counted["infer_macts"]) * _MILLION), note)
            facts["input_size"] = Fact(int(row["img_size"]), "at which it was counted")
            break
    return ModelRecord(
        external_id=name,
        url=_PAGE,
        facts=facts,
        evaluations=tuple(
            evaluation
            for table, rows in results.items()
            for row in rows
            for evaluation in _evaluations(_DATASETS[table], row)
        ),
        identity_keys=(f"timm:{name}",),
    )


def _work(name: str, tables: Tables) -> dict[str, tuple[str, Row]]:
    """Image size -> (table, row); the tables order their columns differently."""
    found: dict[str, tuple[str, Row]] = {}
    for table, rows in _of(name, tables):
        for row in rows if table in _WORK else ():
            if row.get("infer_gmacs"):
                found.setdefault(row["infer_img_size"], (table, row))
    return found


def _evaluations(dataset: str, row: Row) -> Iterator[EvaluationRecord]:
    for metric in ("top1", "top5"):
        yield EvaluationRecord(
            dataset,
            metric,
            number(row[metric]),
            int(row["img_size"]),
            number(row["crop_pct"]),
            "measured by timm",
        )
