"""PyTorch Hub: every entry point that a card of https://pytorch.org/hub/ loads.

The cards are the Markdown files of https://github.com/pytorch/hub, which has no licence: facts and links are
kept, the cards' texts are not.
"""

import json
import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from catalog.keys import arxiv_ids, repository_name
from catalog.records import EvaluationRecord, Fact, ModelRecord, PaperMention, Rejected
from harvesters.sources.base import Base, Page, Start, Unreachable
from harvesters.sources.families import family_of
from harvesters.sources.pytorch_hub_cards import Arguments, Card, read_card
from harvesters.tarball import read_tarball

if TYPE_CHECKING:
    from harvesters.http import Http

_TARBALL = "/pytorch/hub/tar.gz/refs/heads/master"
_IMAGES = "https://raw.githubusercontent.com/pytorch/hub/master/images/"
# The first beginning of "title entry point" that fits decides; cards say no task.
_TASKS = (
    (r"modelforcausallm", "text-generation"),
    (r"modelformaskedlm", "fill-mask"),
    (r"modelforquestionanswering", "question-answering"),
    (r"modelforsequenceclassification|\.mnli", "text-classification"),
    (r"roberta", "fill-mask"),
    (r"huggingface|pytorch-transformers|bert", "feature-extraction"),
    (r"tacotron|waveglow|hifi|fastpitch|silero_tts", "text-to-speech"),
    (r"deeplab|fcn|\bunet", "image-segmentation"),
    (r"hybridnets|ssd|yolo", "object-detection"),
    (r"midas", "depth-estimation"),
    (r"gan\b", "unconditional-image-generation"),
    (r"silero_stt|silero speech-to-text", "automatic-speech-recognition"),
    (r"silero.vad|voice activity", "voice-activity-detection"),
    (r"slowfast|x3d", "video-classification"),
    (r"unmix|umx", "audio-to-audio"),
)
_OWNERS = {"facebookresearch": "facebook"}
_SEGMENTED = "coco-val2017-voc-labels"


class PyTorchHub:
    """All cards; `base` is where GitHub hands out tarballs."""

    name = "pytorch-hub"
    title = "PyTorch Hub"
    homepage = "https://pytorch.org/hub/"
    kind = "hub"
    has_increments = False
    is_complete = True

    def __init__(self, base: str) -> None:
        self.bases = (Base(base, setting="GITHUB_CODELOAD_URL"),)

    def pages(self, http: "Http", start: Start) -> Iterator[Page]:  # noqa: ARG002 - one page
        tarball = read_tarball(
            http.get(self.bases[0].url + _TARBALL).body,
            lambda path: path.endswith(".md") and "/" not in path,
        )
        cards = {path: body.decode(errors="replace") for path, body in tarball.files.items()}
        cards = {path: text for path, text in cards.items() if text.startswith("---")}
        if not cards:
            raise Unreachable("The tarball of pytorch/hub holds no cards any more.")
        yield Page(json.dumps(cards).encode(), version=tarball.commit[:12])

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        texts: dict[str, str] = json.loads(page.body)
        cards: list[Card] = []
        for path, text in texts.items():
            try:
                cards.append(read_card(path.removesuffix(".md"), text))
            except ValueError as problem:
                yield Rejected(path, str(problem)[:300], json.dumps({path: text}))
        for (repository, entry), card in _owners(cards).items():
            try:
                yield record_of(card, repository, entry)
            except (AttributeError, KeyError, TypeError, ValueError) as problem:
                alone = {f"{card.name}.md": texts[f"{card.name}.md"]}
                yield Rejected(f"{repository}#{entry}", f"{problem!r:.200}", json.dumps(alone))


def _owners(cards: list[Card]) -> dict[tuple[str, str], Card]:
    """Every entry point with its card; where several load it, the one that is named after it."""
    found: dict[tuple[str, str], Card] = {}
    for card in cards:
        for key in card.loads:
            is_named = card.name.rpartition("_")[2].lower() in key[1].lower()
            if key not in found or is_named:
                found[key] = card
    return found


