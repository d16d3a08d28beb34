"""Names of classes in a model's `config.json`, as Transformers and timm write them there.

Formats: https://huggingface.co/docs/transformers/main_classes/configuration (`id2label`) and
https://huggingface.co/docs/timm/reference/data (`label_names`, `label_descriptions`).
"""

from collections.abc import Mapping
from typing import Any

_MOST = 100_000


def names_in(config: Mapping[str, Any]) -> list[str]:
    """The name of each output in order; empty where the config does not name every one of them."""
    described = config.get("label_descriptions")
    words = described if isinstance(described, dict) else {}
    stated = config.get("label_names", config.get("id2label"))
    if isinstance(stated, dict):
        stated = _in_order(stated)
    if not isinstance(stated, list) or not 0 < len(stated) <= _MOST:
        return []
    if not all(isinstance(name, str | int) for name in stated):
        return []
    return [str(words.get(name, name)) for name in stated]


def _in_order(named: Mapping[Any, Any]) -> list[Any]:
    """The names by output 0, 1, 2 ...; nothing where one is missing."""
    try:
        by_output = {int(key): name for key, name in named.items()}
    except (TypeError, ValueError):
        return []
    wanted = range(len(named))
    return [by_output[output] for output in wanted] if by_output.keys() == set(wanted) else []
