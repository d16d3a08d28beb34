"""What checkpoints are about, as vectors: search by meaning reads them, `catalog.meaning` writes them."""

from django.db import models
from pgvector.django import HalfVectorField, HnswIndex

from catalog.models.checkpoints import PretrainedModel

VECTOR_WIDTH = 384


class TextVector(models.Model):
    """A text of `catalog.meaning.texts` as a vector of length one. Checkpoints with the same text share it."""

    id = models.UUIDField(primary_key=True, help_text="made of the encoder's name and the text")
    vector = HalfVectorField(dimensions=VECTOR_WIDTH)

    class Meta:
        indexes = [
            # Browse: the texts nearest to what was typed.
            HnswIndex(
                fields=["vector"], opclasses=["halfvec_cosine_ops"], name="text_vector_nearest"
            )
        ]


class Meaning(models.Model):
    """Which text a checkpoint has; those of which nothing is said have none."""

    pretrained = models.OneToOneField(
        PretrainedModel, primary_key=True, on_delete=models.CASCADE, related_name="meaning"
    )
    # Nearest texts to their checkpoints.
    text = models.ForeignKey(TextVector, on_delete=models.CASCADE, related_name="meanings")
    made_at = models.DateTimeField(help_text="when it last became another text")


class MeaningWalk(models.Model):
    """How far the walk is that gives every checkpoint its text; one row."""

    after = models.BigIntegerField(default=0, help_text="checkpoint that was looked at last")
    newest = models.BigIntegerField(default=0, help_text="the same of those that came since")
    ran_at = models.DateTimeField(null=True)
    round_ended_at = models.DateTimeField(null=True, help_text="when all had been looked at")
    problem = models.CharField(max_length=300, blank=True, help_text="why no vector can be made")
