"""PyTorch Hub: what a card loads, errors turned into accuracies, torchvision's own weights recognised."""

import re

import pytest
from django.test import Client

from catalog.models import PretrainedModel
from catalog.records import EvaluationRecord, ModelRecord
from harvesters.engine import harvest
from harvesters.models import HarvestRun, RejectedRecord
from harvesters.plain_yaml import MalformedYaml
from harvesters.sources.base import Page
from harvesters.sources.pytorch_hub import PyTorchHub, record_of
from harvesters.sources.pytorch_hub_cards import read_card
from harvesters.sources.torchvision import Torchvision
from tests.harvesters.conftest import LocalServer
from tests.harvesters.replay import ReplayServer
from tests.harvesters.replay_libraries import HUB_COMMIT
from tests.harvesters.test_tarball import packed

# Synthetic, in the form of pytorch/hub's template.
CARD = """---
layout: hub_detail
title: Net
summary: A small network
image: net.png
author: Somebody
tags: [vision, scriptable]
github-id: some/net
github-link: https://github.com/some/net/blob/main/net.py
featured_image_1: net.png
accelerator: {accelerator}
demo-model-link: https://huggingface.co/spaces/some/net
---
```python
{lines}
```
On ImageNet, see [the paper](https://arxiv.org/abs/2001.00001):

| Model structure | Top-1 error | Top-5 error |
| --------------- | ----------- | ----------- |
| net_a           | 23.52       | 6.99        |
"""
LOAD = "model = torch.hub.load('some/net:v1', 'net_a', pretrained=True)"


def card(lines: str = LOAD, accelerator: str = "cuda-optional") -> str:
    return CARD.format(lines=lines, accelerator=accelerator)


def record(lines: str = LOAD, accelerator: str = "cuda-optional") -> ModelRecord:
    read = read_card("some_net", card(lines, accelerator))
    return record_of(read, *next(iter(read.loads)))


def entries(lines: str) -> list[tuple[str, str]]:
    return list(read_card("some_net", card(lines)).loads)


@pytest.mark.django_db
def test_the_recorded_cards_bring_every_entry_point_and_know_torchvisions_weights(
    replay: ReplayServer,
) -> None:
    harvest(Torchvision())
    before = PretrainedModel.objects.published().count()
    source = PyTorchHub(f"{replay.url}/codeload")
    run = harvest(source)
    # 42 of the 52 cards were recorded; every one of them loads something.
    assert (run.state, run.created, run.rejected) == ("done", 89, 0)
    found = PretrainedModel.objects.published()
    joined = found.filter(sources__contains=["torchvision", "pytorch-hub"])
    assert joined.count() == 20
    assert joined.filter(name__endswith="_V2").count() == 0
    # Besides those, three entry points load BERT uncased and two BERT cased.
    assert found.count() == before + 89 - 20 - 3
    resnext = joined.get(name="ResNeXt50_32X4D_Weights.IMAGENET1K_V1")
    assert resnext.loading["torch_hub"]["entry"] == "resnext50_32x4d"
    assert abs((resnext.top1 or 0) - 77.62) < 0.01
    hardnet = found.get(name="hardnet68")
    assert (hardnet.top1, hardnet.top5) == (76.48, 93.01)
    (listing,) = hardnet.listings.all()
    assert (listing.version, listing.url) == (
        HUB_COMMIT[:12],
        "https://pytorch.org/hub/pytorch_vision_hardnet/",
    )
    again = harvest(source)
    assert (again.unchanged, again.created, again.updated, again.gone) == (89, 0, 0, 0)


def test_a_card_says_summary_tags_accelerator_repository_and_demo() -> None:
    facts = {name: fact.value for name, fact in record().facts.items()}
    assert facts["description"] == "Net: A small network"
    assert (facts["tags"], facts["accelerator"]) == (["vision", "scriptable"], "cuda-optional")
    assert facts["demo_url"] == "https://huggingface.co/spaces/some/net"
    assert facts["image_url"].endswith("/pytorch/hub/master/images/net.png")
    assert record().repositories == ("some/net",)
    assert facts["loading"] == {
        "torch_hub": {
            "repository": "some/net:v1",
            "entry": "net_a",
            "arguments": {"pretrained": True},
        }
    }


def test_errors_become_accuracies() -> None:
    assert record().evaluations == (
        EvaluationRecord("imagenet-1k", "top1", 76.48, note="PyTorch Hub's card"),
        EvaluationRecord("imagenet-1k", "top5", 93.01, note="PyTorch Hub's card"),
    )


def test_the_one_paper_that_a_card_links_to_introduces_it() -> None:
    assert [(paper.arxiv_id, paper.role) for paper in record().papers] == [
        ("2001.00001", "introduces")
    ]


def test_typographic_quotes_around_the_accelerator_are_dropped() -> None:
    assert record(accelerator="“cuda-optional”").facts["accelerator"].value == "cuda-optional"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (f"{LOAD}\n# or\n# m = torch.hub.load('some/net:v1', 'net_b')", ["net_a", "net_b"]),
        (f"{LOAD}\n{LOAD}", ["net_a"]),
        ("kind = 'x_s'\n# kind = 'x_m'\nm = torch.hub.load('some/net', kind)", ["x_s", "x_m"]),
        (
            "torch.hub.load(repo_or_dir='some/net',\n    model='net_c',\n    language='en')",
            ["net_c"],
        ),
        ('torch.hub.load("some/net",\n  "net_d", # a remark\n  x=[1, 2])', ["net_d"]),
        ("u = torch.hub.load('some/net', 'net_processing_utils')", []),
        ("t = torch.hub.load('some/net', 'transforms')", []),
        ("m = torch.hub.load(folder, 'net', source='local')", []),
    ],
)
def test_entry_points_are_found_however_they_are_written(lines: str, expected: list[str]) -> None:
    assert [entry for _, entry in entries(lines)] == expected


