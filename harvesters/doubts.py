"""Whether a walk that came to its end may be believed that what it did not meet is gone."""

from django.db.models import Count, Q

from catalog.models import Source, Speed
from harvesters.counting import LISTED
from harvesters.models import HarvestRun
from harvesters.walk import Walk

_ANNOUNCED = 0.99  # of what a source announces; a few records vanish while it is read
# Sources lose a few per cent between two full walks. A fifth at once is rather an answer that broke off, a
# filter that works otherwise or a changed setting; a small source may well lose that much of itself.
_SHARE = 0.2
_MANY = 100


def why_nothing_is_gone(walk: Walk) -> str:
    """A sentence if the walk must not be believed to have met everything there is."""
    run = walk.run
    if walk.missing:
        return f"{walk.missing}. Nothing was marked gone."
    if run.kind == HarvestRun.Kind.INCREMENTAL or not walk.harvested.is_complete:
        return ""
    if not run.seen and walk.source.kind != Source.Kind.FOLDER and not walk.is_resumed:
        return "The source listed nothing at all, so nothing was marked gone."
    if not walk.is_resumed and run.expected and run.seen < _ANNOUNCED * run.expected:
        return f"Only {run.seen} of {run.expected} came, so nothing was marked gone."
    # Files of this machine are seen as they are; what cannot be read there is `missing`.
    if walk.wishes.accepts_gone or walk.source.kind == Source.Kind.FOLDER:
        return ""
    return _too_many_vanished(walk)


def _too_many_vanished(walk: Walk) -> str:
    listed, vanished = _listed_before(walk)
    if vanished <= _MANY or vanished <= _SHARE * listed:
        return ""
    return (
        f"Only {listed - vanished:,} of the {listed:,} listed before came, so nothing was marked gone. "
        "If this is right (after a change of what is asked for, too), confirm it with "
        f"script/manage harvest {walk.source.pk} --full --accept-gone."
    )


def _listed_before(walk: Walk) -> tuple[int, int]:
    """How many records of all kinds were there before the walk began, and how many of them it did not meet."""
    listed = vanished = 0
    for table in LISTED.values():
        there = table._default_manager.filter(source=walk.source, gone_since=None)
        if table is not Speed:  # of speeds nobody writes down when they came
            there = there.filter(first_seen__lt=walk.started_at)
        found = there.aggregate(
            listed=Count("pk"), vanished=Count("pk", filter=Q(last_seen__lt=walk.started_at))
        )
        listed, vanished = listed + found["listed"], vanished + found["vanished"]
    return listed, vanished
