"""What the models of the generated hub are of, with the shares that the real Hub has: weights, not percent.

Behind the values that are frequent there comes a tail in which the n-th value is as frequent as 1 / n, up to
60 tasks, 40 libraries, 80 licences and 200 languages.
"""

from collections.abc import Collection, Iterable
from itertools import product

from catalog.languages import LANGUAGES as KNOWN_LANGUAGES
from catalog.licenses import LICENSES as KNOWN_LICENSES
from catalog.vocabulary import LIBRARIES as KNOWN_LIBRARIES
from catalog.vocabulary import TASKS as KNOWN_TASKS

Weighted = tuple[tuple[str, float], ...]
_MOST_TASKS, _MOST_LIBRARIES, _MOST_LICENSES, _MOST_LANGUAGES = 60, 40, 80, 200


def _with_tail(head: Weighted, known: Collection[str], most: int, share: float) -> Weighted:
    """`head`, then others of the `known` values up to `most` in all, which weigh `share` together."""
    named = {value for value, _ in head}
    others = [value for value in sorted(known) if value not in named]
    others += [f"other-{number}" for number in range(most)]
    tail = others[: most - len(named - {""})]
    unit = share / sum(1 / rank for rank in range(1, len(tail) + 1))
    return (*head, *((value, unit / rank) for rank, value in enumerate(tail, start=1)))


def _languages(head: Iterable[str]) -> Weighted:
    """As many as 200 codes; behind those that have a name some that are three letters and no more."""
    first = tuple(dict.fromkeys([*head, *sorted(KNOWN_LANGUAGES)]))
    codes = ("".join(letters) for letters in product("q", "abcdefghijklmnopqrst", "abcdefgh"))
    every = [*first, *codes][:_MOST_LANGUAGES]
    return tuple((code, 1 / rank) for rank, code in enumerate(every, start=1))


TASKS = _with_tail(
    (
        ("", 33), ("text-generation", 24), ("text-classification", 7), ("text-to-image", 6),
        ("reinforcement-learning", 5), ("automatic-speech-recognition", 3), ("token-classification", 3),
        ("image-classification", 3), ("feature-extraction", 2), ("fill-mask", 2),
        ("sentence-similarity", 2), ("question-answering", 2), ("translation", 2),
        ("image-text-to-text", 1), ("object-detection", 1), ("text-to-speech", 1),
        ("robotics", 1), ("summarization", 1), ("image-segmentation", 1),
    ),
    KNOWN_TASKS, _MOST_TASKS, 2,
)  # fmt: skip
LIBRARIES = _with_tail(
    (
        ("transformers", 45), ("", 24), ("diffusers", 8), ("peft", 7), ("gguf", 4),
        ("stable-baselines3", 3), ("sentence-transformers", 2), ("mlx", 2), ("ml-agents", 1),
        ("keras", 1), ("timm", 1), ("lerobot", 1),
    ),
    KNOWN_LIBRARIES, _MOST_LIBRARIES, 1,
)  # fmt: skip
LICENSES = _with_tail(
    (
        ("", 40), ("apache-2.0", 25), ("mit", 9), ("other", 5), ("openrail", 4), ("llama3.1", 3),
        ("creativeml-openrail-m", 3), ("cc-by-nc-4.0", 3), ("llama2", 2), ("gemma", 2),
        ("cc-by-4.0", 1), ("cc-by-sa-4.0", 1), ("gpl-3.0", 1),
    ),
    KNOWN_LICENSES.keys() - {"unknown"}, _MOST_LICENSES, 1,
)  # fmt: skip
LANGUAGES = _languages(
    ("en", "zh", "fr", "de", "es", "ja", "ko", "pt", "ru", "ar", "it", "multilingual")
)
