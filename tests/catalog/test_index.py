"""The index answers what plain SQL answers: every count, every page, for any filters."""

import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.facets import read
from catalog.facets.models import MODELS
from catalog.facets.panels import facet_panels
from catalog.facets.statement import count_in_postgres
from catalog.index import ordering, tallying
from catalog.index.answering import Answer
from catalog.index.arrays import Arrays, Writer
from catalog.index.bitmaps import of_documents
from catalog.index.building import build
from catalog.index.reading import read_rows
from catalog.index.segment import Segment
from catalog.index.view import View
from catalog.models import PretrainedModel, Source, Speed
from catalog.search import refresh_search
from tests.factories import make_architecture

pytestmark = pytest.mark.django_db

TASKS = ["", "image-classification", "object-detection", "text-generation", "depth-estimation"]
LICENSES = ["", "mit", "apache-2.0", "cc-by-nc-4.0", "gpl-3.0", "a licence of its own"]
WORDS = ["resnet", "resnet50", "vit", "base", "patch16", "224", "tiny", "mobile", "net", "v3"]
ROWS, PAGE = 2_000, 30


def columns(number: int, chance: random.Random, architectures: list[Any]) -> dict[str, Any]:
    def maybe(value: Any) -> Any:
        return value if chance.random() < 0.6 else None

    name = chance.choice("_-./").join(chance.sample(WORDS, chance.randint(1, 4)))
    return {
        "slug": f"{chance.choice(['hub', 'timm'])}/{name}-{number}"
        + chance.choice(["", "-é", "\\"]),
        "name": name,
        "architecture": chance.choice(architectures),
        "sources": chance.sample(["timm", "torchvision", "huggingface"], chance.randint(1, 3)),
        "task": chance.choice(TASKS),
        "libraries": chance.sample(["pytorch", "timm", "keras"], chance.randint(0, 3)),
        "datasets": [
            f"data-{int(chance.paretovariate(0.8)) % 2_000}" for _ in range(chance.randint(0, 1))
        ],
        "license": chance.choice(LICENSES),
        "commercial_use": chance.choice(["yes", "no", "unclear"]),
        "family": chance.choice(["", "resnet", "vit"]),
        "organization": f"maker {int(chance.paretovariate(0.5)) % 1_800}",
        "formats": chance.sample(["safetensors", "pickle", "gguf"], chance.randint(0, 3)),
        "languages": chance.sample(["en", "de", "zh"], chance.randint(0, 3)),
        "parameters": maybe(int(10 ** chance.uniform(4, 11))),
        "size_bytes": maybe(chance.choice([10**8, int(10 ** chance.uniform(4, 11))])),
        "activations": maybe(int(10 ** chance.uniform(5, 9))),
        "tags": list({f"tag-{int(chance.paretovariate(0.8)) % 2_000}" for _ in range(2)}),
        "gmacs": maybe(10 ** chance.uniform(-3, 5)),
        "top1": maybe(chance.choice([80.0, 81.5, chance.uniform(0, 100)])),
        "top5": maybe(chance.choice([90.0, chance.uniform(0, 100)])),
        "input_size": maybe(chance.choice([224, 256, 384])),
        "downloads": maybe(chance.choice([0, 5, int(10 ** chance.uniform(0, 9))])),
        "likes": maybe(chance.randint(0, 9)),
        "year": maybe(chance.randint(2015, 2026)),
    }


def make_rows(first: int, last: int) -> list[int]:
    chance = random.Random(first)  # noqa: S311 - rows, not secrets
    names = [
        "resnet50",
        "resnet_50d",
        "vit_base",
        "mobilenet_v3",
        *(f"net{n}" for n in range(1_200)),
    ]
    architectures = [None, *(make_architecture(f"{name}x{first}") for name in names)]
    make_speeds(architectures[1:600], chance)
    rows = PretrainedModel.objects.bulk_create(
        PretrainedModel(**columns(number, chance, architectures)) for number in range(first, last)
    )
    pks = [row.pk for row in rows]
    refresh_search(pks)
    return pks


def make_speeds(architectures: list[Any], chance: random.Random) -> None:
    source, _ = Source.objects.get_or_create(name="timm-results", kind="measurement")
    Speed.objects.bulk_create(
        Speed(
            source=source,
            external_id=f"{architecture}/{size}",
            architecture=architecture,
            kind="inference",
            device="NVIDIA GeForce RTX 4090",
            input_size=size,
            images_per_second=chance.choice([400.0, 900.0, chance.uniform(1, 5_000)]),
            last_seen="2026-11-20T00:00Z",
            counts=True,
        )
        for architecture in architectures
        for size in (224, 256)
    )


