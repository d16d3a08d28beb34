"""Records of papers, repositories, data sets, published results and speeds made storable, field by field."""

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from catalog.classes.naming import LONGEST_NAME, WORDNET_ID, label_set_key
from catalog.cleaning import (
    InvalidRecord,
    clean_text,
    clean_url,
    day,
    each,
    flag,
    json_value,
    mapping,
    moment,
    number,
    text,
    texts,
    whole,
)
from catalog.keys import REPOSITORY
from catalog.records import Fact, clean_identifier
from catalog.reference_records import (
    DatasetRecord,
    GoneRecord,
    LabelSetRecord,
    LeaderboardRecord,
    PaperRecord,
    PublishedResultRecord,
    ReferenceRecord,
    RepositoryMention,
    RepositoryRecord,
    SpeedRecord,
)

PAPER_FIELDS: dict[str, Callable[[Any], Any]] = {
    "title": text(500),
    "abstract": text(20_000),
    "authors": texts(200, 10_000),
    "categories": texts(40, 100),
    "tasks": texts(100, 200),
    "methods": texts(100, 500),
    "published": day,
    "updated": day,
    "versions": json_value(list),  # [{"version": "v1", "date": "2026-01-31"}]
    "venue": text(300),
    "doi": text(200),
    "comment": text(5_000),
    "license": text(500),  # of the paper's text
    "upvotes": whole(0, 10**9),
}
REPOSITORY_FIELDS: dict[str, Callable[[Any], Any]] = {
    "github_id": whole(1, 2**62),
    "description": text(5_000),
    "homepage": clean_url,
    "license": text(100),
    "language": text(60),
    "topics": texts(60, 100),
    "stars": whole(0, 10**9),
    "forks": whole(0, 10**9),
    "created": moment,
    "pushed_at": moment,
    "is_archived": flag,
    "publishes_weights": flag,
    "weights_files": json_value(list),
}
DATASET_FIELDS: dict[str, Callable[[Any], Any]] = {
    "title": text(200),
    "aliases": texts(200, 200),
    "description": text(20_000),
    "homepage": clean_url,
    "license": text(200),
    "size_bytes": whole(0, 10**18),
    "examples": whole(0, 10**15),
    "size_category": text(30),
    "tasks": texts(100, 200),
    "modalities": texts(60, 50),
    "languages": texts(20, 1000),
    "downloads": whole(0, 10**15),
    "likes": whole(0, 10**12),
    "introduced": day,
}
LEADERBOARD_FIELDS: dict[str, Callable[[Any], Any]] = {
    "description": text(20_000),
    "categories": texts(100, 100),
}
LABEL_SET_FIELDS: dict[str, Callable[[Any], Any]] = {
    "title": text(200),
    "datasets": texts(150, 20),
    "classes": each(
        mapping(names=texts(LONGEST_NAME, 100), id=text(9), definition=text(2_000)), 200_000
    ),
}

_ARXIV_ID = re.compile(r"\d{4}\.\d{4,5}|[a-z-]+/\d{7}")
_PAPER_KEY = re.compile(rf"(?:{_ARXIV_ID.pattern})|doi:10\.[!-~]{{1,240}}|title:[a-z0-9-]{{1,240}}")
_LABEL_SET_KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,99}")
_SLUG = re.compile(r"[a-z0-9][a-z0-9._+-]{0,99}|[a-z0-9][a-z0-9._+-]{0,52}/[a-z0-9._+-]{1,96}")


def normalise_reference(record: ReferenceRecord) -> ReferenceRecord:
    """`record` made storable; raises InvalidRecord, naming the field, if any part cannot be."""
    return _NORMALISERS[type(record)](record)


def _paper(record: PaperRecord) -> PaperRecord:
    mentions = {m.full_name: _mention(m) for m in record.repositories}
    return replace(
        record,
        **_common(record, PAPER_FIELDS),
        key=_matching("key", _PAPER_KEY, record.key),
        repositories=tuple(mentions.values()),
    )


def _mention(mention: RepositoryMention) -> RepositoryMention:
    return replace(
        mention,
        full_name=_matching("repositories", REPOSITORY, mention.full_name),
        framework=clean_text(mention.framework)[:30],
        note=clean_text(mention.note)[:300],
    )


def _repository(record: RepositoryRecord) -> RepositoryRecord:
    former = (_matching("former_names", REPOSITORY, name) for name in record.former_names)
    return replace(
        record,
        **_common(record, REPOSITORY_FIELDS),
        full_name=_matching("full_name", REPOSITORY, record.full_name),
        papers=tuple(dict.fromkeys(_matching("papers", _PAPER_KEY, key) for key in record.papers)),
        former_names=tuple(name for name in dict.fromkeys(former) if name != record.full_name),
    )


