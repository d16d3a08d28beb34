"""Which weights an entry of a model-index is: what its addresses prove, and what they only claim.

See docs/decisions/0070-when-a-conversion-is-believed.md.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from catalog.keys import weights_key
from harvesters.sources.model_index import IndexedModel
from harvesters.sources.names_of_weights import contradict, is_weights_file, sizes_differ

_HUB_OF_TIMM = re.compile(r"https://huggingface\.co/(timm/[\w.-]+)/?")


def weights_of(model: Mapping[str, Any]) -> list[str]:
    """The addresses of a model's weights; placeholders such as `<>` are none."""
    stated = model.get("Weights")
    texts = stated if isinstance(stated, list) else [stated]
    found = (re.search(r"https?://[^\s()<>]+", text) for text in texts if isinstance(text, str))
    return [match[0] for match in found if match]


def origin_of(model: Mapping[str, Any]) -> str:
    """The address that the weights were converted from, empty if they were trained here."""
    converted = model.get("Converted From")
    url = converted.get("Weights") if isinstance(converted, Mapping) else None
    return url.strip() if isinstance(url, str) else ""


class Claims:
    """How many models of a repository claim each address: metafiles are copied and not corrected."""

    def __init__(self, models: list[IndexedModel]) -> None:
        own = {(url, str(m.model["Name"])) for m in models for url in weights_of(m.model)}
        origins = {
            (origin_of(m.model), str(m.model["Name"]))
            for m in models
            if not contradict(str(m.model["Name"]), origin_of(m.model))
        }
        self._own = Counter(url for url, _ in own)
        self._origins = Counter(url for url, _ in origins)

    def keys(self, model: Mapping[str, Any]) -> Iterator[str]:
        """The identity keys that an entry may state."""
        name, urls, origin = str(model["Name"]), weights_of(model), origin_of(model)
        if len(urls) == 1 and is_weights_file(urls[0]) and self._is_own(name, urls[0]):
            yield weights_key(urls[0])
        if self._origins[origin] != 1 or contradict(name, origin):
            return
        if is_weights_file(origin):
            yield weights_key(origin)
        elif hub := _HUB_OF_TIMM.fullmatch(origin):
            yield f"hub:{hub[1]}"

    def _is_own(self, name: str, url: str) -> bool:
        return (self._own[url] == 1 or name in url) and not sizes_differ(name, url)
