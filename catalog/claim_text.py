"""Claims as a person reads them: the label of a field, and its value as text."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from catalog import vocabulary
from catalog.claims import Claim, disagree
from catalog.licenses import find_license
from catalog.organizations import own_spelling
from catalog.templatetags.figures import megabytes, scaled, significant

# In the page's order; what has a section of its own (card, files, description) is not repeated.
LABELS = {
    "name": "Name",
    "task": "Task",
    "libraries": "Libraries",
    "architecture": "Architecture",
    "family": "Family",
    "organization": "Organisation",
    "license": "Licence",
    "training": "Training",
    "num_classes": "Classes",
    "label_set": "Class list",
    "parameters": "Parameters",
    "size_bytes": "File size",
    "gmacs": "GMACs",
    "activations": "Activations",
    "input_size": "Input size",
    "min_size": "Smallest input",
    "preprocessing": "Preprocessing",
    "accelerator": "Accelerator",
    "opset": "Opset",
    "io_ports": "Inputs and outputs",
    "metrics": "Further numbers",
    "top1": "Top-1",
    "top5": "Top-5",
    "year": "Year",
    "recipe_url": "Recipe",
    "origin_url": "Origin",
    "demo_url": "Demo",
    "image_url": "Picture",
    "repositories": "Repositories",
    "parent": "Made from",
    "loading": "Loads with",
}

_ADDRESSES = ("recipe_url", "origin_url", "demo_url", "image_url")


class FieldClaims:
    """All that is claimed about one field, the winner first."""

    def __init__(self, field: str, claims: list[Claim]) -> None:
        self.label = LABELS[field]
        self.claims = [StatedClaim(claim) for claim in claims]
        self.disagrees = disagree(claims)


class StatedClaim:
    """One claim, ready to be shown: `text`, or `url` where the value is an address."""

    def __init__(self, claim: Claim) -> None:
        self.note = claim.note
        self.wins = claim.wins
        self.url = claim.value if claim.field in _ADDRESSES else ""
        value = claim.value
        if claim.field == "organization" and claim.listing:
            value = own_spelling(value, claim.listing.external_id)
        self.text = "" if self.url else claim_text(claim.field, value)
        self.origin = Origin(claim)


class Origin:
    """Who says so and when; `title` is empty where we worked a value out from others."""

    def __init__(self, claim: Claim | None) -> None:
        listing = claim.listing if claim else None
        self.title: str = listing.source.title if listing else ""
        self.version: str = listing.version if listing else ""
        self.url: str = listing.url if listing else ""
        self.date: datetime | None = claim.date if claim else None
        self.note: str = claim.note if claim else ""
        self.is_gone = bool(listing and listing.gone_since)


def stated(claims: Mapping[str, list[Claim]]) -> list[FieldClaims]:
    """Every field with a label that anybody states, in the page's order."""
    return [FieldClaims(field, claims[field]) for field in LABELS if claims.get(field)]


def claim_text(field: str, value: Any) -> str:
    """The value in words; empty where the source states that it knows none."""
    if value in (None, "", [], {}):
        return ""
    write = _WRITERS.get(field)
    return write(value) if write else str(value)


def plain_words(text: str) -> str:
    """A description without reStructuredText's marks, which torchvision's documentation is written in.

    >>> plain_words("a `new recipe <https://a.org>`_ of ``resnet50``")
    'a new recipe of resnet50'
    """
    text = re.sub(r"`([^`<]+?)\s*<[^>`]*>`_+", r"\1", text)
    text = re.sub(r":\w+:`~?([^`]*)`", r"\1", text)
    return text.replace("``", "")


def training_text(stages: Iterable[Mapping[str, Any]]) -> str:
    """`pretrain ImageNet-21k (supervised), fine-tune ImageNet-1k`."""
    return ", ".join(
        " ".join(
            filter(
                None,
                (
                    stage.get("stage", ""),
                    vocabulary.label(vocabulary.DATASETS, stage.get("dataset", "")),
                    f"({stage['method']})" if stage.get("method") else "",
                ),
            )
        )
        for stage in stages
    )


def _words(table: dict[str, str]) -> Callable[[Any], str]:
    def write(value: Any) -> str:
        slugs = value if isinstance(value, list) else [value]
        return ", ".join(vocabulary.label(table, str(slug)) for slug in slugs)

    return write


def _license(value: str) -> str:
    found = find_license(value)
    return found.name if found else value


def _preprocessing(value: Mapping[str, Any]) -> str:
    shown = {key: item for key, item in value.items() if item not in (None, "", [])}
    return "; ".join(f"{key} {_plain(item)}" for key, item in sorted(shown.items()))


def _plain(value: Any) -> str:
    if isinstance(value, list):
        return " × ".join(_plain(item) for item in value)
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _parent(value: Mapping[str, Any]) -> str:
    return f"{value.get('key', '').partition(':')[2]} ({value.get('relation', '')})"


def _ports(ports: Mapping[str, Any]) -> str:
    """`in: data float32 [N, 3, 224, 224]; out: ...` of what an ONNX file takes and gives."""
    sides = (("in", ports.get("inputs")), ("out", ports.get("outputs")))
    return "; ".join(
        f"{word}: {', '.join(map(_port, side))}" for word, side in sides if isinstance(side, list)
    )


def _port(port: Any) -> str:
    if not isinstance(port, Mapping):
        return str(port)
    sides = port.get("shape")
    shape = ", ".join(map(str, sides)) if isinstance(sides, list) else sides
    kind = str(port.get("type", "")).removeprefix("tensor(").removesuffix(")")
    return f"{port.get('name', '')} {kind} [{shape}]".strip()


def _numbers(numbers: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in numbers.items())


_WRITERS: dict[str, Callable[[Any], str]] = {
    "io_ports": _ports,
    "metrics": _numbers,
    "task": _words(vocabulary.TASKS),
    "libraries": _words(vocabulary.LIBRARIES),
    "family": _words(vocabulary.FAMILIES),
    "organization": _words(vocabulary.ORGANIZATIONS),
    "license": _license,
    "training": training_text,
    "num_classes": lambda number: "none" if number == 0 else f"{number:,}",
    "parameters": lambda number: f"{number:,}",
    "size_bytes": lambda number: f"{megabytes(number)} ({number:,} bytes)",
    "gmacs": significant,
    "activations": scaled,
    "input_size": lambda side: f"{side} px",
    "min_size": lambda side: f"{side} px",
    "preprocessing": _preprocessing,
    "top1": lambda value: f"{value:.3f} %",
    "top5": lambda value: f"{value:.3f} %",
    "repositories": ", ".join,
    "parent": _parent,
    "loading": lambda ways: ", ".join(
        "a folder of this site" if way == "folder" else way for way in ways
    ),
}
