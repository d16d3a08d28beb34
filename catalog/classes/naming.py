"""Keys of classes and of lists of classes, and how their names are compared. Free of Django."""

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence

from catalog.cleaning import clean_text
from catalog.terms import chunks

LONGEST_KEY = 120
LONGEST_NAME = 200
WORDNET_ID = re.compile(r"n\d{8}")
# What stands in a list where an output stands for nothing.
_NO_CLASS = re.compile(
    r"|n/?a|__\w+__|background|unlabell?ed|label[_ ]?\d+|\d{2,}|unused\d*", re.IGNORECASE
)
_IRREGULAR = {
    "children": "child", "dice": "die", "feet": "foot", "geese": "goose", "men": "man", "mice": "mouse",
    "oxen": "ox", "people": "person", "teeth": "tooth", "women": "woman",
}  # fmt: skip


def clean_name(name: str) -> str:
    """A name as it is stored; what is no text becomes one."""
    return " ".join(clean_text(str(name)).split())[:LONGEST_NAME].strip()


def label_set_key(names: Sequence[str]) -> str:
    """The key of a list that is known by its names alone, in the order of the outputs."""
    said = "\n".join(map(clean_name, names)).encode()
    return f"{len(names)}-classes-{hashlib.sha256(said).hexdigest()[:16]}"


def names_something(names: Iterable[str]) -> bool:
    """Whether a list says what at least one output stands for; LABEL_0, LABEL_1 do not."""
    return any(is_class(name) for name in names)


def is_class(name: str) -> bool:
    """Whether a name in a list is that of a class, and not what fills a gap."""
    return not _NO_CLASS.fullmatch(name.strip())


def class_key(name: str) -> str:
    """The key of a class that is known by its name only: the same for Traffic_light and traffic light.

    What the letters and digits do not tell apart (C and C++) is told apart by a hash.
    """
    words = chunks(name)
    slug = "-".join(words)[: LONGEST_KEY - 10].strip("-")
    plain = re.sub(r"[\s_-]+", " ", name.strip().lower())
    if slug and plain == " ".join(words) and not WORDNET_ID.fullmatch(slug):
        return slug
    return f"{slug or 'class'}-{hashlib.sha256(plain.encode()).hexdigest()[:8]}"


def squash(name: str) -> str:
    """A name without blanks and signs, as it is compared: `beeeater`."""
    return "".join(chunks(name))[:LONGEST_NAME]


def squashes(typed: str) -> list[str]:
    """How a class may be written that was typed so: as it stands, and with its last word as one of many."""
    words = chunks(typed)
    if not words:
        return []
    start = "".join(words[:-1])
    return [f"{start}{last}"[:LONGEST_NAME] for last in (words[-1], *singulars(words[-1]))]


def singulars(word: str) -> Iterator[str]:
    """What one of these may be called: forklifts -> forklift, boxes -> box, knives -> knife."""
    if word in _IRREGULAR:
        yield _IRREGULAR[word]
    elif word.endswith("men") and len(word) > 4:
        yield f"{word[:-2]}an"
    elif len(word) < 4 or not word.endswith("s") or word.endswith("ss"):
        return
    elif word.endswith("ies"):
        yield f"{word[:-3]}y"
        yield word[:-1]
    elif word.endswith("ves"):
        yield from (f"{word[:-3]}f", f"{word[:-3]}fe", word[:-1])
    elif word.endswith("es"):
        yield from (word[:-1], word[:-2])
    else:
        yield word[:-1]
