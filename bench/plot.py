"""What the plot costs, as ratios to the table of the same list in the same run, and its bytes as the site sends them.

    script/bench plot [rows ...]                  (100, 1500 and 20000 unless told)

Every row has all numbers, names are like timm's. Time is that of the whole answer through Django's test client, in turn
with the table's; medians of seven after one that is not counted; first by plain SQL, then out of the index. Bytes are
gzipped by the site's own middleware.
"""

import gzip
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from bench.own_database import own_database

LIMIT_BYTES = 150_000
ROUNDS, WARM_UP = 7, 1
STEMS = ("resnet50", "vit_base_patch16_224", "convnext_tiny", "regnety_160", "efficientnet_b3",
         "swin_large_patch4_window12_384", "maxvit_small_tf_512", "xcit_nano_12_p8", "deit3_huge",
         "mobilenetv4_conv_medium", "caformer_b36", "levit_256")  # fmt: skip
RECIPES = ("a1_in1k", "augreg_in21k_ft_in1k", "fb_dist_in1k", "fcmae_ft_in22k_in1k_384", "sw_in12k",
           "ra4_e3600_r256_in1k", "ns_jft_in1k", "openai_ft_in1k", "sail_in22k_ft_in1k", "tv2_in1k")  # fmt: skip
REQUESTS = {
    "plot": "view=plot",
    "plot, other axes": "view=plot&x=gmacs&y=top5",
    "plot, one family": "view=plot&family=convnext",
    "table of the front": "best=params,top1",
    "the front, narrowed": "best=size,top1&license=mit&top1=70..",
}


def generate(rows: int) -> None:
    """Checkpoints whose accuracy grows with their logarithm, with much spread."""
    from catalog.models import PretrainedModel
    from catalog.search import refresh_search

    chance = random.Random(rows)  # noqa: S311 - rows, not secrets
    PretrainedModel.objects.bulk_create(
        (_checkpoint(number, chance) for number in range(rows)), batch_size=2000
    )
    keys = list(PretrainedModel.objects.values_list("pk", flat=True))
    for start in range(0, rows, 5000):
        refresh_search(keys[start : start + 5000])


def _checkpoint(number: int, chance: random.Random) -> object:
    from catalog.models import PretrainedModel

    stem = chance.choice(STEMS)
    name = f"{stem}.{chance.choice(RECIPES)}_{number:x}"
    power = chance.gauss(7.4, 0.6)
    top1 = round(min(90.0, 55 + 4.2 * power - chance.expovariate(0.25)), 3)
    return PretrainedModel(
        name=name,
        slug=f"timm/{name}",
        sources=["timm"],
        task="image-classification",
        libraries=["pytorch", "timm"],
        family=stem.partition("_")[0].rstrip("0123456789"),
        license=chance.choice(["mit", "apache-2.0", "cc-by-nc-4.0"]),
        parameters=int(10**power),
        size_bytes=int(4 * 10**power),
        gmacs=round(10 ** (power - 6.8 + chance.gauss(0, 0.3)), 3),
        top1=top1,
        top5=round(100 - (100 - top1) / 3.5, 3),
        year=chance.randint(2014, 2026),
    )


def seconds(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(rows: int, engine: str) -> int:
    """Prints a line per request; returns the bytes of the heaviest one."""
    from django.test import Client

    client = Client(headers={"accept-encoding": "gzip"})
    print(f"\n{rows:,} checkpoints with all numbers, {engine}; medians of {ROUNDS}")
    print(f"{'request':22}{'ms':>8}{'x table':>9}{'kB':>8}{'x table':>9}{'links':>7}")
    heaviest = 0
    for title, query in {"table": "", **REQUESTS}.items():
        works = [lambda: client.get("/models/"), lambda q=query: client.get(f"/models/?{q}")]
        times = [[seconds(work) for work in works] for _ in range(WARM_UP + ROUNDS)][WARM_UP:]
        table, own = (statistics.median(column) for column in zip(*times, strict=True))
        light, answer = (work() for work in works)
        assert answer.status_code == 200
        size, dots = (
            len(answer.content),
            gzip.decompress(answer.content).count(b'<a href="/models/timm/'),
        )
        heaviest = max(heaviest, size)
        print(
            f"{title:22}{own * 1e3:8.1f}{own / table:9.2f}{size / 1e3:8.1f}"
            f"{size / len(light.content):9.2f}{dots:7,}"
        )
    return heaviest


def main(sizes: list[int]) -> int:
    with own_database("bench_plot"), tempfile.TemporaryDirectory() as folder:
        from django.conf import settings
        from django.db import connection

        from catalog.facets.models import MODELS
        from catalog.index.following import rebuild
        from catalog.models import PretrainedModel

        settings.ALLOWED_HOSTS = ["*"]
        heaviest = 0
        for size in sizes:
            PretrainedModel.objects.all().delete()
            generate(size)
            with connection.cursor() as cursor:
                cursor.execute("VACUUM ANALYZE catalog_pretrainedmodel")
            settings.INDEX_DIR = Path(folder) / f"none-{size}"
            heaviest = max(heaviest, report(size, "plain SQL"))
            settings.INDEX_DIR = Path(folder) / f"{size}"
            rebuild(MODELS)
            heaviest = max(heaviest, report(size, "index"))
    print(f"\nheaviest: {heaviest / 1e3:.1f} kB of {LIMIT_BYTES / 1e3:.0f} kB")
    return int(heaviest > LIMIT_BYTES)


if __name__ == "__main__":
    sys.exit(main([int(size) for size in sys.argv[1:]] or [100, 1500, 20_000]))
