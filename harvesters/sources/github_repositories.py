"""GitHub's repositories one by one: those that other sources name, with the weight files of their releases.

Manual: https://docs.github.com/en/rest/repos/repos#get-a-repository and /rest/releases/releases#list-releases.
Asked conditionally: what has not changed does not count against the limit of whoever has a token.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from catalog.records import Fact, Rejected
from catalog.reference_records import GoneRecord, RepositoryRecord
from harvesters.http_errors import HttpError
from harvesters.sources.base import Page, Start, Unreachable
from harvesters.sources.github_api import github_base, parse, repository_record

if TYPE_CHECKING:
    from harvesters.http import Http

_PER_PAGE = 10  # repositories that a kill makes us look up again
_RELEASE_PAGES = 3  # of 100 releases each, the newest first
_NO_LONGER_THERE = (404, 410, 451)
_MOST_FILES = 2_000
_PACE = 0.25  # seconds; GitHub wants less than 900 requests a minute
_SURELY_WEIGHTS = re.compile(
    r"\.(?:pth|pt|pth\.tar|pt2|th|safetensors|onnx|ckpt|tflite|gguf|ggml|caffemodel|keras|mlpackage|"
    r"h5|hdf5|weights|pdparams|engine|mlmodel)(?:\.(?:gz|xz|zip))?$",
    re.IGNORECASE,
)
_MAYBE_WEIGHTS = re.compile(
    r"\.(?:bin|pb|npz|npy|pkl|msgpack|tar|tar\.gz|tgz|zip|7z)$", re.IGNORECASE
)
_NAMED_LIKE_WEIGHTS = re.compile(
    r"weight|checkpoint|ckpt|pre-?trained|pytorch_model|saved_?model|frozen|backbone|imagenet|"
    r"(?:^|[_\W])models?(?:[_\W]|$)",
    re.IGNORECASE,
)


class GithubRepositories:
    """Repositories by name. `wanted(most)` gives (lower-case full name, external id of its listing here or "").

    At most `most` are looked up in one walk, two requests each.
    """

    name = "github-repositories"
    title = "GitHub, looked up"
    homepage = "https://github.com"
    kind = "repositories"
    has_increments = False
    is_complete = False

    def __init__(
        self,
        base: str,
        token: str,
        wanted: Callable[[int], Sequence[tuple[str, str]]],
        most: int = 1_000,
        pace: float = _PACE,
    ) -> None:
        self.bases = (github_base(base, token, pace),)
        self._wanted, self._most = wanted, most

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        # What was looked up is wanted last, so that the cursor need only count.
        done = int(start.cursor or 0)
        names = list(self._wanted(max(0, self._most - done)))
        total = done + len(names)
        for first in range(0, len(names), _PER_PAGE):
            answers: list[Mapping[str, Any]] = []
            stopped = self._look_up_all(http, names[first : first + _PER_PAGE], answers)
            if len(answers) > 2 and all(answer["status"] == 403 for answer in answers):
                raise Unreachable(
                    "GitHub refuses every repository (403): is GITHUB_TOKEN still valid?"
                )
            done += len(answers)
            if answers:  # what was looked up before the allowance came to its end is not lost
                cursor = str(done) if done < total else ""
                yield Page(json.dumps(answers).encode(), cursor, expected=total)
            if stopped:
                raise stopped

    def records(self, page: Page) -> Iterator[RepositoryRecord | GoneRecord | Rejected]:
        for answer in json.loads(page.body):
            asked, status = answer["asked"], answer["status"]
            if status in _NO_LONGER_THERE:
                yield GoneRecord(answer["external_id"] or asked, repository=asked)
                continue
            try:
                if status != 200:
                    raise ValueError(f"GitHub refuses it ({status}): blocked, or not for everybody")
                yield _record(asked, answer["repository"], answer["releases"])
            except (AttributeError, KeyError, TypeError, ValueError) as problem:
                reason = str(problem) if status != 200 else f"a repository: {problem!r}"
                yield Rejected(asked, reason, json.dumps([answer]))

    def _look_up_all(
        self, http: "Http", names: Sequence[tuple[str, str]], answers: list[Mapping[str, Any]]
    ) -> HttpError | None:
        """Look these up into `answers`; returns what made it stop on the way."""
        for name, external_id in names:
            try:
                answers.append(
                    {"asked": name, "external_id": external_id, **self._look_up(http, name)}
                )
            except HttpError as problem:
                return problem
        return None

    def _look_up(self, http: "Http", name: str) -> Mapping[str, Any]:
        """What GitHub answers for one repository: its status, and itself and its releases with 200."""
        if {".", ".."} & set(name.split("/")):  # no names; they would lead elsewhere
            return {"status": 404}
        try:
            body = http.get(f"{self.bases[0].url}/repos/{name}", conditional=True).body
            repository = parse(body, dict, "a repository")
            if repository.get("private"):  # a token may show more than everybody may see
                return {"status": 404}
            # By its present name: the former one would lead there only by a detour.
            releases = self._releases(http, str(repository.get("full_name") or name))
        except HttpError as problem:
            if problem.status in _NO_LONGER_THERE or (
                problem.status == 403 and problem.wait is None
            ):
                return {"status": problem.status}
            raise
        return {"status": 200, "repository": repository, "releases": releases}

    def _releases(self, http: "Http", name: str) -> list[Mapping[str, Any]]:
        """The newest releases, with no more of their files than is read of them."""
        found: list[Mapping[str, Any]] = []
        url = f"{self.bases[0].url}/repos/{name}/releases?per_page=100"
        for _ in range(_RELEASE_PAGES):
            answer = http.get(url, conditional=True)
            found += (_trimmed(release) for release in parse(answer.body, list, "releases"))
            url = http.next_link(answer)
            if not url:
                break
        return found


def _trimmed(release: Any) -> Mapping[str, Any]:
    """What is read of a release: its notes can be longer than everything else together."""
    if not isinstance(release, dict):
        raise Unreachable("GitHub sent something else than releases.")
    names = ("name", "size", "download_count", "browser_download_url", "digest")
    assets = [asset for asset in release.get("assets") or () if isinstance(asset, dict)]
    return {
        "tag_name": release.get("tag_name"),
        "assets": [{name: asset.get(name) for name in names} for asset in assets],
    }


def _record(
    asked: str, repository: Mapping[str, Any], releases: Sequence[Mapping[str, Any]]
) -> RepositoryRecord:
    files = [
        _file(release["tag_name"], asset)
        for release in releases
        for asset in release["assets"]
        if is_weights_file(str(asset["name"]))
    ][:_MOST_FILES]
    publishes = Fact(True, "weight files in its releases") if files else None
    name = repository["full_name"].lower()
    former = () if name == asked else (asked,)
    return repository_record(repository, files, publishes, former)


def _file(tag: Any, asset: Mapping[str, Any]) -> dict[str, Any]:
    digest = str(asset["digest"] or "")
    file = {
        "release": tag,
        "name": asset["name"],
        "bytes": asset["size"],
        "downloads": asset["download_count"],
        "url": asset["browser_download_url"],
    }
    return file | (
        {"sha256": digest.removeprefix("sha256:")} if digest.startswith("sha256:") else {}
    )


def is_weights_file(name: str) -> bool:
    """Whether a released file holds weights, by its name: an archive only if it is named like that."""
    if _SURELY_WEIGHTS.search(name):
        return True
    return bool(_MAYBE_WEIGHTS.search(name) and _NAMED_LIKE_WEIGHTS.search(name))
