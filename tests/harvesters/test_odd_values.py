"""The values that abort an INSERT, each through the whole engine: stored in a form Postgres takes, or kept aside.

What is kept aside is kept whole: the same record can be made of it again.
"""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.test import Client

from catalog.models import Listing, PretrainedModel
from catalog.outcome import restore
from catalog.records import FIELDS, Fact, ModelRecord, Rejected
from harvesters.engine import harvest
from harvesters.http import Http
from harvesters.models import HarvestRun, RejectedRecord
from harvesters.rejects import storable
from harvesters.replaying import replay
from harvesters.sources import SOURCES
from harvesters.sources.base import Page, Start

pytestmark = pytest.mark.django_db
RANDOM_9000 = "".join(chr(33 + (n * n * 7919 + n * 31) % 90) for n in range(9_000))
WORDS = " ".join(f"w{number:x}" for number in range(400_000))


class OddShelf:
    """A page of lines, each one entry as JSON; a line that is none is rejected with itself as raw."""

    name = "odd"
    title = "Odd"
    homepage = ""
    kind = "library"
    bases = ()
    has_increments = False
    is_complete = True

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        yield Page("\n".join(self.lines).encode("utf-8", "surrogatepass"), version="1")

    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        for line in page.body.decode("utf-8", "surrogatepass").split("\n"):
            try:
                entry = json.loads(line)
                keys = tuple(entry.pop("keys", ()))
                facts = {key: Fact(value) for key, value in entry.items() if key != "id"}
                yield ModelRecord(entry["id"], facts=facts, identity_keys=keys)
            except (AttributeError, KeyError, ValueError, RecursionError, TypeError) as problem:
                yield Rejected("", f"{type(problem).__name__}: {problem}"[:300], line)


def entry(**facts: Any) -> str:
    return json.dumps({"id": "odd", "name": "odd", **facts})


def with_literal(literal: str) -> str:
    return f'{{"id": "odd", "name": "odd", "io_ports": {{"inputs": [{literal}]}}}}'


ODD: dict[str, str] = {
    "NUL in text": entry(description="a\x00b"),
    "NUL in JSON": entry(io_ports={"a": "\x00"}),
    "NUL in the id": json.dumps({"id": "odd\x00", "name": "odd"}),
    "lone surrogate in text": entry(description="a\ud800b"),
    "lone surrogate in JSON": entry(io_ports={"a": "\udfff"}),
    "lone surrogate as it is": '{"id": "odd", "name": "odd", "description": "\ud800"}',
    "more than 31 bits": entry(input_size=2**31, parameters=2**31),
    "more than 63 bits": entry(parameters=2**63),
    "NaN": with_literal("NaN"),
    "1e400": with_literal("1e400"),
    "1e200000": with_literal("-1e200000"),
    "longer than its column": entry(name="n" * 5_000, organization="o" * 5_000),
    "9,000 characters in a B-tree": entry(keys=[f"hub:{RANDOM_9000}"]),
    "9,000 characters in an id": json.dumps({"id": RANDOM_9000, "name": "odd"}),
    "9,000 characters in a GIN array": entry(tags=[RANDOM_9000], libraries=[RANDOM_9000]),
    "400,000 different words": entry(description=WORDS, card=WORDS[:900_000]),
    "a word of 3,000 characters": entry(description="w" * 3_000, name="x" * 3_000),
    "an impossible date": entry(created="2026-02-30"),
    "year 0": entry(created="0000-01-01"),
    "year 10000": entry(created="10000-01-01T00:00:00Z"),
    "the same id twice": entry() + "\n" + entry(parameters=5),
    "5 MB of text in JSON": entry(metrics={"card": "y" * 5_000_000}),
    "5 MB of JSON": entry(metrics={f"k{n}": "y" * 1_000 for n in range(5_000)}),
    "10,000 levels": with_literal("[" * 10_000 + "]" * 10_000),
    "100,000 levels": with_literal("[" * 100_000 + "]" * 100_000),
    "700 levels": with_literal("[" * 700 + "]" * 700),
    "5,000 digits": with_literal("9" * 5_000),
    "a list for a text": entry(license=["mit", "other"]),
    "null for a list": entry(tags=None),
    "text for a number": entry(parameters="12"),
    "an unknown field": entry(colour="green"),
    "no id": json.dumps({"name": "odd"}),
    "a number for an id": json.dumps({"id": 7, "name": "odd"}),
    "no entry at all": "[]",
    "nothing": "null",
    "HTML": "<!doctype html><title>maintenance</title>",
}
GOOD = [json.dumps({"id": name, "name": name, "parameters": 1}) for name in ("before", "after")]
ENTRIES = {**dict.fromkeys(ODD, 1), "the same id twice": 2}


def shelf(odd: str) -> OddShelf:
    return OddShelf([GOOD[0], *odd.split("\n"), GOOD[1]])


