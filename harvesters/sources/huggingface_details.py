"""What the Hugging Face Hub's list does not tell: files with sizes and hashes, the security scan, the card.

One model at a time, so only the most downloaded ones and those whose page somebody opens. A listing of its
own, so that the next walk through the list leaves it as it is. API: https://huggingface.co/docs/hub/api.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from catalog.records import Fact, ModelRecord, Rejected
from harvesters.http_errors import HttpError, NotAllowed
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.huggingface import hub
from harvesters.sources.huggingface_files import file_facts, weights_sha256
from harvesters.sources.huggingface_records import record_of

if TYPE_CHECKING:
    from harvesters.http import Http

_NOT_HERE = (401, 403, 404, 410)
_MOST_CARD = 400_000  # characters
_FRONT_MATTER = re.compile(r"\ufeff?---[ \t]*\r?\n.*?\n---[ \t]*(?:\r?\n|$)", re.DOTALL)


class HuggingFaceDetails:
    """`wanted(most)` names the models to look up, the most downloaded first; `most` of them in one run."""

    name = "huggingface-details"
    title = "Hugging Face Hub, files and cards"
    homepage = "https://huggingface.co/models"
    kind = "measurement"  # it adds to what the list publishes and publishes nothing itself
    has_increments = False
    is_complete = False

    def __init__(
        self,
        base: str,
        token: str = "",
        wanted: Callable[[int], Sequence[str]] = lambda _: (),
        most: int = 0,
    ) -> None:
        self._base, self._token = base, token
        self._wanted, self._most = wanted, most

    @property
    def bases(self) -> tuple[Base, ...]:
        return (hub(self._base, self._token),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - what is done is not wanted
        names = list(self._wanted(self._most))
        for name, following in zip(names, [*names[1:], ""], strict=False):
            page = self.look_up(http, name)
            yield Page(page.body, following, len(names))

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        found = json.loads(page.body)
        asked, refused = found["asked"], found.get("refused")
        if refused:
            reason = f"The Hub answers {refused}: the model is gone, private or disabled."
            yield Rejected(asked, reason, json.dumps(found))
            return
        try:
            yield self._record(found["info"], found["card"])
        except (AttributeError, KeyError, TypeError, ValueError) as problem:
            yield Rejected(asked, str(problem), json.dumps(found))

    def _record(self, info: Mapping[str, Any], card: str | None) -> ModelRecord:
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
        if card is not None:
            facts["card"] = Fact(without_front_matter(card)[:_MOST_CARD], "README.md")
        sha256 = weights_sha256(info)
        return ModelRecord(
            external_id=listed.external_id,
            url=f"{listed.url}/tree/main",
            facts=facts,
            identity_keys=(*listed.identity_keys, *((f"sha256:{sha256}",) if sha256 else ())),
        )

    def look_up(self, http: "Http", name: str) -> Page:
        """The page of one model; raises HttpError or Unreachable."""
        return Page(json.dumps(self._answers(http, name)).encode())

    def _answers(self, http: "Http", name: str) -> dict[str, Any]:
        address = f"{self._base}/api/models/{quote(name)}?blobs=true&securityStatus=true"
        try:
            info = json.loads(http.get(address).body)
        except HttpError as problem:
            if problem.status == 401 and self._token:
                # Who has a valid token is told 404 of what is not there.
                message = "The Hub refuses the token in HF_TOKEN: correct it or leave it empty."
                raise Unreachable(message) from problem
            if problem.status not in _NOT_HERE:
                raise
            return {"asked": name, "refused": problem.status}
        except (RecursionError, ValueError) as problem:
            raise Unreachable(f"{address} answered with something else than JSON.") from problem
        return {"asked": name, "info": info, "card": self._card(http, name, info)}

    def _card(self, http: "Http", name: str, info: Any) -> str | None:
        revision = info.get("sha") if isinstance(info, dict) else None
        revision = revision if isinstance(revision, str) else "main"
        address = f"{self._base}/{quote(name)}/resolve/{quote(revision, safe='')}/README.md"
        try:
            return http.get(address).body.decode(errors="replace")
        except NotAllowed:
            return None  # a card so large that the Hub keeps it elsewhere
        except HttpError as problem:
            if problem.status not in _NOT_HERE:
                raise
            return None


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
