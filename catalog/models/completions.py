"""What the search box proposes. Gathered from the other tables by `catalog.completions` and `catalog.spelling`."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models


class Completion(models.Model):
    """Something that a person may mean whose typing so far is how `key` begins.

    `kind` is a facet, "model" or "paper", `value` what the address calls it, `rows` how many checkpoints it has.
    """

    # Found by their beginnings: only this collation keeps those together.
    key = models.CharField(max_length=200, db_collation="C")
    kind = models.CharField(max_length=20)
    value = models.CharField(max_length=600)
    label = models.CharField(max_length=600)
    rows = models.BigIntegerField()
    pk = models.CompositePrimaryKey("kind", "key", "value")


class Word(models.Model):
    """A word of letters that occurs in names, with the number of `rows` (of a sample, where there are many).

    `near` are its spellings with up to two letters left out: two words that differ by a slip of the keys share one.
    """

    word = models.CharField(primary_key=True, max_length=30, db_collation="C")
    rows = models.BigIntegerField()
    near = ArrayField(models.CharField(max_length=30))

    class Meta:
        # Did you mean: words that are spelled alike. Without a list of what is pending: after a gathering that
        # would be all of it, read from its beginning to its end each time (600 ms instead of 6).
        indexes = [GinIndex(fields=["near"], name="word_near", fastupdate=False)]