@pytest.mark.parametrize("name", ODD)
def test_an_odd_value_costs_nobody_else_anything_and_is_not_lost(name: str, client: Client) -> None:
    odd = shelf(ODD[name])
    run = harvest(odd)
    assert (run.state, run.seen) == ("done", 2 + ENTRIES[name])
    assert run.seen == run.created + run.updated + run.unchanged + run.rejected
    listed = set(Listing.objects.values_list("external_id", flat=True))
    assert {"before", "after"} <= listed
    assert len(listed) - 2 + run.rejected == 1
    for row in RejectedRecord.objects.all():
        assert same_again(odd, row)
    for pretrained in PretrainedModel.objects.all():
        assert client.get(pretrained.get_absolute_url()).status_code == 200
    assert client.get("/sources/odd/").status_code == 200
    # A second walk finds everything as it was.
    again = harvest(odd)
    assert (again.created, again.updated, again.rejected) == (0, 0, run.rejected)


def same_again(odd: OddShelf, row: RejectedRecord) -> bool:
    """Whether what was kept gives the same entry, or the same record, once more."""
    if row.is_record:
        (from_page,) = [
            record
            for record in odd.records(next(odd.pages(None, Start())))  # type: ignore[arg-type]
            if isinstance(record, ModelRecord) and record.external_id not in ("before", "after")
        ]
        # Compared as text: what is not a number does not equal itself.
        return plain(restore(row.raw)) == plain(from_page)
    return row.raw in [storable(line) for line in odd.lines]


def plain(record: object) -> str:
    return ascii(vars(record)) if isinstance(record, ModelRecord) else ""


def test_all_of_them_on_one_page_are_counted_one_by_one() -> None:
    lines = [line.replace('"id": "odd"', f'"id": "odd {number}"') for number, line in numbered()]
    run = harvest(OddShelf([GOOD[0], *lines, GOOD[1]]))
    assert run.state == "done"
    assert run.seen == len(lines) + 2
    kept = Listing.objects.count() + RejectedRecord.objects.count()
    assert kept == len(lines) + 2 - 1  # the same id came twice, as one listing


def numbered() -> list[tuple[int, str]]:
    return [(number, line) for number, odd in enumerate(ODD.values()) for line in odd.split("\n")]


def test_a_mistake_that_was_mended_is_undone_by_replaying_without_the_network(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(SOURCES, "odd", lambda: OddShelf([]))
    harvest(shelf(entry(parameters=-1)))
    harvest(OddShelf([GOOD[0], entry(parameters=-1), "no JSON", GOOD[1]]))
    assert RejectedRecord.objects.count() == 2
    assert str(replay("odd")) == "2 tried again: 0 understood, 2 still rejected"
    assert set(RejectedRecord.objects.values_list("attempts", flat=True)) == {2, 3}
    # The mistake was in what the catalogue takes.
    monkeypatch.setitem(FIELDS, "parameters", abs)
    assert str(replay("odd")) == "2 tried again: 1 understood, 1 still rejected"
    assert PretrainedModel.objects.get(name="odd").parameters == 1
    assert RejectedRecord.objects.get().raw == "no JSON"


class Mended(OddShelf):
    def records(self, page: Page) -> Iterator[ModelRecord | Rejected]:
        return super().records(Page(page.body.replace(b"no JSON", entry(parameters=9).encode())))


def test_a_mended_source_understands_what_it_had_rejected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "odd", lambda: Mended([]))
    harvest(OddShelf([GOOD[0], "no JSON"]))
    assert replay("odd").understood == 1
    listing = Listing.objects.get(external_id="odd")
    assert (listing.version, listing.pretrained.parameters) == ("1", 9)
    assert not RejectedRecord.objects.exists()
    # The next walk still knows what it does not meet any more.
    assert harvest(OddShelf([GOOD[0]])).gone == 1
    assert HarvestRun.objects.count() == 2


def test_one_of_a_group_or_all_can_be_replayed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(SOURCES, "odd", lambda: OddShelf([]))
    negative = [json.dumps({"id": f"n{n}", "name": "n", "parameters": -n}) for n in (1, 2, 3)]
    harvest(OddShelf([*negative, "no JSON"]))
    groups = set(RejectedRecord.objects.values_list("group", flat=True))
    assert len(groups) == 2
    (of_numbers,) = [group for group in groups if "whole number" in group]
    assert replay("odd", group=of_numbers).rejected == 3
    assert replay("odd", pk=RejectedRecord.objects.first().pk).rejected == 1  # type: ignore[union-attr]
    assert replay("odd").rejected == 4


def test_entries_without_an_id_do_not_take_each_others_place() -> None:
    run = harvest(OddShelf(["one", "two", "one"]))
    assert run.rejected == 3
    assert sorted(RejectedRecord.objects.values_list("raw", flat=True)) == ["one", "two"]


def test_a_listing_whose_entry_is_refused_now_is_not_gone() -> None:
    harvest(shelf(entry(parameters=1)))
    assert harvest(shelf(entry(parameters=-1))).gone == 0
    assert Listing.objects.get(external_id="odd").gone_since is None
