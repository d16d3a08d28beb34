"""Kaggle Models, where TensorFlow Hub moved to: every variation that the public API lists.

Format: ApiListModelsRequest and ApiListModelsResponse of Kaggle's client (PyPI `kagglesdk` 0.1.37,
kagglesdk/models/types/model_api_service.py). Kaggle answers only requests with an account's name and key.
"""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.aliases import dataset_slug, task_slug
from catalog.cleaning import InvalidRecord, moment
from catalog.keys import arxiv_ids, repository_name
from catalog.records import Fact, ModelRecord, PaperMention, Rejected
from catalog.vocabulary import TASKS
from harvesters.sources.base import Base, NotSetUp, Page, Start, Unreachable

if TYPE_CHECKING:
    from harvesters.http import Http

_MISSING = (
    "Kaggle lists its models only for an account, whose name and key kaggle.com/settings gives under API. Until"
    " then the presets of KerasHub bring what Keras publishes there."
)
_PAGE = 20  # the client's own
PACE = 1.0  # no limit is published: one request a second
# How Kaggle writes a framework in addresses; its API writes MODEL_FRAMEWORK_TENSOR_FLOW_2 or TensorFlow2.
_FRAMEWORKS = {
    "tensorflow1": ("tensorFlow1", "tensorflow"),
    "tensorflow2": ("tensorFlow2", "tensorflow"),
    "tflite": ("tfLite", "tensorflow-lite"),
    "tfjs": ("tfJs", "tensorflow.js"),
    "pytorch": ("pyTorch", "pytorch"),
    "scikitlearn": ("scikitLearn", "scikit-learn"),
    "gemmacpp": ("gemmaCpp", "gemma.cpp"),
    "maxtext": ("maxText", "maxtext"),
    "tensorrtllm": ("tensorRtLlm", "tensorrt-llm"),
}


