"""timm's benchmark tables: what a file name says of all its rows, and the rows as speeds.

Tables: https://github.com/huggingface/pytorch-image-models/tree/main/results, `benchmark-*.csv`.
"""

import ast
import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from catalog.records import Rejected
from catalog.reference_records import SpeedRecord
from harvesters.python_source import SourceUnreadable, installed_package

# There is no list of the folder that may be asked for without a token, so its files are named here.
TABLES = (
    "benchmark-infer-amp-nchw-pt291-cu130-5090.csv",
    "benchmark-infer-amp-nchw-pt291-cu130-5090-dynamo.csv",
    "benchmark-infer-amp-nchw-pt291-cu130-pro6000maxq.csv",
    "benchmark-infer-amp-nchw-pt291-cu130-pro6000maxq-dynamo.csv",
    "benchmark-infer-amp_bf16-nchw-pt291-cu130-pro6000maxq-dynamo.csv",
    "benchmark-infer-bf16-nchw-pt291-cu130-pro6000maxq-dynamo.csv",
    "benchmark-infer-amp-nchw-pt291-cu128-4090.csv",
    "benchmark-infer-amp-nchw-pt291-cu128-4090-dynamo.csv",
    "benchmark-infer-amp-nchw-pt240-cu124-rtx4090.csv",
    "benchmark-infer-amp-nchw-pt240-cu124-rtx4090-dynamo.csv",
    "benchmark-infer-amp-nhwc-pt240-cu124-rtx4090.csv",
    "benchmark-infer-amp-nchw-pt240-cu124-rtx3090.csv",
    "benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv",
    "benchmark-infer-amp-nchw-pt210-cu121-rtx3090.csv",
    "benchmark-infer-amp-nhwc-pt210-cu121-rtx3090.csv",
    "benchmark-infer-amp-nchw-pt113-cu117-rtx3090.csv",
    "benchmark-infer-amp-nhwc-pt113-cu117-rtx3090.csv",
    "benchmark-infer-fp32-nchw-pt240-cpu-i7_12700h-dynamo.csv",
    "benchmark-infer-fp32-nchw-pt240-cpu-i9_10940x-dynamo.csv",
    "benchmark-infer-fp32-nchw-pt221-cpu-i9_10940x-dynamo.csv",
    "benchmark-train-amp-nchw-pt112-cu113-rtx3090.csv",
    "benchmark-train-amp-nhwc-pt112-cu113-rtx3090.csv",
)
_NAME = re.compile(
    r"benchmark-(?P<kind>infer|train)-(?P<precision>\w+)-(?P<layout>nchw|nhwc)-pt(?P<torch>\d{3,})"
    r"-(?:cu(?P<cuda>\d{3,})|cpu)-(?P<device>\w+?)(?P<dynamo>-dynamo)?\.csv"
)
_KINDS = {"infer": "inference", "train": "training"}
_PRECISIONS = {"fp32": "float32", "bf16": "bfloat16", "amp_bf16": "amp bfloat16"}
_DEVICES = {
    "rtx3090": "NVIDIA GeForce RTX 3090",
    "4090": "NVIDIA GeForce RTX 4090",
    "rtx4090": "NVIDIA GeForce RTX 4090",
    "5090": "NVIDIA GeForce RTX 5090",
    "pro6000maxq": "NVIDIA RTX PRO 6000 Max-Q",
    "i7_12700h": "Intel Core i7-12700H",
    "i9_10940x": "Intel Core i9-10940X",
}
# Parsing a hundred modules for these would take seconds.
_DEPRECATIONS = re.compile(r"^register_model_deprecations\(__name__, (\{.*?^\})\)", re.M | re.S)
# timm's own list leads these to a narrower network.
_NOT_RENAMED = {"ig_resnext101_32x16d", "ig_resnext101_32x32d", "ig_resnext101_32x48d"}


