"""What `harvest --if-empty` takes up at each start of the server."""

import pytest
from django.utils import timezone

from catalog.models import Source
from harvesters.models import HarvestRun
from harvesters.services import never_read

pytestmark = pytest.mark.django_db


def walked(name: str, state: str) -> None:
    source, _ = Source.objects.get_or_create(name=name, title=name, kind=Source.Kind.LIBRARY)
    now = timezone.now()
    HarvestRun.objects.create(source=source, state=state, started_at=now, heartbeat_at=now)


def test_a_stopped_first_harvest_goes_on() -> None:
    walked("timm", HarvestRun.State.PARTIAL)

    assert never_read(["timm", "torchvision"]) == ["timm", "torchvision"]


def test_what_was_read_to_its_end_once_is_left_to_the_daily_harvest() -> None:
    walked("timm", HarvestRun.State.DONE)
    walked("timm", HarvestRun.State.PARTIAL)

    assert never_read(["timm", "torchvision"]) == ["torchvision"]
