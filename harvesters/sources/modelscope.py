"""ModelScope: its models by the OpenAPI that its own client speaks.

Manual: https://modelscope.cn/docs/openapi, as `modelscope-hub` 0.5.1 calls it; no answer was ever recorded.
A query reaches 3,000 models at most: longer ones are asked again in slices, by task, library and licence,
then by the beginning of the search word.
"""

import json
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from catalog.aliases import dataset_slug
from catalog.cleaning import InvalidRecord, moment
from catalog.records import Fact, ModelRecord, Rejected
from catalog.vocabulary import TASKS
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.modelscope_tasks import OWN_NAMES, task_of

if TYPE_CHECKING:
    from harvesters.http import Http

_PAGE = 50
_REACH = 3000
PACE = 1.0  # no limit is published: one request a second
_OVERLAP = timedelta(hours=1)  # a change may be listed later than it happened
_LIBRARIES = (
    "transformers", "diffusers", "pytorch", "safetensors", "gguf", "onnx", "tensorflow", "sentence-transformers",
    "peft", "vllm", "mlx", "openvino", "paddlepaddle", "mindspore", "keras",
)  # fmt: skip
_LICENSES = (
    "apache-2.0", "mit", "other", "openrail", "creativeml-openrail-m", "cc-by-nc-4.0", "cc-by-4.0",
    "cc-by-nc-sa-4.0", "cc-by-sa-4.0", "gpl-3.0", "agpl-3.0", "bsd-3-clause", "gemma", "llama2", "llama3",
    "llama3.1", "llama3.2",
)  # fmt: skip
_LETTERS = tuple(string.ascii_lowercase + string.digits)
# What each value of a slice narrows down, from the outside in; a search word grows by a letter.
_LEVELS: tuple[tuple[str, Sequence[str]], ...] = (
    ("filter.task", (*TASKS, *OWN_NAMES)),
    ("filter.library", _LIBRARIES),
    ("filter.license", _LICENSES),
    ("search", _LETTERS),
    ("search", _LETTERS),
)
Slice = tuple[str, ...]


