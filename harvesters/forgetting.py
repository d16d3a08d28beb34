"""What need not be kept for ever: old runs, and old notes of what visitors had looked up."""

from datetime import timedelta

from django.db.models import Exists, F, OuterRef, Subquery

from harvesters.clock import database_now
from harvesters.models import Checkpoint, HarvestRun, Lookup, RejectedRecord

RUNS_KEPT_FOR = timedelta(days=365)
RUNS_KEPT = 50  # of each source, however old: its page shows the last ones
LOOKUPS_KEPT_FOR = timedelta(days=90)  # a model is asked for again after a day
_AT_ONCE = 1_000  # runs; the rest goes a minute later


def forget_old_runs() -> int:
    """Delete runs of more than a year ago; returns how many.

    The last 50 of each source stay, those that a checkpoint or a rejected record names, and one that is on.
    """
    its_runs = HarvestRun.objects.filter(source=OuterRef("source")).order_by("-started_at")
    named = (
        model.objects.filter(run=OuterRef("pk")).values("pk")
        for model in (Checkpoint, RejectedRecord)
    )
    old = (
        HarvestRun.objects.filter(started_at__lt=database_now() - RUNS_KEPT_FOR)
        .exclude(state=HarvestRun.State.RUNNING)
        .filter(*(~Exists(rows) for rows in named))
        .annotate(kept_from=Subquery(its_runs.values("started_at")[RUNS_KEPT - 1 : RUNS_KEPT]))
        .filter(started_at__lt=F("kept_from"))
    )
    numbers = list(old.order_by("started_at").values_list("pk", flat=True)[:_AT_ONCE])
    return HarvestRun.objects.filter(pk__in=numbers).delete()[0]


def forget_old_lookups() -> int:
    """Delete notes of what was looked up over 90 days ago; returns how many."""
    return Lookup.objects.filter(asked_at__lt=database_now() - LOOKUPS_KEPT_FOR).delete()[0]
