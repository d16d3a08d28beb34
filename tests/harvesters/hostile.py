"""Records as somebody hostile, or merely careless, would publish them, and what must hold of them.

tests/harvesters/test_hostile.py takes 2,000 of them through the engine, `script/bench hostile` 100,000.
"""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from catalog.cleaning import InvalidRecord
from catalog.records import FIELDS, EvaluationRecord, Fact, ModelRecord, PaperMention
from catalog.reference_cleaning import DATASET_FIELDS, PAPER_FIELDS, REPOSITORY_FIELDS
from catalog.reference_records import (
    DatasetRecord,
    PaperRecord,
    ReferenceRecord,
    RepositoryMention,
    RepositoryRecord,
)
from harvesters.http import Http
from harvesters.sources.base import Page, Start

Any_Record = ModelRecord | ReferenceRecord
ATTACKS = (
    "<script>alert(1)</script>",
    "</title><script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    '"><svg/onload=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)//https://example.org",
    "data:text/html,<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "![x](https://evil.example/track.png)",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<a href='//evil.example' hx-get='/admin/' hx-trigger='load'>x</a>",
    "{{ settings.SECRET_KEY }}{% debug %}",
    "https://example.org/\"onclick=alert(1)//",
    "https://user:pass@evil.example/",
    "\x00", "\ud800", "\u202egnp.exe", "\ufeff", "a\x0b\x0cb", "\x1b[2J",
    "../../etc/passwd", "'; DROP TABLE catalog_listing; --", "%s%n%(x)s", "NaN", "null", "-1", "1e400",
    "owner/name", "1512.03385", "2026-02-30", "0000-01-01", "mit", "image-classification",
)  # fmt: skip
_texts = st.one_of(
    st.sampled_from(ATTACKS),
    st.text(st.characters(), max_size=40),
    st.builds(lambda text, times: text * times, st.sampled_from(ATTACKS), st.integers(1, 400)),
)
_numbers = st.one_of(
    st.sampled_from([0, 1, -1, 2**31, 2**63 - 1, 2**63, 10**400, -(10**30)]),
    st.integers(-10, 10**9),
    st.floats(allow_nan=True, allow_infinity=True),
)
_leaves = st.one_of(st.none(), st.booleans(), _numbers, _texts)
_anything = st.recursive(
    _leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(_texts, inner, max_size=4), st.tuples(inner)
    ),
    max_leaves=6,
)


# One of these fits most fields; which ones, the field's own cleaner decides.
_POOL: tuple[Any, ...] = (
    *ATTACKS, list(ATTACKS), list(ATTACKS[:9]), [{"name": attack, "dataset": attack, "url": ""} for attack in ATTACKS],
    {attack: {"deep": [attack, None, 1.5]} for attack in ATTACKS},
    [{"stage": a, "dataset": a, "method": a, "hub_id": a} for a in ATTACKS],
    [{"id": attack, "relation": attack} for attack in ATTACKS],
    [{"name": a, "bytes": 7, "format": a, "sha256": a, "url": "https://example.org/'x"} for a in ATTACKS],
    {"scanned": True, "issues": [{"path": attack, "level": attack} for attack in ATTACKS]},
    {"inputs": [{"name": a, "shape": [1, a, None, [a]], "type": a} for a in ATTACKS], "outputs": []},
    {way: {"hub_id": a, "name": a, "builder": a, "weights": a, "url": a, "file": a} for way, a in zip(
        ("timm", "torchvision", "transformers", "onnx", "keras", "torch_hub", "folder"), ATTACKS, strict=False)},
    0, 7, 2**40, 0.5, 1990, True, False, "2026-01-31", datetime(2026, 1, 31, tzinfo=UTC), date(1999, 1, 1),
    "https://example.org/'onclick=alert(1)", "https://example.org/?q=%22%3E%3Cscript%3E",
)  # fmt: skip
# What the catalogue fills itself from other parts of a record.
_OWN = {"name", "title", "parent", "repositories"}


def _fits(cleaner: Callable[[Any], Any]) -> list[Any]:
    fits = []
    for value in _POOL:
        try:
            cleaner(value)
        except (InvalidRecord, TypeError):
            continue
        fits.append(value)
    return fits


def _fitting(cleaner: Callable[[Any], Any]) -> st.SearchStrategy[Any]:
    return _usually(st.sampled_from(_fits(cleaner)), _anything)


def full_records() -> list[ModelRecord]:
    """Records that state every field, until each hostile value that a field takes has had its turn."""
    taken = {name: _fits(cleaner) for name, cleaner in FIELDS.items() if name not in _OWN}
    return [
        ModelRecord(
            f"full-{turn}",
            facts={
                "name": Fact(ATTACKS[turn % len(ATTACKS)] + "."),
                **{name: Fact(fits[turn % len(fits)]) for name, fits in taken.items()},
            },
        )
        for turn in range(max(map(len, taken.values())))
    ]