def record_of(card: Card, repository: str, entry: str) -> ModelRecord:
    """One entry point of a card as a record."""
    arguments = card.loads[(repository, entry)]
    function = entry.partition(":")[0]
    family = family_of(function)
    full_name = repository.partition(":")[0]
    owner = full_name.partition("/")[0].lower()
    facts = {
        "name": Fact(arguments.weights or function),
        "task": Fact(_task(card, entry), "from the card's title and the entry point"),
        "libraries": Fact(["pytorch"]),
        "architecture": Fact(function if not arguments.weights else None, "the entry point"),
        "family": Fact(family.slug if family else None, "from the entry point's name"),
        "organization": Fact(_OWNERS.get(owner, owner), "owner of the repository"),
        "license": Fact("", "in the repository; the card names none"),
        "loading": Fact({"torch_hub": _loading(repository, function, arguments)}),
        **_front_facts(card.front),
    }
    stated = repository_name(f"https://github.com/{card.front.get('github-id')}")
    return ModelRecord(
        external_id=f"{repository}#{entry}",
        url=f"{PyTorchHub.homepage}{card.name}/",
        facts=facts,
        evaluations=tuple(_evaluations(card, function)),
        papers=tuple(_papers(card, family.paper if family else "")),
        repositories=tuple(dict.fromkeys(filter(None, (full_name.lower(), stated)))),
        identity_keys=tuple(_keys(repository, entry, arguments, card)),
    )


def _front_facts(front: Mapping[str, Any]) -> dict[str, Fact]:
    return {
        "description": Fact(f"{front['title']}: {front.get('summary') or ''}".strip(" :")),
        "tags": Fact(_tags(front.get("tags"))),
        "accelerator": Fact(_plain(front.get("accelerator"))),
        "origin_url": Fact(_link(front.get("github-link"))),
        "image_url": Fact(_image(front.get("featured_image_1"))),
        "demo_url": Fact(_link(front.get("demo-model-link"))),
    }


def _task(card: Card, entry: str) -> str:
    words = f"{card.front['title']} {card.name} {entry}".lower()
    for pattern, task in _TASKS:
        if re.search(pattern, words):
            return task
    return "image-classification"


def _tags(value: object) -> list[str] | None:
    tags = value if isinstance(value, list) else re.split(r"[,\s]+", str(value or ""))
    return [str(tag) for tag in tags if tag] or None


def _plain(value: object) -> str | None:
    # Two cards have put it into typographic quotes.
    return str(value).strip("“”\"' ") if value else None


def _link(value: object) -> str | None:
    return value if isinstance(value, str) and value.startswith("https://") else None


def _image(value: object) -> str | None:
    is_name = isinstance(value, str) and re.fullmatch(r"[\w.-]+\.(?:png|jpe?g|gif)", value)
    return f"{_IMAGES}{value}" if is_name else None


def _loading(repository: str, function: str, arguments: Arguments) -> dict[str, object]:
    weights = {"weights": arguments.weights} if arguments.weights else {}
    return {"repository": repository, "entry": function, **weights, "arguments": arguments.keywords}


def _evaluations(card: Card, function: str) -> Iterator[EvaluationRecord]:
    for metric, value in card.results.get(function, {}).items():
        is_pixelwise = metric in ("miou", "pixel_acc")
        if is_pixelwise or "imagenet" in card.text.lower():
            dataset = _SEGMENTED if is_pixelwise else "imagenet-1k"
            yield EvaluationRecord(dataset, metric, value, note="PyTorch Hub's card")


def _papers(card: Card, family_paper: str) -> Iterator[PaperMention]:
    named = arxiv_ids(card.text)
    introducing = family_paper if family_paper in named else named[0] if len(named) == 1 else ""
    for arxiv_id in named:
        role = "introduces" if arxiv_id == introducing else "mentioned"
        yield PaperMention(arxiv_id, role, "linked in the card")


def _keys(repository: str, entry: str, arguments: Arguments, card: Card) -> Iterator[str]:
    yield f"pytorch_hub:{repository}#{entry}"
    if arguments.weights and repository.startswith("huggingface/"):
        yield f"hub:{arguments.weights}"
    # At that ref `pretrained=True` loads what torchvision calls V1 today.
    if re.fullmatch(r"pytorch/vision:v0\.\d+\.\d+", repository) and (
        arguments.keywords.get("pretrained") is True
    ):
        is_segmentation = _task(card, entry) == "image-segmentation"
        weights = "COCO_WITH_VOC_LABELS_V1" if is_segmentation else "IMAGENET1K_V1"
        yield f"torchvision:{entry}.{weights}"
