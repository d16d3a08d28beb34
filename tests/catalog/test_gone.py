"""Very many listings that are gone at once."""

import pytest
from django.db import connection
from django.utils import timezone

from catalog.bulk import copy_rows, defaults, new_ids
from catalog.identity import follow_renamed
from catalog.models import Listing, PretrainedModel, Source

MANY = 20_000
pytestmark = pytest.mark.django_db


def test_new_addresses_are_found_quickly_when_a_hub_loses_nearly_everything() -> None:
    hub = Source.objects.create(name="hub", title="Hub", kind="hub")
    now = timezone.now()
    pks = new_ids(PretrainedModel, MANY)
    model = {**defaults(PretrainedModel), "created_at": now, "changed_at": now, "search_vector": ""}
    copy_rows(
        PretrainedModel,
        [{**model, "id": pk, "slug": f"hub/m{n}", "name": f"m{n}"} for n, pk in enumerate(pks)],
    )
    listing = {**defaults(Listing), "source_id": "hub", "first_seen": now, "last_seen": now}
    listing |= {"changed_at": now}
    old = [{**listing, "pretrained_id": pk, "external_id": f"m{n}"} for n, pk in enumerate(pks)]
    new = {**listing, "pretrained_id": pks[7], "external_id": "renamed"}
    copy_rows(Listing, [*old, new])
    with connection.cursor() as cursor:
        # What Postgres knows is from when the hub was a sixth of its size and nothing was gone.
        other = Source.objects.create(name="other", kind="hub")
        Listing.objects.filter(pretrained__in=pks[MANY // 6 :]).update(source=other)
        cursor.execute("ANALYZE catalog_listing, catalog_pretrainedmodel")
        Listing.objects.update(source=hub)
        Listing.objects.exclude(external_id__in=["renamed", "m9"]).update(gone_since=now)
        cursor.execute("SET LOCAL statement_timeout = '5s'")
        follow_renamed(hub, pks)
        cursor.execute("SET LOCAL statement_timeout = 0")
    assert PretrainedModel.objects.get(pk=pks[7]).slug == "hub/renamed"
    assert PretrainedModel.objects.filter(slug="hub/m9").exists()
    assert PretrainedModel.objects.filter(slug__startswith="hub/m").count() == MANY - 1
