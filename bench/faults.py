"""What harvesting makes of each fault of a hub: `script/bench faults` prints the table with what was seen.

The same table as tests/harvesters/test_faults.py, played once more in a database of its own.
"""

import stamina

from bench.own_database import own_database


def main() -> None:
    with own_database("bench_faults"), stamina.set_testing(testing=True, attempts=5):
        play_all()


def play_all() -> None:
    from django.db import transaction

    from catalog.models import PretrainedModel
    from harvesters import engine
    from harvesters.http import Http
    from tests.harvesters.faults import FAULTS, NAMES, play

    # Waits between tries would only take time: a minute's patience is two seconds here.
    engine._SECOND_LOOK = 0
    Http.__init__.__kwdefaults__.update(patience=2, limit=1_000_000)
    print(
        "| fault | the run under it | seen + rejected | requests | the run after it | in the catalogue |"
    )
    print("|---|---|---|---|---|---|")
    for fault in FAULTS:
        with transaction.atomic():
            seen = play(fault)
            under, after = seen.under, seen.after
            said = f"{under.state}" + (f": {under.message[:140]}" if under.message else "")
            held = PretrainedModel.objects.count()
            print(
                f"| {fault.name} | {said} | {under.seen - under.rejected} + {under.rejected} |"
                f" {seen.requests} | {after.state} | {held} of {len(NAMES)} |",
                flush=True,
            )
            transaction.set_rollback(True)


if __name__ == "__main__":
    main()
