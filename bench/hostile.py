"""Hostile records through the whole engine and onto pages: `script/bench hostile [--records 100000]`.

Nothing may abort, nothing may be lost, nothing may act on a page that shows it. Ends with an error if
anything does.
"""

import argparse
import time
from collections import Counter

from bench.own_database import own_database

_BATCH = 2_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=int, default=100_000)
    records = parser.parse_args().records
    with own_database("bench_hostile"):
        begun, total = time.perf_counter(), Counter[str]()
        for start in range(0, records, _BATCH):
            total += batch(start, min(_BATCH, records - start))
            if start // _BATCH % 10 == 9:
                print(
                    f"  {start + _BATCH:>9,} records {time.perf_counter() - begun:8.0f} s",
                    flush=True,
                )
        say(total, time.perf_counter() - begun)


def batch(start: int, count: int) -> Counter[str]:
    """One walk over so many records, and a look at pages that show some of them."""
    from django.test import Client

    from harvesters.engine import harvest
    from tests.harvesters.hostile import Harmless, HostileShelf, generate

    run = harvest(HostileShelf(generate(count, start)))
    assert (run.state, run.seen) == ("done", count), run.message
    assert run.seen == run.created + run.updated + run.unchanged + run.rejected
    pages = addresses()
    for address in pages:
        # A repository with the number of another one was renamed: its address leads there.
        answer = Client().get(address, HTTP_HOST="localhost", follow=True)
        assert answer.status_code == 200, f"{address} answered {answer.status_code}"
        acting = Harmless.acts(answer.content.decode())
        assert not acting, f"{address}: {acting}"
    counted = {
        name: getattr(run, name) for name in ("seen", "created", "updated", "unchanged", "rejected")
    }
    return Counter({**counted, "pages looked at": len(pages)})


def addresses() -> list[str]:
    """Lists, and the newest of each kind of thing."""
    from catalog.models import Dataset, Paper, PretrainedModel, Repository

    shown = ["/models/", "/models/?view=cards", "/papers/", "/repositories/", "/datasets/"]
    shown += ["/sources/", "/sources/hostile/"]
    for table in (PretrainedModel, Paper, Repository, Dataset):
        shown += [row.get_absolute_url() for row in table._default_manager.order_by("-pk")[:10]]
    return shown


def say(total: Counter[str], took: float) -> None:
    print(", ".join(f"{count:,} {name}" for name, count in total.items()))
    print(f"{took:,.0f} s; no abort, none lost, nothing that acts")


if __name__ == "__main__":
    main()
