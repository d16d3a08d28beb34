"""Qualcomm AI Hub Models: models brought to Qualcomm's devices, one info.yaml each.

Format: https://github.com/qualcomm/ai-hub-models/tree/main/qai_hub_models/models. Which weights were
brought over is seldom stated, so a record states no identity of its weights but where it names a Hub id.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.aliases import dataset_slug, task_slug
from catalog.keys import arxiv_ids, repository_name
from catalog.records import Fact, ModelRecord, PaperMention, Rejected
from harvesters.plain_yaml import MalformedYaml, load_yaml
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.families import family_of
from harvesters.sources.model_index_results import count_of
from harvesters.tarball import fetched_tarball, read_tarball

if TYPE_CHECKING:
    from harvesters.http import Http

_REPOSITORY = "qualcomm/ai-hub-models"
_FOLDER = "qai_hub_models/models"
_PAGE = "https://aihub.qualcomm.com/models"
_WANTED = re.compile(rf"{_FOLDER}/[^/]+/info\.yaml")
_TASKS = {"image-generation": "text-to-image", "audio-generation": "text-to-audio",
          "video-generation": "text-to-video"}  # fmt: skip
_UNITS = {"KB": 1024, "MB": 1024**2, "GB": 1024**3}
_HUB_ID = re.compile(r"[\w.-]+/(?=.*[A-Za-z])[\w.-]+")  # but not `ViT-B/16`


class QualcommAiHub:
    """The whole repository is one page."""

    name = "qualcomm-ai-hub"
    title = "Qualcomm AI Hub"
    homepage = f"https://github.com/{_REPOSITORY}"
    kind = "library"
    has_increments = False
    is_complete = True

    def __init__(self, codeload: str) -> None:
        self.bases = (Base(codeload, setting="GITHUB_CODELOAD_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - one page
        with fetched_tarball(http, f"{self.bases[0].url}/{_REPOSITORY}/tar.gz/HEAD") as file:
            tarball = read_tarball(file, lambda path: bool(_WANTED.fullmatch(path)))
        if not tarball.files:
            raise Unreachable(f"{_REPOSITORY} has no info.yaml below {_FOLDER} any more.")
        entries = [
            {"path": path, "yaml": body.decode(errors="replace")}
            for path, body in sorted(tarball.files.items())
        ]
        yield Page(json.dumps(entries).encode(), "", len(entries), tarball.commit[:40])

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for entry in json.loads(page.body):
            name = str(entry["path"]).split("/")[-2]
            try:
                info = load_yaml(entry["yaml"])
                if not isinstance(info, Mapping):
                    raise MalformedYaml("it holds no model")
                yield _record(info)
            except (AttributeError, KeyError, TypeError, ValueError) as problem:
                reason = f"{entry['path']}: {problem}"[:500]
                yield Rejected(name[:250], reason, json.dumps([entry]))


def _record(info: Mapping[str, Any]) -> ModelRecord:
    name = str(info["id"])
    # Some name several addresses in one line.
    source = next(iter(re.findall(r"https?://\S+", str(info.get("source_repo") or ""))), "")
    details = info.get("technical_details") or {}
    family = family_of(name)
    named = arxiv_ids(str(info.get("research_paper") or ""))
    task = task_slug(str(info["use_case"]))
    checkpoint = str(details.get("Model checkpoint") or "")
    return ModelRecord(
        external_id=name,
        url=f"{_PAGE}/{name}",
        facts={
            "name": Fact(str(info["name"])),
            "description": Fact(str(info.get("description") or info.get("headline") or "")),
            "task": Fact(_TASKS.get(task, task)),
            "family": Fact(family.slug if family else None, "from its name"),
            "license": Fact(str(info["license_type"]), str(info.get("license") or "")),
            "training": Fact(_training(info.get("dataset")) or None, "its list of data sets"),
            "parameters": Fact(count_of(details.get("Number of parameters"))),
            "size_bytes": Fact(_bytes(details.get("Model size (float)")), "unquantised"),
            "input_size": Fact(_side(details.get("Input resolution"))),
            "tags": Fact([str(tag) for tag in info.get("tags") or ()] or None),
            "origin_url": Fact(source or None),
            "gated": Fact("restricted" if info.get("restrict_model_sharing") is True else None),
        },
        papers=tuple(PaperMention(i, "introduces", "its research paper") for i in named),
        repositories=tuple(filter(None, [repository_name(source)])),
        parent=(f"hub:{checkpoint}", "converted") if _names_hub(checkpoint) else None,
    )


def _names_hub(checkpoint: str) -> bool:
    """Whether the checkpoint is named as on the Hub: what runs here was made from it, by conversion."""
    return bool(_HUB_ID.fullmatch(checkpoint))


def _training(stated: Any) -> list[dict[str, str]]:
    names = [part for item in stated or () for part in str(item).split(",")]
    slugs = dict.fromkeys(dataset_slug(re.sub(r"\(.*?\)", "", name)) for name in names)
    return [{"stage": "train", "dataset": slug, "method": ""} for slug in slugs if slug]


def _bytes(text: Any) -> int | None:
    """Bytes of `97.4 MB`, which are MiB there; None for whatever is written in another way."""
    found = re.fullmatch(r"([\d.]{1,12})\s*([KMG]B)", str(text or "").strip())
    try:
        return round(float(found[1]) * _UNITS[found[2]]) if found else None
    except ValueError:
        return None


def _side(text: Any) -> int | None:
    """The longer side of `224x224`; batches, frames and tokens are written in other ways."""
    found = re.match(r"(?:\d+p \()?(\d{2,4})x(\d{2,4})\)?$", str(text or "").strip())
    return max(int(side) for side in found.groups()) if found else None