def _dataset(record: DatasetRecord) -> DatasetRecord:
    return replace(
        record,
        **_common(record, DATASET_FIELDS),
        slug=_matching("slug", _SLUG, record.slug),
        paper=_matching("paper", _PAPER_KEY, record.paper) if record.paper else "",
    )


def _leaderboard(record: LeaderboardRecord) -> LeaderboardRecord:
    results = (_result(item) for item in record.results)
    return replace(
        record,
        **_common(record, LEADERBOARD_FIELDS),
        dataset=_matching("dataset", _SLUG, record.dataset),
        dataset_title=clean_text(record.dataset_title)[:200],
        task=clean_text(record.task)[:150],
        metrics=tuple(clean_text(name)[:100] for name in record.metrics),
        results=tuple({(item.row, item.metric): item for item in results}.values()),
    )


def _result(result: PublishedResultRecord) -> PublishedResultRecord:
    return replace(
        result,
        row=whole(0, 10**6)(result.row),
        model_name=text(300)(result.model_name),
        metric=text(100)(result.metric),
        text=text(100)(result.text),
        value=None if result.value is None else number(-1e15, 1e15)(result.value),
        paper=_matching("paper", _PAPER_KEY, result.paper) if result.paper else "",
        paper_title=clean_text(result.paper_title)[:300],
        paper_url=clean_url(result.paper_url),
        date=day(result.date) if result.date else "",
        code_urls=tuple(json_value(list)(list(result.code_urls))),
        note=clean_text(result.note)[:300],
    )


def _speed(record: SpeedRecord) -> SpeedRecord:
    if record.kind not in ("inference", "training"):
        raise InvalidRecord(f"kind: expected inference or training, got {record.kind!r:.60}")
    return replace(
        record,
        external_id=clean_identifier(record.external_id),
        architecture=text(200)(record.architecture),
        device=text(100)(record.device),
        images_per_second=number(0, 1e9)(record.images_per_second),
        precision=text(30)(record.precision),
        layout=text(10)(record.layout),
        software=text(100)(record.software),
        input_size=None if record.input_size is None else whole(1, 100_000)(record.input_size),
        batch_size=None if record.batch_size is None else whole(1, 10**6)(record.batch_size),
        date=day(record.date) if record.date else "",
        url=clean_url(record.url),
        note=clean_text(record.note)[:300],
    )


def _label_set(record: LabelSetRecord) -> LabelSetRecord:
    clean = replace(
        record,
        **_common(record, LABEL_SET_FIELDS),
        key=_matching("key", _LABEL_SET_KEY, record.key),
    )
    classes = clean.facts["classes"].value if "classes" in clean.facts else []
    if not classes or not all(one.get("names") for one in classes):
        raise InvalidRecord("classes: expected at least one, and a name for each")
    has_ids = all("id" in one for one in classes)
    if has_ids:
        for one in classes:
            _matching("classes", WORDNET_ID, one["id"])
    elif clean.key != label_set_key([one["names"][0] for one in classes]):
        raise InvalidRecord("key: a list without WordNet ids is known by its names")
    return clean


def _gone(record: GoneRecord) -> GoneRecord:
    if bool(record.paper) == bool(record.repository):
        raise InvalidRecord("expected a paper or a repository that is gone")
    return replace(
        record,
        external_id=clean_identifier(record.external_id),
        paper=_matching("paper", _PAPER_KEY, record.paper) if record.paper else "",
        repository=(
            _matching("repository", REPOSITORY, record.repository) if record.repository else ""
        ),
    )


_NORMALISERS: dict[type, Callable[[Any], Any]] = {
    GoneRecord: _gone,
    PaperRecord: _paper,
    RepositoryRecord: _repository,
    DatasetRecord: _dataset,
    LeaderboardRecord: _leaderboard,
    SpeedRecord: _speed,
    LabelSetRecord: _label_set,
}


def _common(record: Any, fields: Mapping[str, Callable[[Any], Any]]) -> dict[str, Any]:
    facts = {}
    for name, fact in record.facts.items():
        if name not in fields:
            raise InvalidRecord(f"{name!r:.60} is no field of a {type(record).__name__}")
        if fact.value is None:
            continue
        try:
            facts[name] = Fact(fields[name](fact.value), clean_text(fact.note)[:300])
        except InvalidRecord as problem:
            raise InvalidRecord(f"{name}: {problem}") from problem
    return {
        "external_id": clean_identifier(record.external_id),
        "url": clean_url(record.url),
        "facts": facts,
    }


def _matching(name: str, pattern: re.Pattern[str], value: Any) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise InvalidRecord(f"{name}: not of the expected form: {value!r:.80}")
    return value
