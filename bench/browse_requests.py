"""Different requests of the list of models, the same ones every time: what `bench.facets` asks."""

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from catalog.facets import count, read, write
from catalog.facets.kinds import UNKNOWN
from catalog.facets.models import MODELS
from catalog.models import PretrainedModel

Pair = tuple[str, str]
WORDS = (
    "llama", "mistral", "whisper", "roberta", "imdb", "lora", "instruct", "squad", "falcon", "merged",
    "electra", "adapter", "gemma", "chat", "pythia", "emotion",
)  # fmt: skip
# The orders that columns hold; those on a machine of one's own are left to their own tests.
SORTS = [sort for sort in MODELS.sorts if sort and not MODELS.computed(sort)]
_BROAD = ("source", "task", "library", "license", "commercial", "redistribution", "format")
_NARROW = ("organization", "dataset", "architecture", "family", "language")
_BOUNDS = {
    "params": ("1M..", "100M..7G", "..500M", "1G..13G"), "size": ("..100MB", "..4000MB", "500MB..20000MB"),
    "downloads": ("100..", "1000..", "..10", "10..100000"), "likes": ("1..", "10..", "100.."),
    "top1": ("70..", "80..", "60..85"), "year": ("2018..", "2020..2023"), "gmacs": ("..10", "1..100"),
    "input": ("224", "256..", "..256"), "top5": ("90..", "..95"),
}  # fmt: skip


@dataclass(frozen=True)
class Request:
    """`kind` is what it is an example of, `query` its one address."""

    kind: str
    query: str


class Requests:
    """Draws requests from the values that the catalogue has."""

    def __init__(self, seed: int = 0) -> None:
        self._chance = random.Random(seed)  # noqa: S311 - the same requests every time
        shown = count(read("")).values
        self._frequent = {name: _first(shown[name], 6) for name in _BROAD}
        self._sorts = 0

    @cached_property
    def _found(self) -> list[PretrainedModel]:
        """Models whose values the narrow requests ask for."""
        pks = list(PretrainedModel.objects.published().order_by("pk").values_list("pk", flat=True))
        some = self._chance.sample(pks, min(len(pks), 400))
        rows = PretrainedModel.objects.select_related("architecture").defer("search_vector")
        return list(rows.filter(pk__in=some).order_by("pk"))

    def draw(self, number: int) -> list[Request]:
        """So many different ones of all kinds in turn."""
        found: dict[str, Request] = {}
        kinds = self._kinds()
        for turn in range(100 * number):
            if len(found) >= number:
                break
            kind, draw = kinds[turn % len(kinds)]
            query = write(read(urlencode(draw())))
            found.setdefault(query, Request(kind, query))
        return list(found.values())

    def _kinds(self) -> Sequence[tuple[str, Callable[[], list[Pair]]]]:
        return (
            ("one broad filter", self._broad), ("three filters", lambda: self._broad(3)),
            ("ranges", self._ranges), ("every sort", self._sorted), ("exclude", self._excluded),
            ("text", self._text), ("text and filters", lambda: self._text() + self._broad(2)),
            ("narrow", self._narrow), ("deep page", self._deep),
            ("one broad filter", self._broad), ("three filters", lambda: self._broad(3)),
            ("ranges", lambda: self._ranges() + self._broad()), ("unfiltered", self._unfiltered),
        )  # fmt: skip

    def _broad(self, number: int = 1) -> list[Pair]:
        names = self._chance.sample(_BROAD, number)
        some = self._chance.choice((1, 1, 1, 2))
        return [(n, value) for n in names for value in self._values(n, some)] + self._any_sort()

    def _values(self, name: str, number: int) -> list[str]:
        known = self._frequent[name]
        return self._chance.sample(known, min(number, len(known)))

    def _any_sort(self) -> list[Pair]:
        """None, or one of those that people ask for."""
        wanted = self._chance.choice(("", "", "-downloads", "-likes", "-updated", "params"))
        return [("sort", wanted)] if wanted else []

    def _ranges(self) -> list[Pair]:
        names = self._chance.sample(sorted(_BOUNDS), self._chance.choice((1, 2)))
        return [(name, self._chance.choice(_BOUNDS[name])) for name in names] + self._any_sort()

    def _sorted(self) -> list[Pair]:
        self._sorts += 1
        chosen = [pair for pair in self._broad() if pair[0] != "sort"]
        return [*chosen, ("sort", SORTS[self._sorts % len(SORTS)])]

    def _excluded(self) -> list[Pair]:
        first, second = self._chance.sample(_BROAD, 2)
        return [(f"-{first}", self._values(first, 1)[0]), (second, self._values(second, 1)[0])]

    def _text(self) -> list[Pair]:
        words = self._chance.sample(WORDS, self._chance.choice((1, 1, 2)))
        return [("q", " ".join(words))]

    def _narrow(self) -> list[Pair]:
        row = self._chance.choice(self._found)
        values = {
            "organization": row.organization, "dataset": (row.datasets or [""])[0], "family": row.family,
            "language": (row.languages or [""])[0],
            "architecture": row.architecture.name if row.architecture else "",
        }  # fmt: skip
        names = [name for name in _NARROW if values[name]]
        chosen = self._chance.sample(names, min(len(names), self._chance.choice((1, 2))))
        return [(name, values[name]) for name in chosen] or [("organization", UNKNOWN)]

    def _deep(self) -> list[Pair]:
        return [*self._broad(), ("page", str(self._chance.randint(5, 100)))]

    def _unfiltered(self) -> list[Pair]:
        """Everything, in all orders and on all pages."""
        return [("sort", self._chance.choice(SORTS)), ("page", str(self._chance.randint(1, 100)))]


def _first(tally: Mapping[str, int], most: int) -> list[str]:
    """The values that most rows have."""
    return sorted(tally, key=lambda value: (-tally[value], value))[:most]
