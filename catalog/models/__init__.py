"""The catalogue's tables.

"Model" alone means a Django model; one published checkpoint is a `PretrainedModel`.
"""

from catalog.models.changed import ChangedRows
from catalog.models.checkpoints import (
    Architecture,
    IdentityKey,
    Listing,
    PaperLink,
    PretrainedModel,
    Verdict,
)
from catalog.models.classes import ClassLabel, LabelSet, LabelSetClass, LabelSetListing
from catalog.models.completions import Completion, Word
from catalog.models.history import Change, KeyCorrection
from catalog.models.meanings import Meaning, MeaningWalk, TextVector
from catalog.models.references import (
    Dataset,
    DatasetListing,
    Organization,
    Paper,
    PaperListing,
    PaperRepository,
    Repository,
    RepositoryListing,
    SimilarPapers,
)
from catalog.models.results import Evaluation, Leaderboard, PublishedResult, Speed
from catalog.models.sources import Sighted, Source

__all__ = [
    "Architecture",
    "Change",
    "ChangedRows",
    "ClassLabel",
    "Completion",
    "Dataset",
    "DatasetListing",
    "Evaluation",
    "IdentityKey",
    "KeyCorrection",
    "LabelSet",
    "LabelSetClass",
    "LabelSetListing",
    "Leaderboard",
    "Listing",
    "Meaning",
    "MeaningWalk",
    "Organization",
    "Paper",
    "PaperLink",
    "PaperListing",
    "PaperRepository",
    "PretrainedModel",
    "PublishedResult",
    "Repository",
    "RepositoryListing",
    "Sighted",
    "SimilarPapers",
    "Source",
    "Speed",
    "TextVector",
    "Verdict",
    "Word",
]
