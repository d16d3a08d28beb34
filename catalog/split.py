"""Taking a checkpoint apart whose listings no longer share identity keys."""

from collections.abc import Sequence

from django.utils import timezone

from catalog.bulk import defaults
from catalog.models import (
    Change,
    Evaluation,
    IdentityKey,
    Listing,
    PaperLink,
    PretrainedModel,
)


def split(pretrained: int) -> set[int]:
    """Give each group of listings that share keys a checkpoint; returns all that must be resolved.

    The group with the listing that the address names keeps the checkpoint, else the one with the first
    listing. The others get back the checkpoint that was once merged into it, where their address names
    one, else a new one.
    """
    kept = PretrainedModel.objects.get(pk=pretrained)
    groups = _groups(kept)
    if len(groups) < 2:
        return {pretrained}
    stays = next((group for group in groups if kept.slug in map(str, group)), groups[0])
    children = set(kept.children.values_list("pk", flat=True))
    moved = {_move(group, kept) for group in groups if group is not stays}
    return {pretrained} | moved | children


def _groups(kept: PretrainedModel) -> list[list[Listing]]:
    listings = {listing.pk: listing for listing in kept.listings.order_by("pk")}
    by_key: dict[str, int] = {}
    above = {pk: pk for pk in listings}

    def top(pk: int) -> int:
        while above[pk] != pk:
            pk = above[pk]
        return pk

    keys = IdentityKey.objects.filter(listing__in=listings).order_by("listing")
    for key, pk in keys.values_list("key", "listing"):
        # The earlier listing stays on top, so that the groups keep their order.
        one, other = sorted((top(by_key.setdefault(key, pk)), top(pk)))
        above[other] = one
    groups: dict[int, list[Listing]] = {}
    for pk, listing in listings.items():
        groups.setdefault(top(pk), []).append(listing)
    return list(groups.values())


def _move(group: Sequence[Listing], kept: PretrainedModel) -> int:
    names = [str(listing) for listing in group]
    own = _own(names, kept)
    pks = [listing.pk for listing in group]
    Listing.objects.filter(pk__in=pks).update(pretrained=own)
    for table in (Evaluation, PaperLink):
        table.objects.filter(listing__in=pks).update(pretrained=own)
    PretrainedModel.objects.filter(merged_into=kept, slug__in=names).update(merged_into=own)
    return own.pk


def _own(names: Sequence[str], kept: PretrainedModel) -> PretrainedModel:
    """The checkpoint of the listings of these names: the one that was merged, else a new one."""
    merged = PretrainedModel.objects.filter(slug__in=names).exclude(merged_into=None)
    found = merged.order_by("pk").first()
    if found is None:
        blank = {**defaults(PretrainedModel), "slug": names[0], "name": names[0]}
        found = PretrainedModel.objects.create(**blank)
    Change.objects.create(
        pretrained=found, field="merged_into", old=kept.slug, new=None, at=timezone.now()
    )
    found.merged_into = None
    found.save(update_fields=["merged_into"])
    return found
