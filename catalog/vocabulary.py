"""The words of the catalogue: what the slugs of tasks, libraries, data sets, families stand for.

They stand in `vocabulary.toml`. A slug that is not listed there is shown as it is.
"""

import tomllib
from pathlib import Path

_TABLES = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))

TASKS: dict[str, str] = _TABLES["tasks"]
LIBRARIES: dict[str, str] = _TABLES["libraries"]
FORMATS: dict[str, str] = _TABLES["formats"]
DATASETS: dict[str, str] = _TABLES["datasets"]
FAMILIES: dict[str, str] = _TABLES["families"]
ORGANIZATIONS: dict[str, str] = _TABLES["organizations"]
METRICS: dict[str, str] = _TABLES["metrics"]
SOURCES: dict[str, str] = _TABLES["sources"]
_ABBREVIATIONS = {short.lower(): short for short in _TABLES["abbreviations"]}


def label(words: dict[str, str], slug: str) -> str:
    """The word for a slug, or the slug itself: `label(TASKS, "object-detection")`."""
    return words.get(slug, slug)


def task(slug: str) -> str:
    """The words for a task: "Object detection"; of one that is not listed those of its slug."""
    return TASKS.get(slug) or spoken(slug)


def in_words(slug: str) -> str:
    """`nme-challenge` -> "NME challenge"."""
    words = slug.replace("-", " ").replace("_", " ").split(" ")
    return " ".join(_ABBREVIATIONS.get(word.lower(), word) for word in words)


def spoken(slug: str) -> str:
    """`simple-video-games` -> "Simple video games"."""
    words = in_words(slug)
    return words[:1].upper() + words[1:]
