"""Resolved columns: who is believed first, and that they follow from the listings alone."""

from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from catalog.models import PretrainedModel, Source
from catalog.records import EvaluationRecord, Fact, ModelRecord, PaperMention
from catalog.resolve import COLUMNS, resolve, resolve_pretrained
from catalog.services import mark_gone, upsert_records

pytestmark = pytest.mark.django_db
KINDS = {"timm": "library", "torchvision": "library", "local": "folder"}


def say(source: str, *evaluations: EvaluationRecord, **facts: Any) -> PretrainedModel:
    """Let `source` state these facts about one and the same checkpoint; returns it resolved."""
    kind = KINDS.get(source, "measurement")
    row, _ = Source.objects.get_or_create(name=source, defaults={"kind": kind})
    papers = tuple(PaperMention(i, "introduces") for i in facts.pop("introduced_in", ()))
    name = facts.pop("name", "net")
    record = ModelRecord(
        external_id=name,
        facts={"name": Fact(name), **{key: Fact(value) for key, value in facts.items()}},
        evaluations=evaluations,
        papers=papers,
        identity_keys=("same",),
    )
    upsert_records(row, [record])
    return PretrainedModel.objects.get()


def score(metric: str, value: float, size: int, crop: float | None = None) -> EvaluationRecord:
    return EvaluationRecord("imagenet-1k", metric, value, size, crop)


def test_an_exact_count_wins_over_a_rounded_one_whichever_came_first() -> None:
    say("timm-results", parameters=25_560_000)
    assert say("measured", parameters=25_557_032).parameters == 25_557_032
    assert say("timm-results", parameters=25_570_000).parameters == 25_557_032


def test_the_headline_is_the_publishers_own_result() -> None:
    say("timm", input_size=176)
    say("timm-results", score("top1", 80.846, 224))
    checkpoint = say("torchvision", score("top1", 80.858, 224), input_size=224)
    assert (checkpoint.top1, checkpoint.input_size) == (80.858, 224)


def test_without_a_publishers_result_the_table_at_the_own_size_and_crop_is_taken() -> None:
    say("timm", input_size=224, preprocessing={"crop_pct": 0.875})
    checkpoint = say(
        "timm-results",
        score("top1", 70.0, 224, 0.95),
        score("top1", 71.0, 224, 0.875),
        score("top1", 72.0, 288, 1.0),
    )
    assert checkpoint.top1 == 71.0


def test_a_result_on_another_data_set_is_no_headline() -> None:
    checkpoint = say("torchvision", EvaluationRecord("kinetics-400", "top1", 60.0, 112))
    assert checkpoint.top1 is None


def test_of_two_licences_the_more_restrictive_one_holds() -> None:
    say("timm", license="apache-2.0")
    checkpoint = say("torchvision", license="cc-by-nc-4.0")
    assert (checkpoint.license, checkpoint.license_open) == ("cc-by-nc-4.0", False)
    assert checkpoint.commercial_use == "no"


def test_a_source_that_states_no_licence_leaves_the_others() -> None:
    say("torchvision", license="")
    assert say("timm", license="bsd-3-clause").license == "bsd-3-clause"


def test_an_unknown_licence_is_unclear_and_never_open() -> None:
    checkpoint = say("timm", license="my own terms")
    assert (checkpoint.license, checkpoint.license_open) == ("", None)
    assert checkpoint.commercial_use == "unclear"


def test_a_size_that_nobody_states_is_estimated_from_the_parameters() -> None:
    assert say("timm", parameters=1000).size_bytes == 4000
    assert say("torchvision", size_bytes=4321).size_bytes == 4321


def test_a_size_that_cannot_be_that_of_the_parameters_yields_to_one_that_can() -> None:
    say("huggingface-details", size_bytes=1_037_186_000_000)
    assert say("measured", parameters=23_572_403_200).size_bytes == 4 * 23_572_403_200
    assert say("kaggle", size_bytes=47_144_806_400).size_bytes == 47_144_806_400


@pytest.mark.parametrize("size", [50_000, 10**12])
def test_a_size_that_cannot_be_yields_to_the_estimate_where_nobody_else_states_one(
    size: int,
) -> None:
    checkpoint = say("huggingface", parameters=25_557_032, size_bytes=size)
    assert checkpoint.size_bytes == 4 * 25_557_032
    assert resolve(checkpoint.listings.all(), checkpoint.slug)["size_bytes"] == 4 * 25_557_032


def test_of_quantised_gguf_files_a_doubtful_size_is_all_there_is() -> None:
    stated = {"parameters": 10**9, "size_bytes": 10**7, "formats": ["gguf"]}
    assert say("huggingface", **stated).size_bytes == 10**7


