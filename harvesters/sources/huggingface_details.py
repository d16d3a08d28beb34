"""What the Hugging Face Hub's list does not tell: files with sizes and hashes, the security scan, the card, and
of classifiers the names of their classes.

One model at a time, so only the most downloaded ones and those whose page somebody opens. A listing of its
own, so that the next walk through the list leaves it as it is. API: https://huggingface.co/docs/hub/api.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from catalog.records import Fact, ModelRecord, Rejected
from catalog.reference_records import LabelSetRecord, named_list
from harvesters.http_errors import HttpError, NotAllowed
from harvesters.sources.base import Page, Record
from harvesters.sources.huggingface_files import file_facts, weights_sha256
from harvesters.sources.huggingface_lookups import NOT_HERE, HubLookups, hub_json
from harvesters.sources.huggingface_records import record_of
from harvesters.sources.named_classes import names_in

if TYPE_CHECKING:
    from harvesters.http import Http

_CONFIG = "config.json"
_CLASS_NAMES = ("id2label", "label_names", "label_descriptions")
_CLASSIFIERS = {
    "audio-classification", "image-classification", "image-segmentation", "object-detection",
    "text-classification", "token-classification", "video-classification",
}  # fmt: skip
_MOST_CARD = 400_000  # characters
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n.*?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)


class HuggingFaceDetails(HubLookups):
    """The most downloaded models first."""

    name = "huggingface-details"
    title = "Hugging Face Hub, files and cards"
    homepage = "https://huggingface.co/models"
    kind = "measurement"  # it adds to what the list publishes and publishes nothing itself

    def records(self, page: Page) -> Iterator[Record]:
        found = json.loads(page.body)
        asked, refused = found["asked"], found.get("refused")
        if refused:
            reason = f"The Hub answers {refused}: the model is gone, private or disabled."
            yield Rejected(asked, reason, json.dumps(found))
            return
        try:
            classes = named_list(names_in(found.get("config") or {}))
            yield self._record(found["info"], found["card"], classes)
            if classes is not None:
                yield classes
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            yield Rejected(asked, str(problem), json.dumps(found))

    def _record(
        self, info: Mapping[str, Any], card: str | None, classes: LabelSetRecord | None
    ) -> ModelRecord:
        if info.get("private") is True:
            raise ValueError("The model is private.")
        listed = record_of(info, self._base)
        site = f"{listed.url}/resolve/{quote(info.get('sha') or 'main', safe='')}"
        facts = {
            name: listed.facts[name] for name in ("name", "revision") if name in listed.facts
        } | file_facts(info, site)
        security = info.get("securityRepoStatus")
        if isinstance(security, dict):
            facts["security"] = Fact(_security(security), "the Hub's scan of the repository")
        if classes is not None:
            facts["label_set"] = Fact(classes.key, "the class names in config.json")
        if card is not None:
            facts["card"] = Fact(without_front_matter(card)[:_MOST_CARD], "README.md")
        sha256 = weights_sha256(info)
        return ModelRecord(
            external_id=listed.external_id,
            url=f"{listed.url}/tree/main",
            facts=facts,
            identity_keys=(*listed.identity_keys, *((f"sha256:{sha256}",) if sha256 else ())),
        )

    def _found(self, http: "Http", name: str) -> dict[str, Any]:
        query = "blobs=true&securityStatus=true"
        info = hub_json(http, f"{self._base}/api/models/{quote(name)}?{query}")
        config = self._config(http, name, info) if _names_classes(info) else None
        return {"info": info, "card": self._card(http, name, info), "config": config}

    def _card(self, http: "Http", name: str, info: Any) -> str | None:
        body = self._file(http, name, info, "README.md")
        return None if body is None else body.decode(errors="replace")

    def _config(self, http: "Http", name: str, info: Any) -> dict[str, Any] | None:
        """What `config.json` says of classes; None where it cannot be read."""
        try:
            config = json.loads(self._file(http, name, info, _CONFIG) or b"null")
        except (RecursionError, ValueError):
            return None
        if not isinstance(config, dict):
            return None
        return {key: config[key] for key in _CLASS_NAMES if key in config}

    def _file(self, http: "Http", name: str, info: Any, file: str) -> bytes | None:
        """A file of the repository; None if there is none, or it is so large that the Hub keeps it elsewhere."""
        revision = info.get("sha") if isinstance(info, dict) else None
        revision = revision if isinstance(revision, str) else "main"
        address = f"{self._base}/{quote(name)}/resolve/{quote(revision, safe='')}/{file}"
        try:
            return http.get(address).body
        except NotAllowed:
            return None
        except HttpError as problem:
            if problem.status not in NOT_HERE:
                raise
            return None


def _names_classes(info: Any) -> bool:
    """Whether it is a classifier with a config: only then is it worth another request."""
    if not isinstance(info, dict) or info.get("pipeline_tag") not in _CLASSIFIERS:
        return False
    files = info.get("siblings")
    return any(
        isinstance(file, dict) and file.get("rfilename") == _CONFIG
        for file in (files if isinstance(files, list) else [])
    )


def without_front_matter(card: str) -> str:
    """A card's prose: what stands between the first two lines of dashes is its metadata."""
    return _FRONT_MATTER.sub("", card, count=1) if card.lstrip("\ufeff").startswith("---") else card


def _security(status: Mapping[str, Any]) -> dict[str, Any]:
    issues = status.get("filesWithIssues")
    named = [
        {"path": str(item["path"])[:300], "level": str(item.get("level", ""))[:30]}
        for item in (issues if isinstance(issues, list) else [])[:200]
        if isinstance(item, dict) and isinstance(item.get("path"), str)
    ]
    return {"scanned": status.get("scansDone") is True, "issues": named}