def segment(path: Path, pks: list[int] | None = None, base: Segment | None = None) -> Segment:
    with Writer(path) as file:
        build(MODELS, read_rows(MODELS, pks), file, base.arrays if base else None)
        file.write("changed", np.array(pks or [], dtype=np.int64))
    return Segment(Arrays(path))


@pytest.fixture
def view(tmp_path: Path) -> View:
    """Three thousand rows, of which the last two hundred and the changed ones are in the tail."""
    early = make_rows(0, ROWS - 200)
    base = segment(tmp_path / "base")
    late = make_rows(ROWS - 200, ROWS)
    changed = early[::17]
    PretrainedModel.objects.filter(pk__in=changed[::2]).update(
        task="brand-new-task", license="mit", top1=80.0, downloads=5, organization="maker 1"
    )
    PretrainedModel.objects.filter(pk__in=changed[1::4]).update(sources=[])
    tail = segment(tmp_path / "tail", [*late, *changed], base)
    dead = of_documents(base.documents_of(np.array(changed)))
    return View(MODELS, base, tail, dead)


PARAMETERS = st.one_of(
    st.sampled_from(["task", "-task"]).flatmap(
        lambda n: st.sampled_from([*TASKS[1:], "unknown", "brand-new-task", "none such"]).map(lambda v: (n, v))
    ),
    st.sampled_from(["license", "-license"]).flatmap(
        lambda n: st.sampled_from(["open", "permissive", "unknown", *LICENSES[1:]]).map(lambda v: (n, v))
    ),
    st.sampled_from(
        [
            ("source", "timm"), ("-source", "timm"), ("library", "keras"), ("library", "unknown"),
            ("dataset", "data-1"), ("-dataset", "data-2"), ("dataset", "unknown"), ("organization", "maker 1"),
            ("-organization", "maker 1"), ("architecture", "resnet50x0"), ("-architecture", "unknown"),
            ("family", "vit"), ("language", "de"), ("-format", "gguf"), ("commercial", "yes"),
            ("size", "..100MB"), ("size", "100MB"), ("params", "1M..1000M"), ("top1", "80..81.5"), ("gmacs", "1.."),
            ("year", "2020"), ("downloads", "5.."), ("input", "224"), ("likes", "..3"), ("top5", "90"),
            ("device", "rtx-4090"), ("speed", "400.."), ("speed", "..900"), ("memory", "..0.5GB"), ("batch", "16"),
            ("precision", "fp32"), ("tag", "tag-1"),
            ("find-organization", "ER 12"), ("find-dataset", "data-1"), ("find-architecture", "net1"),
        ]
    ),
)  # fmt: skip
TYPED = st.sampled_from(
    ["", "", "", "resnet", "resnet50", "vit base", "mobilenet v3", "-vit", "resnet OR vit", '"vit base"',
     "patch16_224", "timm", "x", "resnet50 -tiny", "brand", "net v", "é"]
)  # fmt: skip
SORTS = st.sampled_from(["", *filter(None, MODELS.sorts)])


@pytest.fixture(params=["as measured", "by bitmaps", "by documents"])
def work(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every way of counting and sorting, whatever is less work for so few rows."""
    if request.param == "as measured":
        return
    monkeypatch.setattr(tallying, "_DOCUMENT", 1e9 if request.param == "by bitmaps" else 0.0)
    monkeypatch.setattr(ordering, "_FEW", 0)
    monkeypatch.setattr(ordering, "_STRETCH", 100)


def address(parameters: list[tuple[str, str]], typed: str, sort: str, page: int) -> str:
    from urllib.parse import urlencode

    return urlencode([("q", typed), *parameters, ("sort", sort), ("page", page)])


@settings(
    max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.builds(address, st.lists(PARAMETERS, max_size=4), TYPED, SORTS, st.integers(1, 5)))
def test_every_count_and_every_page_is_what_plain_sql_gives(
    view: View, work: None, query: str
) -> None:
    filters = read(query)
    answer, expected = Answer(view, filters), count_in_postgres(filters)
    found = answer.counts()
    assert found.total == expected.total
    assert found.bars == expected.bars
    assert found.unknown == expected.unknown
    assert found.without == expected.without
    assert facet_panels(filters, found) == facet_panels(filters, expected)
    rows = filters.sorted(filters.apply(MODELS.rows())).values_list("pk", flat=True)
    start = (filters.page - 1) * PAGE
    assert answer.pks(start, start + PAGE) == list(rows[start : start + PAGE])
