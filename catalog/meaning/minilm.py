"""all-MiniLM-L6-v2 in numpy: texts in, vectors out. Only `catalog.meaning.encoder` opens it.

BERT with 6 layers, 384 wide, the mean of the tokens, length one: https://arxiv.org/abs/1810.04805 and
https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2.
"""

import json
import math
from collections.abc import Mapping, Sequence
from mmap import mmap
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits
from tokenizers import Tokenizer

WIDTH = 384
_LAYERS, _HEADS = 6, 12
_MOST_TOKENS = 256  # it was trained on no longer ones
_TOKENS_AT_ONCE = 4_096
_EPSILON = np.float32(1e-12)
_MASKED = np.float32(-1e9)

Weights = Mapping[str, np.ndarray]


def weights_in(content: mmap) -> Weights:
    """Tensors by name as views into the file (https://huggingface.co/docs/safetensors, "Format"): no copy is
    made, and processes of one machine share what was read."""
    length = int.from_bytes(content[:8], "little")
    header: dict[str, Any] = json.loads(content[8 : 8 + length])
    tensors = {}
    for name, tensor in header.items():
        if tensor.get("dtype") == "F32":
            start, end = tensor["data_offsets"]
            flat = np.frombuffer(content, np.float32, (end - start) // 4, 8 + length + start)
            tensors[name] = flat.reshape(tensor["shape"])
    return tensors


class Encoder:
    """`vectors` of texts. Arrays hold features first: (features, texts, tokens), so that BLAS reads the weights as they lie."""

    def __init__(self, weights: Weights, tokenizer: Tokenizer) -> None:
        self._weights = weights
        self._tokenizer = tokenizer
        tokenizer.no_padding()
        tokenizer.enable_truncation(_MOST_TOKENS)
        # Of this process, for good: with more, a query waits for cores that others have (decision 0094).
        threadpool_limits(1, "blas")

    def vectors(self, texts: Sequence[str]) -> np.ndarray:
        """float32 (texts, 384), each of length one; a text without any word has one, too."""
        found = np.empty((len(texts), WIDTH), np.float32)
        tokens = [encoding.ids for encoding in self._tokenizer.encode_batch(list(texts))]
        # Those of a length together: what is filled up is worked out for nothing.
        order = sorted(range(len(texts)), key=lambda place: len(tokens[place]))
        while order:
            longest = len(tokens[order[-1]])
            count = max(1, _TOKENS_AT_ONCE // longest)
            places, order = order[-count:], order[:-count]
            found[places] = self._encoded([tokens[place] for place in places], longest)
        return found

    def knows(self, text: str) -> bool:
        """Whether at least half of its words are in the vocabulary as they stand, not put together from pieces."""
        tokens = [*self._tokenizer.encode(text, add_special_tokens=False).tokens, ""]
        words = [place for place, token in enumerate(tokens[:-1]) if not token.startswith("##")]
        whole = [place for place in words if not tokens[place + 1].startswith("##")]
        return 2 * len(whole) >= len(words)

    def _encoded(self, tokens: Sequence[Sequence[int]], longest: int) -> np.ndarray:
        ids = np.zeros((len(tokens), longest), np.int32)
        held = np.zeros((len(tokens), longest), np.float32)
        for row, some in enumerate(tokens):
            ids[row, : len(some)] = some
            held[row, : len(some)] = 1
        features = self._embedded(ids)
        unheld = (1 - held)[None, :, None, :] * _MASKED
        for layer in range(_LAYERS):
            features = self._layer(f"encoder.layer.{layer}.", features, unheld)
        mean = (features * held).sum(axis=2) / held.sum(axis=1)
        return (mean / np.linalg.norm(mean, axis=0)).T

    def _embedded(self, ids: np.ndarray) -> np.ndarray:
        words, places, kinds = (
            self._weights[f"embeddings.{kind}_embeddings.weight"]
            for kind in ("word", "position", "token_type")
        )
        features = words[ids] + places[: ids.shape[1]] + kinds[0]
        return self._normalised("embeddings.LayerNorm", features.transpose(2, 0, 1))

    def _layer(self, name: str, features: np.ndarray, unheld: np.ndarray) -> np.ndarray:
        attended = self._linear(
            name + "attention.output.dense", self._attended(name, features, unheld)
        )
        features = self._normalised(name + "attention.output.LayerNorm", features + attended)
        inner = _gelu(self._linear(name + "intermediate.dense", features))
        return self._normalised(
            name + "output.LayerNorm", features + self._linear(name + "output.dense", inner)
        )

    def _attended(self, name: str, features: np.ndarray, unheld: np.ndarray) -> np.ndarray:
        shape = (_HEADS, WIDTH // _HEADS, *features.shape[1:])
        # (heads, texts, features of a head, tokens)
        query, key, value = (
            self._linear(f"{name}attention.self.{part}", features).reshape(shape).swapaxes(1, 2)
            for part in ("query", "key", "value")
        )
        scores = query.swapaxes(2, 3) @ key * np.float32(1 / math.sqrt(WIDTH // _HEADS)) + unheld
        weights = np.exp(scores - scores.max(axis=3, keepdims=True))
        weights /= weights.sum(axis=3, keepdims=True)
        mixed = value @ weights.swapaxes(2, 3)
        return mixed.swapaxes(1, 2).reshape(features.shape)

    def _linear(self, name: str, features: np.ndarray) -> np.ndarray:
        weight = self._weights[name + ".weight"]
        flat = weight @ features.reshape(features.shape[0], -1)
        flat += self._weights[name + ".bias"][:, None]
        return flat.reshape(weight.shape[0], *features.shape[1:])

    def _normalised(self, name: str, features: np.ndarray) -> np.ndarray:
        centred = features - features.mean(axis=0)
        scale = np.sqrt((centred * centred).mean(axis=0) + _EPSILON)
        weight, bias = (self._weights[f"{name}.{part}"] for part in ("weight", "bias"))
        return centred / scale * weight[:, None, None] + bias[:, None, None]


def _gelu(values: np.ndarray) -> np.ndarray:
    """x times the normal distribution's share below x; erf by Abramowitz and Stegun 7.1.26, to 1.5e-7."""
    size = np.abs(values) * np.float32(1 / math.sqrt(2))
    step = 1 / (1 + np.float32(0.3275911) * size)
    tail = np.float32(1.061405429)
    for factor in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        tail = tail * step + np.float32(factor)
    tail = tail * step * np.exp(-size * size)
    return values * np.where(values > 0, 1 - tail / 2, tail / 2)
