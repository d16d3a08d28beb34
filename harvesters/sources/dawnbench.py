"""DAWNBench: what its entrants reported, as history: time and cost of training, latency and cost of inference.

Format: https://github.com/stanford-futuredata/dawn-bench-entries/blob/master/README.md, one JSON file an
entry, with a TSV of its epochs beside it for training. The competition ended in March 2020.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from catalog.records import Fact, Rejected
from catalog.reference_records import LeaderboardRecord, PublishedResultRecord, SpeedRecord
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.tarball import read_tarball

if TYPE_CHECKING:
    from harvesters.http import Http

_TARBALL = "/stanford-futuredata/dawn-bench-entries/tar.gz/refs/heads/master"
_PAGE = "https://dawn.cs.stanford.edu/benchmark/"
_TIME, _COST = "Training time (hours)", "Training cost (USD)"
_LATENCY, _COST_OF_ONE = "Latency (ms)", "Cost per inference (USD)"


@dataclass(frozen=True)
class _Contest:
    """A data set of DAWNBench: `column` of an entry and its epochs must reach `goal`."""

    dataset: str
    title: str
    column: str
    metric: str
    goal: float


_CONTESTS = {
    "CIFAR10": _Contest("cifar-10", "CIFAR-10", "top1Accuracy", "Top-1 accuracy", 94),
    "ImageNet": _Contest("imagenet-1k", "ImageNet-1k", "top5Accuracy", "Top-5 accuracy", 93),
    "SQuAD": _Contest("squad", "SQuAD", "f1Score", "F1", 0.73),
}
_NOT_UNDERSTOOD = (AttributeError, KeyError, RecursionError, TypeError, ValueError)
# Whose name says just which network it is; others are changed in ways that the name does not tell.
_NETWORK = re.compile(r"(?i)resnet[\s-]?(\d+)(d?)")


class DawnBench:
    """All entries, one contest a page; `base` is where GitHub hands out tarballs."""

    name = "dawnbench"
    title = "DAWNBench"
    homepage = _PAGE
    kind = "measurement"
    has_increments = False
    is_complete = True

    def __init__(self, base: str) -> None:
        self.bases = (Base(base, setting="GITHUB_CODELOAD_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        tarball = read_tarball(http.get(self.bases[0].url + _TARBALL).body, _is_entry)
        contests: dict[str, dict[str, str]] = {}
        for path, body in sorted(tarball.files.items()):
            files = contests.setdefault(path.rpartition("/")[0], {})
            files[path] = body.decode(errors="replace")
        if not contests:
            raise Unreachable("The tarball of dawn-bench-entries holds no entries any more.")
        names = sorted(contests)
        for name in (n for n in names if n >= start.cursor):
            following = names[names.index(name) + 1 :]
            body = json.dumps({"contest": name, "files": contests[name]}).encode()
            yield Page(body, following[0] if following else "", version=tarball.commit[:12])

    def records(self, page: Page) -> Iterator[LeaderboardRecord | SpeedRecord | Rejected]:
        content = json.loads(page.body)
        name, files = content["contest"], content["files"]
        contest, kind = _CONTESTS[name.partition("/")[0]], name.rpartition("/")[2]
        entries, problems = [], []
        for path in (p for p in files if p.endswith(".json")):
            try:
                entries.append(_entry(path, files, contest, kind))
            except _NOT_UNDERSTOOD as problem:
                problems.append(f"{path.rpartition('/')[2]}: {problem!r:.150}")
        entries.sort(key=lambda entry: (entry["value"] is None, entry["value"] or 0, entry["path"]))
        yield _leaderboard(name, contest, kind, entries)
        if kind == "inference" and contest.dataset == "imagenet-1k":
            yield from filter(None, map(_speed, entries))
        if problems:
            # The whole page again: a leaderboard made of the mended entry alone would replace the others.
            yield Rejected(name, "; ".join(problems)[:500], page.body.decode())


def _is_entry(path: str) -> bool:
    contest = rf"(?:{'|'.join(_CONTESTS)})/(?:train|inference)/[^/]+\.(?:json|tsv)"
    return bool(re.fullmatch(contest, path)) and "_sample_" not in path


def _entry(path: str, files: Mapping[str, str], contest: _Contest, kind: str) -> dict[str, Any]:
    """An entry as it was handed in, with "path", its "value" in hours or milliseconds, and its "cost"."""
    stated = json.loads(files[path])
    model = str(stated["model"]).strip()
    if not model:
        raise ValueError("it names no model")
    if kind == "train":
        value = _hours(files.get(f"{path.removesuffix('.json')}.tsv", ""), contest)
        hourly = _number(stated.get("costPerHour"))
        cost = value * hourly if value is not None and hourly is not None else None
        score = None
    else:
        value, cost = _number(stated.get("latency")), _number(stated.get("cost"))
        stated_score = _number(stated.get(contest.column))
        score = stated_score and stated_score * _scale([stated_score], contest)
    if value is None and cost is None:
        is_training = kind == "train"
        raise ValueError(
            "no epoch reaches the goal" if is_training else "it states neither a latency nor a cost"
        )
    return {**stated, "path": path, "model": model, "value": value, "cost": cost, "score": score}


def _hours(epochs: str, contest: _Contest) -> float | None:
    """After how many hours of training an epoch first reached the goal; None if none did."""
    # Some have carriage returns alone, which splitlines takes, some spaces between or behind the cells.
    header, *lines = [line.split() for line in epochs.splitlines()] or [[]]
    rows = [dict(zip(header, line, strict=True)) for line in lines if len(line) == len(header)]
    reached = [(float(row[contest.column]), float(row["hours"])) for row in rows]
    scale = _scale([score for score, _ in reached], contest)
    return next((_number(hours) for score, hours in reached if score * scale >= contest.goal), None)


def _scale(scores: Sequence[float], contest: _Contest) -> float:
    """By what to multiply: F1 is a fraction, but some hand it in as percent, or an accuracy as a fraction."""
    are_fractions = max(scores, default=0) <= 1
    if are_fractions == (contest.goal <= 1):
        return 1
    return 100 if are_fractions else 0.01


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and 0 < value < 1e12 else None


def _leaderboard(
    name: str, contest: _Contest, kind: str, entries: list[dict[str, Any]]
) -> LeaderboardRecord:
    goal = f"{contest.goal:g} {'F1' if contest.column == 'f1Score' else '%'}"
    metrics: tuple[str, ...]
    if kind == "train":
        task, metrics = f"Training to {contest.metric} of {goal}", (_TIME, _COST)
    else:
        task = f"Inference at {contest.metric} of {goal} or more"
        metrics = (_LATENCY, _COST_OF_ONE, contest.metric)
    return LeaderboardRecord(
        external_id=name,
        dataset=contest.dataset,
        dataset_title=contest.title,
        task=f"DAWNBench: {task}",
        metrics=metrics,
        url=_PAGE,
        facts={"description": Fact("One entry at a time was measured by those who sent it in.")},
        results=tuple(
            r for row, entry in enumerate(entries) for r in _results(row, entry, metrics)
        ),
    )


def _results(
    row: int, entry: Mapping[str, Any], metrics: tuple[str, ...]
) -> Iterator[PublishedResultRecord]:
    values = (entry["value"], entry["cost"], entry["score"])
    for metric, value in zip(metrics, values, strict=False):
        if value is not None:
            yield PublishedResultRecord(
                row=row,
                model_name=entry["model"],
                metric=metric,
                text=f"{value:.6g}",
                value=value,
                date=_date(entry.get("timestamp")),
                code_urls=tuple(_code(entry.get("codeURL"))),
                note=_conditions(entry),
            )


def _date(value: Any) -> str:
    found = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", str(value).strip())
    try:
        return date(*map(int, found.groups())).isoformat() if found else ""
    except ValueError:
        return ""


def _code(url: Any) -> Iterator[dict[str, str]]:
    if isinstance(url, str) and re.fullmatch(r"https?://[\w.-]+/[\w./#%~-]{0,400}", url.strip()):
        yield {"title": "code", "url": url.strip()}


def _conditions(entry: Mapping[str, Any]) -> str:
    """Who measured it on what: the hardware first."""
    parts = (entry.get(key) for key in ("hardware", "framework", "author"))
    return ", ".join(" ".join(str(part).split()) for part in parts if part)[:300]


def _speed(entry: Mapping[str, Any]) -> SpeedRecord | None:
    network = _NETWORK.fullmatch(entry["model"])
    if not network or not entry["value"]:
        return None
    return SpeedRecord(
        external_id=entry["path"],
        architecture=f"resnet{network[1]}{network[2].lower()}",
        kind="inference",
        device=" ".join(str(entry.get("hardware") or "not named").split())[:100],
        images_per_second=1000 / entry["value"],
        software=" ".join(str(entry.get("framework") or "").split())[:100],
        batch_size=1,
        date=_date(entry.get("timestamp")),
        url=_PAGE,
        note="from the latency of one picture, as its author reported it",
    )
