"""The registry of sources: to add one, write its module and add a line here."""

from collections.abc import Callable

from django.conf import settings

from harvesters.sources.base import Harvested
from harvesters.sources.local import Local
from harvesters.sources.measured import Measured
from harvesters.sources.timm import Timm
from harvesters.sources.timm_results import TimmResults
from harvesters.sources.torchvision import Torchvision


def _local() -> Local:
    return Local(
        {"shipped": settings.BASE_DIR / "inference" / "shipped", "models": settings.MODELS_DIR}
    )


# In the order in which they are harvested: the quick ones first.
SOURCES: dict[str, Callable[[], Harvested]] = {
    "local": _local,
    "timm": Timm,
    "torchvision": Torchvision,
    "timm-results": lambda: TimmResults(settings.RAW_GITHUB_URL),
    "measured": Measured,
}
