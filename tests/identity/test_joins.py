"""Which listings are one checkpoint: no labelled pair is joined wrongly, and hardly one is missed."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from catalog.models import Listing, PaperLink, PretrainedModel
from tests.identity.conftest import Harvest
from tests.identity.pairs import WRONG_CONVERSIONS, Name, Pair, gold, gold_name, labelled_pairs

pytestmark = pytest.mark.django_db

# One of PyTorch Hub's cards that were not recorded.
ABSENT = {("pytorch-hub", "pytorch/vision:v0.10.0#resnet50")}


@pytest.fixture(scope="module")
def pairs(shared: Path, everything: Harvest) -> list[Pair]:
    known = everything.checkpoints
    return [p for p in labelled_pairs(shared / "data") if p.one in known and p.other in known]


@pytest.fixture
def is_joined(everything: Harvest) -> Callable[[Pair], bool]:
    return lambda pair: everything.checkpoints[pair.one] == everything.checkpoints[pair.other]


def test_every_recorded_entry_is_read(everything: Harvest) -> None:
    assert {name: (run.state, run.seen, run.rejected) for name, run in everything.runs.items()} == {
        "timm": ("done", 1826, 0),
        "torchvision": ("done", 166, 0),
        "keras": ("done", 40, 0),
        "keras-hub": ("done", 509, 0),
        "pytorch-hub": ("done", 89, 0),
        "onnx-zoo": ("done", 183, 0),
        "openmmlab": ("done", 1437, 0),
        "open-model-zoo": ("done", 244, 0),
        "qualcomm-ai-hub": ("done", 163, 0),
    }


def test_the_labelled_names_are_those_of_listings(shared: Path, everything: Harvest) -> None:
    labelled = {name for pair in labelled_pairs(shared / "data") for name in (pair.one, pair.other)}
    assert labelled - everything.checkpoints.keys() == ABSENT


def test_there_are_enough_labelled_pairs_and_half_are_near_misses(pairs: list[Pair]) -> None:
    same = sum(pair.is_same for pair in pairs)
    assert same >= 200
    assert len(pairs) - same >= same
    assert len({pair.evidence for pair in pairs}) >= 10


def test_no_pair_is_joined_wrongly_and_few_are_missed(
    pairs: list[Pair], is_joined: Callable[[Pair], bool], capsys: pytest.CaptureFixture[str]
) -> None:
    joined = [pair for pair in pairs if is_joined(pair)]
    right = sum(pair.is_same for pair in joined)
    precision, recall = right / len(joined), right / sum(pair.is_same for pair in pairs)
    with capsys.disabled():
        same = sum(pair.is_same for pair in pairs)
        print(f"\n{len(pairs)} labelled pairs, {same} of them one checkpoint:", end=" ")
        print(f"precision {precision:.4f}, recall {recall:.4f}")
    assert [pair for pair in joined if not pair.is_same] == []
    assert recall >= 0.99


def test_what_openmmlab_converted_is_joined_but_where_its_metafiles_err(
    pairs: list[Pair], is_joined: Callable[[Pair], bool]
) -> None:
    conversions = [
        pair for pair in pairs if pair.one[0] == "openmmlab" and pair.other[0] != "openmmlab"
    ]
    found = Counter(is_joined(pair) for pair in conversions if pair.is_same)
    assert found == {True: 168}  # 166 models, of which two are torchvision's as well as timm's
    wrong = [pair for pair in conversions if pair.one[1].partition(":")[2] in WRONG_CONVERSIONS]
    assert [is_joined(pair) for pair in wrong] == [False, False]


def test_what_was_converted_from_timms_repositories_is_joined(everything: Harvest) -> None:
    names = Listing.objects.filter(source="openmmlab").values_list("external_id", "identity_keys")
    hubs = {name: key for name, keys in names for key in keys if key.startswith("hub:timm/")}
    assert len(hubs) == 14
    for name, key in hubs.items():
        timm = everything.checkpoints["timm", key.removeprefix("hub:timm/")]
        assert everything.checkpoints["openmmlab", name] == timm


def test_the_records_around_resnet_50_are_as_labelled(shared: Path, everything: Harvest) -> None:
    content = gold(shared / "data")
    ours = [r for r in content["records"] if gold_name(r) in everything.checkpoints]
    assert (len(content["records"]), len(ours)) == (31, 25)
    by_checkpoint: dict[str, set[int]] = {}
    for record in ours:
        label = record["checkpoint"] or str(gold_name(record))
        by_checkpoint.setdefault(label, set()).add(everything.checkpoints[gold_name(record)])
    assert all(len(found) == 1 for found in by_checkpoint.values())
    assert len(set.union(*by_checkpoint.values())) == len(by_checkpoint)


def test_the_architectures_that_look_alike_stay_apart(shared: Path, everything: Harvest) -> None:
    names = {(name, pk) for (_, name), pk in everything.checkpoints.items()}
    for one, other in gold(shared / "data")["negative_pairs"]:
        ours = {pk for name, pk in names if name == one or name.startswith(f"{one}.")}
        theirs = {pk for name, pk in names if name == other or name.startswith(f"{other}.")}
        assert not ours & theirs


def test_no_source_is_joined_with_itself_but_where_it_lists_one_file_twice(
    everything: Harvest,
) -> None:
    found: dict[int, list[Name]] = {}
    for name, checkpoint in everything.checkpoints.items():
        found.setdefault(checkpoint, []).append(name)
    twice = {
        source: sum(count - 1 for count in Counter(s for s, _ in names).values() if count > 1)
        for names in found.values()
        for source in {s for s, _ in names if sum(other == s for other, _ in names) > 1}
    }
    # The zoo of ONNX keeps one file under two opsets, PyTorch Hub loads one Hub repository with other heads.
    assert set(twice) == {"onnx-zoo", "pytorch-hub"}
    published = PretrainedModel.objects.published().count()
    assert published == len(found)


def test_openmmlabs_own_checkpoint_carries_what_its_metafile_says(everything: Harvest) -> None:
    pk = everything.checkpoints["openmmlab", "mmpretrain:resnet50_8xb32_in1k"]
    found = PretrainedModel.objects.get(pk=pk)
    assert (found.top1, found.parameters, found.gmacs) == (76.55, 25_560_000, 4.12)
    assert (str(found.architecture), found.family) == ("resnet50", "resnet")
    assert (found.datasets, found.license, found.year) == (["imagenet-1k"], "", 2015)


def test_a_recipes_paper_introduces_no_architecture(everything: Harvest) -> None:
    links = PaperLink.objects.filter(listing__source="openmmlab")
    assert Counter(links.values_list("role", flat=True)) == {"introduces": 881, "recipe": 116}


def test_a_checkpoint_may_have_listings_in_five_places(everything: Harvest) -> None:
    pk = everything.checkpoints["torchvision", "Inception_V3_Weights.IMAGENET1K_V1"]
    assert set(PretrainedModel.objects.get(pk=pk).sources) == {
        "timm", "torchvision", "pytorch-hub", "openmmlab", "open-model-zoo",
    }  # fmt: skip
