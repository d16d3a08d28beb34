"""A catalogue of any size, the same every time: `script/bench catalogue --models 3000000 [--database NAME]`.

The models are those of the generated hub (bench/hub_models.py) as its source reads them, shared out among ten
sources; a few per cent have results on ImageNet, compute, input size and year, and some have cards. They are
written by the ordinary upsert, page by page as a harvest does, and the database is kept: `bench facets` takes one
that is there. What a model is follows from its number and from how many there are.
"""

import argparse
import os
import time
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import cache
from itertools import chain, islice
from multiprocessing import get_context

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402

from bench.hub_models import Hub, mixed, name_of  # noqa: E402
from catalog.models import Source  # noqa: E402
from catalog.prepared import Prepared, prepare  # noqa: E402
from catalog.records import EvaluationRecord, Fact, ModelRecord  # noqa: E402
from catalog.services import upsert_records  # noqa: E402
from harvesters.garbage import rare_collections  # noqa: E402
from harvesters.sources.base import Page  # noqa: E402
from harvesters.sources.huggingface import EXPAND as FIELDS  # noqa: E402
from harvesters.sources.huggingface import HuggingFace  # noqa: E402

PAGE = 1000
VERSION = 1  # whoever changes what is generated counts on
_HUB = "https://hub.example"
_KIND = Source.Kind


@dataclass(frozen=True)
class Share:
    """A source and its part of all models, of which so many are known with results on ImageNet."""

    name: str
    kind: str
    part: float
    measured: float

    @property
    def source(self) -> Source:
        return Source(name=self.name, title=self.name, kind=self.kind)


# In the order of the numbers: what models are made from comes first, as on the real Hub.
SHARES = (
    Share("huggingface", _KIND.HUB, 0.9, 0.02),
    Share("modelscope", _KIND.HUB, 0.06, 0.02),
    Share("kaggle", _KIND.HUB, 0.02, 0.05),
    Share("timm", _KIND.LIBRARY, 0.006, 0.9),
    Share("openmmlab", _KIND.LIBRARY, 0.005, 0.5),
    Share("keras-hub", _KIND.LIBRARY, 0.003, 0.3),
    Share("onnx-zoo", _KIND.LIBRARY, 0.002, 0.3),
    Share("torchvision", _KIND.LIBRARY, 0.002, 0.9),
    Share("pytorch-hub", _KIND.LIBRARY, 0.001, 0.5),
    Share("keras", _KIND.LIBRARY, 0.001, 0.9),
)
_CARD = (
    "# {name}\n\nA model for {task} by {owner}, made from public data and measured on a part that was held back."
    "\n\n## Use\n\nLoad it with the library named above. It has not been tried outside of its data.\n"
)


def generate(models: int, database: str) -> None:
    """Make the database anew with so many models; says how far it is. The connection stays with it."""
    connection.settings_dict["TEST"]["NAME"] = database
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(f"DROP DATABASE IF EXISTS {connection.ops.quote_name(database)}")
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    begun, done, marks = time.perf_counter(), 0, [models * tenth // 10 for tenth in range(1, 11)]
    with rare_collections():
        for share, page in _pages(models):
            source, _ = Source.objects.get_or_create(
                pk=share.name, defaults={"title": share.name, "kind": share.kind}
            )
            outcome = upsert_records(source, page)
            assert not outcome.rejected, outcome.rejected[0]
            done += len(page)
            while marks and done >= marks[0]:
                took = time.perf_counter() - begun
                print(
                    f"  {marks.pop(0):>10,} models {took:8.1f} s, {done / took:,.0f}/s", flush=True
                )
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")
        cursor.execute(
            f"COMMENT ON DATABASE {connection.ops.quote_name(database)} IS '{_mark(models)}'"
        )
    print(f"{models:,} models in {time.perf_counter() - begun:,.1f} s, vacuumed", flush=True)


def use(models: int, database: str) -> None:
    """Connect to the database; it is made where it is not there with just these models."""
    connection.close()
    with connection._nodb_cursor() as cursor:  # type: ignore[attr-defined]
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s",
            [database],
        )
        found = cursor.fetchone()
    if found and found[0] == _mark(models):
        connection.settings_dict["NAME"] = database
        call_command("migrate", verbosity=0)
    else:
        generate(models, database)


