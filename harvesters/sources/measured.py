"""Parameters, multiply-accumulates and activations that no table states: counted by building the architecture.

torch does the counting, so it runs in a process of its own (`inference.runtime.measure`), started only
where torch is installed. About half a second per architecture, none of it twice.
"""

import importlib.metadata
import importlib.util
import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from typing import IO, TYPE_CHECKING, Any, Self

from catalog.records import Fact, ModelRecord, Rejected
from harvesters.python_source import SourceUnreadable
from harvesters.sources.base import Page, Start, Unreachable
from harvesters.sources.timm import read_configurations

if TYPE_CHECKING:
    from harvesters.http import Http

_PAGE = 25
_COMMAND = (sys.executable, "-m", "inference.runtime.measure")
Build = tuple[str, int, tuple[int, ...]]


class Measured:
    """Every timm architecture, built once per number of classes and input size."""

    name = "measured"
    title = "Counted on this site"
    homepage = ""
    kind = "measurement"
    bases = ()
    has_increments = False
    is_complete = True

    def __init__(self, command: tuple[str, ...] = _COMMAND) -> None:
        self._command = command

    @property
    def version(self) -> str:
        """The timm release that is counted; a walk that was completed for it need not be repeated."""
        return f"timm {importlib.metadata.version('timm')}"

    @staticmethod
    def is_installed() -> bool:
        """Whether torch, which does the counting, is installed where this is asked."""
        return importlib.util.find_spec("torch") is not None

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - a process, no network
        if not self.is_installed():
            raise Unreachable(
                "Counting needs torch, which is not installed here: run it where the group `worker` is."
            )
        try:
            builds = _builds(read_configurations())
        except SourceUnreadable as problem:
            raise Unreachable(str(problem)) from problem
        expected = sum(len(names) for names in builds.values())
        of_version, _, offset = start.cursor.rpartition(":")
        first = int(offset) if of_version == self.version and offset.isdigit() else 0
        ordered = list(builds.items())
        with Counter(self._command) as counter:
            for at in range(first, len(ordered), _PAGE):
                chunk = ordered[at : at + _PAGE]
                answers = [
                    {"names": names, "build": build, **counter.count(build)}
                    for build, names in chunk
                ]
                end = at + _PAGE
                following = f"{self.version}:{end}" if end < len(ordered) else ""
                yield Page(json.dumps(answers).encode(), following, expected, self.version)

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for answer in json.loads(page.body):
            for name in answer["names"]:
                if "error" in answer:
                    reason = f"The architecture could not be built: {answer['error']}"
                    yield Rejected(name, reason, json.dumps(answer))
                else:
                    yield _record(name, answer, page.version)


class Counter:
    """The counting process: started at the first question, started anew if it dies of one."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process:
            self._process.kill()
            self._process.communicate()

    def count(self, build: Build) -> dict[str, Any]:
        """{"parameters", "gmacs", "activations"}, or {"error"} with the reason."""
        architecture, num_classes, size = build
        question = {"architecture": architecture, "num_classes": num_classes, "input_size": size}
        asked, answers = self._pipes()
        try:
            asked.write(json.dumps(question).encode() + b"\n")
            asked.flush()
            line = answers.readline()
        except BrokenPipeError:
            line = b""
        if line:
            answer: dict[str, Any] = json.loads(line)
            return answer
        self.__exit__()
        code = self._process.returncode if self._process else None
        self._process = None
        return {"error": f"the counting process ended with code {code}"}

    def _pipes(self) -> tuple[IO[bytes], IO[bytes]]:
        if self._process is None:
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("both were asked for")
        return self._process.stdin, self._process.stdout


def _builds(entries: list[dict[str, Any]]) -> dict[Build, list[str]]:
    """What has to be built, with the checkpoints that each build describes; the small sizes first."""
    builds: dict[Build, list[str]] = defaultdict(list)
    for entry in entries:
        size = tuple(entry["input_size"])
        builds[entry["architecture"], entry["num_classes"], size].append(entry["name"])
    return dict(sorted(builds.items(), key=lambda item: (item[0][2][1], item[0][0])))


def _record(name: str, answer: dict[str, Any], version: str) -> ModelRecord:
    channels, height, width = answer["build"][2]
    note = f"built on the meta device with {version}"
    at_size = f"{note}, at {channels} x {height} x {width}"
    return ModelRecord(
        external_id=name,
        facts={
            "name": Fact(name),
            "parameters": Fact(answer["parameters"], note),
            "gmacs": Fact(answer["gmacs"], at_size),
            "activations": Fact(answer["activations"], at_size),
            "input_size": Fact(max(height, width), "at which it was counted"),
        },
        identity_keys=(f"timm:{name}",),
    )
