"""The words of the catalogue: what the slugs of tasks, libraries, data sets, families stand for.

They stand in `vocabulary.toml`. A slug that is not listed there is shown as it is.
"""

import tomllib
from pathlib import Path

_TABLES: dict[str, dict[str, str]] = tomllib.loads(
    Path(__file__).with_suffix(".toml").read_text(encoding="utf-8")
)

TASKS = _TABLES["tasks"]
LIBRARIES = _TABLES["libraries"]
FORMATS = _TABLES["formats"]
DATASETS = _TABLES["datasets"]
FAMILIES = _TABLES["families"]
ORGANIZATIONS = _TABLES["organizations"]
METRICS = _TABLES["metrics"]
SOURCES = _TABLES["sources"]


def label(words: dict[str, str], slug: str) -> str:
    """The word for a slug, or the slug itself: `label(TASKS, "object-detection")`."""
    return words.get(slug, slug)


def task(slug: str) -> str:
    """The words for a task: "Object detection"; of one that is not listed those of its slug."""
    return TASKS.get(slug) or spoken(slug)


def spoken(slug: str) -> str:
    """`simple-video-games` -> "Simple video games"."""
    words = slug.replace("-", " ").replace("_", " ")
    return words[:1].upper() + words[1:]
