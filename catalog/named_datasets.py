"""Data sets that models name: each gets a row, and so a place in the list, whether or not a source describes it."""

import re
from collections.abc import Iterable

from catalog.aliases import dataset_slug
from catalog.models import Dataset

# As `catalog.reference_records` takes a slug: what it would refuse cannot stand in an address either.
_SLUG = re.compile(r"[a-z0-9][a-z0-9._+-]{0,99}(?:/[a-z0-9._+-]{1,49})?")


def add_named_datasets(names: Iterable[str]) -> None:
    """Make the rows that are missing of data sets which models are trained or tested on."""
    wanted = {name for name in names if name}
    if not wanted:
        return
    known = Dataset.objects.filter(slug__in=wanted).values_list("slug", flat=True)
    # A name that leads to another data set's page is only another spelling.
    new = sorted(
        name
        for name in wanted.difference(known)
        if _SLUG.fullmatch(name) and dataset_slug(name) == name
    )
    Dataset.objects.bulk_create((Dataset(slug=slug) for slug in new), ignore_conflicts=True)
