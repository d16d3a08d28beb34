"""cnn-benchmarks: how fast networks ran on the cards of 2015 to 2017, forward and backward.

Tables: https://github.com/jcjohnson/cnn-benchmarks, its README, last changed in 2017. Times are of Torch 7, in
milliseconds for a batch of 16 pictures of 224 x 224; "Total" is forward and backward together.
"""

import json
import re
from collections.abc import Iterator, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Any

from catalog.records import Rejected
from catalog.reference_records import LeaderboardRecord, PublishedResultRecord, SpeedRecord
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.tarball import read_tarball

if TYPE_CHECKING:
    from harvesters.http import Http

_TARBALL = "/jcjohnson/cnn-benchmarks/tar.gz/refs/heads/master"
_PAGE = "https://github.com/jcjohnson/cnn-benchmarks"
_INPUT = re.compile(r"\(input (\d+) x 3 x (\d+) x (\d+)\)")
_NETWORKS = {"inceptionv1": "googlenet"}
_DEVICES = {
    "GTX 1080 Ti": "NVIDIA GeForce GTX 1080 Ti",
    "GTX 1080": "NVIDIA GeForce GTX 1080",
    "Pascal Titan X": "NVIDIA TITAN X (Pascal)",
    "Maxwell Titan X": "NVIDIA GeForce GTX TITAN X (Maxwell)",
}
_ERRORS = ("Top-1 error", "Top-5 error")


class CnnBenchmarks:
    """The tables of the README; `base` is where GitHub hands out tarballs, which say how old it is."""

    name = "cnn-benchmarks"
    title = "cnn-benchmarks"
    homepage = _PAGE
    kind = "measurement"
    has_increments = False
    is_complete = True

    def __init__(self, base: str) -> None:
        self.bases = (Base(base, setting="GITHUB_CODELOAD_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - one page
        body = http.get(self.bases[0].url + _TARBALL).body
        tarball = read_tarball(body, lambda path: path == "README.md")
        text = tarball.files.get("README.md", b"").decode(errors="replace")
        if not any(table for _, _, table in _sections(text)):
            raise Unreachable("The README of cnn-benchmarks has no tables of times any more.")
        content = {"readme": text, "date": tarball.date}
        yield Page(json.dumps(content).encode(), version=tarball.commit[:12])

    def records(self, page: Page) -> Iterator[LeaderboardRecord | SpeedRecord | Rejected]:
        content = json.loads(page.body)
        yield from _errors(content["readme"], content["date"])
        for network, (batch, size), rows in _sections(content["readme"]):
            for row in rows:
                try:
                    # Both or none: a row with half of its times is none.
                    yield from list(_speeds(network, batch, size, row, content["date"]))
                except (KeyError, ValueError, ZeroDivisionError) as problem:
                    yield _rejected(network, batch, size, row, content["date"], problem)


def _sections(text: str) -> Iterator[tuple[str, tuple[int, int], list[dict[str, str]]]]:
    """(network, (batch, side in pixels), rows) of every section that has a table of times."""
    for section in re.split(r"^## ", text, flags=re.M)[1:]:
        shape = _INPUT.search(section)
        rows = _table(section, "GPU")
        if shape and rows and "Forward (ms)" in rows[0]:
            sides = (int(shape[1]), max(int(shape[2]), int(shape[3])))
            yield section.partition("\n")[0].strip(), sides, rows


def _table(text: str, first: str) -> list[dict[str, str]]:
    """The rows of the table whose first heading is `first`, up to the line that is none of it any more."""
    lines = [line.strip() for line in text.splitlines()]
    start = next((n for n, line in enumerate(lines) if line.startswith(f"|{first}|")), None)
    if start is None:
        return []
    header = _cells(lines[start])
    rows = takewhile(lambda line: line.startswith("|"), lines[start + 2 :])
    return [dict(zip(header, _cells(row), strict=False)) for row in rows]


def _cells(line: str) -> list[str]:
    return [re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", c).strip() for c in line.strip("|").split("|")]


def _speeds(
    network: str, batch: int, size: int, row: Mapping[str, str], date: str
) -> Iterator[SpeedRecord]:
    device, cudnn = row["GPU"].removeprefix("CPU: "), row["cuDNN"]
    plain = re.sub(r"[^a-z0-9]", "", network.lower())
    on_gpu = not row["GPU"].startswith("CPU")
    software = ["Torch 7"]
    if on_gpu:
        software += ["CUDA 8.0", "no cuDNN" if cudnn == "None" else f"cuDNN {cudnn}"]
    common: dict[str, Any] = {
        "architecture": _NETWORKS.get(plain, plain),
        "device": _DEVICES.get(device, device),
        "precision": "float32",
        "layout": "nchw",
        "is_compiled": False,
        "software": ", ".join(software),
        "input_size": size,
        "batch_size": batch,
        "date": date,
        "url": _PAGE,
    }
    for kind, column in (("inference", "Forward (ms)"), ("training", "Total (ms)")):
        milliseconds = float(row[column])
        yield SpeedRecord(
            external_id=f"{network}/{row['GPU']}/{cudnn}/{kind}",
            kind=kind,
            images_per_second=batch * 1000 / milliseconds,
            note=f"{milliseconds:g} ms a batch; measured in 2016 or 2017, the table is of that day",
            **common,
        )


def _rejected(
    network: str, batch: int, size: int, row: Mapping[str, str], date: str, problem: Exception
) -> Rejected:
    """The row alone, below its own heading, as a page that can be tried again."""
    header, values = "|".join(row), "|".join(row.values())
    text = f"## {network}\n(input {batch} x 3 x {size} x {size})\n\n|{header}|\n|---|\n|{values}|\n"
    identifier = f"{network}/{row.get('GPU', '')}/{row.get('cuDNN', '')}"[:250]
    return Rejected(identifier, f"{problem!r:.200}", json.dumps({"readme": text, "date": date}))


def _errors(text: str, date: str) -> Iterator[LeaderboardRecord]:
    """The README's own table of the networks' errors, in percent."""
    rows = _table(text.partition("\n## ")[0], "Network")
    results = [
        PublishedResultRecord(
            number, row["Network"], metric, row[metric], float(row[metric]), date=date
        )
        for number, row in enumerate(rows)
        for metric in _ERRORS
        if re.fullmatch(r"\d+(\.\d+)?", row.get(metric, "")) and row.get("Network")
    ]
    if results:
        yield LeaderboardRecord(
            external_id="errors",
            dataset="imagenet-1k",
            dataset_title="ImageNet-1k",
            task="Image classification",
            metrics=_ERRORS,
            url=_PAGE,
            results=tuple(results),
        )
