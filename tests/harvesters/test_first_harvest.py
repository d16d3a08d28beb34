"""What `harvest --if-empty` takes up at each start of the server."""

import pytest
from django.utils import timezone

from catalog.models import Source
from harvesters.engine import Wishes, harvest
from harvesters.models import Checkpoint
from harvesters.services import never_read
from tests.harvesters.sources_for_tests import Shelf

pytestmark = pytest.mark.django_db


def test_a_stopped_first_harvest_goes_on() -> None:
    harvest(Shelf([["a"], ["b"]], breaks_at=1))
    assert never_read(["shelf", "torchvision"]) == ["shelf", "torchvision"]


def test_a_run_that_stopped_at_its_limit_has_not_read_the_source() -> None:
    harvest(Shelf([["a"], ["b"]]), Wishes(limit=1))
    assert never_read(["shelf"]) == ["shelf"]


def test_what_was_read_to_its_end_once_is_left_to_its_schedule() -> None:
    harvest(Shelf([["a"], ["b"]]))
    harvest(Shelf([["a"], ["b"]], breaks_at=1))
    assert never_read(["shelf", "torchvision"]) == ["torchvision"]


def test_what_another_source_has_read_does_not_count() -> None:
    source = Source.objects.create(name="timm", title="timm", kind="library")
    now = timezone.now()
    Checkpoint.objects.create(source=source, walk_started_at=now, updated_at=now)
    assert never_read(["timm"]) == ["timm"]