def _facts(fields: Any, name: str) -> st.SearchStrategy[dict[str, Fact]]:
    """The field that a record cannot do without, and a few others with anything in them."""
    entries = st.sampled_from(sorted(set(fields) - _OWN)).flatmap(
        lambda key: st.tuples(st.just(key), _fitting(fields[key]))
    )
    return st.builds(
        lambda title, others: {
            key: Fact(value, ATTACKS[0]) for key, value in [(name, title), *others]
        },
        _texts,
        st.lists(entries, max_size=4),
    )


def _usually(right: Any, wrong: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """`right` most times: a record that is all wrong proves little."""
    given_right = right if isinstance(right, st.SearchStrategy) else st.just(right)
    return st.integers(0, 19).flatmap(lambda dice: given_right if dice else wrong)


_ids = st.integers(0, 10**12).map("hostile-{}".format)
_links = _usually("https://example.org/x", _texts)
_models = st.builds(
    ModelRecord,
    external_id=_usually(_ids, _texts),
    url=_links,
    facts=_facts(FIELDS, "name"),
    evaluations=_usually(
        (), st.tuples(st.builds(EvaluationRecord, _texts, _texts, _numbers, _numbers, _numbers))
    ),
    papers=_usually((), st.tuples(st.builds(PaperMention, _texts, _usually("mentioned", _texts)))),
    repositories=_usually((), st.tuples(_texts)),
    identity_keys=_usually((), st.tuples(_texts)),
    parent=_usually(None, st.tuples(_texts, _texts)),
)
_papers = st.builds(
    PaperRecord,
    external_id=_usually(_ids, _texts),
    key=_usually(st.integers(0, 99_999).map("2601.{:05}".format), _texts),
    url=_links,
    facts=_facts(PAPER_FIELDS, "title"),
    repositories=_usually((), st.tuples(st.builds(RepositoryMention, _texts))),
)
_repositories = st.builds(
    RepositoryRecord,
    external_id=_usually(_ids, _texts),
    full_name=_usually(st.integers(0, 10**9).map("owner/name-{}".format), _texts),
    url=_links,
    facts=_facts(REPOSITORY_FIELDS, "description"),
)
_datasets = st.builds(
    DatasetRecord,
    external_id=_usually(_ids, _texts),
    slug=_usually(st.integers(0, 10**9).map("set-{}".format), _texts),
    url=_links,
    facts=_facts(DATASET_FIELDS, "title"),
)
RECORDS: st.SearchStrategy[Any_Record] = st.one_of(
    _models, _models, _models, _papers, _repositories, _datasets
)


def generate(count: int, start: int = 0) -> list[Any_Record]:
    """`count` records, the same for the same `start`."""
    made: list[Any_Record] = []

    @seed(start)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(RECORDS)
    def collect(record: Any_Record) -> None:
        # Hypothesis likes to repeat itself; a thousand records of one id would prove little.
        is_plain = isinstance(record.external_id, str) and record.external_id.startswith("hostile-")
        name = f"{record.external_id}-{start}-{len(made)}" if is_plain else record.external_id
        made.append(replace(record, external_id=name))

    # Hypothesis stops early where it takes the space for exhausted; here it never is.
    collect()
    return made


class HostileShelf:
    """A source that has these records, so many to a page."""

    name = "hostile"
    title = "Hostile <b>shelf</b>"
    homepage = "javascript:alert(1)"
    kind = "hub"
    bases = ()
    has_increments = False
    is_complete = True

    def __init__(self, records: Sequence[Any_Record], per_page: int = 100) -> None:
        self._records, self._per_page = records, per_page

    def pages(self, http: Http, start: Start) -> Iterator[Page]:
        for at in range(int(start.cursor or 0), len(self._records), self._per_page):
            after = at + self._per_page
            yield Page(json.dumps([at]).encode(), str(after) if after < len(self._records) else "")

    def records(self, page: Page) -> Iterator[Any_Record]:
        (at,) = json.loads(page.body)
        yield from self._records[at : at + self._per_page]


_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")


@dataclass
class Harmless(HTMLParser):
    """Reads a page and notes what could act: `found` stays empty on a page that does nothing by itself."""

    found: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given_ = {name: value or "" for name, value in attrs}
        is_own = given_.get("src", "").startswith("/static/")
        if tag in ("iframe", "object", "embed", "base", "style") or (
            tag == "script" and not is_own
        ):
            self.found.append(f"<{tag} {given_}>")
        for name, value in given_.items():
            is_link = name in ("href", "src", "action", "formaction", "srcset", "poster", "data")
            found = _SCHEME.match(value.strip().lower())
            scheme = found[1] if found else ""
            if name.startswith("on") or (is_link and scheme not in ("", "http", "https")):
                self.found.append(f"<{tag} {name}={value!r:.80}>")
            if name in ("src", "srcset", "poster") and scheme in ("http", "https"):
                self.found.append(f"<{tag} {name}={value!r:.80}>")
            # Everything of ours that htmx may ask for lies on this site.
            if name.startswith("hx-") and "evil" in given_.get("href", ""):
                self.found.append(f"<{tag} {name}={value!r:.80}>")

    @classmethod
    def acts(cls, html: str) -> list[str]:
        """What in `html` would act."""
        reader = cls()
        reader.feed(html)
        reader.close()
        return reader.found
