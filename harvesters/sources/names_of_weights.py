"""What the file names of weights give away: whether it is one, and whether it can be that of a model."""

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

_ENDINGS = (
    ".pth", ".pt", ".pth.tar", ".tar", ".th", ".bin", ".safetensors", ".ckpt", ".pkl", ".npz", ".pyth",
    ".h5", ".hdf5", ".onnx", ".pdparams", ".caffemodel", ".model", ".pb", ".tar.gz", ".tgz", ".zip",
)  # fmt: skip
_SIZES = (
    "nano",
    "pico",
    "femto",
    "atto",
    "tiny",
    "small",
    "medium",
    "base",
    "large",
    "huge",
    "giant",
)
_LETTERS = {
    "t": "tiny", "ti": "tiny", "s": "small", "m": "medium", "b": "base", "l": "large", "h": "huge",
    "g": "giant",
}  # fmt: skip
# `b16`, `B_16`, `vit_l_0b3195`: a letter before a number, on its own.
_LETTER = re.compile(r"(?<![a-z0-9])(ti|[tsmblhg])[_-]?(?=\d)")
_WORDS = re.compile("|".join(_SIZES))


def is_weights_file(url: str) -> bool:
    """Whether an address leads to one file of weights, not to a page, a folder or a download script.

    Such scripts tell files apart in the query, which is no part of an identity key.
    """
    parts = urlsplit(url)
    return (
        parts.scheme in ("http", "https") and _file_name(url).endswith(_ENDINGS) and not parts.query
    )


def contradict(name: str, url: str) -> bool:
    """Whether a model's name and the file it was converted from cannot mean the same weights.

    `mlp-mixer-large-p16` and `jx_mixer_b16_224.pth` differ in size, `deit3-huge_in21k-pre` and
    `deit_3_huge_224_1k.pth` in what they were trained on.
    """
    file = _file_name(url)
    says_more = re.search(r"2[12]k", name.lower())
    says_less = re.search(r"(?<!\d)1k", file) and not re.search(r"2[12](?:k|ft)", file)
    return sizes_differ(name, url) or bool(says_more and says_less)


def sizes_differ(name: str, url: str) -> bool:
    """Whether a model and a file both name their size in words or letters, and not the same."""
    ours, theirs = _sizes_in(name.lower()), _sizes_in(_file_name(url))
    return bool(ours and theirs and not ours & theirs)


def _file_name(url: str) -> str:
    return PurePosixPath(urlsplit(url).path).name.lower()


def _sizes_in(name: str) -> set[str]:
    return set(_WORDS.findall(name)) | {_LETTERS[letter] for letter in _LETTER.findall(name)}