class Kaggle:
    """Public models in the order in which they were made; each variation is a record."""

    name = "kaggle"
    title = "Kaggle Models"
    homepage = "https://www.kaggle.com/models"
    kind = "hub"
    has_increments = False
    is_complete = True

    def __init__(self, base: str, username: str = "", key: str = "", pace: float = PACE) -> None:
        pair = base64.b64encode(f"{username}:{key}".encode()).decode()
        account = {"KAGGLE_USERNAME": username, "KAGGLE_KEY": key}
        self._empty = [name for name, value in account.items() if not value]
        headers = {} if self._empty else {"Authorization": f"Basic {pair}"}
        self.bases = (Base(base, headers, pace, setting="KAGGLE_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:
        if self._empty:
            are = "is" if len(self._empty) == 1 else "are"
            raise NotSetUp(f"{' and '.join(self._empty)} {are} not set: {_MISSING}")
        token = start.cursor
        while True:
            asked = {"sortBy": "createTime", "pageSize": str(_PAGE)}
            answer = self._ask(http, "list", {**asked, **({"pageToken": token} if token else {})})
            models = answer.get("models")
            if not isinstance(models, list):
                raise Unreachable(
                    "Kaggle answered without a list of models; nothing of it was read."
                )
            whole = [self._with_instances(http, model) for model in models]
            token = str(answer.get("nextPageToken") or "") if models else ""
            yield Page(json.dumps(whole).encode(), token)
            if not token:
                return

    def _with_instances(self, http: "Http", model: Any) -> Any:
        """The list may leave out the variations of a model, or say that it has none: its own answer holds them."""
        reference = model.get("ref") if isinstance(model, dict) else None
        if not isinstance(reference, str) or model.get("instances"):
            return model
        if not re.fullmatch(r"[\w-]+/[\w.-]+", reference):
            return model
        return self._ask(http, f"{reference}/get", {})

    def _ask(self, http: "Http", path: str, asked: Mapping[str, str]) -> dict[str, Any]:
        url = f"{self.bases[0].url}/api/v1/models/{path}"
        try:
            answer = json.loads(http.get(url, asked).body)
        except ValueError as problem:
            raise Unreachable(f"{url} did not answer in JSON; nothing of it was read.") from problem
        if not isinstance(answer, dict):
            raise Unreachable(f"{url} answered with something else than an object.")
        return answer

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for model in json.loads(page.body):
            reference = str(model.get("ref") if isinstance(model, dict) else "") or "?"
            try:
                if model.get("isPrivate") is True:
                    continue
                variations = model.get("instances") or []
                for variation in variations:
                    yield from self._one(reference, model, variation)
            except (AttributeError, TypeError) as problem:
                raw = json.dumps([model])
                yield Rejected(reference[:250], f"a model of the list: {problem!r:.300}", raw)

    def _one(
        self, reference: str, model: Mapping[str, Any], variation: Any
    ) -> Iterator[ModelRecord | Rejected]:
        try:
            yield _record(self.bases[0].url, reference, model, variation)
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            # Called as its record would be, so that a known one is not taken for gone.
            parts = variation if isinstance(variation, Mapping) else {}
            folder = _framework(str(parts.get("framework")))[0]
            raw = json.dumps([{**model, "instances": [variation]}])
            reason = f"a variation of the model: {problem!r:.300}"
            yield Rejected(f"{reference}/{folder}/{parts.get('slug')}"[:250], reason, raw)


def _record(
    base: str, reference: str, model: Mapping[str, Any], variation: Mapping[str, Any]
) -> ModelRecord:
    folder, library = _framework(str(variation["framework"]))
    slug = variation["slug"]
    name = f"{reference}/{folder}/{slug}"
    if not isinstance(slug, str) or not re.fullmatch(r"[\w-]+/[\w.-]+/[\w.]+/[\w.-]+", name):
        raise ValueError(f"{name!r:.120} is no name of a variation")
    stated = (model.get("provenanceSources"), model.get("description"))
    text = " ".join(str(part or "") for part in stated)
    named = arxiv_ids(text)
    return ModelRecord(
        external_id=name,
        url=f"{base}/models/{name}",
        facts={
            "name": Fact(f"{model.get('title') or reference}: {slug}"),
            "libraries": Fact([library]),
            "organization": Fact(reference.partition("/")[0].lower()),
            **_facts_of_model(model, variation),
            **_facts_of_variation(variation),
        },
        papers=tuple(PaperMention(i, "mentioned", "in its description") for i in named),
        repositories=tuple(_repositories(text)),
        identity_keys=(f"kaggle:{reference}/{folder.lower()}/{slug}",),
        parent=_parent(variation),
    )


def _facts_of_model(model: Mapping[str, Any], variation: Mapping[str, Any]) -> dict[str, Fact]:
    tags = [str(tag.get("name")) for tag in model.get("tags") or () if tag.get("name")]
    tasks = [task for task in map(task_slug, tags) if task in TASKS]
    about = (model.get("subtitle"), variation.get("overview"), model.get("description"))
    return {
        "description": Fact("\n\n".join(str(part) for part in about if part) or None),
        "task": Fact(next(iter(tasks), None), "from its tags"),
        "likes": Fact(model.get("voteCount"), "votes for the model with all its variations"),
        "created": Fact(_date(model.get("publishTime"))),
        "updated_at": Fact(_date(model.get("updateTime"))),
        "tags": Fact(tags or None),
    }


def _facts_of_variation(variation: Mapping[str, Any]) -> dict[str, Fact]:
    version = variation.get("versionNumber")
    return {
        "license": Fact(str(variation.get("licenseName") or "")),
        "training": Fact(_training(variation.get("trainingData")) or None),
        "size_bytes": Fact(variation.get("totalUncompressedBytes") or None, "unpacked"),
        "revision": Fact(str(version) if version else None, "version on Kaggle"),
    }


def _framework(stated: str) -> tuple[str, str]:
    """How a framework is written in addresses, and our word for the library."""
    plain = re.sub(r"[^a-z0-9]", "", stated.removeprefix("MODEL_FRAMEWORK_").lower())
    return _FRAMEWORKS.get(plain, (plain, plain))


def _training(stated: Any) -> list[dict[str, str]]:
    slugs = (dataset_slug(str(name)) for name in stated or ())
    return [{"stage": "train", "dataset": slug, "method": ""} for slug in slugs if slug]


def _parent(variation: Mapping[str, Any]) -> tuple[str, str] | None:
    base = variation.get("baseModelInstanceInformation")
    if not isinstance(base, Mapping) or not isinstance(base.get("owner"), Mapping):
        return None
    parts = (
        base["owner"].get("slug"),
        base.get("modelSlug"),
        _framework(str(base.get("framework")))[0].lower(),
        base.get("instanceSlug"),
    )
    return (f"kaggle:{'/'.join(map(str, parts))}", "fine-tuned") if all(parts) else None


def _repositories(text: str) -> Iterator[str]:
    for url in re.findall(r"https?://github\.com/[\w.-]+/[\w.-]+", text)[:20]:
        if found := repository_name(url.rstrip(".")):
            yield found


def _date(value: Any) -> str | None:
    try:
        return moment(value) if value else None
    except InvalidRecord:
        return None
