"""Which rows have changed, for those who keep something up with them."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.expressions import RawSQL
from django.db.models.functions import Now


class ChangedRows(models.Model):
    """Checkpoints that one statement wrote; triggers add it, `catalog.index` reads it."""

    # What is read by transaction misses nothing, whatever order transactions end in:
    # whoever saw everything up to one that was not over looks from that one on again.
    transaction = models.BigIntegerField(
        db_default=RawSQL("pg_current_xact_id()::text::bigint", []), db_index=True
    )
    at = models.DateTimeField(db_default=Now())
    pks = ArrayField(models.BigIntegerField())