def test_transformers_entry_points_are_listed_by_the_weights_they_load() -> None:
    line = "m = torch.hub.load('huggingface/transformers', 'modelForCausalLM', {})"
    lines = [line.format("'gpt2'"), line.format("'gpt2', x=True"), line.format("'./mine/'")]
    assert entries("\n".join(lines)) == [("huggingface/transformers", "modelForCausalLM:gpt2")]
    found = record(lines[0])
    assert (found.facts["name"].value, found.facts["task"].value) == ("gpt2", "text-generation")
    assert "hub:gpt2" in found.identity_keys


@pytest.mark.parametrize(
    ("line", "key"),
    [
        (
            "'pytorch/vision:v0.10.0', 'resnet18', pretrained=True",
            "torchvision:resnet18.IMAGENET1K_V1",
        ),
        ("'pytorch/vision:v0.10.0', 'resnet18', pretrained=False", ""),
        ("'pytorch/vision:v0.10.0', 'resnet18'", ""),
        ("'pytorch/vision', 'resnet18', pretrained=True", ""),
        ("'somebody/vision:v0.10.0', 'resnet18', pretrained=True", ""),
        (
            "'pytorch/vision:v0.10.0', 'fcn_resnet50', pretrained=True",
            "torchvision:fcn_resnet50.COCO_WITH_VOC_LABELS_V1",
        ),
    ],
)
def test_only_pretrained_torchvision_at_a_version_is_torchvisions(line: str, key: str) -> None:
    keys = record(f"m = torch.hub.load({line})").identity_keys
    assert [k for k in keys if k.startswith("torchvision:")] == ([key] if key else [])


@pytest.mark.django_db
def test_a_broken_card_among_good_ones_is_rejected_and_can_be_tried_again(
    server: LocalServer,
) -> None:
    broken = card().replace("tags: [vision, scriptable]", "tags: [vision")
    files = [("hub-master/a.md", card().encode()), ("hub-master/b.md", broken.encode())]
    other = card("m = torch.hub.load('some/net', 'net_c')")
    # Neither what lies deeper nor what has no front matter is a card.
    files += [("hub-master/README.md", b"# hub"), ("hub-master/docs/c.md", other.encode())]
    server.replies((200, {}, packed(*files)))
    run = harvest(PyTorchHub(server.url))
    assert (run.created, run.rejected) == (1, 1)
    rejected = RejectedRecord.objects.get()
    assert "b.md" in rejected.external_id
    assert "YAML" in rejected.reason
    mended = rejected.raw.replace("tags: [vision", "tags: [vision]")
    (found,) = PyTorchHub("").records(Page(mended.encode()))
    assert found.external_id == "some/net:v1#net_a"


@pytest.mark.django_db
def test_the_page_of_an_entry_point_links_to_demo_and_picture_without_loading_it(
    server: LocalServer, client: Client
) -> None:
    server.replies((200, {}, packed(("x/a.md", card().encode()))))
    harvest(PyTorchHub(server.url))
    found = PretrainedModel.objects.get()
    assert "#" not in found.get_absolute_url()
    page = client.get(found.get_absolute_url())
    text = page.content.decode()
    assert page.status_code == 200
    assert "torch.hub.load(&quot;some/net:v1&quot;, &quot;net_a&quot;, pretrained=True)" in text
    for address in ("https://huggingface.co/spaces/some/net", "/pytorch/hub/master/images/net.png"):
        (link,) = re.findall(rf'<a [^>]*{re.escape(address)}"[^>]*>', text)
        assert 'rel="nofollow noopener"' in link
    assert not re.findall(r'<img [^>]*src="https?:', text)


@pytest.mark.django_db
def test_a_card_without_a_title_or_with_endless_brackets_stops_nothing(server: LocalServer) -> None:
    untitled = card("m = torch.hub.load('some/net', 'net_d')").replace("title: Net", "name: Net")
    endless = card(f"m = torch.hub.load('some/net', 'net_e', {'[' * 900}{']' * 90})")
    files = {"a": card(), "b": untitled, "c": endless}
    server.replies((200, {}, packed(*((f"x/{n}.md", t.encode()) for n, t in files.items()))))
    run = harvest(PyTorchHub(server.url))
    assert (run.state, run.created, run.rejected) == ("done", 2, 1)
    assert RejectedRecord.objects.get().external_id == "some/net#net_d"


@pytest.mark.parametrize("text", ["no front matter", "---\n- a\n---\n", "---\n{{\n---\n"])
def test_a_card_without_readable_front_matter_is_no_card(text: str) -> None:
    with pytest.raises(MalformedYaml):
        read_card("x", text)


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"<html>", packed(("hub-master/README.md", b"# moved"))])
def test_another_repository_than_expected_is_not_read(server: LocalServer, body: bytes) -> None:
    server.replies((200, {}, body))
    run = harvest(PyTorchHub(server.url))
    assert (run.state, run.gone) == (HarvestRun.State.UNREACHABLE, 0)


@pytest.mark.django_db
def test_what_vanished_is_gone_and_comes_back(server: LocalServer) -> None:
    other = card("m = torch.hub.load('some/net:v1', 'net_b')").encode()
    both = packed(("x/a.md", card().encode()), ("x/b.md", other))
    server.replies((200, {}, both), (200, {}, packed(("x/a.md", card().encode()))), (200, {}, both))
    runs = [harvest(PyTorchHub(server.url)) for _ in range(3)]
    assert [(run.created, run.updated, run.gone) for run in runs] == [
        (2, 0, 0),
        (0, 0, 1),
        (0, 1, 0),
    ]
