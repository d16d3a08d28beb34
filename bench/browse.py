"""What the browse page costs, as ratios to a bare list of 30 rows measured in the same run.

    python -m bench.browse [rows ...]                  (2000 and 50000 unless told)

In a test database of its own, rows are generated with the skew of the real catalogue (a few large families, one
main task, a third of all figures unknown). Each request is measured 15 times in turn with the baseline, after two
that are not counted; medians are printed. "rows" is `SELECT ... ORDER BY slug LIMIT 30`, "counts" the statement behind
all facets and histograms, "page" the whole answer with templates, through Django's test client without network.
"""

import random
import statistics
import sys
import time
from collections.abc import Callable

import django

django.setup()

from django.conf import settings  # noqa: E402 - after setup
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from catalog.facets import count, read  # noqa: E402
from catalog.models import Architecture, PretrainedModel  # noqa: E402
from catalog.search import refresh_search  # noqa: E402

REQUESTS = {
    "no filter": "",
    "one broad filter": "task=image-classification",
    "words": "q=model1",
    "words and three filters": "q=model1&task=image-classification&library=timm&license=open",
    "workshop's question": (
        "task=image-classification&library=pytorch&dataset=imagenet-1k&license=open"
        "&size=..100MB&sort=-top1"
    ),
    "narrow": "family=family77&year=2020..",
    "nothing left": "family=family77&task=optical-flow&size=..1MB",
}
TASKS = ["image-classification"] * 16 + ["image-feature-extraction"] * 4 + ["object-detection"]
LICENSES = ["apache-2.0"] * 13 + ["mit"] * 3 + ["cc-by-nc-4.0"] * 2 + ["bsd-3-clause", ""]
DATASETS = ["imagenet-1k"] * 14 + ["imagenet-21k"] * 3 + [f"data{n}" for n in range(40)]
ROUNDS, WARM_UP = 15, 2


def generate(rows: int) -> None:
    """`rows` checkpoints of about rows / 1.6 architectures in 150 families."""
    chance = random.Random(0)  # noqa: S311 - rows, not secrets
    names = [f"model{n}_{chance.choice(['tiny', 'base', 'large'])}" for n in range(int(rows / 1.6))]
    architectures = Architecture.objects.bulk_create(
        [
            Architecture(name=name, family=f"family{int(chance.paretovariate(0.6)) % 150}")
            for name in names
        ],
        batch_size=5000,
    )
    PretrainedModel.objects.bulk_create(
        (checkpoint(number, chance.choice(architectures), chance) for number in range(rows)),
        batch_size=2000,
    )
    for start in range(0, rows, 5000):
        pks = PretrainedModel.objects.order_by("pk").values_list("pk", flat=True)
        refresh_search(pks[start : start + 5000])
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE catalog_pretrainedmodel")


def checkpoint(number: int, architecture: Architecture, chance: random.Random) -> PretrainedModel:
    parameters = int(10 ** chance.gauss(7.5, 0.6)) if chance.random() < 0.7 else None
    name = f"{architecture.name}.tag{number}"
    return PretrainedModel(
        name=name,
        slug=f"timm/{name}",
        sources=["timm"] if chance.random() < 0.9 else ["timm", "torchvision"],
        task=chance.choice(TASKS),
        libraries=["pytorch", "timm"] if chance.random() < 0.9 else ["pytorch", "torchvision"],
        datasets=list({chance.choice(DATASETS) for _ in range(chance.randint(0, 2))}),
        family=architecture.family,
        organization=f"organization{int(chance.paretovariate(0.7)) % 300}",
        architecture=architecture,
        license=chance.choice(LICENSES),
        parameters=parameters,
        size_bytes=parameters and parameters * 4,
        gmacs=parameters and parameters / 6e6,
        input_size=chance.choice([224] * 6 + [256, 288, 384, 448]),
        top1=chance.uniform(65, 88) if chance.random() < 0.6 else None,
        top5=chance.uniform(85, 99) if chance.random() < 0.6 else None,
        year=chance.randint(2014, 2026),
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def bare() -> list[PretrainedModel]:
    return list(PretrainedModel.objects.order_by("slug").defer("search_vector", "search_text")[:30])


def measure(query: str, client: Client) -> tuple[float, float, float]:
    """Median seconds of the bare rows, of the counts, of the page."""
    filters, url = read(query), f"/models/?{query}"
    assert client.get(url).status_code == 200
    works: tuple[Callable[[], object], ...] = (
        bare,
        lambda: count(filters),
        lambda: client.get(url),
    )
    times = [[seconds(work) for work in works] for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
    rows, counts, page = (statistics.median(column) for column in zip(*times, strict=True))
    return rows, counts, page


def report(rows: int) -> None:
    print(
        f"\n{rows:,} checkpoints; medians of {ROUNDS}, ms, and times the bare list of the same run"
    )
    print(f"{'request':26}{'rows':>7}{'counts':>9}{'x':>7}{'page':>9}{'x':>7}{'found':>9}")
    client = Client()
    for title, query in REQUESTS.items():
        base, counts, page = measure(query, client)
        found = count(read(query)).total
        print(
            f"{title:26}{base * 1e3:7.1f}{counts * 1e3:9.1f}{counts / base:7.1f}"
            f"{page * 1e3:9.1f}{page / base:7.1f}{found:9,}"
        )


def main(sizes: list[int]) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    name = connection.settings_dict["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"bench_{name}"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        for size in sizes:
            PretrainedModel.objects.all().delete()
            Architecture.objects.all().delete()
            generate(size)
            report(size)
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main([int(size) for size in sys.argv[1:]] or [2_000, 50_000])
