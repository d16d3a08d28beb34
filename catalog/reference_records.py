"""Records of what checkpoints point to: papers, repositories, data sets, published results, speeds.

As `catalog.records`: frozen, free of Django and of the network. `catalog.services.upsert` takes them all.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from catalog.classes.naming import clean_name, label_set_key, names_something
from catalog.records import Fact


@dataclass(frozen=True)
class RepositoryMention:
    """A repository that a paper's source names, lower-case `owner/name`; None: not said whether official."""

    full_name: str
    is_official: bool | None = None
    framework: str = ""
    note: str = ""


@dataclass(frozen=True)
class PaperRecord:
    """One source's record of a paper.

    `key` is the arXiv id without version, else what `paper_key` makes of a DOI or of title and year.
    """

    external_id: str
    key: str
    url: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    repositories: tuple[RepositoryMention, ...] = ()


@dataclass(frozen=True)
class RepositoryRecord:
    """One source's record of a repository, by its lower-case `full_name`.

    `former_names` redirect to it. `papers` are the keys of papers that it names.
    """

    external_id: str
    full_name: str
    url: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    papers: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetRecord:
    """One source's record of a data set; `slug` as `catalog.vocabulary.dataset_slug` makes it of its id.

    `paper` is the key of the paper that introduces it.
    """

    external_id: str
    slug: str
    url: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    paper: str = ""


@dataclass(frozen=True)
class PublishedResultRecord:
    """One value of one row of a leaderboard, `value` None where `text` is no number; `date` as 2026-01-31."""

    row: int
    model_name: str
    metric: str
    text: str
    value: float | None = None
    paper: str = ""  # key
    paper_title: str = ""
    paper_url: str = ""
    date: str = ""
    uses_additional_data: bool | None = None
    code_urls: tuple[Mapping[str, str], ...] = ()
    note: str = ""


@dataclass(frozen=True)
class LeaderboardRecord:
    """One source's table of published results of one task on one data set; `dataset` is a slug."""

    external_id: str
    dataset: str
    dataset_title: str = ""
    task: str = ""
    metrics: tuple[str, ...] = ()
    url: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)
    results: tuple[PublishedResultRecord, ...] = ()


@dataclass(frozen=True)
class SpeedRecord:
    """How fast an architecture ran on one device; the fields are those of `catalog.models.Speed`."""

    external_id: str
    architecture: str
    kind: str  # inference or training
    device: str
    images_per_second: float
    precision: str = ""
    layout: str = ""
    is_compiled: bool | None = None
    software: str = ""
    input_size: int | None = None
    batch_size: int | None = None
    date: str = ""
    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class LabelSetRecord:
    """One source's list of what the outputs of a classifier stand for.

    `facts["classes"]` are the classes in the order of the outputs, each {"names": [...], "id"?: WordNet id,
    "definition"?}; `key` is a name that sources agree on where they have ids, else `label_set_key` of the names.
    """

    external_id: str
    key: str
    url: str = ""
    facts: Mapping[str, Fact] = field(default_factory=dict)


@dataclass(frozen=True)
class GoneRecord:
    """That a source was asked for a paper or a repository and does not have it, or no longer.

    `external_id` is that of its listing, if there is one; exactly one of `paper` (key) and `repository`
    (lower-case full name) says what was asked for.
    """

    external_id: str
    paper: str = ""
    repository: str = ""


ReferenceRecord = (
    PaperRecord
    | RepositoryRecord
    | DatasetRecord
    | LeaderboardRecord
    | SpeedRecord
    | LabelSetRecord
    | GoneRecord
)


def named_list(names: Sequence[str], dataset: str = "", title: str = "") -> LabelSetRecord | None:
    """The record of a list of names in the order of the outputs; None if they say nothing, as LABEL_0 does.

    `dataset` is the slug of the data set whose classes these are, where that is known.
    """
    clean = [clean_name(name) for name in names]
    if not names_something(clean):
        return None
    facts = {"classes": Fact([{"names": [name]} for name in clean])}
    if dataset:
        facts["datasets"] = Fact([dataset])
    if title:
        facts["title"] = Fact(title)
    key = label_set_key(clean)
    return LabelSetRecord(key, key, facts=facts)


def paper_key(arxiv_id: str = "", doi: str = "", title: str = "", year: int | None = None) -> str:
    """The key of a paper by the strongest of what is known of it; empty if nothing identifies it."""
    if arxiv_id:
        bare = re.sub(r"v\d+$", "", arxiv_id)
        return re.sub(r"^([a-z-]+)\.[A-Z]{2}/", r"\1/", bare)
    if doi:
        return f"doi:{doi.strip().lower()}"
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    words = "-".join(re.findall(r"[a-z0-9]+", plain))[:200]
    return f"title:{words}-{year}" if words and year else ""
