"""Records at the edge: what a source says is made storable, or refused with the field's name."""

import json
from typing import Any

import pytest

from catalog.cleaning import InvalidRecord, clean_url
from catalog.models import Listing, Source
from catalog.records import (
    EvaluationRecord,
    Fact,
    ModelRecord,
    PaperMention,
    normalise,
    written,
)
from catalog.services import upsert_records


def record(name: Any = "a", **facts: Any) -> ModelRecord:
    return ModelRecord(
        external_id=name,
        facts={"name": Fact("a"), **{key: Fact(value) for key, value in facts.items()}},
    )


def repositories(*names: Any) -> ModelRecord:
    return ModelRecord("a", facts={"name": Fact("a")}, repositories=names)


def nested(depth: int) -> list[Any]:
    value: list[Any] = []
    for _ in range(depth):
        value = [value]
    return value


# The values of which Postgres or Python refuse one each, or store it so that it cannot be read back.
STORABLE = {
    "NUL in a text": record(description="a\x00b"),
    "NUL in JSON": record(preprocessing={"mean": "a\x00b"}),
    "lone surrogate in a text": record(description="a\ud800b"),
    "lone surrogate in JSON": record(loading={"timm": {"name": "\udfff"}}),
    "a text longer than its column": record(name="a", description="x" * 400_000),
    "a word of 3,000 characters": record(description="x" * 3_000),
    "400,000 distinct words": record(card=" ".join(f"word{n}" for n in range(400_000))),
    "right-to-left override in a name": record(architecture="resnet\u202e05"),
    "an unknown year": record(year=None),
    "an empty licence": record(license=""),
}
REFUSED = {
    "id with NUL": record("a\x00b"),
    "id with a lone surrogate": record("a\ud800"),
    "id of 9,000 characters": record("x" * 9_000),
    "id that is a number": record(7),
    "no id": record(""),
    "whole number over 64 bits": record(parameters=2**64),
    "whole number of 5,000 digits": record(parameters=10**5_000),
    "whole number of 5,000 digits in JSON": record(preprocessing={"x": 10**5_000}),
    "not a number": record(gmacs=float("nan")),
    "infinity": record(gmacs=float("inf")),
    "infinity in JSON": record(preprocessing={"x": [float("inf")]}),
    "a number as text": record(parameters="12"),
    "truth as a number": record(parameters=True),
    "year 0": record(year=0),
    "year 10000": record(year=10_000),
    "JSON nested 1,000 deep": record(files=nested(1_000)),
    "JSON with keys that are numbers": record(preprocessing={7: 1}),
    "JSON of 270 MB": record(files=[{"name": "x" * 20_000}] * 13_500),
    "an object where a list belongs": record(libraries={"pytorch": 1}),
    "an address that runs script": record(origin_url="javascript:alert(1)"),
    "an address that runs script, in JSON": record(
        loading={"timm": {"url": "javascript:alert(1)"}}
    ),
    "a field that does not exist": record(colour="red"),
    "an identity key of 9,000 characters": ModelRecord(
        "a", facts={"name": Fact("a")}, identity_keys=("x" * 9_000,)
    ),
    "an accuracy that is not a number": ModelRecord(
        "a",
        facts={"name": Fact("a")},
        evaluations=(EvaluationRecord("imagenet-1k", "top1", float("nan")),),
    ),
    "a paper without an arXiv id": ModelRecord(
        "a", facts={"name": Fact("a")}, papers=(PaperMention("no paper"),)
    ),
    "a repository without an owner": repositories("resnet"),
    "a repository elsewhere": repositories("https://gitlab.com/a/b"),
    "a repository that leads up": repositories("../admin"),
    "a repository of 300 characters": repositories("a/" + "b" * 298),
    "a repository that is no text": repositories(7),
    "no name": ModelRecord("a"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("odd", STORABLE.values(), ids=STORABLE.keys())
def test_an_odd_value_that_can_be_cleaned_is_stored_and_read_back(odd: ModelRecord) -> None:
    source = Source.objects.create(name="odd", kind="hub")
    outcome = upsert_records(source, [odd])
    assert (outcome.created, outcome.rejected) == (1, [])
    assert upsert_records(source, [odd]).unchanged == 1
    assert json.dumps(Listing.objects.get().facts)


@pytest.mark.django_db
@pytest.mark.parametrize("odd", REFUSED.values(), ids=REFUSED.keys())
def test_an_odd_value_that_cannot_be_stored_is_rejected_and_the_page_goes_on(
    odd: ModelRecord,
) -> None:
    source = Source.objects.create(name="odd", kind="hub")
    outcome = upsert_records(source, [record("before"), odd, record("after")])
    assert (outcome.created, len(outcome.rejected)) == (2, 1)
    assert outcome.rejected[0].reason
    assert set(Listing.objects.values_list("external_id", flat=True)) == {"before", "after"}


def test_a_refusal_names_the_field_and_what_was_expected() -> None:
    with pytest.raises(InvalidRecord, match="parameters: expected a whole number"):
        normalise(record(parameters="12"))


@pytest.mark.parametrize(("wrong", "shown"), [("a b/c", "'a b/c'"), ("\x00 ", "''")])
def test_a_repository_that_is_none_is_named(wrong: str, shown: str) -> None:
    with pytest.raises(InvalidRecord, match=rf"repositories: .* owner/name, got {shown}"):
        normalise(repositories("good/one", wrong))


def test_the_hash_is_equal_exactly_if_the_content_is() -> None:
    def content_hash(parameters: int) -> str:
        return written(normalise(record(parameters=parameters)))[1]

    assert content_hash(1) == content_hash(1)
    assert content_hash(1) != content_hash(2)


def test_of_two_mentions_of_a_paper_the_stronger_role_is_kept() -> None:
    papers = (PaperMention("1512.03385", "introduces"), PaperMention("1512.03385", "mentioned"))
    clean = normalise(ModelRecord("a", facts={"name": Fact("a")}, papers=papers))
    assert [paper.role for paper in clean.papers] == ["introduces"]


@pytest.mark.parametrize(
    "url",
    ["javascript:alert(1)", "data:text/html,x", "//example.org", "https://", "http://a b", "x" * 10,
     "https://a\\b", 'https://a/"onclick=1', "https://[", "HTTPS:example.org", "https://" + "x" * 600],
)  # fmt: skip
def test_only_http_addresses_with_a_host_are_addresses(url: str) -> None:
    with pytest.raises(InvalidRecord):
        clean_url(url)


def test_an_ordinary_address_stays_as_it_is() -> None:
    url = "https://github.com/pytorch/vision/tree/main/references#alexnet?x=%20"
    assert clean_url(f" {url}\x00") == url


def test_a_repository_that_holds_the_weights_is_one_of_its_repositories() -> None:
    at_github = "weights:https://github.com/Facebook/Net/releases/download/v1/net.pth"
    elsewhere = "weights:https://download.pytorch.org/models/net.pth"
    held = ModelRecord("a", facts={"name": Fact("a")}, identity_keys=(at_github, elsewhere))
    assert normalise(held).facts["repositories"].value == ["facebook/net"]
    named = ModelRecord(
        "a",
        facts={"name": Fact("a")},
        identity_keys=(at_github,),
        repositories=("A/B", "facebook/net"),
    )
    assert normalise(named).facts["repositories"].value == ["a/b", "facebook/net"]
    other = ModelRecord("a", facts={"name": Fact("a")}, identity_keys=(elsewhere,))
    assert "repositories" not in normalise(other).facts


def test_an_accuracy_that_cannot_be_is_dropped_and_the_rest_kept() -> None:
    results = [("top1", 99_999.0), ("top1", -1.0), ("top5", 93.0), ("miou", 101.0)]
    stated = tuple(EvaluationRecord("imagenet-1k", metric, value) for metric, value in results)
    found = normalise(ModelRecord("a", facts={"name": Fact("a")}, evaluations=stated)).evaluations
    assert [(e.metric, e.value) for e in found] == [("top5", 93.0), ("miou", 101.0)]
