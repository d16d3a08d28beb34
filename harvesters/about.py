"""What a reader should know about each source beside its records: terms, what is taken, how often, what it needs.

The cadences follow each source's own terms: hourly where a hub offers what changed since, daily where a list
is short, weekly or monthly where little changes, once where nothing does any more.
"""

from dataclasses import dataclass

from django.conf import settings

from harvesters.models import Schedule
from harvesters.sources.base import Harvested

_HOUR, _DAY, _WEEK, _MONTH = (
    Schedule.Every.HOUR,
    Schedule.Every.DAY,
    Schedule.Every.WEEK,
    Schedule.Every.MONTH,
)


@dataclass(frozen=True)
class About:
    """`taken` in one sentence; `terms` as the source wants to be thanked; `wants` is a setting it is better with."""

    taken: str
    terms: str = ""
    every: int = _DAY
    full_every: int | None = None
    wants: str = ""
    without: str = ""


_ABOUT: dict[str, About] = {}


def about(harvested: Harvested) -> About:
    """What is known of this source, or what follows from its class."""
    known = _ABOUT.get(harvested.name)
    if known:
        return known
    return About("", full_every=_WEEK if harvested.has_increments else None)


def cadence(harvested: Harvested) -> tuple[int, int | None]:
    """(hours from one run to the next, hours from one full walk to the next or None)."""
    known = about(harvested)
    return known.every, known.full_every


def missing_setting(harvested: Harvested) -> str:
    """A sentence on the setting that is empty and without which little comes, empty if there is none."""
    known = about(harvested)
    if not known.wants or getattr(settings, known.wants, None):
        return ""
    return f"{known.wants} is not set: {known.without}"
