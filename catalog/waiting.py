"""Checkpoints that were listed before the one that they were made from."""

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from catalog.bulk import as_array, update_rows
from catalog.models import PretrainedModel

# Keys by which no source names what a checkpoint was made from.
_NEVER_A_PARENT = ("hub-number:", "sha256:")
# One look into the index per key (OFFSET 0 keeps it so): for a page of thousands of keys the planner would
# rather read the whole table, 0.9 s instead of 0.02 s at a million listings.
_CHILDREN = """
    SELECT child.pretrained_id, parent.pk,
        (SELECT count(*) FROM catalog_listing AS other WHERE other.pretrained_id = child.pretrained_id)
    FROM unnest(%s::text[], %s::bigint[]) AS parent (key, pk)
    JOIN LATERAL (
        SELECT pretrained_id FROM catalog_listing
        WHERE parent_key = parent.key AND parent_key <> '' OFFSET 0
    ) AS child ON true
    JOIN LATERAL (
        SELECT id, parent_id FROM catalog_pretrainedmodel WHERE id = child.pretrained_id OFFSET 0
    ) AS row ON row.parent_id IS DISTINCT FROM parent.pk AND row.id <> parent.pk
"""


def give_parents(owners: Mapping[str, int], now: datetime) -> set[int]:
    """Give those that wait for one of these identity keys its owner as their parent.

    Only where nothing else describes the child; returns the other ones, which are to be resolved.
    """
    nameable = {key: pk for key, pk in owners.items() if not key.startswith(_NEVER_A_PARENT)}
    with connection.cursor() as cursor:
        cursor.execute(_CHILDREN, [as_array(nameable), as_array(nameable.values())])
        found = cursor.fetchall()
    alone = {child: parent for child, parent, listings in found if listings == 1}
    update_rows(
        PretrainedModel,
        [{"id": pk, "parent_id": parent, "changed_at": now} for pk, parent in alone.items()],
    )
    return {child for child, _, _ in found} - alone.keys()
