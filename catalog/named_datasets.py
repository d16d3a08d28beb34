"""Data sets that models name: each gets a row, and so a place in the list, whether or not a source describes it."""

import re

from django.db import connection

from catalog.aliases import dataset_slug
from catalog.models import Dataset

# As `catalog.reference_records` takes a slug: what it would refuse cannot stand in an address either.
_SLUG = re.compile(r"[a-z0-9][a-z0-9._+-]{0,99}(?:/[a-z0-9._+-]{1,49})?")


def add_named_datasets() -> int:
    """Make the rows that are missing of data sets which models are trained or tested on; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT slug FROM ("
            " SELECT unnest(datasets) AS slug FROM catalog_pretrainedmodel WHERE gone_since IS NULL"
            " UNION SELECT dataset FROM catalog_evaluation"
            ") AS named WHERE NOT EXISTS (SELECT FROM catalog_dataset WHERE catalog_dataset.slug = named.slug)"
        )
        named = {slug for (slug,) in cursor.fetchall()}
    # A name that leads to another data set's page is only another spelling.
    new = sorted(s for s in named if s and _SLUG.fullmatch(s) and dataset_slug(s) == s)
    Dataset.objects.bulk_create(
        (Dataset(slug=slug) for slug in new), batch_size=2_000, ignore_conflicts=True
    )
    return len(new)