class ModelScope:
    """All public models, those changed last first; with a watermark only those changed since."""

    name = "modelscope"
    title = "ModelScope"
    homepage = "https://modelscope.cn"
    kind = "hub"
    has_increments = True
    is_complete = True

    def __init__(self, endpoint: str, token: str = "", pace: float = PACE) -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.bases = (Base(endpoint, headers, pace, setting="MODELSCOPE_ENDPOINT"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        walk = _Walk.begin(start)
        while not walk.is_over:
            part, number = walk.part, walk.number
            data = self._ask(http, part, number)
            models = data["models"]
            walk.take(models, int(data.get("total_count") or 0))
            if models or walk.is_over:
                # Two slices may hold the same models: the pages still differ.
                body = json.dumps({"slice": part, "page": number, "models": models})
                yield Page(
                    body.encode(), walk.cursor, walk.expected, "", walk.watermark, walk.missing
                )

    def _ask(self, http: "Http", part: Slice, number: int) -> dict[str, Any]:
        asked = {"sort": "last_modified", "page_number": str(number), "page_size": str(_PAGE)}
        url = f"{self.bases[0].url}/openapi/v1/models"
        body = http.get(url, {**query_of(part), **asked}).body
        try:
            answer = json.loads(body)
        except ValueError as problem:
            raise Unreachable(f"{url} did not answer in JSON; nothing of it was read.") from problem
        data = answer.get("data") if isinstance(answer, dict) else None
        if not isinstance(data, dict) or not isinstance(data.get("models"), list):
            said = str(
                answer.get("message") or answer.get("code") if isinstance(answer, dict) else ""
            )
            raise Unreachable(
                f"{url} answered without a list of models: {said or 'no reason'}"[:300]
            )
        return data

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for item in json.loads(page.body)["models"]:
            try:
                if item.get("private") is not True:  # an own token shows its owner's
                    yield _record(self.bases[0].url, item)
            except (AttributeError, KeyError, TypeError, ValueError) as problem:
                name = str(item.get("id") if isinstance(item, dict) else "") or "?"
                raw = json.dumps({"models": [item]})
                yield Rejected(name[:250], f"an entry of the list: {problem!r:.300}", raw)


@dataclass
class _Walk:
    """Where the walk is: a slice and the number of its page, in an order that every run repeats."""

    part: Slice
    number: int
    since: str  # changes before it are known
    watermark: str
    is_over: bool = False
    expected: int | None = None
    missing: str = ""

    @classmethod
    def begin(cls, start: Start) -> "_Walk":
        part, number = json.loads(start.cursor) if start.cursor else ([], 1)
        return cls(tuple(part), number, start.watermark, start.next_watermark)

    @property
    def cursor(self) -> str:
        return "" if self.is_over else json.dumps([self.part, self.number])

    def take(self, models: Sequence[Any], total: int) -> None:
        """Note what a page holds and go on to the next one."""
        dates = [date for item in models if (date := _changed(item))]
        if not self.watermark and dates:
            self.watermark = moment(datetime.fromisoformat(max(dates)) - _OVERLAP)
        is_known = bool(self.since and dates and max(dates) < self.since)
        is_last = len(models) < _PAGE or self.number * _PAGE >= _REACH or is_known
        is_cut = total > _REACH and not is_known
        if not self.part and self.number == 1:
            self.expected = total if total <= _REACH else None
        # Of the whole list the newest are read, too: they may have neither task nor library.
        if not is_last and not (is_cut and self.part and len(self.part) < len(_LEVELS)):
            self.number += 1
            return
        if is_cut:
            self.missing = (
                f"ModelScope shows {_REACH:,} models of a query at most: longer lists were read in slices,"
                " which need not hold all of them"
            )
        following = next_slice(self.part, is_divided=is_cut)
        self.part, self.number, self.is_over = following or (), 1, following is None


def next_slice(part: Slice, *, is_divided: bool) -> Slice | None:
    """The slice after this one; None after the last. `is_divided` goes into its own slices first."""
    if is_divided and len(part) < len(_LEVELS):
        return (*part, _LEVELS[len(part)][1][0])
    while part:
        values = _LEVELS[len(part) - 1][1]
        after = values.index(part[-1]) + 1 if part[-1] in values else len(values)
        if after < len(values):
            return (*part[:-1], values[after])
        part = part[:-1]
    return None


def query_of(part: Slice) -> dict[str, str]:
    """The parameters of a slice: `("text-generation", "gguf")` -> task and library."""
    query: dict[str, str] = {}
    for (name, _), value in zip(_LEVELS, part, strict=False):
        query[name] = query.get(name, "") + value if name == "search" else value
    return query


def _record(endpoint: str, item: Mapping[str, Any]) -> ModelRecord:
    name = str(item["id"])
    owner, _, short = name.partition("/")
    if not owner or not short:
        raise ValueError(f"the id {name!r:.80} is no owner/name")
    named = {"name": Fact(name), "organization": Fact(owner.lower())}
    # An id that another hub has as well is a hint, no proof: it states no key.
    return ModelRecord(name, f"{endpoint}/models/{name}", named | _facts(item))


def _facts(item: Mapping[str, Any]) -> dict[str, Fact]:
    tags = [str(tag) for tag in item.get("tags") or ()]
    about = [str(item[key]) for key in ("display_name", "description") if item.get(key)]
    license_ = str(item.get("license") or "") or next(iter(_tagged(tags, "license")), "")
    return {
        "description": Fact("\n\n".join(about) or None),
        "task": Fact(_task(item) or None),
        "libraries": Fact(_tagged(tags, "library") or None),
        "license": Fact(license_),
        "training": Fact(_training(tags) or None, "its tags"),
        "parameters": Fact(_positive(item.get("params"))),
        "size_bytes": Fact(_positive(item.get("file_size")), "of the whole repository"),
        "downloads": Fact(_positive(item.get("downloads")), "since it was published"),
        "likes": Fact(_positive(item.get("likes"))),
        "created": Fact(_date(item.get("created_at"))),
        "updated_at": Fact(_date(item.get("last_modified"))),
        "gated": Fact(_gate(item)),
        "tags": Fact([tag for tag in tags if ":" not in tag] or None),
    }


def _task(item: Mapping[str, Any]) -> str:
    for task in item.get("tasks") or ():
        name = task.get("name") or task.get("Name") if isinstance(task, Mapping) else task
        if isinstance(name, str) and name.strip():
            return task_of(name)
    return ""


def _tagged(tags: Sequence[str], kind: str) -> list[str]:
    return [tag.partition(":")[2] for tag in tags if tag.startswith(f"{kind}:")]


def _training(tags: Sequence[str]) -> list[dict[str, str]]:
    slugs = filter(None, map(dataset_slug, _tagged(tags, "dataset")))
    return [{"stage": "train", "dataset": slug, "method": ""} for slug in dict.fromkeys(slugs)]


def _gate(item: Mapping[str, Any]) -> str | None:
    if item.get("gated") is True:
        return "manual"
    return "login" if item.get("login_required") is True else None


def _positive(value: Any) -> int | None:
    """A count; None for what is unknown, written as 0, nothing or a text."""
    is_count = isinstance(value, int) and not isinstance(value, bool) and value > 0
    return value if is_count else None


def _changed(item: Any) -> str:
    return (_date(item.get("last_modified")) or "") if isinstance(item, Mapping) else ""


def _date(value: Any) -> str | None:
    """A moment as ISO 8601 in UTC, from such a text or from seconds since 1970; None if it is neither."""
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    try:
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = datetime.fromtimestamp(value, UTC) if value > 0 else None
        return moment(value) if value else None
    except (InvalidRecord, OverflowError, OSError, ValueError):
        return None