def _mark(models: int) -> str:
    return f"modelscout bench catalogue, {models} models, version {VERSION}"


def _pages(models: int) -> Iterator[tuple[Share, list[Prepared]]]:
    """Pages of records, each of one source, prepared by another process while the last one is written."""
    parts = iter(_parts(models))
    with ProcessPoolExecutor(1, get_context("spawn")) as pool:

        def asked(share: Share, first: int, end: int) -> tuple[Share, "Future[list[Prepared]]"]:
            return share, pool.submit(prepared, models, share, first, end)

        ahead = [asked(*part) for part in islice(parts, 2)]
        for part in chain(parts, [None, None]):
            if not ahead:
                return
            share, page = ahead.pop(0)
            if part:
                ahead.append(asked(*part))
            yield share, page.result()


def _parts(models: int) -> Iterator[tuple[Share, int, int]]:
    """Which numbers are whose: (source, first, end) of at most a page."""
    start, reached = 0, 0.0
    for share in SHARES:
        reached += share.part
        end = models if share is SHARES[-1] else round(models * reached)
        for first in range(start, end, PAGE):
            yield share, first, min(first + PAGE, end)
        start = end


def prepared(models: int, share: Share, first: int, end: int) -> list[Prepared]:
    """The models of these numbers as records of that source, ready to be written."""
    body = _hub(models).page(first, end, "createdAt", True, FIELDS)
    read = HuggingFace(_HUB).records(Page(body))
    source = share.source
    return [
        prepare(_of(share, number, record), source)
        for number, record in zip(range(first, end), read, strict=True)
        if isinstance(record, ModelRecord)
    ]


@cache
def _hub(models: int) -> Hub:
    return Hub(models)


def _of(share: Share, number: int, record: ModelRecord) -> ModelRecord:
    """What the source says of the model: the hub's record with what is known of it besides."""
    chance = mixed(~number & 0xFFFFFFFF)
    facts = dict(record.facts)
    if chance % 20 == 0:
        facts["card"] = Fact(_card(record))
    if share.name != "huggingface":
        record = replace(
            record,
            url=f"https://{share.name}.example/{record.external_id}",
            identity_keys=_keys(share, number),
        )
        facts.pop("loading", None)  # its lines are for the Hub
    if (chance >> 8 & 0xFFFF) / 0x10000 >= share.measured:
        return replace(record, facts=facts)
    size = (224, 224, 224, 224, 256, 288, 384, 448)[chance >> 24 & 7]
    facts["input_size"] = Fact(size)
    facts["gmacs"] = Fact(round(10 ** (4 * (chance >> 32 & 0xFFF) / 0x1000 - 1), 3))
    facts["year"] = Fact(2013 + (chance >> 44) % 14)
    return replace(record, facts=facts, evaluations=(*record.evaluations, *_results(chance, size)))


def _keys(share: Share, number: int) -> tuple[str, ...]:
    """A key of its own; of every twentieth also that of a model on the Hub, which it then is."""
    own = f"{share.name}:{name_of(number)}"
    return (own, f"hub:{name_of(number // 20)}") if number % 20 == 0 else (own,)


def _results(chance: int, size: int) -> tuple[EvaluationRecord, ...]:
    """Accuracies in percent: of the first class, the first five, and on another test set."""
    first = round(92 - 40 * ((chance >> 48) / 0x10000) ** 2, 3)
    five = round(100 - (100 - first) / 3.5, 3)
    return (
        EvaluationRecord("imagenet-1k", "top1", first, size),
        EvaluationRecord("imagenet-1k", "top5", five, size),
        EvaluationRecord("imagenet-v2", "top1", round(first * 0.86, 3), size),
    )


def _card(record: ModelRecord) -> str:
    task = record.facts["task"].value if "task" in record.facts else "many things"
    owner, _, name = record.external_id.partition("/")
    return _CARD.format(name=name, task=task.replace("-", " "), owner=owner)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=300_000)
    parser.add_argument("--database", default="bench_catalogue", help="made anew if it is there")
    arguments = parser.parse_args()
    generate(arguments.models, arguments.database)


if __name__ == "__main__":
    main()
