"""A need in words, as people type it: "under 20 ms on an RTX 4090, under 100 MB, may be sold, at least 82 %".

Only whole phrases are taken: a comparative with a number and a unit, or a word before a name that is known. What is
not understood stays as it was typed; what was becomes filters, i.e. chips. The phrases are in `phrases.toml`; why so
narrow: docs/decisions/0097-speed-memory-and-needs-in-words.md.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial

from catalog.devices import Device, devices, find
from catalog.facets.phrases import FORMS, PHRASES, Meaning, Pair, any_of, plain, rules
from catalog.facets.sets import FacetSet
from catalog.models import Organization
from catalog.vocabulary import DATASETS, FORMATS, LIBRARIES, ORGANIZATIONS, TASKS

# Quoted texts and filters of the query language stay as they are.
_KEPT = re.compile(r'(-?"[^"]*"?|-?[A-Za-z][\w-]*(?:<=|>=|[:<>=])(?:"[^"]*"?|\S*))')
_OF_MACHINE = re.compile(r"(device|precision|batch|latency)(<=|>=|[:<>=])\"?([^\"]+)\"?")
# What is not a device but looks like one gets a sentence that names those that are known.
_LIKE_DEVICE = re.compile(
    r"(?:(?:nvidia|intel|amd|apple|google)\s)?(?:geforce\s)?"
    r"(?:(?:rtx|gtx|titan|tesla|quadro|radeon|jetson|ryzen|xeon|core)\s?[a-z0-9-]*\d[a-z0-9-]*|[atvhlpm]\d{1,4}|tpu|cpu|gpu)"
    r"(?:\s(?:ti|super|pro|max|ultra|nano|orin))?"
)
_MOST_ROUNDS = 5
_LONGEST_NAME = 5  # words
_ARTICLES = ("a", "an", "the", "my", "one")


@dataclass(frozen=True)
class Need:
    """`words` were not understood, `pairs` are for the address."""

    words: str
    pairs: tuple[Pair, ...]


def read(text: str, kind: FacetSet) -> Need:
    """What a line in the search box says in words; of a list that is not of models, nothing."""
    if not kind.machine:
        return Need(text, ())
    found: list[Pair] = []
    words = text
    # What is taken out may bring together what makes another phrase; an address must not, so that happens now.
    for _ in range(_MOST_ROUNDS):
        pairs, rest = _read_once(words, kind)
        found += pairs
        if not pairs:
            break
        words = rest
    return Need(words, tuple(dict.fromkeys(found)))


def _read_once(text: str, kind: FacetSet) -> tuple[list[Pair], str]:
    parts = _KEPT.split(text)
    reader = _Reader(kind, several=sum(map(bool, map(str.strip, text.split(",")))) > 1)
    rest = [
        reader.kept(part) if place % 2 else reader.free(part) for place, part in enumerate(parts)
    ]
    words = " ".join(filter(None, (part.strip() for part in rest)))
    return reader.pairs, words


@dataclass
class _Reader:
    kind: FacetSet
    several: bool
    pairs: list[Pair] = field(default_factory=list)
    _devices: list[Device] | None = None

    def kept(self, token: str) -> str:
        found = _OF_MACHINE.fullmatch(token)
        if not found:
            return token
        self.pairs.append((found[1], FORMS[found[2]].format(found[3])))
        return ""

    def free(self, text: str) -> str:
        before = len(self.pairs)
        for said, meaning in rules():
            text = said.sub(partial(self._taken, meaning), text)
        # Devices first, for "on" and "for" stand before others too.
        for name, known in (("device", self._device), *_NAMED):
            text = self._names(text, name, known)
        segments = [self._alone(segment) for segment in text.split(",")]
        if len(self.pairs) == before:
            return text
        return _tidied(segments)

    def _taken(self, meaning: Meaning, found: re.Match[str]) -> str:
        pairs = list(meaning(found, self.kind))
        self.pairs += pairs
        return " , " if pairs else found[0]

    def _names(self, text: str, name: str, known: Callable[[str], str]) -> str:
        """The text without what is named in it after the words that such a name stands after."""
        place = 0
        while found := _before(name).search(text, place):
            rest = text[found.end() :]
            value, end = _name_at(rest, known)
            place = found.start() if value else found.end()
            if value:
                self.pairs.append((name, value))
                text = f"{text[:place]} , {rest[end:]}"
        return text

    def _device(self, text: str) -> str:
        plain = text.lower()
        if self._devices is None:
            self._devices = devices()
        said = len(plain) > 2 and re.search(r"\d|^cpu$", plain)
        device = find(plain, self._devices) if said else None
        if device:
            return device.slug
        return plain if _LIKE_DEVICE.fullmatch(plain) else ""

    def _alone(self, segment: str) -> str:
        plain = " ".join(segment.lower().split())
        stands_for = PHRASES["between-commas"].get(plain) if self.several else None
        if stands_for is None and self.several and (task := _task(plain)):
            stands_for = f"task={task}"
        if not stands_for:
            return segment
        name, _, value = stands_for.partition("=")
        self.pairs.append((name, value))
        return ""


# --- Names that are known ------------------------------------------------------------------------------------


@cache
def _slugs_of(what: str) -> Mapping[str, str]:
    words = {"task": TASKS, "dataset": DATASETS, "library": LIBRARIES, "format": FORMATS}[what]
    return {plain(said): slug for slug, label in words.items() for said in (slug, label)}


def _task(text: str) -> str:
    other = PHRASES["tasks"].get(" ".join(text.lower().split()), "")
    return str(other) or _slugs_of("task").get(plain(text), "")


def _organization(text: str) -> str:
    if len(text.split()) > 3:
        return ""
    known = {plain(said): slug for slug, label in ORGANIZATIONS.items() for said in (slug, label)}
    if slug := known.get(plain(text), ""):
        return slug
    written = Organization.objects.filter(slug=text.lower()) if " " not in text else []
    return next((one.slug for one in written), "")


def _dataset(text: str) -> str:
    return _slugs_of("dataset").get(plain(text), "")


def _library(text: str) -> str:
    return _slugs_of("library").get(plain(text), "")


def _format(text: str) -> str:
    return _slugs_of("format").get(plain(text), "")


_NAMED: tuple[tuple[str, Callable[[str], str]], ...] = (
    ("task", _task),
    ("dataset", _dataset),
    ("organization", _organization),
    ("library", _library),
    ("format", _format),
)


# --- Texts ---------------------------------------------------------------------------------------------------


@cache
def _before(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w/.-]){any_of(PHRASES['before'][name])}\s+(?=\S)", re.IGNORECASE)


def _name_at(text: str, known: Callable[[str], str]) -> tuple[str, int]:
    """The value of the longest name that a text begins with, and where that ends; "" if there is none."""
    tokens = [*re.finditer(r"[^\s,;]+", re.split("[,;]", text)[0])]
    if tokens and tokens[0][0].lower() in _ARTICLES:
        tokens = tokens[1:]
    for last in reversed(tokens[:_LONGEST_NAME]):
        named = text[tokens[0].start() : last.end()].rstrip(".?!")
        if value := known(" ".join(named.split())):
            return value, last.end()
    return "", 0


def _tidied(segments: Iterable[str]) -> str:
    """What is left without what only held the sentence together."""
    fillers = set(PHRASES["fillers"]["words"])
    words = [word for segment in segments for word in re.split(r"[\s;]+", segment)]
    return " ".join(word for word in words if word.strip(".?!") and word.lower() not in fillers)
