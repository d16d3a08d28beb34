"""Claims: who says what, the winner first, and where two sources disagree."""

from typing import Any

import pytest
from django.utils import timezone

from catalog.claims import Claim, claims_for, disagree, same_number
from catalog.models import Listing, PretrainedModel, Source
from catalog.records import EvaluationRecord, Fact, ModelRecord
from catalog.services import upsert_records


@pytest.fixture
def checkpoint(db: None) -> PretrainedModel:
    """One checkpoint with three listings: timm, torchvision, and what was counted here."""
    kinds = {"timm": "library", "torchvision": "library", "measured": "measurement"}
    said: dict[str, dict[str, Any]] = {
        "timm": {"license": "apache-2.0", "input_size": 176},
        "torchvision": {"parameters": 25_557_032, "license": "", "input_size": 224},
        "measured": {"parameters": 25_557_032, "gmacs": 4.089, "input_size": 224},
    }
    for name, facts in said.items():
        source = Source.objects.create(name=name, kind=kinds[name], title=name)
        record = ModelRecord(
            f"{name}-id",
            facts={"name": Fact(name), **{k: Fact(v, f"{name} says") for k, v in facts.items()}},
            evaluations=(EvaluationRecord("imagenet-1k", "top1", 80.858, 224),),
            identity_keys=("same",),
        )
        upsert_records(source, [record], version="1.0")
    return PretrainedModel.objects.get()


def test_claims_name_their_source_their_note_and_their_date(checkpoint: PretrainedModel) -> None:
    claims = claims_for(checkpoint)["parameters"]
    assert [(c.source, c.value, c.note, c.wins) for c in claims] == [
        ("torchvision", 25_557_032, "torchvision says", True),
        ("measured", 25_557_032, "measured says", False),
    ]
    assert claims[0].listing is not None
    assert claims[0].date == claims[0].listing.last_seen


def test_the_winning_claim_is_the_resolved_value(checkpoint: PretrainedModel) -> None:
    claims = claims_for(checkpoint)
    for field in ("parameters", "gmacs", "input_size", "top1", "size_bytes"):
        assert claims[field][0].value == getattr(checkpoint, field)


def test_the_size_at_which_something_was_measured_is_no_claim(checkpoint: PretrainedModel) -> None:
    assert [c.source for c in claims_for(checkpoint)["input_size"]] == ["torchvision", "timm"]


def test_a_size_that_cannot_be_stays_behind_the_estimate_and_says_why(
    checkpoint: PretrainedModel,
) -> None:
    source = Source.objects.create(name="modelscope", kind="hub", title="ModelScope")
    facts = {"name": Fact("m"), "size_bytes": Fact(50_000, "of the file")}
    upsert_records(source, [ModelRecord("m", facts=facts, identity_keys=("same",))])
    estimate, stated = claims_for(checkpoint)["size_bytes"]
    assert (estimate.is_derived, estimate.wins, estimate.value) == (True, True, 4 * 25_557_032)
    assert (stated.value, stated.wins) == (50_000, False)
    assert stated.note == "of the file; doubtful: 0.002 bytes per parameter"
    checkpoint.refresh_from_db()
    assert checkpoint.size_bytes == estimate.value


def test_an_estimated_size_says_that_it_is_estimated(checkpoint: PretrainedModel) -> None:
    (claim,) = claims_for(checkpoint)["size_bytes"]
    assert claim.is_derived
    assert claim.note == "estimated: parameters x 4 bytes (fp32)"


def test_claims_cost_the_same_queries_for_any_number_of_listings(
    checkpoint: PretrainedModel, django_assert_num_queries: Any
) -> None:
    # listings with their sources, evaluations, paper links
    with django_assert_num_queries(3):
        claims_for(checkpoint)


def claims(field: str, *values: Any) -> list[Claim]:
    return [Claim(field, value, "", f"s{n}", None, Listing()) for n, value in enumerate(values)]


@pytest.mark.parametrize(
    ("field", "one", "other", "differ"),
    [
        ("parameters", 25_557_032, 25_560_000, False),
        ("parameters", 25_557_032, 25_557_033, True),
        ("parameters", 27_161_264, 23_834_568, True),
        ("gmacs", 4.089, 4.12, False),
        ("gmacs", 4.089, 8.2, True),
        ("top1", 80.858, 80.86, False),
        ("top1", 80.858, 80.846, True),
        ("license", "mit", "MIT", False),
        ("license", "mit", "apache-2.0", True),
        ("license", "bsd-3-clause", "", False),
        ("task", "image-classification", "object-detection", True),
        ("name", "a", "b", False),
    ],
)
def test_sources_disagree_where_rounding_does_not_explain_it(
    field: str, one: Any, other: Any, differ: bool
) -> None:
    assert disagree(claims(field, one, other)) is differ
    assert disagree(claims(field, other, one)) is differ


def test_work_at_different_input_sizes_is_no_disagreement() -> None:
    small, large = (Listing(facts={"input_size": {"value": size}}) for size in (176, 224))
    counted = [Claim("gmacs", 2.6, "", "a", None, small), Claim("gmacs", 4.1, "", "b", None, large)]
    assert not disagree(counted)


def test_one_source_with_two_architectures_for_the_same_weights_disagrees_with_itself() -> None:
    def built(architecture: str, source: str = "local", gone: bool = False) -> Claim:
        listing = Listing(gone_since=timezone.now() if gone else None)
        return Claim("architecture", architecture, "", source, None, listing)

    assert disagree([built("resnet18"), built("resnet34")])
    assert not disagree([built("resnet18"), built("resnet18")])
    assert not disagree([built("resnet18"), built("resnet34", gone=True)])
    assert not disagree([built("mobilenetv2_100", "timm"), built("mobilenet_v2", "torchvision")])


def test_what_nobody_or_only_one_states_is_no_disagreement() -> None:
    assert not disagree([])
    assert not disagree(claims("parameters", 5))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(25_560_000, 25_555_000, True), (25_560_000, 25_554_999, False), (1000, 1400, True),
     (100, 101, False), (0, 0, True), (4.1, 4.149, True), (4.1, 4.16, False)],
)  # fmt: skip
def test_numbers_are_one_if_rounding_to_their_digits_makes_them_equal(
    one: float, other: float, same: bool
) -> None:
    assert same_number(one, other) is same