def test_an_adapter_may_be_smaller_than_the_parameters_of_its_model_say() -> None:
    say("timm", parent={"key": "hub:owner/model", "relation": "adapter"})
    assert say("huggingface", parameters=7 * 10**9, size_bytes=20_000_000).size_bytes == 20_000_000


@pytest.mark.parametrize("size", [3 * 10**6, 10**9])
def test_quantised_weights_and_those_with_an_optimisers_state_are_believed(size: int) -> None:
    assert say("huggingface", parameters=25_557_032, size_bytes=size).size_bytes == size


def test_work_counted_at_another_size_yields_to_that_at_the_own_size() -> None:
    say("timm", input_size=224)
    say("measured", gmacs=2.6, input_size=176)
    assert say("timm-results", gmacs=4.1, input_size=224).gmacs == 4.1


def test_libraries_and_load_lines_of_all_sources_come_together() -> None:
    say("timm", libraries=["pytorch", "timm"], loading={"timm": {"name": "net"}})
    checkpoint = say(
        "torchvision",
        libraries=["pytorch", "torchvision"],
        loading={"torchvision": {"builder": "net"}},
    )
    assert checkpoint.libraries == ["pytorch", "timm", "torchvision"]
    assert set(checkpoint.loading) == {"timm", "torchvision"}


def folder(name: str) -> dict[str, Any]:
    return {"folder": {"root": "models", "name": name, "library": "timm"}}


def everything_so_far_is_gone() -> None:
    mark_gone(Source.objects.get(), timezone.now())


def test_a_folder_that_was_renamed_loads_from_where_it_is_and_has_its_new_name() -> None:
    say("local", name="old", loading=folder("old"))
    everything_so_far_is_gone()
    checkpoint = say("local", name="new", loading=folder("new"))
    assert checkpoint.loading == folder("new")
    assert (checkpoint.slug, checkpoint.name) == ("local/old", "new")
    assert list(PretrainedModel.objects.matching("new")) == [checkpoint]


def test_of_two_copies_of_a_folder_the_first_is_loaded_until_it_is_gone() -> None:
    assert say("local", name="one", loading=folder("one")).loading == folder("one")
    before = timezone.now()
    assert say("local", name="two", loading=folder("two")).loading == folder("one")
    assert PretrainedModel.objects.matching("two").exists()
    mark_gone(Source.objects.get(), before)
    assert PretrainedModel.objects.get().loading == folder("two")


def test_what_loads_a_checkpoint_that_is_gone_stays_known() -> None:
    say("local", loading=folder("net"))
    everything_so_far_is_gone()
    assert PretrainedModel.objects.get().loading == folder("net")


def test_a_line_that_is_there_goes_before_a_more_trusted_one_that_is_gone() -> None:
    say("timm", loading={"timm": {"name": "gone"}})
    everything_so_far_is_gone()
    assert say("other", loading={"timm": {"name": "there"}}).loading["timm"]["name"] == "there"


def test_data_sets_are_those_of_every_stage_once() -> None:
    stages = [("pretrain", "imagenet-21k"), ("fine-tune", "imagenet-1k"), ("fine-tune", "imagenet-1k"),
              ("pretrain", "")]  # fmt: skip
    training = [{"stage": stage, "dataset": name, "method": ""} for stage, name in stages]
    assert say("timm", training=training).datasets == ["imagenet-21k", "imagenet-1k"]


@pytest.mark.parametrize(("arxiv_id", "year"), [("1512.03385", 2015), ("math/0309136", None)])
def test_the_year_is_that_of_the_introducing_paper(arxiv_id: str, year: int | None) -> None:
    assert say("timm", introduced_in=[arxiv_id]).year == year


def test_the_name_is_that_of_the_source_that_gave_the_address() -> None:
    say("torchvision", name="V1")
    checkpoint = say("timm")
    assert checkpoint.slug == "torchvision/V1"


def test_resolving_everything_again_changes_nothing() -> None:
    checkpoint = say("timm", parameters=5, introduced_in=["1512.03385"])
    before = PretrainedModel.objects.values().get()
    call_command("resolve")
    assert PretrainedModel.objects.values().get() == before
    assert resolve_pretrained([checkpoint.pk]) == 0


def test_columns_that_were_spoilt_are_worked_out_again() -> None:
    say("timm", parameters=5, architecture="net", input_size=224, libraries=["timm"])
    before = PretrainedModel.objects.values().get()
    PretrainedModel.objects.update(parameters=None, architecture=None, libraries=[], input_size=1)
    call_command("resolve")
    after = PretrainedModel.objects.values().get()
    assert {**after, "changed_at": None} == {**before, "changed_at": None}
    assert after["changed_at"] > before["changed_at"]


def test_every_column_has_a_value_even_where_nothing_is_known() -> None:
    assert resolve([], "none/none").keys() - {"repositories"} == set(COLUMNS)
