"""The pictures that come with the site, drawn by `script/draw_examples.py`: nobody's upload, so their results are public."""

from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

from catalog.models import PretrainedModel

FOLDER: Path = settings.BASE_DIR / "inference" / "examples"


@dataclass(frozen=True)
class Example:
    """`kind` is "digits" for the checkpoints that read digits, else "things"."""

    name: str
    title: str
    kind: str

    @property
    def static_path(self) -> str:
        return static_path(self.name)

    @property
    def button_path(self) -> str:
        """A small form of it, for a button."""
        return static_path(f"{self.name}-button")


EXAMPLES = (
    Example("clock", "wall clock", "things"),
    Example("balloons", "balloons", "things"),
    Example("candle", "candle", "things"),
    Example("web", "spider web", "things"),
    Example("three", "handwritten 3", "digits"),
    Example("seven", "handwritten 7", "digits"),
)
_BY_NAME = {example.name: example for example in EXAMPLES}


def examples_for(pretrained: PretrainedModel) -> list[Example]:
    """The pictures that mean something to this checkpoint: digits to one that reads digits."""
    known = " ".join([pretrained.name, *pretrained.datasets]).lower()
    kind = "digits" if "digits" in known or "mnist" in known else "things"
    return [example for example in EXAMPLES if example.kind == kind]


def path_of(name: str) -> Path:
    """The file of an example; raises KeyError for a name that is not one."""
    return FOLDER / f"{_BY_NAME[name].name}.webp"


def static_path(name: str) -> str:
    """Where the example lies among the static files."""
    return f"examples/{name}.webp"


def title_of(name: str) -> str:
    """What the picture shows."""
    return _BY_NAME[name].title if name in _BY_NAME else name