def read_renamed() -> dict[str, str]:
    """The architectures behind names that timm has given up, which older tables use; empty without timm."""
    try:
        files = installed_package("timm").joinpath("models").glob("*.py")
    except SourceUnreadable:
        return {}
    renamed = {
        old: new.partition(".")[0]
        for file in files
        for table in _DEPRECATIONS.findall(file.read_text())
        for old, new in ast.literal_eval(table).items()
    }
    return {old: new for old, new in renamed.items() if old not in _NOT_RENAMED and old != new}


def speeds_of(
    table: str, text: str, renamed: Mapping[str, str], url: str
) -> Iterator[SpeedRecord | Rejected]:
    """The rows of one table (its file name and its text) as speeds; `url` is where people read it.

    Rows without a speed are of networks that did not run on that device: they say nothing.
    """
    common = conditions(table)
    prefix = "infer" if common["kind"] == "inference" else "train"
    for row in csv.DictReader(io.StringIO(text)):
        speed = row.get(f"{prefix}_samples_per_sec")
        if speed == "":
            continue
        name, size = row.get("model") or "", row.get(f"{prefix}_img_size") or ""
        architecture = renamed.get(name, name)
        identifier = f"{table.removesuffix('.csv')}/{name}/{size}"
        try:
            yield SpeedRecord(
                external_id=identifier,
                architecture=architecture,
                images_per_second=number(speed),
                input_size=_whole(size),
                batch_size=_whole(row[f"{prefix}_batch_size"]),
                url=url,
                note="" if architecture == name else f"measured as {name}",
                **common,
            )
        except (KeyError, OverflowError, TypeError, ValueError) as problem:
            alone = benchmark_page(table, written([row]), renamed)
            yield Rejected(identifier, f"a row of {table}: {problem!r}", alone)


def conditions(table: str) -> dict[str, Any]:
    """What the name of a table says of all its rows; raises ValueError if it is no such name."""
    found = _NAME.fullmatch(table)
    if not found:
        raise ValueError(f"{table!r:.100} does not say how it was measured")
    software = [f"torch {_torch(found['torch'])}"]
    if found["cuda"]:
        software.append(f"CUDA {found['cuda'][:-1]}.{found['cuda'][-1]}")
    return {
        "kind": _KINDS[found["kind"]],
        "device": _DEVICES.get(found["device"], found["device"]),
        "precision": _PRECISIONS.get(found["precision"], found["precision"]),
        "layout": found["layout"],
        "is_compiled": bool(found["dynamo"]),
        "software": ", ".join(software),
    }


def _torch(digits: str) -> str:
    # pt291 is 2.9.1, but pt113 is 1.13: torch 1 counted its minor versions beyond nine.
    return (
        f"1.{digits[1:]}" if digits[0] == "1" else ".".join((digits[0], digits[1:-1], digits[-1]))
    )


def benchmark_page(table: str, text: str, renamed: Mapping[str, str]) -> str:
    """The body of a page with one table, only with those renamings that its rows need."""
    try:
        names = {row.get("model") or "" for row in csv.DictReader(io.StringIO(text))}
    except csv.Error:  # whoever reads the page says so
        names = set()
    needed = {old: new for old, new in renamed.items() if old in names}
    return json.dumps({"benchmark": table, "text": text, "renamed": needed})


def written(rows: Iterable[Mapping[str, Any]]) -> str:
    """Rows of a table as CSV with its header; what stood beyond the last column is left out."""
    rows = list(rows)
    target = io.StringIO()
    writer = csv.DictWriter(target, [key for key in rows[0] if key], extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return target.getvalue()


def number(text: Any) -> float:
    """A number as the tables write it: thousands are set off, `1,013.01` million parameters."""
    return float(str(text).replace(",", ""))


def _whole(text: Any) -> int:
    # A table in which one row lacks it writes the others as 1024.0.
    value = number(text)
    if not value.is_integer():
        raise ValueError(f"{text!r:.40} is no whole number")
    return int(value)
