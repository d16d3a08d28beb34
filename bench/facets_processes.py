"""Web processes and the one that keeps the index up, as `bench.facets` starts them."""

import json
import subprocess
import sys
import time
from collections.abc import Sequence

from bench.facets_written import Figures, say, seconds
from catalog.facets import count, read
from catalog.facets.models import MODELS
from catalog.index.current import current
from catalog.models import PretrainedModel


def fresh(queries: Sequence[str]) -> Figures:
    """Two web processes at a time: how soon the first answers, and what the second costs besides."""
    code = [sys.executable, "-c", "from bench.fresh_process import main; main()"]
    asked = json.dumps(list(queries)).encode() + b"\n"
    found = []
    processes = []
    for _ in range(2):
        begun = time.perf_counter()
        process = subprocess.Popen(code, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        processes.append(process)
        assert process.stdin
        assert process.stdout
        process.stdin.write(asked)
        process.stdin.flush()
        process.stdout.readline()
        first = time.perf_counter() - begun
        found.append({"first_s": first, **json.loads(process.stdout.readline())})
    pss = [found[1]["pss_mb"], found[1]["private_mb"]]
    for process in processes:
        process.communicate(b"end\n")
    say(f"\na fresh process answers after {found[0]['first_s']:.2f} and {found[1]['first_s']:.2f} s (Python and"
        f" Django included); after {len(queries)} requests the second has PSS {pss[0]:,.0f} MB,"
        f" of it {pss[1]:,.0f} MB its own")  # fmt: skip
    return {"first_s": found[1]["first_s"], "pss_mb": pss[0], "private_mb": pss[1]}


def freshness() -> Figures:
    """Seconds until a changed row shows, and until a thousand do, with `manage.py index --follow` at work."""
    follower = subprocess.Popen(
        [sys.executable, "manage.py", "index", "--follow"], stdout=subprocess.DEVNULL
    )
    rows = PretrainedModel.objects.published().order_by("-pk")
    took = []
    try:
        time.sleep(5)
        for number in (1, 1000):
            pks, task = (
                list(rows.values_list("pk", flat=True)[:number]),
                f"changed-{time.time_ns()}",
            )
            before = dict(rows.filter(pk__in=pks).values_list("pk", "task"))
            PretrainedModel.objects.filter(pk__in=pks).update(task=task)
            took.append(seconds(lambda n=number, t=task: _wait_for(f"task={t}", n)))
            for old in set(before.values()):
                same = [pk for pk, value in before.items() if value == old]
                PretrainedModel.objects.filter(pk__in=same).update(task=old)
    finally:
        follower.terminate()
        follower.wait()
    say(f"\na changed row shows after {took[0]:.1f} s, a thousand after {took[1]:.1f} s")
    return {"shows_s": took[0], "shows_many_s": took[1]}


def _wait_for(query: str, number: int) -> None:
    for _ in range(1200):
        if current(MODELS) and count(read(query)).total == number:
            return
        time.sleep(0.1)
    raise AssertionError("it did not show within two minutes")
