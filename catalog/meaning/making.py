"""Giving every checkpoint its text and every text its vector: in small steps, each of which is kept.

New checkpoints come first; behind them a walk goes round and round through all, because what a source says may become
something else at any time. Both go on where the last run ended.
"""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import transaction
from django.db.models import TextField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Left
from django.utils import timezone

from catalog.alone import alone
from catalog.classes.outputs import names_of_small
from catalog.meaning.encoder import SHA256, NoEncoder, encoder
from catalog.meaning.texts import MOST_CLASSES, Said, text_of
from catalog.models import Dataset, Listing, Meaning, MeaningWalk, PretrainedModel, TextVector

if TYPE_CHECKING:
    from catalog.meaning.minilm import Encoder

TEXTS_A_RUN = 1_000  # about 20 s of one core
_LOOKED_AT_A_RUN = 5_000
_BATCH = 200
_AGAIN_AFTER = timedelta(hours=1)
_MOST_CARD = 4_000  # characters of which the beginning of its prose is taken
_ENCODER = SHA256["model.safetensors"]


@dataclass
class Made:
    """What a run did: how many checkpoints it looked at, and how many texts became vectors."""

    looked_at: int = 0
    texts: int = 0


def make_meanings(texts: int = TEXTS_A_RUN, now: datetime | None = None) -> Made:
    """Go on, until about so many texts have become vectors or there is nothing to do.

    Raises AlreadyAtWork if another process does so, NoEncoder where no vector can be made.
    """
    with alone("catalog.meaning", "Texts are being made vectors already."):
        now = now or timezone.now()
        walk, _ = MeaningWalk.objects.get_or_create(pk=1)
        try:
            made = _run(walk, encoder(), texts, now)
        except NoEncoder as problem:
            walk.problem = str(problem)[:300]
            walk.save()
            raise
        walk.ran_at, walk.problem = now, ""
        walk.save()
        return made


def _run(walk: MeaningWalk, encode: "Encoder", texts: int, now: datetime) -> Made:
    made = Made()
    for place in ("newest", "after"):
        while made.texts < texts and made.looked_at < _LOOKED_AT_A_RUN:
            if place == "after" and not _goes_round(walk, now):
                break
            pks = _next(getattr(walk, place))
            with transaction.atomic():
                made.texts += _make(pks, encode, now)
                made.looked_at += len(pks)
                _move(walk, place, pks, now)
            if not pks:
                break
    return made


def _goes_round(walk: MeaningWalk, now: datetime) -> bool:
    return bool(walk.after) or not walk.round_ended_at or walk.round_ended_at < now - _AGAIN_AFTER


def _next(after: int) -> list[int]:
    rows = PretrainedModel.objects.filter(pk__gt=after).order_by("pk")
    return list(rows.values_list("pk", flat=True)[:_BATCH])


def _move(walk: MeaningWalk, place: str, pks: Sequence[int], now: datetime) -> None:
    if pks:
        setattr(walk, place, pks[-1])
    elif place == "newest":
        # The first of all rounds.
        walk.round_ended_at = walk.round_ended_at or now
    else:
        walk.after, walk.round_ended_at = 0, now
        TextVector.objects.filter(meanings=None).delete()
    walk.save()


def _make(pks: Sequence[int], encode: "Encoder", now: datetime) -> int:
    """Write what these checkpoints are about; returns how many texts became vectors."""
    texts = texts_of(pks)
    wanted = {pk: text_id(text) for pk, text in texts.items()}
    by_id = {wanted[pk]: text for pk, text in texts.items()}
    known = set(TextVector.objects.filter(pk__in=by_id).values_list("pk", flat=True))
    missing = {pk: text for pk, text in by_id.items() if pk not in known}
    if missing:
        vectors = encode.vectors(list(missing.values()))
        rows = zip(missing, vectors, strict=True)
        # Somebody may have made the same in between.
        TextVector.objects.bulk_create(
            (TextVector(pk=pk, vector=vector.tolist()) for pk, vector in rows),
            ignore_conflicts=True,
        )
    have = dict(Meaning.objects.filter(pk__in=pks).values_list("pk", "text_id"))
    changed = {pk: text for pk, text in wanted.items() if have.get(pk) != text}
    Meaning.objects.bulk_create(
        (Meaning(pretrained_id=pk, text_id=text, made_at=now) for pk, text in changed.items()),
        update_conflicts=True,
        unique_fields=["pretrained"],
        update_fields=["text", "made_at"],
    )
    Meaning.objects.filter(pk__in=have.keys() - wanted.keys()).delete()
    return len(missing)


def text_id(text: str) -> UUID:
    """What a text's vector is known by; another encoder would make another one."""
    return UUID(bytes=hashlib.sha256(f"{_ENCODER}\n{text}".encode()).digest()[:16])


def texts_of(pks: Collection[int]) -> dict[int, str]:
    """The texts of those of these checkpoints that are published and of which something is said."""
    rows = PretrainedModel.objects.published().filter(pk__in=pks)
    columns = (
        "pk", "name", "task", "family", "architecture_id", "datasets", "tags", "label_set",
    )  # fmt: skip
    found = list(rows.values(*columns))
    about = _about({slug for row in found for slug in row["datasets"]})
    prose = _stated([row["pk"] for row in found])
    classes = names_of_small({row["label_set"] for row in found}, MOST_CLASSES)
    texts = {
        row["pk"]: text_of(
            Said(
                name=row["name"],
                task=row["task"],
                family=row["family"],
                datasets=row["datasets"],
                tags=row["tags"],
                prose=prose.get(row["pk"], ()),
                classes=classes.get(row["label_set"], ()),
                has_architecture=bool(row["architecture_id"]),
            ),
            about,
        )
        for row in found
    }
    return {pk: text for pk, text in texts.items() if text}


def _about(slugs: Collection[str]) -> dict[str, str]:
    rows = Dataset.objects.filter(slug__in=slugs).exclude(description="")
    return dict(rows.values_list("slug", "description"))


def _stated(pks: Collection[int]) -> Mapping[int, list[str]]:
    """The prose that the listings of these checkpoints state."""
    prose: dict[int, list[str]] = {}
    listings = Listing.objects.filter(pretrained__in=pks, gone_since=None).order_by("pk")
    # A card may be as long as a book: only its beginning leaves the database.
    card = Left(Cast(KT("facts__card__value"), TextField()), _MOST_CARD)
    rows = listings.annotate(card=card)
    for pk, *texts in rows.values_list("pretrained_id", "facts__description__value", "card"):
        prose.setdefault(pk, []).extend(filter(None, texts))
    return prose
